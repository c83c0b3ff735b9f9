"""What the hosts say and what the rules say -> what is to be done: pure, one `Surveyed` or `Refused` event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.cards import wording as phrases
from bot.domain.events import Refused, Surveyed
from bot.domain.request import Action, Choice, Ending, HostLook, LeftOut, Target
from bot.domain.session import Account
from bot.domain.transitions import READY_FOR
from bot.policy import evaluate as rules
from bot.policy.model import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.people import Someone
    from bot.domain.request import Ask, Request
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


def decide(request: Request, looks: Sequence[Look], policy: Policy, someone: Someone) -> Surveyed | Refused:
    """Sort the sessions into targets and those left out, and say what it takes to go on."""
    ask, action, place = request.ask, request.action, request.place
    matching = [session for look in looks for session in look.sessions if _matches(ask, session)]
    decisions = [(s, rules.for_session(policy, someone, place, action, s)) for s in matching]
    targets = tuple(Target(session=session) for session, decision in decisions if decision.is_yes)
    hidden = {look.host for look in looks if not rules.may_look(policy, someone, place, Action.LIST, look.host)}
    left_out = tuple(
        LeftOut(session=_nameless(session) if session.host in hidden else session, why=decision.say)
        for session, decision in decisions
        if not decision.is_yes
    )
    ending, say = _ending(ask, action, looks, matching, targets)
    if action is Action.LIST and len(targets) > MOST_LISTED:
        say, targets = phrases.too_long_a_list(len(targets), MOST_LISTED), targets[:MOST_LISTED]
    required: Requirement | None = None
    if ending is None:
        sessions, force = [target.session for target in targets], bool(getattr(ask, "force", False))
        reason = str(getattr(ask, "reason", ""))
        found = rules.requirement_for(policy, someone, place, action, sessions, force=force, reason=reason)
        if isinstance(found, Decision):
            return Refused(rule=found.rule, say=found.say)
        required, say = found, found.say
    return Surveyed(
        targets=targets,
        looks=tuple(_host_look(look) for look in looks),
        left_out=left_out,
        requirement=required,
        ending=ending,
        say=say,
        valid_for=READY_FOR if required is None or required.is_forced else required.lives,
    )


def _nameless(session: Session) -> Session:
    """For who may act on some sessions of a host, but not list it: that there are others, not whose."""
    return replace(session, account=Account(domain="", user=""), station="", client="", address="", display="")


def _matches(ask: Ask, session: Session) -> bool:
    return (not ask.ids or session.id in ask.ids) and all(c.holds_for(session) for c in ask.conditions)


def _host_look(look: Look) -> HostLook:
    if look.error:
        return HostLook(host=look.host, looked_at=look.at, code=look.error.code, say=look.error.say)
    return HostLook(host=look.host, looked_at=look.at, sessions=len(look.sessions))


def _ending(
    ask: Ask, action: Action, looks: Sequence[Look], matching: Sequence[Session], targets: Sequence[Target]
) -> tuple[Ending | None, str]:
    """How the request ends already, if it does, and the sentence that explains it."""
    if all(look.error for look in looks):
        return Ending.NOTHING_TO_DO, phrases.NO_ANSWER
    if not matching:
        return Ending.NOTHING_TO_DO, phrases.nothing_matched(ask)
    if action is Action.LIST:
        return Ending.ANSWERED, ""
    if not targets:
        return Ending.NOTHING_TO_DO, phrases.ALL_LEFT_OUT
    if getattr(ask, "whatif", False) and ask.choice is not Choice.NONE:
        return Ending.WHATIF, ""
    if ask.choice is Choice.NONE:
        return Ending.ANSWERED, phrases.NOBODY_CHOSEN
    return None, ""
