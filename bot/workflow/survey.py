"""What the hosts say and what the rules say -> what is to be done: pure, one `Surveyed` or `Refused` event."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards import wording
from bot.domain.actions import Action
from bot.domain.ask import Choice
from bot.domain.events import ReasonAsked, Refused, Surveyed
from bot.domain.request import Ending, ExcludedSession, HostSurvey, Target
from bot.domain.transitions import READY_FOR, REASON_WITHIN
from bot.policy import evaluate
from bot.policy.model import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.ask import Ask
    from bot.domain.people import Person
    from bot.domain.request import Request
    from bot.domain.requirement import Requirement
    from bot.domain.session import Session
    from bot.errors import TerminalError
    from bot.policy.model import Policy


MOST_LISTED = 500
"""A list is for reading: more sessions than this are counted, and neither kept nor written into the audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The answer of one host: its sessions, or why there are none."""

    host: str
    at: datetime
    sessions: tuple[Session, ...] = ()
    error: TerminalError | None = None


def decide(
    request: Request, surveys: Sequence[Look], policy: Policy, person: Person
) -> Surveyed | Refused | ReasonAsked:
    """Sort the sessions into targets and those left out, and say what it takes to go on."""
    ask, action, place = request.ask, request.action, request.place
    sight = _see(request, surveys, policy, person)
    counts = sight.counts
    targets = tuple(Target(session=session) for session in sight.touchable if _matches(ask, session))
    excluded = tuple(one for one in sight.left_out if _matches(ask, one.session))
    ending, message = _ending(request, sight, surveys, targets, excluded)
    if action is Action.LIST and len(targets) > MOST_LISTED:
        message, targets = wording.too_long_a_list(len(targets), MOST_LISTED), targets[:MOST_LISTED]
    required: Requirement | None = None
    if ending is None:
        sessions = [target.session for target in targets]
        if ask.force:
            tickets = evaluate.reason_to_ask_for(policy, person, place, action, sessions, reason=ask.reason)
            if tickets is not None:
                return ReasonAsked(tickets=tickets, valid_for=REASON_WITHIN)
        found = evaluate.requirement_for(policy, person, place, action, sessions, force=ask.force, reason=ask.reason)
        if isinstance(found, Decision):
            return Refused(rule=found.rule, message=found.message)
        required, message = found, found.message
    return Surveyed(
        targets=targets,
        surveys=tuple(_host_survey(look, counts[look.host]) for look in surveys),
        excluded=excluded,
        unseen=tuple(one for one in sight.unseen if _matches(ask, one.session)),
        requirement=required,
        ending=ending,
        message=message,
        valid_for=READY_FOR if required is None or required.is_forced else required.expires_after,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """The sessions as the requester may know of them, whatever they asked for.

    On a host that they may not list there are, for them, only the sessions that they may touch. Filters and ids choose
    among what they see: else each filter would be a question about the rest.
    """

    listed: frozenset[str]  # hosts that they may list
    touchable: tuple[Session, ...]
    left_out: tuple[ExcludedSession, ...]  # on listed hosts
    unseen: tuple[ExcludedSession, ...]  # on other hosts: for the audit log alone

    @property
    def counts(self) -> Counter[str]:
        """How many sessions each host has, as far as the requester may know."""
        return Counter(session.host for session in (*self.touchable, *(one.session for one in self.left_out)))


def _see(request: Request, surveys: Sequence[Look], policy: Policy, person: Person) -> _Sight:
    place = request.place
    touchable: list[Session] = []
    listed = frozenset(
        look.host for look in surveys if evaluate.may_look(policy, person, place, Action.LIST, look.host)
    )
    others: list[ExcludedSession] = []
    for session in (session for look in surveys for session in look.sessions):
        decision = evaluate.for_session(policy, person, place, request.action, session)
        if decision.allowed:
            touchable.append(session)
        else:
            others.append(ExcludedSession(session=session, why=decision.message))
    return _Sight(
        listed=listed,
        touchable=tuple(touchable),
        left_out=tuple(one for one in others if one.session.host in listed),
        unseen=tuple(one for one in others if one.session.host not in listed),
    )


def _matches(ask: Ask, session: Session) -> bool:
    return (not ask.ids or session.id in ask.ids) and all(c.holds_for(session) for c in ask.conditions)


def _host_survey(look: Look, sessions: int) -> HostSurvey:
    if look.error:
        return HostSurvey(host=look.host, looked_at=look.at, code=look.error.code, message=look.error.message)
    return HostSurvey(host=look.host, looked_at=look.at, sessions=sessions)


def _ending(
    request: Request,
    sight: _Sight,
    surveys: Sequence[Look],
    targets: Sequence[Target],
    excluded: Sequence[ExcludedSession],
) -> tuple[Ending | None, str]:
    """How the request ends already, if it does, and the sentence that explains it."""
    ask = request.ask
    if all(look.error for look in surveys):
        return Ending.NOTHING_TO_DO, wording.NO_ANSWER
    if not targets and not excluded:
        sees_all = sight.listed.issuperset(look.host for look in surveys)
        return Ending.NOTHING_TO_DO, wording.nothing_matched(ask) if sees_all else wording.NOTHING_IN_SIGHT
    if request.action is Action.LIST:
        return Ending.ANSWERED, ""
    if not targets:
        return Ending.NOTHING_TO_DO, wording.ALL_LEFT_OUT
    if ask.whatif and ask.choice is not Choice.NONE:
        return Ending.WHATIF, ""
    if ask.choice is Choice.NONE:
        return Ending.ANSWERED, wording.NOBODY_CHOSEN
    return None, ""
