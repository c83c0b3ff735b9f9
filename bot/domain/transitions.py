"""What each event makes of a request. `lifecycle` decides whether the event may happen now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from bot.domain import acts
from bot.domain import events as e
from bot.domain.alone import is_alone
from bot.domain.ask import ActAsk
from bot.domain.request import UNSURE_VERDICTS, Ending, ExcludedSession, State, Target
from bot.domain.verdicts import Reason
from bot.errors import Conflict, ConflictReason

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.people import Actor
    from bot.domain.request import Request

READY_FOR = timedelta(minutes=5)
"""How long an approved act may wait to begin."""

REASON_WITHIN = timedelta(minutes=5)
"""How long the requester may take to give the reason that `--force` needs."""

SETTLE_AFTER = timedelta(seconds=30)
"""How soon after the end the bot looks again at an unsure verdict."""

SETTLE_FOR = timedelta(minutes=15)
"""How long after the end the bot looks again at an unsure verdict."""


def apply(request: Request, event: e.Event, now: datetime) -> Request:  # noqa: C901, PLR0912 - a line an event
    """Return the request after the event. Raises `Conflict` when the event does not fit the targets."""
    match event:
        case e.Surveyed():
            return _surveyed(request, event, now)
        case e.ReasonAsked() | e.ReasonGiven():
            return _about_reason(request, event, now)
        case e.Narrowed() | e.ActionChanged() | e.SecondPersonNeeded():
            return _new_content(_without_answers(_reshaped(request, event, now)))
        case e.Counted():
            return _counted(request, event)
        case e.Approved():
            return _approved(request, event, now)
        case e.Denied() | e.Cancelled() | e.Refused() | e.Expired() | e.Failed():
            return _ended_early(request, event, now)
        case e.WarningStarted() | e.WarningDelivered() | e.WarningFailed():
            return acts.with_target(request, _warned(acts.open_target(request, event.key), event, now))
        case e.GraceStarted():
            return _waiting_until(request, max(now + event.grace, request.act_at or now))
        case e.Started():
            return acts.started(request, event, now)
        case e.HostStarted() | e.HostContinued():
            return acts.ordered(request, event, now)
        case e.TargetRequested():
            return acts.target_requested(request, event, now)
        case e.TargetEnded():
            return acts.target_ended(request, event, now)
        case e.Stopped():
            return acts.stopped(request, now)
        case e.Ended():
            return _end(request, Ending.DONE, now)
        case e.Announced():
            return replace(request, announced_at=request.announced_at or now)
        case e.Settled() | e.SettlingAbandoned():
            return _settled(request, event)
        case e.StepFailed():
            return _stumbled(request, event, now)
        case e.Noted():
            return request
    assert_never(event)


def _surveyed(request: Request, event: e.Surveyed, now: datetime) -> Request:
    after = replace(
        request,
        targets=event.targets,
        surveys=event.surveys,
        excluded=event.excluded,
        requirement=event.requirement,
        message=event.message,
        attempts=0,
    )
    if event.ending or not event.requirement:
        return _end(after, event.ending or Ending.NOTHING_TO_DO, now)
    if not event.requirement.is_open:
        ready = _ready(replace(after, alone=True), now, event.valid_for)
        return _waiting_until(ready, now + event.requirement.hold) if event.requirement.hold else ready
    remind_at = now + event.valid_for / 2 if event.requirement.needs else None
    return _new_content(replace(after, state=State.AWAITING, expires_at=now + event.valid_for, due_at=remind_at))


def _about_reason(request: Request, event: e.ReasonAsked | e.ReasonGiven, now: datetime) -> Request:
    """The request stays asked: while it waits for the reason nothing is due, and with it the survey is."""
    after = replace(request, expires_at=now + event.valid_for, attempts=0)
    if isinstance(event, e.ReasonAsked):
        return replace(after, reason_asked=event.tickets, due_at=None)
    ask = replace(request.ask, reason=event.reason) if isinstance(request.ask, ActAsk) else request.ask
    return replace(after, ask=ask, reason_asked=None, due_at=now)


def _new_content(request: Request) -> Request:
    """Return the request with its next version as the first that people may decide on: the content has changed."""
    return replace(request, content_version=request.version + 1, listed=0)


def _reshaped(request: Request, event: e.Narrowed | e.ActionChanged | e.SecondPersonNeeded, now: datetime) -> Request:
    match event:
        case e.Narrowed():
            return _narrowed(request, event)
        case e.ActionChanged():
            return replace(request, action=event.action, requirement=event.requirement)
        case e.SecondPersonNeeded(requirement=required):
            until = now + required.expires_after
            return replace(request, requirement=required, message=required.message, expires_at=until, due_at=now)


def _narrowed(request: Request, event: e.Narrowed) -> Request:
    kept = tuple(target for target in request.targets if target.key in event.keys)
    why = f"taken out by {event.by.name or event.by.user_id}"
    dropped = tuple(ExcludedSession(session=t.session, why=why) for t in request.targets if t.key not in event.keys)
    if not kept:
        raise Conflict("Nothing would be left.", request=request, reason=ConflictReason.EMPTY)
    return replace(request, targets=kept, excluded=request.excluded + dropped)


def _counted(request: Request, event: e.Counted | e.Approved) -> Request:
    """Return the request with the presser's yes: each person once, and only people who still count."""
    stay = tuple(a for a in request.counted if a.user_id not in event.void and a.user_id != event.by.user_id)
    gone = tuple(a for a in request.counted if a.user_id in event.void and a.user_id != event.by.user_id)
    return replace(_voided(request, gone), counted=(*stay, event.by), serving=event.serving)


def _without_answers(request: Request) -> Request:
    """Return the request as if nobody had said yes; those who had are to be told."""
    return replace(_voided(request, request.counted), counted=(), serving=())


def _voided(request: Request, people: tuple[Actor, ...]) -> Request:
    """Return the request with these people among those who are to be told that their yes stopped counting."""
    return replace(request, voided=request.voided + people) if people else request


def _approved(request: Request, event: e.Approved, now: datetime) -> Request:
    decided = _decided(_counted(request, event), event.by, now)
    return _ready(replace(decided, alone=is_alone(request, event)), now, event.valid_for)


def _decided(request: Request, by: Actor, now: datetime) -> Request:
    return replace(request, decided_by=by, decided_at=now)


def _ready(request: Request, now: datetime, valid_for: timedelta) -> Request:
    return replace(request, state=State.READY, expires_at=now + valid_for, due_at=now, attempts=0)


def _warned(target: Target, event: e.WarningStarted | e.WarningDelivered | e.WarningFailed, now: datetime) -> Target:
    match event:
        case e.WarningStarted():
            return replace(target, warning_at=now)
        case e.WarningDelivered():
            return replace(target, warned_at=target.warned_at or now)
        case e.WarningFailed():
            return replace(target, verdict=event.verdict, reason=event.reason, note=event.note)


def _waiting_until(request: Request, act_at: datetime) -> Request:
    return replace(request, act_at=act_at, due_at=act_at, expires_at=act_at + READY_FOR)


def _end(request: Request, ending: Ending, now: datetime) -> Request:
    surveys = tuple(replace(look, due_at=None) for look in request.surveys)
    due_at = now + SETTLE_AFTER if request.counts.unsure else None
    return replace(request, state=State.ENDED, ending=ending, ended_at=now, surveys=surveys, due_at=due_at, attempts=0)


def _ended_early(
    request: Request, event: e.Denied | e.Cancelled | e.Refused | e.Expired | e.Failed, now: datetime
) -> Request:
    match event:
        case e.Denied():
            denied = replace(request, deny_reason=event.reason)
            return _end(_decided(denied, event.by, now), Ending.DENIED, now)
        case e.Cancelled():
            return _end(_decided(request, event.by, now), Ending.CANCELLED, now)
        case e.Refused():
            return _end(replace(request, message=event.message), Ending.REFUSED, now)
        case e.Expired():
            closed = replace(acts.close_open(request, Reason.EXPIRED), message=event.why or request.message)
            return _end(closed, Ending.EXPIRED, now)
        case e.Failed():
            return _end(
                replace(acts.close_open(request, Reason.REQUEST_FAILED), failure_reference=event.reference),
                Ending.FAILED,
                now,
            )


def _settled(request: Request, event: e.Settled | e.SettlingAbandoned) -> Request:
    if isinstance(event, e.SettlingAbandoned):
        return replace(request, due_at=None)
    target = request.target_at(event.key)
    if target is None or target.verdict not in UNSURE_VERDICTS:
        raise Conflict("This verdict stands.", request=request, reason=ConflictReason.OUT_OF_ORDER)
    after = acts.with_target(request, replace(target, verdict=event.verdict, reason=event.reason, note=event.note))
    return after if after.counts.unsure else replace(after, due_at=None)


def _stumbled(request: Request, event: e.StepFailed, now: datetime) -> Request:
    after = replace(request, attempts=request.attempts + 1)
    if event.host:
        is_open = any(target.session.host == event.host for target in request.open_targets)
        again_at = now + event.again_in if is_open and request.state is State.ACTING else None
        return acts.on_host(after, event.host, due_at=again_at)
    return replace(after, due_at=now + event.again_in)
