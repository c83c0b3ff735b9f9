"""Break-glass with a hold: announced, stoppable for a while, then it runs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards.model import Press
from bot.domain import events as e
from bot.domain.request import Ending, State
from bot.policy.model import Force
from bot.workflow.steps import ANNOUNCE_AGAIN
from tests.support import builders as b
from tests.support import people as c
from tests.support.cases import for_each
from tests.support.harness import Crash, text_of
from tests.support.people import bot_with

if TYPE_CHECKING:
    from bot.domain.people import Actor
    from bot.domain.request import Request
    from tests.support.harness import BotHarness

SECOND, HOLD = timedelta(seconds=1), timedelta(seconds=10)
FORCE = "comp1 id=3 --sync --force"
HELD = c.asking_leads(1, force=Force(is_allowed=True, hold=HOLD))


def held(harness: BotHarness, text: str = FORCE) -> Request:
    request = harness.ask_and_run(text)
    assert (request.state, harness.terminal.acts) == (State.READY, [])
    return request


def test_it_is_announced_waits_and_runs() -> None:
    harness = bot_with(HELD)
    request = held(harness)
    assert request.act_at == harness.clock.now() + HOLD
    announced, card = harness.chat.shown
    assert "CORP\\alice on comp1 will be logged off after 10 seconds: nobody was asked" in text_of(card)
    assert "unless it is stopped" in text_of(announced)
    for shown in (announced, card):
        assert [(button.press, button.label) for button in shown.buttons] == [(Press.CANCEL, "Stop")]
    assert harness.wait(HOLD - SECOND).state is State.READY
    assert harness.wait(SECOND).ending is Ending.DONE
    assert harness.terminal.logged_off == [("comp1", 3)]


def test_without_a_hold_it_begins_at_once_as_before() -> None:
    harness = bot_with(c.asking_leads(1, force=Force(is_allowed=True)))
    assert harness.ask_and_run(FORCE).ending is Ending.DONE
    assert "It began at once." in text_of(harness.chat.shown[0])
    assert harness.chat.shown[0].buttons == ()


@pytest.mark.parametrize(
    ("hold", "says", "buttons"), [(timedelta(), "a minute", 0), (HOLD, "a minute", 1), (300 * SECOND, "5 minutes", 1)]
)
def test_the_announcement_of_a_warned_act_names_the_longer_wait(hold: timedelta, says: str, buttons: int) -> None:
    harness = bot_with(c.asking_leads(1, force=Force(is_allowed=True, hold=hold)))
    harness.ask_and_run(f"{FORCE} --warn 1m")
    announced = harness.chat.shown[0]
    assert f"It begins after {says}, unless it is stopped." in text_of(announced)
    assert len(announced.buttons) == buttons


@pytest.mark.parametrize("press", ["cancel", "stop"])
@pytest.mark.parametrize("by", [c.DANA, c.BO])
def test_a_press_in_the_hold_ends_it(press: str, by: Actor) -> None:
    harness = bot_with(HELD)
    held(harness)
    harness.wait(HOLD - SECOND)
    assert harness.press(press, by=by).text == ""
    harness.run()
    assert harness.wait(timedelta(minutes=10)).ending is Ending.CANCELLED
    assert (harness.request.decided_by, harness.terminal.acts) == (by, [])


@pytest.mark.parametrize("by", [c.OLI, c.GUS, c.FAY])
def test_nobody_else_can_stop_it(by: Actor) -> None:
    harness = bot_with(HELD)
    held(harness)
    assert harness.press("stop", by=by).text
    assert harness.wait(HOLD).ending is Ending.DONE


def test_stop_after_the_hold_came_too_late_and_says_so() -> None:
    harness = bot_with(HELD)
    request = held(harness)
    harness.wait(HOLD)
    assert "Your press changed nothing." in harness.press("cancel", on=request).text


def test_the_death_of_the_process_in_the_hold_loses_nothing() -> None:
    harness = bot_with(HELD)
    harness.ledger.die_after = e.Surveyed
    with pytest.raises(Crash):
        harness.ask_and_run(FORCE)
    harness.restart()
    harness.run()
    assert harness.request.state is State.READY
    assert harness.wait(HOLD).ending is Ending.DONE
    assert harness.terminal.logged_off == [("comp1", 3)]


def test_what_holds_when_the_hold_is_over_counts() -> None:
    harness = bot_with(HELD)
    held(harness)
    harness.remove_from("@oncall", c.DANA)
    assert harness.wait(HOLD).ending is Ending.REFUSED
    assert harness.terminal.acts == []


@pytest.mark.parametrize(
    ("hold", "warn", "longer"),
    [(HOLD, "30s", 30 * SECOND), (60 * SECOND, "30s", 60 * SECOND), (30 * SECOND, "30s", 30 * SECOND)],
)
def test_of_hold_and_warning_the_longer_counts_and_people_are_warned_once(
    hold: timedelta, warn: str, longer: timedelta
) -> None:
    harness = bot_with(c.rule(force=Force(is_allowed=True, hold=hold)))
    request = harness.ask_and_run(f"{FORCE} --warn {warn}")
    assert (request.act_at, len(harness.terminal.messages)) == (b.NOW + longer, 1)
    harness.wait(longer - SECOND)
    assert harness.terminal.logged_off == []
    harness.wait(SECOND)
    assert (harness.request.ending, len(harness.terminal.messages)) == (Ending.DONE, 1)


@for_each("event", [e.WarningStarted, e.WarningDelivered, e.GraceStarted])
@for_each("hold", [HOLD, timedelta(minutes=5)])
def test_a_crash_while_warning_in_a_hold_warns_nobody_twice_and_takes_no_time_away(
    event: type[e.Event], hold: timedelta
) -> None:
    harness = bot_with(c.rule(force=Force(is_allowed=True, hold=hold)))
    harness.ledger.die_after = event
    with pytest.raises(Crash):
        harness.ask_and_run(f"{FORCE} --warn 1m")
    harness.restart()
    harness.wait(timedelta(minutes=1) - SECOND)
    assert harness.terminal.logged_off == []
    harness.wait(timedelta(minutes=5))
    assert harness.request.ending is Ending.DONE
    assert len(harness.terminal.messages) <= 1
    assert harness.terminal.logged_off == ([] if event is e.WarningStarted else [("comp1", 3)])


def test_of_several_rules_the_longest_hold_counts() -> None:
    short = c.rule("alice", users=("alice",), force=Force(is_allowed=True, hold=SECOND))
    harness = bot_with(short, c.rule("rest", force=Force(is_allowed=True, hold=HOLD)))
    assert held(harness, "comp1 id=3,5 --sync --force").act_at == b.NOW + HOLD


@pytest.mark.parametrize(("typed", "wait"), [(FORCE, HOLD), (f"{FORCE} --warn 30s", 30 * SECOND)])
def test_nobody_is_touched_or_warned_before_the_announcement_stands(typed: str, wait: timedelta) -> None:
    harness = bot_with(HELD)
    harness.ask(typed)
    harness.chat.go_down()
    harness.run()
    harness.wait(timedelta(minutes=1))
    assert (harness.terminal.acts, harness.terminal.messages) == ([], [])
    harness.chat.come_back()
    while not harness.request.announced_at:
        harness.wait(SECOND)
    at = harness.request.announced_at
    harness.wait(at + wait - harness.clock.now() - SECOND)
    assert harness.terminal.logged_off == []
    assert harness.wait(ANNOUNCE_AGAIN + SECOND).ending is Ending.DONE
    assert harness.terminal.logged_off == [("comp1", 3)]


@pytest.mark.slow
def test_a_hold_whose_announcement_never_stands_expires() -> None:
    harness = bot_with(HELD)
    harness.ask(FORCE)
    harness.chat.go_down()
    harness.run()
    assert harness.wait(timedelta(hours=2)).ending is Ending.EXPIRED
    assert harness.terminal.acts == []
