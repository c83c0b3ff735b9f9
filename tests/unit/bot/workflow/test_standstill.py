"""Nothing begins while the clock is set back, or while another process owns the database; what waited expires."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest

from bot.domain import events as e
from bot.domain.request import Ending, State
from bot.errors import LedgerError, NotOwner
from tests.support.harness import BotHarness, text_of

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LOST = NotOwner("Another process may own my database. Try again in a minute.")


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness(records_failures=True)


def set_back(harness: BotHarness) -> None:
    harness.clock.move(-HOUR)


def test_a_card_of_before_the_jump_expires_and_says_why(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    harness.clock.move(-HOUR)
    harness.run()
    assert (harness.request.ending, harness.terminal.acts) == (Ending.EXPIRED, [])
    assert "The clock was set back" in text_of(harness.card)
    assert harness.card.buttons == ()
    newest = harness.ledger.entries()[-1]
    assert (newest.event, "clock was set back" in newest.note) == ("expired", True)


def test_a_grace_of_ten_seconds_never_becomes_an_hour_and_ten_seconds(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --warn 10s --sync")
    harness.approve_and_run()
    assert harness.request.state is State.READY
    harness.clock.move(5 * SECOND)
    harness.clock.move(-HOUR)
    harness.run()
    assert harness.request.ending is Ending.EXPIRED
    harness.wait(2 * HOUR)
    assert harness.terminal.logged_off == []
    assert len(harness.terminal.messages) == 1


def test_a_small_step_back_is_borne_and_the_times_of_entries_do_not_go_back(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    harness.clock.move(-20 * SECOND)
    harness.approve_and_run()
    harness.wait(MINUTE)
    assert harness.verdicts() == {"comp1 3": "gone"}
    times = [entry.at for entry in harness.ledger.entries() if entry.at]
    assert times == sorted(times)


def test_who_asks_or_says_yes_is_told_and_nothing_is_recorded(harness: BotHarness) -> None:
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.clock.move(-HOUR)
    before = harness.events
    looks = len(harness.terminal.look_calls)
    for response in (
        harness.press("approve", on=request),
        harness.ask("comp2 id=3"),
        harness.ask("comp2", command="sessions"),
    ):
        assert response.text.startswith("My clock was set back by 1 hour")
        assert response.wake is None
    assert harness.events == before
    harness.run()
    assert len(harness.terminal.look_calls) == looks


@pytest.mark.parametrize(("press", "ending"), [("deny", Ending.DENIED), ("cancel", Ending.CANCELLED)])
def test_what_ends_something_is_not_held_back(harness: BotHarness, press: str, ending: Ending) -> None:
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.clock.move(-HOUR)
    assert harness.press(press, on=request).text == ""
    harness.run()
    assert harness.request.ending is ending


def test_an_order_that_ran_during_the_jump_has_its_verdict(harness: BotHarness) -> None:
    harness.ask_and_run("comp1,comp2 id=3 --sync")
    harness.terminal.before_act("comp1", lambda: set_back(harness))
    harness.approve_and_run()
    harness.wait(MINUTE)
    assert harness.terminal.logged_off == [("comp1", 3)]
    assert harness.verdicts() == {"comp1 3": "gone", "comp2 3": "skipped"}
    assert harness.request.ending is Ending.EXPIRED


def test_it_goes_on_when_the_clock_has_come_again(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    harness.clock.move(-HOUR)
    harness.run()
    harness.wait(HOUR - MINUTE)
    assert harness.ask("comp1 id=3").wake is None
    harness.wait(2 * MINUTE)
    assert harness.ask_and_run("comp1 id=3 --sync").state is State.AWAITING
    harness.approve_and_run()
    harness.wait(MINUTE)
    assert harness.verdicts() == {"comp1 3": "gone"}


def test_a_clock_that_jumps_forward_ends_what_is_over_and_holds_up_nothing_else(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    harness.jump(10 * HOUR)
    assert harness.request.ending is Ending.EXPIRED
    assert "set back" not in text_of(harness.card)
    assert harness.ask_and_run("comp1 id=3 --sync").state is State.AWAITING


def test_who_has_lost_the_database_begins_and_writes_nothing_until_it_is_the_owner_again(harness: BotHarness) -> None:
    request = harness.ask_and_run("comp1 id=3 --sync")
    before = harness.events
    harness.ledger.not_owner = LOST
    for response in (
        harness.press("approve", on=request),
        harness.press("cancel", on=request),
        harness.ask("comp2 id=3"),
    ):
        assert (response.text, response.wake) == (LOST.message, None)
    harness.wait(MINUTE)
    assert (harness.events, harness.terminal.acts, len(harness.chat.cards)) == (before, [], 1)
    harness.ledger.not_owner = None
    harness.approve_and_run()
    harness.wait(MINUTE)
    assert harness.verdicts() == {"comp1 3": "gone"}


@pytest.mark.parametrize("event", [e.Surveyed, e.Started, e.HostStarted, e.TargetEnded, e.Ended])
def test_a_step_that_loses_the_database_on_its_way_is_made_good_later(
    harness: BotHarness, event: type[e.Event]
) -> None:
    harness.ask("comp1 id=3 --sync --force --reason x")
    harness.ledger.lose_before = event
    harness.wait(MINUTE)
    assert harness.ledger.not_owner
    harness.ledger.not_owner = None
    harness.wait(3 * MINUTE)
    assert (harness.request.ending, harness.verdicts()) == (Ending.DONE, {"comp1 3": "gone"})
    assert harness.terminal.logged_off == [("comp1", 3)]
    assert len(harness.chat.cards) == len(harness.terminal.acts) == 1


def test_what_the_database_cannot_note_is_not_posted_again_and_again(harness: BotHarness) -> None:
    """A disk that is read-only: the card is posted once at the most, however often the sweep comes."""
    harness.ask("comp1 id=3 --sync")
    post = harness.chat.post

    def post_and_break(*args: object) -> object:
        message_ref = post(*args)  # type: ignore[arg-type]
        harness.ledger.fail_next(1_000)
        return message_ref

    harness.chat.post = post_and_break  # type: ignore[assignment, method-assign]
    for _ in range(20):
        with suppress(LedgerError):
            harness.clock.move(5 * SECOND)
            harness.run()
    assert len(harness.chat.cards) == 1
    harness.ledger.fail_next(0)
    harness.chat.post = post  # type: ignore[method-assign]
    harness.wait(MINUTE)
    assert (harness.request.state, len(harness.chat.cards)) == (State.AWAITING, 1)


@pytest.mark.parametrize(
    ("command", "typed", "event", "arrived", "end"),
    [
        ("logoff", "comp1 id=3 --sync", e.HostStarted, [], "gone"),
        ("logoff", "comp1 id=3 --warn 10s --sync", e.HostStarted, ["message"], "gone"),
        ("logoff", "comp1 id=3 --warn 10s --sync", e.WarningStarted, [], "skipped"),
        ("disconnect", "comp1 id=5 --sync", e.HostStarted, [], "unknown"),
        ("tsmessage", 'comp1 id=3 "Updates"', e.HostStarted, [], "unknown"),
    ],
)
def test_no_order_leaves_when_the_database_is_lost_between_its_record_and_its_call(
    harness: BotHarness, *, command: str, typed: str, event: type[e.Event], arrived: list[str], end: str
) -> None:
    """A logoff is ordered again when the time of the first order is over; the others cannot be told from done."""
    harness.ledger.lose_after = event
    harness.ask_and_run(typed, command=command)
    harness.press("approve")
    harness.wait(20 * SECOND)
    assert harness.ledger.not_owner
    harness.wait(MINUTE)
    assert orders(harness) == arrived
    harness.ledger.not_owner = None
    harness.wait(3 * MINUTE)
    assert (set(harness.verdicts().values()), orders(harness)) == ({end}, arrived + ["log_off"] * (end == "gone"))


def orders(harness: BotHarness) -> list[str]:
    """What was done at the hosts."""
    terminal = harness.terminal
    times = {
        "message": len(terminal.messages),
        "log_off": len(terminal.logged_off),
        "disconnect": len(terminal.disconnected),
    }
    return list(Counter(times).elements())
