"""How many sessions a person may act on in a while without anybody else's yes, over all of their requests.

The ledger counts in the transaction that would make a request ready, and asks `within_limit` what to record then. So
two requests of the same moment cannot both be the last one below the limit. Decision 0017 says why it is done there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.domain import events as e
from bot.domain.actions import Action, facts_of
from bot.domain.durations import duration
from bot.domain.request import State
from bot.domain.requirement import MANY_AT_ONCE, Confirm
from bot.domain.verdicts import Verdict

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.domain.request import Request, Target
    from bot.domain.requirement import Requirement

TOUCHED = frozenset({Verdict.GONE, Verdict.DISCONNECTED, Verdict.SENT, Verdict.STILL_CLOSING, Verdict.UNKNOWN})
"""Verdicts of targets that the host acted on, or may have acted on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AloneLimit:
    """Above `most` sessions in `within` it takes `above`."""

    most: int
    within: timedelta
    above: Requirement
    nobody: str = ""  # why nobody could give what `above` asks for; empty when somebody can


def sessions_alone(request: Request, since: datetime) -> int:
    """How many sessions of this request count: those under way, and at its end those that were touched."""
    if not request.alone or (request.ended_at and request.ended_at < since):
        return 0
    return sum(_counts(target, request) for target in request.targets)


def _counts(target: Target, request: Request) -> bool:
    return target.verdict in TOUCHED or (target.is_open and request.state is not State.ENDED)


def within_limit(request: Request, event: e.Event, limit: AloneLimit, used: int) -> e.Event:
    """The event, or what is recorded in its place because it would take the requester above their limit.

    `used` are the sessions of their other requests.
    """
    match event:
        case e.Surveyed(requirement=required) if required and _may_be_alone(required):
            if used + len(event.targets) <= limit.most:
                return event
            said = _said(request.action, used, limit)
            if limit.nobody:
                return e.Refused(rule=MANY_AT_ONCE, message=f"{said} {limit.nobody}")
            above = replace(limit.above, message=said)
            return replace(event, requirement=above, message=said, valid_for=above.expires_after)
        case e.Approved() if is_alone(request, event) and used + len(request.targets) > limit.most:
            said = _said(request.action, used, limit)
            if limit.nobody:
                return e.Refused(rule=MANY_AT_ONCE, message=f"{said} {limit.nobody}", by=event.by)
            above = replace(limit.above, message=said)
            return e.SecondPersonNeeded(by=event.by, on_version=event.on_version, requirement=above)
    return event


def is_alone(request: Request, event: e.Approved) -> bool:
    """No other person has said yes: not with this press, and not before it, as far as it still counts."""
    earlier = {actor.user_id for actor in request.counted} - event.void
    return earlier | {event.by.user_id} == {request.actor.user_id}


def _may_be_alone(required: Requirement) -> bool:
    return required.confirm is not Confirm.OTHERS or all(
        need.requester_counts and need.count == 1 for need in required.needs
    )


def _said(action: Action, used: int, limit: AloneLimit) -> str:
    people = "1 person" if used == 1 else f"{used:,} people"
    done = f"logged {people} off" if action is Action.LOG_OFF else f"{facts_of(action).done} {people}"
    return (
        f"You have {done} alone in the last {duration(limit.within)}; above {limit.most:,} a second person is needed."
    )
