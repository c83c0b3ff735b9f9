"""Waiting for sessions that still close: no call waits long, the looks go on, and `--sync` keeps its order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards.model import Press
from bot.domain.act_times import CALL_WAIT, OVERHEAD
from bot.domain.request import Ending
from bot.domain.session import SessionState
from bot.domain.verdicts import Reason, Verdict
from tests.support import builders as b
from tests.support.waiting import BOTH, MINUTE, SECOND, TimedTerminal, acted, bot_at, ordered, seconds

if TYPE_CHECKING:
    from tests.support.harness import BotHarness


@pytest.fixture
def terminal() -> TimedTerminal:
    return TimedTerminal()


@pytest.fixture
def harness(terminal: TimedTerminal) -> BotHarness:
    return bot_at(terminal)


# The looks


@pytest.mark.parametrize(("words", "until"), [("", 60), ("--sync", 90), ("--timeout 40s", 40), ("--timeout 10m", 600)])
@pytest.mark.parametrize("command", ["logoff", "disconnect"])
def test_looks_are_2_4_8_15_15_seconds_apart_until_the_time_is_over(
    harness: BotHarness, terminal: TimedTerminal, words: str, until: int, command: str
) -> None:
    terminal.set("comp1", b.session(3, state=SessionState.ACTIVE, disconnect=0))
    terminal.hang("comp1", 3)
    harness.ask_and_run(f"comp1 id=3 {words}", command=command)
    terminal.looked_at.clear()
    harness.approve_and_run()
    began = harness.clock.now()
    seconds(harness, until)
    looks = [round((at - began).total_seconds()) for at in terminal.looked_at]
    assert looks == [*(at for at in (2, 6, *range(14, until, 15)) if at < until), until]
    assert harness.verdicts() == {"comp1 3": "still_closing"}
    assert harness.request.ending is Ending.DONE


@pytest.mark.parametrize(("words", "wait"), [("", None), ("--timeout 4s", 4), ("--sync", 15), ("--timeout 10m", 15)])
def test_no_call_waits_longer_than_15_seconds_and_only_with_sync(
    harness: BotHarness, words: str, wait: int | None
) -> None:
    for number in (3, 4, 5):
        harness.terminal.hang("comp1", number)
    acted(harness, f"comp1 id=3,4,5 {words}")
    harness.wait(35 * MINUTE)
    expected = wait and wait * SECOND
    assert harness.terminal.call_times
    assert {call for call, _ in harness.terminal.call_times} == {expected}
    assert {within for _, within in harness.terminal.call_times} == {OVERHEAD + (expected or timedelta())}
    assert CALL_WAIT == 15 * SECOND


def test_two_requests_that_follow_the_same_host_share_a_look(harness: BotHarness, terminal: TimedTerminal) -> None:
    for number in (3, 5):
        terminal.hang("comp1", number)
        harness.ask_and_run(f"comp1 id={number}")
    terminal.looked_at.clear()
    harness.scheduler.start(harness.workflow.step)  # one workflow, as in production
    for request in harness.ledger.newest(2):
        harness.press("approve", on=request)
    harness.run()
    seconds(harness, 6)
    assert len(terminal.looked_at) == 2


# The order of `--sync`


def test_the_next_session_is_ordered_when_a_look_shows_the_first_one_gone(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    acted(harness, BOTH)
    seconds(harness, 5)
    assert (ordered(harness), harness.events.count("host_continued")) == ([3], 0)
    harness.terminal.stop_hanging("comp1", 3)
    seconds(harness, 1)
    assert (ordered(harness), harness.verdicts()) == ([3, 5], {"comp1 3": "gone", "comp1 5": "gone"})
    assert harness.events.count("host_continued") == 1


def test_the_next_session_is_ordered_when_the_time_of_the_first_one_is_over(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    acted(harness, f"{BOTH} --timeout 40s")
    seconds(harness, 39)
    assert ordered(harness) == [3]
    seconds(harness, 1)
    assert (ordered(harness), harness.verdicts()) == ([3, 5], {"comp1 3": "still_closing", "comp1 5": "gone"})


def wait_in_the_call(harness: BotHarness, number: int) -> None:
    harness.clock.move(number * SECOND)


@pytest.mark.parametrize("took", [15, 40])
def test_what_the_call_has_waited_is_a_part_of_the_sessions_time_and_what_it_took_to_begin_is_not(
    harness: BotHarness, took: int
) -> None:
    harness.terminal.hang("comp1", 3)
    harness.terminal.before_act("comp1", lambda: wait_in_the_call(harness, took))
    acted(harness, "comp1 id=3 --timeout 40s")
    assert harness.target(harness.request, "comp1", 3).waited == 15 * SECOND
    seconds(harness, 24)
    assert harness.verdicts() == {"comp1 3": "open"}
    seconds(harness, 1)
    assert harness.verdicts() == {"comp1 3": "still_closing"}


def test_a_session_that_left_by_itself_while_another_was_waited_for_was_gone_already(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    acted(harness, BOTH)
    harness.terminal.sign_out("comp1", 5)
    harness.terminal.stop_hanging("comp1", 3)
    seconds(harness, 2)
    assert harness.verdicts() == {"comp1 3": "gone", "comp1 5": "already_gone"}


def test_without_sync_all_sessions_are_ordered_at_once(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    acted(harness, "comp1 id=3,5")
    assert ordered(harness) == [3, 5]


def test_the_rules_are_asked_again_before_each_further_order(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    acted(harness, BOTH)
    harness.remove_from("@oncall", b.ASKER)
    harness.terminal.stop_hanging("comp1", 3)
    seconds(harness, 2)
    target = harness.target(harness.request, "comp1", 5)
    assert (ordered(harness), target.verdict, target.reason) == ([3], Verdict.SKIPPED, Reason.NOT_ALLOWED)


def test_a_stop_spares_the_sessions_that_have_had_no_order(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    request = acted(harness, BOTH)
    seconds(harness, 3)
    assert [button.press for button in harness.card_of(request).buttons] == [Press.STOP]
    harness.press("stop")
    harness.terminal.stop_hanging("comp1", 3)
    seconds(harness, 60)
    assert (harness.request.ending, harness.verdicts()) == (Ending.DONE, {"comp1 3": "gone", "comp1 5": "skipped"})
    assert ordered(harness) == [3]


def test_a_host_has_half_an_hour_for_all_its_sessions(harness: BotHarness) -> None:
    for number in range(3, 9):
        harness.terminal.hang("comp1", number)
    acted(harness, "comp1 id=3,4,5,6,7,8 --timeout 10m")
    harness.wait(30 * MINUTE)
    assert ordered(harness) == [3, 4, 5]
    closing = dict.fromkeys(("comp1 3", "comp1 4", "comp1 5"), "still_closing")
    assert harness.verdicts() == closing | dict.fromkeys(("comp1 6", "comp1 7", "comp1 8"), "skipped")
    assert harness.target(harness.request, "comp1", 8).reason is Reason.EXPIRED
    assert harness.request.ending is Ending.DONE
