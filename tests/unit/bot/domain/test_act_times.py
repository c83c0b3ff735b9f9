"""The times of an act, and which orders may follow which."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.commands.logoff import LogoffAsk
from bot.domain import events as e
from bot.domain.act_times import (
    BEGIN_WITHIN,
    FOLLOW_FOR,
    HOST_AT_MOST,
    order_until,
    target_until,
    time_of_act,
    time_of_call,
    time_of_host,
    wait_of_call,
)
from bot.domain.lifecycle import advance
from bot.domain.verdicts import Reason, Verdict
from bot.errors import Conflict, ConflictReason
from tests.support import builders as b
from tests.support.cases import for_each

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.request import Request

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOSTS = ("comp1", "comp2")


def asked(wait: timedelta | None = None, *, one_by_one: bool = False) -> LogoffAsk:
    return LogoffAsk(hosts=HOSTS, wait=wait, stop_on_error=one_by_one)


def acting(wait: timedelta | None = 90 * SECOND, *, one_by_one: bool = False) -> Request:
    """Two sessions on comp1 and one on comp2, and the act has begun."""
    ready = b.ready(b.target(3), b.target(5), b.target(7, host="comp2"), ask=asked(wait, one_by_one=one_by_one))
    return advance(ready, e.Started(valid_for=timedelta(hours=2)), b.NOW)


def after(request: Request, *events: e.Event, at: datetime = b.NOW) -> Request:
    for event in events:
        request = advance(request, event, at)
    return request


CLOSES = e.TargetRequested(key=("comp1", 3), waited=15 * SECOND)
GONE = e.TargetEnded(key=("comp1", 3), verdict=Verdict.GONE)


@for_each(("wait", "in_call"), [(None, None), (4, 4), (15, 15), (90, 15), (600, 15)])
def test_a_call_waits_15_seconds_at_most(wait: int | None, in_call: int | None) -> None:
    ask = asked(wait * SECOND if wait else None)
    assert wait_of_call(ask) == (in_call * SECOND if in_call else None)
    assert time_of_call(ask) == timedelta(seconds=30 + (in_call or 0))


def test_the_sessions_of_a_host_go_one_by_one_with_a_wait_and_together_without_one() -> None:
    assert time_of_host(asked(), 9) == time_of_host(asked(), 1)
    assert time_of_host(asked(90 * SECOND), 3) == 3 * time_of_host(asked(90 * SECOND), 1)
    assert time_of_host(asked(10 * MINUTE), 9) == HOST_AT_MOST


def test_the_act_lasts_until_its_last_host_has_ended() -> None:
    side_by_side, one_by_one = (acting(one_by_one=each) for each in (False, True))
    long, short = (time_of_host(side_by_side.ask, number) for number in (2, 1))
    assert time_of_act(side_by_side) == BEGIN_WITHIN + long + 2 * MINUTE
    assert time_of_act(one_by_one) == 2 * BEGIN_WITHIN + long + short + 2 * MINUTE


def test_what_was_waited_for_a_session_counts_and_a_lost_order_has_a_minute() -> None:
    closes = after(acting(), e.HostStarted(host="comp1"), CLOSES)
    assert target_until(closes, closes.targets[0]) == b.NOW + 75 * SECOND
    lost = after(acting(10 * MINUTE), e.HostStarted(host="comp1"), replace(CLOSES, waited=None, lost=True))
    assert target_until(lost, lost.targets[0]) == b.NOW + FOLLOW_FOR


def test_an_order_is_on_its_way_until_its_call_ended_or_its_time_is_over() -> None:
    begun = after(acting(), e.HostStarted(host="comp1"))
    assert order_until(begun, "comp1") == b.NOW + 45 * SECOND
    assert order_until(after(begun, CLOSES), "comp1") is None
    assert order_until(after(begun, replace(CLOSES, waited=None)), "comp1") == b.NOW + 45 * SECOND


@for_each(
    ("events", "at", "reason"),
    [
        ((), b.NOW, ConflictReason.OUT_OF_ORDER),  # the host has not begun
        ((e.HostStarted(host="comp1"),), b.NOW + 44 * SECOND, ConflictReason.OUT_OF_ORDER),  # it may be on its way
        ((e.HostStarted(host="comp1"), CLOSES), b.NOW, ConflictReason.OUT_OF_ORDER),  # `--sync` keeps its order
        ((e.HostStarted(host="comp1"), CLOSES, GONE), b.NOW + 31 * MINUTE, ConflictReason.EXPIRED),
        (
            (e.HostStarted(host="comp1"), CLOSES, GONE, replace(CLOSES, key=("comp1", 5))),
            b.NOW,
            ConflictReason.OUT_OF_ORDER,  # nobody is without an order
        ),
    ],
)
def test_a_further_order_that_does_not_follow_is_a_conflict(
    events: tuple[e.Event, ...], at: datetime, reason: ConflictReason
) -> None:
    request = after(acting(), *events)
    with pytest.raises(Conflict) as caught:
        advance(request, e.HostContinued(host="comp1"), at)
    assert caught.value.reason is reason
    assert caught.value.request == request


def test_a_further_order_follows_the_end_of_the_one_before_or_its_time() -> None:
    gone = after(acting(), e.HostStarted(host="comp1"), CLOSES, GONE)
    assert order_until(after(gone, e.HostContinued(host="comp1")), "comp1") == b.NOW + 45 * SECOND
    silent, later = after(acting(), e.HostStarted(host="comp1")), b.NOW + 45 * SECOND
    assert order_until(after(silent, e.HostContinued(host="comp1"), at=later), "comp1") == later + 45 * SECOND


@pytest.mark.parametrize(
    ("start", "twice"),
    [
        (acting(), e.HostStarted(host="comp1")),
        (b.ready(b.target(3)), e.WarningStarted(key=("comp1", 3))),
        (after(acting(), e.HostStarted(host="comp1"), CLOSES, GONE), e.HostContinued(host="comp1")),
    ],
)
def test_the_same_order_or_warning_twice_is_a_conflict(start: Request, twice: e.Event) -> None:
    once = after(start, twice)
    with pytest.raises(Conflict):
        advance(once, twice, b.NOW)


def test_a_host_begins_within_five_minutes_or_not_at_all() -> None:
    """With `--stop-on-error` its step compares: it knows when the host before it ended."""
    event, late = e.HostStarted(host="comp1"), b.NOW + BEGIN_WITHIN
    assert advance(acting(one_by_one=True), event, late).begun == {"comp1"}
    request = acting()
    assert advance(request, event, late - SECOND).begun == {"comp1"}
    with pytest.raises(Conflict) as caught:
        advance(request, event, late)
    assert caught.value.reason is ConflictReason.EXPIRED


def test_a_stop_and_an_expiry_spare_those_for_whom_no_order_has_left() -> None:
    request = after(acting(), e.HostStarted(host="comp1"), CLOSES)
    stopped = after(request, e.Stopped(by=b.OTHER))
    assert [target.verdict for target in stopped.targets] == [None, Verdict.SKIPPED, Verdict.SKIPPED]
    expired = after(request, e.Expired(), at=request.expires_at)
    assert [target.verdict for target in expired.targets] == [Verdict.UNKNOWN, Verdict.SKIPPED, Verdict.SKIPPED]
    on_its_way = after(acting(), e.HostStarted(host="comp1"), e.Stopped(by=b.OTHER))
    assert [target.verdict for target in on_its_way.targets] == [None, None, Verdict.SKIPPED]
    assert [target.reason for target in on_its_way.targets] == [None, None, Reason.STOPPED]


def test_with_stop_on_error_each_host_that_is_done_makes_the_request_due_for_the_next_one() -> None:
    request = acting(one_by_one=True)
    assert [look.due_at for look in request.surveys] == [b.NOW, None]
    done = after(request, e.HostStarted(host="comp1"), GONE, replace(GONE, key=("comp1", 5)))
    assert (done.due_at, [look.ended_at for look in done.surveys]) == (b.NOW, [b.NOW, None])
    assert after(done, e.HostStarted(host="comp2")).due_at is None
