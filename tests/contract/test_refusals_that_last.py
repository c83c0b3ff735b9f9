"""Refusals that do not end: no card is posted again and again, and silence is followed by another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.request import Ending, State
from tests.contract.test_refusals import KINDS, SECOND, Kind, World, b_patience
from tests.fakes.web_client import Refusal

if TYPE_CHECKING:
    from datetime import timedelta

BY_NAME = {kind.name: kind for kind in KINDS}
FIVE_MINUTES = 30 * (10 * SECOND,)


def refused(name: str, *methods: str, how: str) -> World:
    """Return the world of this kind of card five minutes later, with these methods refused from the first call."""
    kind = BY_NAME[name]
    world = World(kind)
    for method in methods:
        world.slack.refuse(method, how)
    kind.then(world)
    wait(world)
    return world


def wait(world: World, times: tuple[timedelta, ...] = FIVE_MINUTES) -> None:
    patience = b_patience(world)
    for time in times:
        world.harness.jump(time)
        patience()


@pytest.mark.parametrize("how", ["missing_scope", "access_denied", "method_deprecated", "an_error_of_tomorrow"])
@pytest.mark.parametrize("name", ["own yes", "others' yes"])
def test_a_look_for_the_card_that_is_refused_says_nothing_about_the_card(name: str, how: str) -> None:
    world = refused(name, "chat_getPermalink", how=how)
    assert world.slack.called.count("chat_getPermalink") > 5
    assert world.slack.called.count("chat_postMessage") == 1
    assert [bool(card.buttons) for card in world.cards()] == [True]


@pytest.mark.parametrize("how", ["channel_not_found", "is_archived", "not_in_channel"])
@pytest.mark.parametrize("name", ["own yes", "others' yes"])
def test_a_channel_that_is_called_closed_and_takes_the_card_is_believed_once(name: str, how: str) -> None:
    world = refused(name, "chat_getPermalink", how=how)
    assert world.slack.called.count("chat_postMessage") == 2
    assert [bool(card.buttons) for card in world.cards()] == [True]


def test_a_card_that_is_deleted_twice_is_posted_twice_more() -> None:
    world = refused("own yes", how="")
    for _ in range(2):
        world.slack.take_away(world.request.message_ref)  # type: ignore[arg-type] # it stands
        wait(world, 4 * (10 * SECOND,))
        assert [bool(card.buttons) for card in world.cards()] == [True]
    assert world.slack.called.count("chat_postMessage") == 3


@pytest.mark.parametrize("how", ["cant_update_message", "edit_window_closed", "an_error_of_tomorrow"])
def test_progress_that_cannot_be_drawn_posts_one_card_and_not_one_for_each_step(how: str) -> None:
    world = World(Kind(name="an act", then=lambda _: None, people=15, words=()))
    world.ask("comp1 --all")
    for number in range(1, 16):
        world.harness.terminal.hang("comp1", number)
    world.slack.refuse("chat_update", how)
    world.press("approve")
    for number in range(1, 16):
        world.harness.terminal.stop_hanging("comp1", number)
        wait(world, (3 * SECOND,))
    assert world.slack.called.count("chat_postMessage") == 2
    wait(world)
    assert (world.request.state, world.request.ending) == (State.ENDED, Ending.DONE)
    assert "Logged off" in "".join(world.told())


@pytest.mark.parametrize("name", ["a list", "a preview", "a refusal"])
def test_what_one_person_alone_sees_goes_another_way_when_slack_says_nothing(name: str) -> None:
    world = refused(name, "chat_postEphemeral", how=Refusal.SILENT)
    assert any(BY_NAME[name].words[0] in text for text in world.told())


@pytest.mark.parametrize("name", ["own yes", "others' yes", "a list", "a preview", "a refusal", "a reason"])
def test_the_answer_to_the_command_is_left_when_slack_says_nothing_at_all(name: str) -> None:
    world = refused(name, "chat_postEphemeral", "chat_postMessage", how=Refusal.SILENT)
    told = [text for _, text in world.urls.answers]
    assert any(words in text for words in BY_NAME[name].words for text in told)
    assert not any("I go on trying" in text for text in told[-1:])
