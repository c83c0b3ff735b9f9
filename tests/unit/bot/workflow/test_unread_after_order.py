"""After an order only what was read proves a session gone: at once, at a follow-up look, and when all is over."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

from bot.domain.request import Ending
from bot.domain.session import Account, SessionState
from bot.domain.transitions import SETTLE_FOR
from bot.domain.verdicts import Reason, Verdict
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.effort import sample
from tests.support.harness import BotHarness

NOBODY = Account(domain="", user="")
MALLORY = Account(domain="CORP", user="mallory")
LATER = b.LOGON + 36_000_000_000
PROVES_NOTHING: dict[str, dict[str, Any]] = {
    "error 5": {"error": 5},
    "error 5, and all empty": {"error": 5, "account": NOBODY, "logon": 0, "disconnect": 0},
    "error 13, as if it were another's": {"error": 13, "account": MALLORY, "logon": LATER},
    "an unsigned negative code": {"error": 2**32 - 5},
    "no logon time": {"logon": 0},
    "a logon time below zero": {"logon": -(2**63)},
    "a logon time after all calendars": {"logon": 2**63 - 1},
    "another person without a logon time": {"account": MALLORY, "logon": 0},
    "no domain": {"account": Account(domain="", user="alice")},
    "another person without a domain": {"account": Account(domain="", user="mallory"), "logon": LATER},
    "nobody, but Disconnected": {"account": NOBODY, "logon": 0},
    "nobody, in an unknown state": {"account": NOBODY, "logon": 0, "state": SessionState.UNKNOWN, "error": 13},
    "nobody, and Down": {"account": NOBODY, "logon": 0, "state": SessionState.DOWN},
    "back at work": {"state": SessionState.ACTIVE},
}
PROVES: dict[str, dict[str, Any]] = {
    "another logon": {"logon": LATER},
    "another person": {"account": MALLORY, "logon": LATER},
    "nobody, and Connected": {"account": NOBODY, "logon": 0, "state": SessionState.CONNECTED},
}
SYNC_FOR = timedelta(seconds=90)
FOR_LONG = SETTLE_FOR + timedelta(minutes=5)


def ordered(changes: dict[str, Any], words: str, command: str = "logoff") -> BotHarness:
    terminal = FakeTerminal({"comp1": [b.session(3), b.session(9)]})
    terminal.after_order("comp1", b.session(3, **changes))
    harness = BotHarness(terminal=terminal)
    harness.ask_and_run(f"comp1 id=3 {words}", command=command)
    harness.approve_and_run()
    return harness


def verdict_of(harness: BotHarness) -> Verdict | None:
    return harness.target(harness.request, "comp1", 3).verdict


def wait(harness: BotHarness, time: timedelta) -> None:
    """In steps, as a scheduler takes them."""
    for _ in range(int(time / timedelta(seconds=20)) + 1):
        harness.wait(timedelta(seconds=20))


@for_each(("changes", "words"), sample(product(PROVES_NOTHING.values(), ["--sync", ""]), 3))
def test_what_proves_nothing_is_looked_at_again_and_never_corrected_to_gone(
    changes: dict[str, Any], words: str
) -> None:
    harness = ordered(changes, words)
    assert verdict_of(harness) is None
    wait(harness, SYNC_FOR)
    assert (verdict_of(harness), harness.request.ending) == (Verdict.STILL_CLOSING, Ending.DONE)
    wait(harness, FOR_LONG)
    assert verdict_of(harness) is Verdict.STILL_CLOSING
    assert harness.terminal.logged_off == [("comp1", 3)]


@for_each(("changes", "words"), sample(product(PROVES_NOTHING.values(), ["--sync", ""]), 3))
def test_a_session_that_is_really_gone_later_is_corrected(changes: dict[str, Any], words: str) -> None:
    harness = ordered(changes, words)
    wait(harness, SYNC_FOR)
    harness.terminal.sign_out("comp1", 3)
    wait(harness, FOR_LONG)
    target = harness.target(harness.request, "comp1", 3)
    assert (target.verdict, target.reason) == (Verdict.GONE, Reason.SEEN_LATER)


@for_each("words", ["--sync", ""])
@for_each("changes", PROVES.values(), ids=PROVES)
def test_what_proves_it_is_gone_at_once_or_at_the_next_look(changes: dict[str, Any], words: str) -> None:
    harness = ordered(changes, words)
    wait(harness, timedelta(seconds=5))
    assert verdict_of(harness) is Verdict.GONE


def test_a_list_that_has_become_empty_corrects_nothing() -> None:
    harness = ordered({"error": 5}, "--sync")
    wait(harness, SYNC_FOR)
    harness.terminal.sign_out("comp1", 3)
    harness.terminal.sign_out("comp1", 9)
    wait(harness, FOR_LONG)
    assert verdict_of(harness) is Verdict.STILL_CLOSING
