"""A host that gets no turn in its time is left alone, and a host that is done makes way for the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain import events as e
from bot.domain.request import Ending, WorkItem
from bot.domain.verdicts import Reason
from tests.support.cases import for_each
from tests.support.harness import BotHarness, Crash
from tests.support.waiting import BOTH, MINUTE, SECOND, TimedTerminal, bot_at, started

if TYPE_CHECKING:
    from datetime import timedelta


@pytest.fixture
def harness() -> BotHarness:
    return bot_at(TimedTerminal())


def test_a_host_that_has_not_begun_after_five_minutes_is_skipped_and_the_card_says_so(harness: BotHarness) -> None:
    request = started(harness, BOTH)
    harness.clock.move(5 * MINUTE)
    harness.run()
    assert (harness.terminal.acts, harness.verdicts()) == ([], {"comp1 3": "skipped", "comp1 5": "skipped"})
    assert harness.target(request, "comp1", 3).reason is Reason.WAITED
    assert harness.request.ending is Ending.DONE
    assert "left alone: waited too long for its turn" in harness.text_on_card(request)
    assert {entry.reason_code for entry in harness.ledger.entries() if entry.event == "target_ended"} == {
        "waited_too_long"
    }


def test_a_host_that_begins_just_in_time_has_its_own_time(harness: BotHarness) -> None:
    started(harness, BOTH)
    harness.terminal.hang("comp1", 3)
    harness.clock.move(5 * MINUTE - SECOND)
    harness.run()
    harness.wait(2 * MINUTE)
    assert harness.verdicts() == {"comp1 3": "still_closing", "comp1 5": "gone"}
    assert harness.request.ending is Ending.DONE


ONE_BY_ONE = "comp1,comp2,comp3 id=3 --stop-on-error --timeout 10m"


def test_a_host_that_is_done_wakes_the_next_at_once() -> None:
    harness = BotHarness()
    harness.ask_and_run("comp1,comp2,comp3 id=3 --sync --stop-on-error")
    harness.approve_and_run()
    assert (harness.request.ending, [host for host, _ in harness.terminal.logged_off]) == (
        Ending.DONE,
        ["comp1", "comp2", "comp3"],
    )


def test_while_a_host_is_in_hand_the_next_one_is_not_looked_after() -> None:
    harness = BotHarness()
    harness.terminal.hang("comp1", 3)
    started(harness, ONE_BY_ONE)
    harness.wait(9 * MINUTE)
    assert {look.host for look in harness.request.surveys if look.due_at} == {"comp1"}
    harness.terminal.stop_hanging("comp1", 3)
    harness.wait(MINUTE)
    assert set(harness.verdicts().values()) == {"gone"}


def test_a_host_may_wait_five_minutes_for_its_beginning_after_its_own_previous_host() -> None:
    harness = BotHarness()
    request = started(harness, ONE_BY_ONE)
    harness.workflow.step(WorkItem(request_id=request.id, host="comp1"))
    harness.jump(4 * MINUTE)
    assert set(harness.verdicts().values()) == {"gone"}


@pytest.mark.parametrize("idle", [5 * MINUTE, 18 * MINUTE])
def test_a_standstill_between_two_hosts_leaves_the_rest_alone(idle: timedelta) -> None:
    harness = BotHarness()
    request = started(harness, ONE_BY_ONE)
    harness.workflow.step(WorkItem(request_id=request.id, host="comp1"))
    harness.restart()
    harness.jump(idle)
    assert harness.verdicts() == {"comp1 3": "gone", "comp2 3": "skipped", "comp3 3": "skipped"}
    assert [harness.target(request, host, 3).reason for host in ("comp2", "comp3")] == [Reason.WAITED] * 2
    assert harness.request.ending is Ending.DONE


@for_each("moment", ["die_before", "die_after"])
@for_each("event", [e.Started, e.HostStarted, e.TargetEnded, e.Ended])
def test_a_death_between_two_hosts_loses_no_host(moment: str, event: type[e.Event]) -> None:
    harness = BotHarness(records_failures=True)
    harness.ask_and_run("comp1,comp2,comp3 id=3 --sync --stop-on-error")
    harness.press("approve")
    setattr(harness.ledger, moment, event)
    with pytest.raises(Crash):
        harness.run()
    harness.restart()
    harness.wait(MINUTE)
    assert (harness.request.ending, set(harness.verdicts().values())) == (Ending.DONE, {"gone"})
    assert sorted(harness.terminal.logged_off) == [("comp1", 3), ("comp2", 3), ("comp3", 3)]
