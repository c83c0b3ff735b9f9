"""What the events of an act make of a request: its start, the orders of its hosts, their verdicts, and a Stop."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.act_times import PAUSES, may_be_ordered
from bot.domain.request import State
from bot.domain.verdicts import Reason, Verdict
from bot.errors import Conflict, ConflictReason

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain import events as e
    from bot.domain.request import Request, Target

MILLISECOND = timedelta(milliseconds=1)


def started(request: Request, event: e.Started, now: datetime) -> Request:
    """Return the request that acts. Every host is due; with `--stop-on-error` the first, and after its end the next."""
    open_at = {target.session.host for target in request.open_targets}
    hosts = [host for host in request.ask.hosts if host in open_at] if request.ask.stop_on_error else []
    due = set(hosts[:1]) or open_at
    surveys = tuple(replace(look, due_at=now) if look.host in due else look for look in request.surveys)
    return replace(
        request,
        state=State.ACTING,
        surveys=surveys,
        started_at=now,
        expires_at=now + event.valid_for,
        due_at=None if open_at else now,
        attempts=0,
    )


def ordered(request: Request, event: e.HostStarted | e.HostContinued, now: datetime) -> Request:
    """Return the request with an order on its way. With `--stop-on-error` the request was due to begin this host."""
    after = on_host(request, event.host, ordered_at=now, due_at=now)
    if event.host in request.begun:
        return after
    after = on_host(after, event.host, started_at=now)
    return replace(after, due_at=None) if request.ask.stop_on_error else after


def on_host(request: Request, host: str, **changes: datetime | None) -> Request:
    """Return the request with these dates in the survey of the host."""
    surveys = (
        replace(look, **changes) if look.host == host else look  # type: ignore[arg-type] # dates alone
        for look in request.surveys
    )
    return replace(request, surveys=tuple(surveys))


def with_target(request: Request, changed: Target) -> Request:
    """Return the request with the changed target in its place."""
    return replace(request, targets=tuple(changed if t.key == changed.key else t for t in request.targets))


def open_target(request: Request, key: tuple[str, int]) -> Target:
    """Return the target. Raises `Conflict` when it has its verdict."""
    target = request.target_at(key)
    if target is None or not target.is_open:
        raise Conflict("This target has its verdict.", request=request, reason=ConflictReason.OUT_OF_ORDER)
    return target


def target_requested(request: Request, event: e.TargetRequested, now: datetime) -> Request:
    """Return the request with the target as one that is looked for. A call that ended here is on its way no more."""
    target = open_target(request, event.key)
    changed = replace(
        target,
        requested_at=target.requested_at or now,
        request_lost=event.lost,
        waited=target.waited if target.requested_at else event.waited or timedelta(),
        code=event.code,
        reason=event.reason,
        note=event.note,
        words=event.words or target.words,
    )
    after = on_host(with_target(request, changed), event.key[0], due_at=now + PAUSES[0])
    return after if event.waited is None else on_host(after, event.key[0], ordered_at=None)


def target_ended(request: Request, event: e.TargetEnded, now: datetime) -> Request:
    """Return the request with the verdict. The last one of all makes the request due, and of a host the next host."""
    target = open_target(request, event.key)
    changed = replace(
        target,
        verdict=event.verdict,
        code=event.code,
        reason=event.reason,
        note=event.note,
        words=event.words or target.words,
        waited=_waited(target, event, now),
    )
    after, host = with_target(request, changed), target.session.host
    is_last = not any(other.session.host == host for other in after.open_targets)
    if is_last:
        after = on_host(after, host, ordered_at=None, due_at=None, ended_at=now if host in after.begun else None)
    return replace(after, due_at=now) if not after.counts.open or (is_last and after.ask.stop_on_error) else after


def _waited(target: Target, event: e.TargetEnded, now: datetime) -> timedelta:
    """Return how long the session took to end; of one that did not end, how long its call waited for it."""
    if event.verdict not in (Verdict.GONE, Verdict.DISCONNECTED):
        return target.waited
    if target.requested_at is None:
        return event.waited or timedelta()
    return target.waited + max(now - target.requested_at, timedelta()) // MILLISECOND * MILLISECOND


def stopped(request: Request, now: datetime) -> Request:
    """Return the request with the targets skipped for which no order may have left. The others go on."""
    targets = tuple(
        t if not t.is_open or may_be_ordered(request, t) else replace(t, verdict=Verdict.SKIPPED, reason=Reason.STOPPED)
        for t in request.targets
    )
    busy = {target.session.host for target in targets if target.is_open}
    surveys = tuple(look if look.host in busy else replace(look, due_at=None) for look in request.surveys)
    after = replace(request, targets=targets, surveys=surveys)
    return after if after.open_targets else replace(after, due_at=now)


def close_open(request: Request, reason: Reason) -> Request:
    """Return the request with a verdict for each open target: `unknown` if an order may have left, else `skipped`.

    A target whose host failed keeps the sentence of that fault.
    """

    def close(target: Target) -> Target:
        if not target.is_open:
            return target
        verdict = Verdict.UNKNOWN if may_be_ordered(request, target) else Verdict.SKIPPED
        if target.reason is Reason.HOST_ERROR:
            return replace(target, verdict=verdict)
        return replace(target, verdict=verdict, reason=reason, note="")

    return replace(request, targets=tuple(close(target) for target in request.targets))
