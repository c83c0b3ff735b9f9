"""A further order at a host: written before it leaves, looked for after a death, and proven by the record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain import events as e
from bot.domain.part import at_host
from bot.domain.request import Ending, State
from bot.domain.verdicts import Verdict
from bot.errors import Conflict, TimedOut
from tests.support import builders as b
from tests.support.harness import Crash
from tests.support.waiting import BOTH, MINUTE, SECOND, TimedTerminal, acted, bot_at, ordered, seconds

if TYPE_CHECKING:
    from bot.domain.request import Request
    from tests.support.harness import BotHarness


@pytest.fixture
def terminal() -> TimedTerminal:
    return TimedTerminal()


@pytest.fixture
def harness(terminal: TimedTerminal) -> BotHarness:
    return bot_at(terminal)


# No write, no order; and a process that dies


def test_no_order_leaves_whose_event_was_not_written(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    acted(harness, BOTH)
    harness.terminal.stop_hanging("comp1", 3)
    harness.ledger.die_before = e.HostContinued
    with pytest.raises(Crash):
        seconds(harness, 2)
    assert ordered(harness) == [3]
    harness.restart()
    seconds(harness, 5)
    assert (ordered(harness), harness.verdicts()["comp1 5"]) == ([3, 5], "gone")


def act_until_it_dies(harness: BotHarness) -> None:
    harness.run()
    harness.terminal.stop_hanging("comp1", 3)
    seconds(harness, 10)


@pytest.mark.parametrize("event", [e.HostStarted, e.HostContinued])
def test_an_order_that_may_be_on_its_way_is_looked_for_and_repeated_only_after_its_time(
    harness: BotHarness, terminal: TimedTerminal, event: type[e.Event]
) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run(BOTH)
    harness.press("approve")
    harness.ledger.die_after = event
    with pytest.raises(Crash):
        act_until_it_dies(harness)
    harness.terminal.stop_hanging("comp1", 3)
    before = ordered(harness)
    terminal.looked_at.clear()
    harness.restart()
    seconds(harness, 44)
    assert (ordered(harness), len(terminal.looked_at) > 2) == (before, True)
    seconds(harness, 1)
    assert (ordered(harness)[-1], harness.verdicts()) == (5, {"comp1 3": "gone", "comp1 5": "gone"})
    assert harness.request.state is State.ENDED


def test_an_order_that_arrived_before_the_process_died_is_found_and_not_sent_again(harness: BotHarness) -> None:
    harness.ask_and_run(BOTH)
    harness.press("approve")
    harness.ledger.die_before = e.TargetEnded
    with pytest.raises(Crash):
        harness.run()
    harness.restart()
    seconds(harness, 5)
    assert (ordered(harness), harness.verdicts()["comp1 3"]) == ([3], "gone")
    seconds(harness, 60)
    assert (ordered(harness), harness.verdicts()["comp1 5"]) == ([3, 5], "gone")


def test_a_further_order_without_an_answer_is_looked_for(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    acted(harness, BOTH)
    harness.terminal.stop_hanging("comp1", 3)
    lost = TimedOut("comp1 did not answer.", host="comp1", delivered=True)
    harness.terminal.fail_act("comp1", lost, is_carried_out=True)
    seconds(harness, 4)
    assert harness.verdicts() == {"comp1 3": "gone", "comp1 5": "gone"}
    assert ordered(harness) == [3, 5]


# Rows that somebody wrote


@pytest.mark.parametrize(
    "change",
    [
        {"started_at": b.NOW - MINUTE},
        {"ordered_at": b.NOW},
        {"ended_at": b.NOW},
        {"host_started_at": b.NOW - MINUTE},
        {"waited": 80 * SECOND},
        {"requested_at": b.NOW - MINUTE},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_row_that_makes_the_next_order_leave_sooner_or_later_touches_nobody(
    harness: BotHarness, change: dict[str, Any]
) -> None:
    harness.terminal.hang("comp1", 3)
    request = acted(harness, BOTH)
    harness.ledger._requests[request.id] = written(request, **change)
    harness.terminal.stop_hanging("comp1", 3)
    seconds(harness, 100)
    assert (harness.find(request.id).ending, ordered(harness)) == (Ending.FAILED, [3])


def written(request: Request, **change: Any) -> Request:
    ((name, value),) = change.items()
    if name == "started_at":
        return replace(request, started_at=value)
    if name in ("waited", "requested_at"):
        return replace(request, targets=(replace(request.targets[0], **change), *request.targets[1:]))
    return replace(request, surveys=(replace(request.surveys[0], **{name.removeprefix("host_"): value}),))


def test_a_stop_between_two_calls_is_proven_with_the_sessions_that_it_spared(harness: BotHarness) -> None:
    """The host goes on after it with those that were ordered, and each look proves them."""
    harness.terminal.hang("comp1", 3)
    request = acted(harness, "comp1 id=3,5,6 --sync")
    harness.press("stop")
    part = harness.ledger.prove(request.id, at_host("comp1"))
    assert part
    assert [target.verdict for target in part.targets] == [None, "skipped", "skipped"]
    harness.ledger._requests[request.id] = replace(
        harness.find(request.id), targets=(replace(request.targets[0], verdict=Verdict.SKIPPED), *part.targets[1:])
    )
    with pytest.raises(Conflict):
        harness.ledger.prove(request.id, at_host("comp1"))
