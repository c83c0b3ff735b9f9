"""The judge of `make chaos` sees what it is there for, and a seed tries the same moments again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from bot.domain.session import Account
from tests.chaos.__main__ import COLUMNS, as_values, header, row
from tests.chaos.scenarios import EVERY
from tests.chaos.slack import SLACK_STORIES, SlackWorld, judge_slack
from tests.chaos.stories import STORIES, asks, tell
from tests.chaos.tally import Tally, judge
from tests.chaos.world import World
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow  # whole stories, told to a judge that the quick round does not need


def told(story: str) -> World:
    world = World()
    tell(world, story)
    world.end()
    return world


def judged(world: World) -> dict[str, int]:
    tally = Tally()
    judge(tally, world, "a test")
    return {name: number for name, number in tally.faults().items() if number}


@for_each("story", STORIES)
def test_a_story_in_which_nothing_goes_wrong_is_clean_and_makes_a_request(story: str) -> None:
    world = told(story)
    assert judged(world) == {}
    assert len(world.store.newest(10)) == 1


def stranger(world: World) -> None:
    world.terminal.touched.append(b.session(3, account=Account(domain="CORP", user="eve")))


def again(world: World) -> None:
    at, host, session_id = world.orders[0]
    world.orders.append((at + timedelta(seconds=2), host, session_id))


def elsewhere(world: World) -> None:
    world.terminal.touched.append(b.session(3, host="comp3"))


def further(world: World) -> None:
    world.calls["comp1"] += 1


def back(world: World) -> None:
    world.terminal.set("comp1", b.session(3))


def card(world: World) -> None:
    world.posted.append(world.posted[0])


def message(world: World) -> None:
    world.terminal.messages += world.terminal.messages[:1]


@for_each(
    ("story", "happens", "column"),
    [
        ("waits for it", stranger, "wrong_person"),
        ("waits for it", again, "ended_twice"),
        ("waits for it", elsewhere, "unrecorded"),
        ("waits for it", further, "unrecorded"),
        ("waits for it", back, "unrecorded"),
        ("waits for it", card, "doubled"),
        ("a message", message, "doubled"),
    ],
)
def test_the_judge_sees_it(story: str, happens: Callable[[World], None], column: str) -> None:
    world = told(story)
    happens(world)
    assert judged(world).get(column)


def test_a_request_that_never_ends_and_a_card_that_is_not_drawn_are_seen() -> None:
    world = World()
    tell(world, "waits for it")
    assert judged(world) == {}
    fresh = World()
    fresh.run(lambda: fresh.harness.ask("comp1 id=3"))
    assert judged(fresh) == {"stuck": 1}
    fresh.chat.go_down()
    fresh.end()
    assert judged(fresh) == {"not_told": 1}


def told_in_slack(story: str) -> SlackWorld:
    world = SlackWorld()
    for deed in SLACK_STORIES[story]:
        deed(world)
    world.end()
    return world


def judged_in_slack(world: SlackWorld) -> dict[str, int]:
    tally = Tally()
    judge_slack(tally, world, "a test")
    return {name: number for name, number in tally.faults().items() if number}


@for_each("story", SLACK_STORIES)
def test_a_story_in_which_slack_takes_everything_is_clean(story: str) -> None:
    world = told_in_slack(story)
    assert judged_in_slack(world) == {}
    assert len(world.store.newest(10)) == 1


def copied(world: SlackWorld, *, alive: bool) -> None:
    """Post the card once more, as it stands or with a button."""
    (where, card), *_ = world.cards(world.store.newest(1)[0])
    button = {"type": "actions", "elements": [{"text": {"text": "Log off 1"}}]}
    world.slack.standing[where[0], "99.000"] = replace(card, blocks=[*card.blocks, *([button] if alive else [])])


@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize("copies", [0, 1])
def test_a_copy_is_allowed_after_a_kill_alone_and_never_with_a_button(copies: int, *, alive: bool) -> None:
    world = told_in_slack("denied")
    copied(world, alive=alive)
    world.copies = copies
    assert judged_in_slack(world).get("doubled", 0) == (not copies) + alive


def test_a_requester_who_sees_nothing_is_seen() -> None:
    world = told_in_slack("nobody presses")
    world.slack.standing.clear()
    assert judged_in_slack(world) == {}  # the outcome stood there
    world.shown.clear()
    assert judged_in_slack(world) == {"not_told": 1}


def test_a_request_that_waits_and_cannot_be_pressed_is_seen() -> None:
    world = SlackWorld()
    asks("comp1 id=3")(world)
    world.let_pass(timedelta(seconds=2))
    for message in world.slack.standing.values():
        message.blocks = []  # the bot cannot see that its buttons are gone
    world.end()
    assert judged_in_slack(world) == {"not_told": 1}


def test_a_seed_tries_the_same_again() -> None:
    kill = EVERY["killed before or after a call"]
    first, second = (kill(Random("7"), 0.0) for _ in range(2))  # noqa: S311 - a seed
    assert first == second
    assert first.tries == 1


def test_the_table_has_every_column_and_its_faults() -> None:
    tally = Tally(tries=3)
    tally.count("stuck", 2, "here")
    assert header().split()[:2] == ["scenario", "tries"]
    assert row("floods", tally).splitlines()[1].strip() == "stuck: here"
    assert not tally.is_clean
    assert set(as_values("floods", tally)) == {*COLUMNS, "examples"}


def test_make_runs_it_and_the_tests_run_a_minute_of_it() -> None:
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "python -m tests.chaos $(CHAOS)" in made
    assert "python -m tests.chaos --seconds 60" in made
