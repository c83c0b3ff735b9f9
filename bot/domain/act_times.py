"""The times of an act: of one call, of the looks after it, of one host, and of the whole.

All of them follow from what is sealed or proven (the ask, the targets, the moments of entries), so none is kept.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.ask import Ask
    from bot.domain.request import Request, Target

CALL_WAIT = timedelta(seconds=15)
"""The longest wait of one call for sessions to close, all of them together. What closes later is looked for."""

OVERHEAD = timedelta(seconds=30)
"""How long a call may take beside the waiting: for the connection, a cold compiler, a busy host."""

FOLLOW_FOR = timedelta(seconds=60)
"""How long the bot looks again for a target after its order, when the command names no waiting time."""

PAUSES = (timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8), timedelta(seconds=15))
"""The pauses between the looks after an order; the last one is repeated."""

BEGIN_WITHIN = timedelta(minutes=5)
"""How long a host may wait for its beginning: after the start of the act, or after the host before it."""

HOST_AT_MOST = timedelta(minutes=30)
"""The longest time of one host, for all its sessions."""

ACT_SPARE = timedelta(minutes=2)
"""How much longer than its hosts an act may take before the request expires: for the looks and the records."""


def wait_of_call(ask: Ask) -> timedelta | None:
    """Return how long the host waits in one call, for all of its sessions together; None: it does not wait."""
    return min(ask.wait, CALL_WAIT) if ask.wait else None


def time_of_call(ask: Ask) -> timedelta:
    """Return the time-out of one call. After it no order of the call is on its way any more."""
    return OVERHEAD + (wait_of_call(ask) or timedelta())


def time_of_host(ask: Ask, targets: int) -> timedelta:
    """Return how long a host with so many targets may take from its beginning. With a wait they go one by one."""
    one = OVERHEAD + (ask.wait or FOLLOW_FOR) + PAUSES[-1]
    return min(HOST_AT_MOST, one * (targets if ask.wait else 1))


def time_of_act(request: Request) -> timedelta:
    """Return how long the act on the open targets may take from its start, until the last host has ended."""
    here = Counter(target.session.host for target in request.open_targets)
    times = [BEGIN_WITHIN + time_of_host(request.ask, targets) for targets in here.values()]
    return ACT_SPARE + (sum(times, timedelta()) if request.ask.stop_on_error else max(times, default=timedelta()))


def host_until(request: Request, host: str) -> datetime:
    """Return when the time of a host that has begun is over. The request has the part of that host."""
    look = request.survey_of(host)
    begun = look.started_at if look else None
    here = sum(target.session.host == host for target in request.targets)
    return (begun or request.asked_at) + time_of_host(request.ask, here)


def target_until(request: Request, target: Target) -> datetime:
    """Return when the time of a target that was ordered is over. What its host has waited for it is a part of it.

    One whose order may have been lost is looked for as long as one whose host does not wait.
    """
    time = FOLLOW_FOR if target.request_lost else request.ask.wait or FOLLOW_FOR
    asked = target.requested_at or request.asked_at
    return min(asked + max(time - target.waited, timedelta()), host_until(request, target.session.host))


def order_until(request: Request, host: str) -> datetime | None:
    """Return until when the host's newest order may be on its way; None when it has ended, or there is none."""
    look = request.survey_of(host)
    return look.ordered_at + time_of_call(request.ask) if look and look.ordered_at else None


def may_be_ordered(request: Request, target: Target) -> bool:
    """Return whether an order for the target may have left."""
    look = request.survey_of(target.session.host)
    return bool(target.requested_at or (look and look.started_at and look.ordered_at))


def next_look(request: Request, host: str, now: datetime) -> datetime:
    """Return when the host is looked at again: the pauses grow, and the last look is when a time is over."""
    here = [target for target in request.open_targets if target.session.host == host]
    look = request.survey_of(host)
    asked = [target.requested_at for target in here] + [look.ordered_at if look else None]
    past = now - max((at for at in asked if at), default=now)
    ends = [target_until(request, target) for target in here if target.requested_at]
    if len(ends) < len(here):  # some have had no order
        ends += [at for at in (order_until(request, host), host_until(request, host)) if at]
    return min([now + pause_after(past), *(at for at in ends if at > now)])


def pause_after(past: timedelta) -> timedelta:
    """Return the pause before the next look when the order was so long ago."""
    done = timedelta()
    for pause in PAUSES:
        if past < (done := done + pause):
            return pause
    return PAUSES[-1]
