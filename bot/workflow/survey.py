"""The decision of a survey, as a pure function: sessions and rules in, one `Surveyed` or `Refused` event out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.cards import found, wording
from bot.cards.target_list import MOST_ASKED
from bot.domain.actions import Action
from bot.domain.ask import Choice
from bot.domain.events import Refused, Surveyed
from bot.domain.request import Ending, ExcludedSession, HostSurvey, Target
from bot.domain.session import NOT_NAMED, Account
from bot.domain.transitions import READY_FOR
from bot.policy import evaluate
from bot.policy.model import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.ask import Ask
    from bot.domain.people import Person
    from bot.domain.request import Request
    from bot.domain.requirement import Requirement
    from bot.domain.session import Machine, Session
    from bot.errors import TerminalError
    from bot.policy.model import Policy


MOST_COMMANDS, MOST_NAMED = 3, 20
"""What is suggested to somebody who asked for too many: commands, and computers in each."""
_REST = {False: " ...", True: ",... ..."}

MOST_LISTED = 500
"""The most sessions that a list keeps and the audit log names. The others are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The answer of one host: its sessions, or the error."""

    host: str  # its name in the inventory
    at: datetime  # when the host answered or failed to answer
    sessions: tuple[Session, ...] = ()  # all sessions of the host, services and listeners included
    error: TerminalError | None = None  # why the host could not be read; None when it was
    same_as: str = ""  # another computer of the request that is this machine under another name

    @property
    def machine(self) -> Machine:
        """The machine as it named itself; not named when the host has no session at all."""
        return next((session.machine for session in self.sessions), NOT_NAMED)


def each_machine_once(looks: Sequence[Look]) -> list[Look]:
    """Return the looks; one at a machine that was looked at before under another name has no sessions."""
    found: list[Look] = []
    for look in looks:
        same = next((other.host for other in found if look.machine.is_same_as(other.machine)), "")
        found.append(replace(look, sessions=(), same_as=same) if same else look)
    return found


def decide(request: Request, surveys: Sequence[Look], policy: Policy, person: Person) -> Surveyed | Refused:
    """Return the targets, the excluded sessions and what it takes to act, or the refusal of a rule."""
    ask, action, place = request.ask, request.action, request.place
    surveys = each_machine_once(surveys)
    matching = [session for look in surveys for session in look.sessions if _matches(ask, session)]
    decisions = [(s, evaluate.for_session(policy, person, place, action, s)) for s in matching]
    targets = tuple(
        Target(session=s, own_warning=_may_warn(request, policy, person, s)) for s, d in decisions if d.allowed
    )
    hidden = {look.host for look in surveys if not evaluate.may_look(policy, person, place, Action.LIST, look.host)}
    excluded = tuple(
        ExcludedSession(session=_nameless(session) if session.host in hidden else session, why=decision.message)
        for session, decision in decisions
        if not decision.allowed
    )
    ending, message = _ending(ask, action, surveys, matching, targets)
    if action is Action.LIST and len(targets) > MOST_LISTED:
        message, targets = wording.too_long_a_list(len(targets), MOST_LISTED), targets[:MOST_LISTED]
    required: Requirement | None = None
    if ending is None:
        sessions = [target.session for target in targets]
        takes = evaluate.requirement_for(policy, person, place, action, sessions, force=ask.force, reason=ask.reason)
        if isinstance(takes, Decision):
            return Refused(rule=takes.rule, message=takes.message)
        if len(targets) > MOST_ASKED and not takes.is_forced:
            return Refused(rule="one card", message=_split_up(request, targets))
        required, message = takes, takes.message
    return Surveyed(
        targets=targets,
        surveys=tuple(_host_survey(look, _not_there(ask, look) if matching else "") for look in surveys),
        excluded=excluded,
        requirement=required,
        ending=ending,
        message=message,
        valid_for=READY_FOR if required is None or required.is_forced else required.expires_after,
    )


def _nameless(session: Session) -> Session:
    """Return the session without its names, for a requester who may act on the host but not list its sessions."""
    return replace(session, account=Account(domain="", user=""), station="", client="", address="", display="")


def _matches(ask: Ask, session: Session) -> bool:
    return (not ask.ids or session.id in ask.ids) and all(c.holds_for(session) for c in ask.conditions)


def _may_warn(request: Request, policy: Policy, person: Person, session: Session) -> bool:
    """Whether this person gets the requester's own text: a message is a right of its own, session by session."""
    own = request.ask.warn and request.ask.warning
    return bool(own) and evaluate.for_session(policy, person, request.place, Action.MESSAGE, session).allowed


def _split_up(request: Request, targets: Sequence[Target]) -> str:
    """How to ask for so many in parts that a card has room for, computer by computer, where that helps."""
    parts: list[list[str]] = []
    room = 0
    for host, number in Counter(target.session.host for target in targets).items():
        if number > MOST_ASKED:
            return found.too_many_to_read(len(targets), MOST_ASKED, ())
        if number > room:
            parts.append([])
            room = MOST_ASKED
        parts[-1].append(host)
        room -= number
    commands = [f"/{request.command} {','.join(part[:MOST_NAMED])}{_REST[len(part) > MOST_NAMED]}" for part in parts]
    return found.too_many_to_read(len(targets), MOST_ASKED, commands[:MOST_COMMANDS])


def _not_there(ask: Ask, look: Look) -> str:
    """Return what the ask names and this computer does not have, in one sentence; empty when all of it is there."""
    if look.error or look.same_as:
        return ""
    if not (ask.ids or ask.conditions):
        return "" if any(session.account.user for session in look.sessions) else found.nobody_there(look.host)
    here = {session.id for session in look.sessions}
    matching = {session.id for session in look.sessions if _matches(ask, session)}
    if not ask.ids:
        return "" if matching else found.nobody_matches(look.host)
    named = list(dict.fromkeys(ask.ids.ranges))
    missing = [pair for pair in named if not _any_of(pair, here)]
    unlike = [pair for pair in named if pair not in missing and not _any_of(pair, matching)]
    return found.not_there(look.host, missing, unlike)


def _any_of(pair: tuple[int, int], ids: set[int]) -> bool:
    return any(pair[0] <= each <= pair[1] for each in ids)


def _host_survey(look: Look, not_there: str) -> HostSurvey:
    if look.same_as:
        message = wording.same_machine(look.host, look.same_as)
        return HostSurvey(host=look.host, looked_at=look.at, code="same_machine", message=message)
    if look.error:
        return HostSurvey(host=look.host, looked_at=look.at, code=look.error.code, message=look.error.message)
    return HostSurvey(host=look.host, looked_at=look.at, sessions=len(look.sessions), message=not_there)


def _ending(
    ask: Ask, action: Action, surveys: Sequence[Look], matching: Sequence[Session], targets: Sequence[Target]
) -> tuple[Ending | None, str]:
    """Return how the request ends after the survey, with its sentence; None when it goes on."""
    if all(look.error for look in surveys):
        return Ending.NOTHING_TO_DO, wording.NO_ANSWER
    if not matching:
        return Ending.NOTHING_TO_DO, found.nothing_matched(ask)
    if action is Action.LIST:
        return Ending.ANSWERED, ""
    if not targets:
        return Ending.NOTHING_TO_DO, wording.ALL_LEFT_OUT
    if ask.whatif and ask.choice is not Choice.NONE:
        return Ending.WHATIF, ""
    if ask.choice is Choice.NONE:
        return Ending.ANSWERED, wording.NOBODY_CHOSEN
    return None, ""
