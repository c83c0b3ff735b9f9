"""Each row says the sentence of its own fault, at whichever point of the request the fault struck."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.request import Ending
from bot.domain.verdicts import Reason, Verdict
from bot.errors import BadReply, NotAuthenticated, TerminalError, TimedOut, Unreachable
from tests.support.harness import BotHarness, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = timedelta(seconds=1)
FULL = "has no room for another shell of the bot's account."
QUIET = "the answer was lost"


def full(host: str, *, delivered: bool = False) -> TerminalError:
    return Unreachable(f"{host} {FULL}", host=host, delivered=delivered)


def silent(host: str, *, delivered: bool = False) -> TerminalError:
    return TimedOut(f"{host} did not answer in time.", host=host, delivered=delivered)


def torn(host: str, *, delivered: bool = True) -> TerminalError:
    return BadReply(f"{host} did not send a complete answer.", host=host, delivered=delivered)


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness()


UNTIL = "2026-03-02 14:16:00+00:00"
"""A quarter of an hour after the end, which comes a minute after the order."""


def row_of(harness: BotHarness, host: str, session_id: int) -> str:
    """The row of a target on the card: below the line of its computer, where there are several."""
    lines = text_of(harness.card).split("\n")
    start = lines.index(host) if host in lines else 0
    return next(line for line in lines[start:] if f"  session {session_id} · " in line)


def test_hosts_that_take_no_order_each_say_their_own_sentence(harness: BotHarness) -> None:
    harness.ask_and_run("comp1,comp2,comp3 id=3 --sync")
    harness.terminal.fail_act("comp1", full("comp1"))
    harness.terminal.fail_act("comp2", silent("comp2"))
    harness.terminal.fail_act("comp3", NotAuthenticated("comp3 did not accept the account.", host="comp3"))
    harness.approve_and_run()
    assert harness.verdicts() == {"comp1 3": "unreachable", "comp2 3": "unreachable", "comp3 3": "no_right"}
    assert f"nothing was done: comp1 {FULL}" in row_of(harness, "comp1", 3)
    assert "nothing was done: comp2 did not answer in time." in row_of(harness, "comp2", 3)
    assert "nothing was done: comp3 did not accept the account." in row_of(harness, "comp3", 3)


@pytest.mark.parametrize("fault", [torn, silent, full])
@pytest.mark.parametrize("after", [0, 1])
def test_a_fault_after_some_rows_were_answered_is_said_by_the_others_alone(
    harness: BotHarness, after: int, fault: Callable[..., TerminalError]
) -> None:
    error = fault("comp1", delivered=True)
    harness.terminal.fail_act("comp1", error, after=after)
    harness.ask_and_run("comp1 id=3,5 --sync --even-if-active")
    harness.approve_and_run()
    harness.wait(70 * SECOND)
    assert harness.verdicts() == {"comp1 3": "gone" if after else "unknown", "comp1 5": "unknown"}
    assert f"may or may not be logged off; I look again until {UNTIL}: {error.message}" in row_of(harness, "comp1", 5)
    assert (error.message in row_of(harness, "comp1", 3)) is (after == 0)
    assert QUIET not in text_of(harness.card)


def test_while_the_bot_looks_for_a_lost_order_the_row_says_what_failed(harness: BotHarness) -> None:
    harness.terminal.fail_act("comp1", torn("comp1"))
    harness.ask_and_run("comp1 id=3 --sync")
    harness.approve_and_run()
    harness.wait(5 * SECOND)
    assert "not yet seen gone: comp1 did not send a complete answer." in row_of(harness, "comp1", 3)


def test_an_order_keeps_its_own_sentence_when_the_looks_after_it_fail_otherwise(harness: BotHarness) -> None:
    harness.terminal.fail_act("comp1", torn("comp1"))
    harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve")
    harness.terminal.before_act("comp1", lambda: harness.terminal.take_down("comp1"))
    harness.run()
    harness.wait(70 * SECOND)
    target = harness.target(harness.request, "comp1", 3)
    assert (target.verdict, target.reason) == (Verdict.UNKNOWN, Reason.HOST_ERROR)
    assert "comp1 did not send a complete answer." in row_of(harness, "comp1", 3)
    assert "cannot be reached" not in text_of(harness.card)


def test_a_session_that_nobody_could_look_at_is_not_said_to_be_still_closing(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run("comp1 id=3")
    harness.approve_and_run()
    blind = TimedOut("comp1 did not answer in time.", host="comp1", words="Zu viele Anfragen.")
    harness.terminal.take_down("comp1", blind)
    harness.wait(70 * SECOND)
    assert harness.verdicts() == {"comp1 3": "unknown"}
    assert f"may or may not be logged off; I look again until {UNTIL}: comp1 did not answer in time." in row_of(
        harness, "comp1", 3
    )
    assert harness.target(harness.request, "comp1", 3).words == "Zu viele Anfragen."
    harness.terminal.bring_up("comp1")
    harness.terminal.stop_hanging("comp1", 3)
    harness.wait(timedelta(minutes=5))
    assert harness.verdicts() == {"comp1 3": "gone"}


def test_a_host_that_can_be_looked_at_again_in_time_is_judged_by_what_is_seen(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run("comp1 id=3")
    harness.approve_and_run()
    harness.terminal.take_down("comp1", silent("comp1"))
    harness.wait(30 * SECOND)
    harness.terminal.bring_up("comp1")
    harness.wait(40 * SECOND)
    assert harness.verdicts() == {"comp1 3": "still_closing"}


def test_the_fault_of_one_host_in_the_looks_after_the_act_is_in_no_other_row(harness: BotHarness) -> None:
    for host in ("comp1", "comp2"):
        harness.terminal.hang(host, 3)
    harness.ask_and_run("comp1,comp2 id=3")
    harness.approve_and_run()
    harness.terminal.take_down("comp2", full("comp2"))
    harness.wait(70 * SECOND)
    assert harness.verdicts() == {"comp1 3": "still_closing", "comp2 3": "unknown"}
    assert FULL in row_of(harness, "comp2", 3)
    assert FULL not in row_of(harness, "comp1", 3)


def test_a_warning_that_failed_says_why_at_its_own_host(harness: BotHarness) -> None:
    harness.ask_and_run("comp1,comp2 id=5 --warn 2m --even-if-active")
    harness.terminal.fail_act("comp1", full("comp1"))
    harness.terminal.fail_act("comp2", silent("comp2", delivered=True))
    harness.press("approve")
    harness.run()
    assert harness.verdicts() == {"comp1 5": "skipped", "comp2 5": "skipped"}
    assert f"could not be warned: comp1 {FULL}" in row_of(harness, "comp1", 5)
    assert "could not be warned: comp2 did not answer in time." in row_of(harness, "comp2", 5)


def test_a_request_that_expires_keeps_what_its_hosts_said(harness: BotHarness) -> None:
    harness.terminal.fail_act("comp1", torn("comp1"))
    harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve")
    harness.run()
    harness.jump(timedelta(hours=1))
    request = harness.request
    assert (request.ending, harness.verdicts()) == (Ending.EXPIRED, {"comp1 3": "unknown"})
    assert "comp1 did not send a complete answer." in row_of(harness, "comp1", 3)
