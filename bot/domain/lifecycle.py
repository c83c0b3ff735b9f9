"""The whole state machine as pure functions: which events each state admits, and when.

The ledger calls `advance` on the row that it has just locked, so every check sees the present state.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain import events as e
from bot.domain.act_times import BEGIN_WITHIN, host_until, order_until
from bot.domain.request import State
from bot.domain.transitions import apply
from bot.errors import Conflict, ConflictReason

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.request import Request

ASKED_FOR = timedelta(minutes=2)
"""How long a survey may take before the request expires. A command of yesterday never acts today."""

READ_FOR = timedelta(minutes=10)
"""The same for a command that reads the audit log: it acts on nothing, and a long log takes its time."""

TABLE: dict[State, tuple[type[e.Event], ...]] = {
    State.ASKED: (
        e.Surveyed,
        e.ReasonAsked,
        e.ReasonGiven,
        e.Refused,
        e.Cancelled,
        e.Expired,
        e.StepFailed,
        e.Failed,
    ),
    State.AWAITING: (
        e.Narrowed,
        e.ActionChanged,
        e.Counted,
        e.Approved,
        e.SecondPersonNeeded,
        e.Denied,
        e.Refused,
        e.Cancelled,
        e.Expired,
        e.StepFailed,
        e.Failed,
    ),
    State.READY: (
        e.WarningStarted,
        e.WarningDelivered,
        e.WarningFailed,
        e.GraceStarted,
        e.Announced,
        e.Started,
        e.Refused,
        e.Cancelled,
        e.Expired,
        e.StepFailed,
        e.Failed,
    ),
    State.ACTING: (
        e.Announced,
        e.HostStarted,
        e.HostContinued,
        e.TargetRequested,
        e.TargetEnded,
        e.Stopped,
        e.Ended,
        e.Expired,
        e.StepFailed,
        e.Failed,
    ),
    State.ENDED: (e.Announced, e.Settled, e.SettlingAbandoned, e.StepFailed),
}
"""The events that each state admits. `Noted` is admitted in every state and changes nothing."""

_FACTS = (
    e.WarningDelivered,
    e.WarningFailed,
    e.Announced,
    e.Expired,
    e.Failed,
    e.StepFailed,
    e.TargetRequested,
    e.TargetEnded,
    e.Stopped,
    e.Ended,
    e.Settled,
    e.SettlingAbandoned,
)
"""Events that are facts and may come late. Every other event is an intent and has to come before the expiry."""

_WITHDRAWALS = (e.Denied, e.Cancelled, e.Refused, e.Noted)
"""Events that end something, or change nothing."""

_UNSEEN = (e.StepFailed, e.Announced)
"""Events that change nothing on the card, and so no version."""


def advance(request: Request, event: e.Event, now: datetime) -> Request:
    """Return the request after the event. Raises `Conflict` with the unchanged request when the event does not fit."""
    if isinstance(event, e.Noted):
        return request
    _check(request, event, now)
    after = apply(request, event, now)
    if isinstance(event, _UNSEEN):
        return after
    publish_after = request.publish_after if after.state is request.state else None
    return replace(after, version=request.version + 1, publish_after=publish_after)


def begins_something(event: e.Event) -> bool:
    """Return whether something may follow from the event. Only such an event has to wait in a standstill."""
    return not isinstance(event, (*_FACTS, *_WITHDRAWALS))


def _check(request: Request, event: e.Event, now: datetime) -> None:
    expired = request.state is not State.ENDED and now >= request.expires_at
    if expired and not isinstance(event, _FACTS):
        raise Conflict("The time for this is over.", request=request, reason=ConflictReason.EXPIRED)
    if not isinstance(event, TABLE[request.state]):
        raise Conflict("This step does not follow here.", request=request, reason=_why_not(request))
    if isinstance(event, e.Expired) and not (expired or event.why):
        raise Conflict("Its time is not over.", request=request, reason=ConflictReason.OUT_OF_ORDER)
    on_version = getattr(event, "on_version", request.version)
    if on_version != request.version:
        raise Conflict("The card has changed.", request=request, reason=ConflictReason.STALE)
    waits = request.reason_asked is not None
    if isinstance(event, e.ReasonGiven if not waits else (e.ReasonAsked, e.Surveyed)):
        raise Conflict("This step does not follow here.", request=request, reason=ConflictReason.OUT_OF_ORDER)
    if isinstance(event, e.HostStarted):
        _check_beginning(request, event.host, now)
    if isinstance(event, e.HostContinued):
        _check_further_order(request, event.host, now)
    if isinstance(event, e.WarningStarted) and _is_warned(request, event.key):
        raise Conflict("The warning has left.", request=request, reason=ConflictReason.OUT_OF_ORDER)
    if isinstance(event, e.Ended) and request.counts.open:
        raise Conflict("Some targets are open.", request=request, reason=ConflictReason.OUT_OF_ORDER)


def _check_beginning(request: Request, host: str, now: datetime) -> None:
    """With `--stop-on-error` a host waits for those before it, which are not in its part: its step compares that."""
    if not _is_open(request, host) or host in request.begun:
        raise Conflict("Nothing is left to do there.", request=request, reason=ConflictReason.OUT_OF_ORDER)
    since = None if request.ask.stop_on_error else request.started_at
    if since and now >= since + BEGIN_WITHIN:
        raise Conflict("It has waited too long.", request=request, reason=ConflictReason.EXPIRED)


def _check_further_order(request: Request, host: str, now: datetime) -> None:
    """A further order is for targets that have had none, after the order before it, in the time of the host."""
    here = [target for target in request.open_targets if target.session.host == host]
    on_its_way = order_until(request, host)
    is_next = not (request.ask.wait and any(target.requested_at for target in here))
    if (
        host not in request.begun
        or all(target.requested_at for target in here)
        or not is_next
        or (on_its_way is not None and now < on_its_way)
    ):
        raise Conflict("An order does not follow there.", request=request, reason=ConflictReason.OUT_OF_ORDER)
    if now >= host_until(request, host):
        raise Conflict("The time of this computer is over.", request=request, reason=ConflictReason.EXPIRED)


def _is_open(request: Request, host: str) -> bool:
    return any(target.session.host == host for target in request.open_targets)


def _is_warned(request: Request, key: tuple[str, int]) -> bool:
    target = request.target_at(key)
    return bool(target and target.warning_at)


def _why_not(request: Request) -> ConflictReason:
    if request.state is State.ENDED:
        return ConflictReason.OVER
    return ConflictReason.DECIDED if request.decided_by else ConflictReason.OUT_OF_ORDER
