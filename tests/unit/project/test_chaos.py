"""The judge of `make chaos` sees what it is there for, and a seed tries the same moments again."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from bot.domain.session import Account
from tests.chaos.__main__ import COLUMNS, as_values, header, row
from tests.chaos.scenarios import EVERY
from tests.chaos.stories import STORIES, tell
from tests.chaos.tally import Tally, judge
from tests.chaos.world import World
from tests.support import builders as b
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable


def told(story: str) -> World:
    world = World()
    tell(world, story)
    world.end()
    return world


def judged(world: World) -> dict[str, int]:
    tally = Tally()
    judge(tally, world, "a test")
    return {name: number for name, number in tally.faults().items() if number}


@pytest.mark.parametrize("story", STORIES)
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


def back(world: World) -> None:
    world.terminal.set("comp1", b.session(3))


def card(world: World) -> None:
    world.posted.append(world.posted[0])


def message(world: World) -> None:
    world.terminal.messages += world.terminal.messages[:1]


@pytest.mark.parametrize(
    ("story", "happens", "column"),
    [
        ("waits for it", stranger, "wrong_person"),
        ("waits for it", again, "ended_twice"),
        ("waits for it", elsewhere, "unrecorded"),
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
