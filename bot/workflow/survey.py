"""The decision of a survey, as a pure function: sessions and rules in, one `Surveyed` or `Refused` event out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.cards import found, wording
from bot.cards.target_list import MOST_ASKED
from bot.domain.actions import Action
from bot.domain.ask import Choice
from bot.domain.conditions import Field
from bot.domain.events import ReasonAsked, Refused, Surveyed
from bot.domain.near_people import near_accounts
from bot.domain.request import SAME_MACHINE, Ending, ExcludedSession, HostSurvey, Target
from bot.domain.requirement import Requirement
from bot.domain.transitions import READY_FOR, REASON_WITHIN
from bot.policy import evaluate
from bot.policy.model import Decision
from bot.workflow.looks import each_machine_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.ask import Ask
    from bot.domain.conditions import Condition
    from bot.domain.people import Person
    from bot.domain.request import Request
    from bot.domain.session import Session
    from bot.policy.model import Policy
    from bot.workflow.looks import Look


MOST_LISTED = 500
"""The most sessions that a list keeps and the audit log names. The others are only counted."""


def decide(
    request: Request, surveys: Sequence[Look], policy: Policy, person: Person
) -> Surveyed | Refused | ReasonAsked:
    """Return the targets, the excluded sessions and what it takes to act, or the refusal of a rule."""
    ask = request.ask
    surveys = each_machine_once(surveys)
    sight = _see(request, surveys, policy, person)
    targets, excluded = _chosen(request, sight, policy, person)
    ending, message = _ending(request, sight, surveys, targets, excluded)
    is_there = bool(targets or excluded)
    excluded = excluded if is_there else _nearly(ask, sight)
    required: Requirement | None = None
    if ending is None:
        takes = _takes(request, targets, policy, person)
        if not isinstance(takes, Requirement):
            return takes
        required, message = takes, takes.message
    full = Surveyed(
        targets=targets,
        surveys=_host_surveys(ask, surveys, sight, says_missing=is_there and not ask.everywhere),
        excluded=excluded,
        unseen=tuple(one for one in sight.unseen if _matches(ask, one.session)),
        requirement=required,
        ending=ending,
        message=message,
        valid_for=required.expires_after if required and required.is_open else READY_FOR,
    )
    return _bounded(_without_services(ask, full))


def _takes(
    request: Request, targets: Sequence[Target], policy: Policy, person: Person
) -> Requirement | Refused | ReasonAsked:
    """Return what it takes to act on these targets, or why it is not done."""
    ask, action, place = request.ask, request.action, request.place
    sessions = [target.session for target in targets]
    if ask.force:
        tickets = evaluate.reason_to_ask_for(policy, person, place, action, sessions, reason=ask.reason)
        if tickets is not None:
            return ReasonAsked(tickets=tickets, valid_for=REASON_WITHIN)
    takes = evaluate.requirement_for(policy, person, place, action, sessions, force=ask.force, reason=ask.reason)
    if isinstance(takes, Decision):
        return Refused(rule=takes.rule, message=takes.message)
    takes = evaluate.at_once(takes, ask, action)
    if len(targets) > MOST_ASKED and takes.is_open:
        return Refused(rule="one card", message=found.split_up(targets))
    return takes


def _without_services(ask: Ask, full: Surveyed) -> Surveyed:
    """Return the survey with services and listeners as a number: nobody acts on them, and each host has a few.

    Those that were named by their ids stay: who named them reads why they are no targets.
    """
    if ask.ids:
        return full
    excluded = tuple(one for one in full.excluded if not found.is_nobody(one.session))
    unseen = tuple(one for one in full.unseen if not found.is_nobody(one.session))
    left = len(full.excluded) - len(excluded) + len(full.unseen) - len(unseen)
    return replace(full, excluded=excluded, unseen=unseen, services=left)


def _bounded(full: Surveyed) -> Surveyed:
    """Return the survey with so many sessions as a list keeps. The others are counted, people named before services.

    An act keeps all of its targets: a card that asks has fewer.
    """
    targets, excluded, unseen = full.targets, full.excluded, full.unseen
    if full.ending:
        targets = targets[:MOST_LISTED]
    more = len(full.targets) - len(targets), max(0, len(excluded) - MOST_LISTED), max(0, len(unseen) - MOST_LISTED)
    said = [full.message] if full.message else []
    if more[0]:
        said = [wording.too_long_a_list(len(full.targets), MOST_LISTED), *said]
    if more[1]:
        said.append(found.more_left_out(more[1]))
    return replace(
        full,
        targets=targets,
        excluded=_people_first(excluded) if more[1] else excluded,
        unseen=_people_first(unseen) if more[2] else unseen,
        more_targets=more[0],
        more_excluded=more[1],
        more_unseen=more[2],
        message=" ".join(said),
    )


def _people_first(excluded: Sequence[ExcludedSession]) -> tuple[ExcludedSession, ...]:
    return tuple(sorted(excluded, key=lambda one: not one.session.account.user)[:MOST_LISTED])


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

    def by_host(self) -> dict[str, list[Session]]:
        """Return the sessions that the requester may know of, by host."""
        grouped: defaultdict[str, list[Session]] = defaultdict(list)
        for session in (*self.touchable, *(one.session for one in self.left_out)):
            grouped[session.host].append(session)
        return grouped


def _see(request: Request, surveys: Sequence[Look], policy: Policy, person: Person) -> _Sight:
    place = request.place
    listed = frozenset(
        look.host for look in surveys if evaluate.may_list(policy, person, place, look.host, look.sessions)
    )
    decided = [
        (session, evaluate.for_session(policy, person, place, request.action, session))
        for look in surveys
        for session in look.sessions
    ]
    others = [ExcludedSession(session=s, why=decision.message) for s, decision in decided if not decision.allowed]
    return _Sight(
        listed=listed,
        touchable=tuple(session for session, decision in decided if decision.allowed),
        left_out=tuple(one for one in others if one.session.host in listed),
        unseen=tuple(one for one in others if one.session.host not in listed),
    )


def _matches(ask: Ask, session: Session) -> bool:
    """Return whether the ask covers the session. A filter on what could not be read leaves nobody unmentioned."""
    is_named = not ask.ids or session.id in ask.ids
    is_shown = not ask.shown or any(one.is_still(session) for one in ask.shown)
    return is_named and is_shown and all(c.holds_for(session) or c.is_open_for(session) for c in ask.conditions)


def _nearly(ask: Ask, sight: _Sight) -> tuple[ExcludedSession, ...]:
    """Return the sessions in sight of people whose names are nearly those of `user=`, when nobody has the name."""
    named = [pattern for each in ask.conditions if each.field is Field.USER for pattern in each.values]
    there = [session for sessions in sight.by_host().values() for session in sessions]
    near = near_accounts(named, (session.account for session in there))
    return tuple(
        ExcludedSession(session=session, why=found.nearly_matched(", ".join(named)))
        for session in there
        if session.account in near
    )


def _open_condition(ask: Ask, session: Session) -> Condition | None:
    """Return the first filter that nobody can compare, because the host could not tell what it is about."""
    return next((c for c in ask.conditions if not c.holds_for(session) and c.is_open_for(session)), None)


def _chosen(
    request: Request, sight: _Sight, policy: Policy, person: Person
) -> tuple[tuple[Target, ...], tuple[ExcludedSession, ...]]:
    """Return targets and excluded sessions. Nobody is chosen by a filter that cannot be compared; a list shows them."""
    ask, targets, unclear = request.ask, [], []
    for session in sight.touchable:
        if not _matches(ask, session):
            continue
        condition = None if request.action is Action.LIST else _open_condition(ask, session)
        if condition:
            unclear.append(ExcludedSession(session=session, why=found.cannot_be_compared(session, condition)))
        else:
            targets.append(Target(session=session, own_warning=_may_warn(request, policy, person, session)))
    left_out = (one for one in sight.left_out if _matches(ask, one.session))
    return tuple(targets), (*left_out, *unclear)


def _may_warn(request: Request, policy: Policy, person: Person, session: Session) -> bool:
    """Whether this person gets the requester's own text: a message is a right of its own, session by session."""
    own = request.ask.warn and request.ask.warning
    return bool(own) and evaluate.for_session(policy, person, request.place, Action.MESSAGE, session).allowed


def _not_there(ask: Ask, host: str, seen: Sequence[Session], *, lists: bool) -> str:
    """Return what the ask names and this host does not have, in one sentence; empty when all of it is there.

    `seen` are the sessions that the requester may know of. Who may not list the host is told of those alone.
    """
    matching = {session.id for session in seen if _matches(ask, session)}
    here = {session.id for session in seen}
    named = list(dict.fromkeys(ask.ids.ranges))
    if not lists:
        unmet = [pair for pair in named if not _any_of(pair, matching)]
        return found.not_in_sight(host, unmet) if unmet or not matching else ""
    if not (named or ask.conditions):
        return "" if any(session.account.user or session.unread for session in seen) else found.nobody_there(host)
    if not named:
        return "" if matching else found.nobody_matches(host)
    missing = [pair for pair in named if not _any_of(pair, here)]
    unlike = [pair for pair in named if pair not in missing and not _any_of(pair, matching)]
    return found.not_there(host, missing, unlike)


def _any_of(pair: tuple[int, int], ids: set[int]) -> bool:
    return any(pair[0] <= each <= pair[1] for each in ids)


def _host_surveys(ask: Ask, looks: Sequence[Look], sight: _Sight, *, says_missing: bool) -> tuple[HostSurvey, ...]:
    seen = sight.by_host()
    surveys = []
    for look in looks:
        here, lists = seen.get(look.host, []), look.host in sight.listed
        message = _not_there(ask, look.host, here, lists=lists) if says_missing else ""
        surveys.append(_host_survey(look, len(here), message))
    return tuple(surveys)


def _host_survey(look: Look, sessions: int, message: str) -> HostSurvey:
    if look.same_as:
        same = wording.same_machine(look.host, look.same_as)
        return HostSurvey(host=look.host, looked_at=look.at, code=SAME_MACHINE, message=same)
    if look.error:
        code, message, words = look.error.code, look.error.message, look.error.words
        return HostSurvey(host=look.host, looked_at=look.at, code=code, message=message, words=words)
    return HostSurvey(host=look.host, looked_at=look.at, sessions=sessions, message=message)


def _ending(
    request: Request,
    sight: _Sight,
    surveys: Sequence[Look],
    targets: Sequence[Target],
    excluded: Sequence[ExcludedSession],
) -> tuple[Ending | None, str]:
    """Return how the request ends after the survey, with its sentence; None when it goes on."""
    ask = request.ask
    if all(look.error for look in surveys):
        return Ending.NOTHING_TO_DO, wording.NO_ANSWER
    if not targets and not excluded:
        sees_all = sight.listed.issuperset(look.host for look in surveys)
        return Ending.NOTHING_TO_DO, found.nothing_matched(ask) if sees_all else wording.NOTHING_IN_SIGHT
    if request.action is Action.LIST:
        return Ending.ANSWERED, ""
    if not targets:
        is_empty = not ask.ids and all(found.is_nobody(one.session) for one in excluded)
        return Ending.NOTHING_TO_DO, found.only_services(len(excluded)) if is_empty else wording.ALL_LEFT_OUT
    if ask.whatif and ask.choice is not Choice.NONE:
        return Ending.WHATIF, ""
    if ask.choice is Choice.NONE:
        return Ending.ANSWERED, wording.NOBODY_CHOSEN
    return None, ""
