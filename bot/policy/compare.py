"""How a recorded request would be decided by other rules, as far as the record tells.

The record has the requester, the place, the sessions as they were surveyed, and the rules that decided. It does not
have the user groups of that time. So each request is decided in every world: with every choice of the groups that the
rules name, as far as the record does not exclude it. What is the same in all worlds is known, and the rest is said to
be unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from bot.domain.actions import Action
from bot.domain.durations import duration
from bot.domain.people import Person
from bot.domain.requirement import Confirm
from bot.policy.digest import digest_of, text_of
from bot.policy.evaluate import (
    OWN_REQUESTS,
    at_once,
    for_session,
    may_ask,
    may_look,
    may_read_log,
    requirement_for,
)
from bot.policy.model import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.domain.request import Request
    from bot.domain.requirement import Requirement
    from bot.domain.session import Session
    from bot.policy.model import Policy

MOST_GROUPS = 6
"""So many groups of which nothing is recorded are tried in all choices; with more the request is unknown."""

PEOPLE = ("U", "W")
"""How the id of a person begins. All other names in a rule are groups."""


class Change(StrEnum):
    """What other rules make of a request."""

    SAME = "same"  # decided as before
    OTHERWISE = "otherwise"  # decided otherwise
    UNKNOWN = "unknown"  # the record does not tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the record says of the requester's groups at that time, and of what decided."""

    among: tuple[frozenset[str], ...] = ()  # the `who` of each rule that decided: the requester was in one of each
    not_among: frozenset[str] = frozenset()  # names of people and groups that the requester was none of
    above: str = ""  # a check above the rules that refused them, such as `status`; empty: the rules decided
    rules: frozenset[str] = frozenset()  # the rules that decided; empty: it is not recorded
    policy: str = ""  # the digest of the policy that decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One recorded request under two policies."""

    request: Request
    change: Change
    old: str  # the decision in words; empty: unknown
    new: str
    why: str = ""  # what the record does not tell; empty: nothing is missing

    @property
    def values(self) -> dict[str, object]:
        """Return it as plain values."""
        request = self.request
        return {
            "request": request.id,
            "asked_at": request.asked_at.isoformat(),
            "who": request.actor.user_id,
            "name": request.actor.name,
            "what": f"/{request.command} {request.text}".rstrip(),
            "change": self.change.value,
            "old": self.old,
            "new": self.new,
            "unknown": self.why,
        }


def compared(old: Policy, new: Policy, request: Request, evidence: Evidence) -> Comparison:
    """Return how both policies decide the request. Pause, limits over time and the chat are no part of it."""
    if evidence.above:
        said = f"refused ({evidence.above})"
        return Comparison(request=request, change=Change.SAME, old=said, new=said)
    open_groups = _open_groups(old, new, request, evidence)
    if len(open_groups) > MOST_GROUPS:
        why = f"their groups of that time are not recorded, and the rules name {len(open_groups)}"
        return Comparison(request=request, change=Change.UNKNOWN, old="", new="", why=why)
    worlds = [_in_words(old, new, request, person) for person in _people(request, open_groups, evidence, old)]
    changes = {before != after for before, after in worlds}
    befores, afters = {before.words for before, _ in worlds}, {after.words for _, after in worlds}
    change = Change.UNKNOWN if len(changes) > 1 else Change.OTHERWISE if changes == {True} else Change.SAME
    is_open = change is not Change.SAME and len(befores) * len(afters) > 1
    why = f"whether they were in {', '.join(open_groups)} is not recorded" if is_open else ""
    return Comparison(request=request, change=change, old=_either(befores), new=_either(afters), why=why)


def _either(decisions: set[str]) -> str:
    return " OR ".join(sorted(decisions))


def _open_groups(old: Policy, new: Policy, request: Request, evidence: Evidence) -> tuple[str, ...]:
    """Return the groups on which the request can hang, and of which the record does not say no."""
    rules = [*old.rules, *new.rules]
    action, ways = request.action, {request.action, Action.LIST}
    fitting = [rule for rule in rules if rule.may & ways or action is Action.AUDIT]
    names = frozenset[str]().union(*(rule.who for rule in fitting))
    return tuple(sorted(name for name in names - evidence.not_among if not name.startswith(PEOPLE)))


def _people(request: Request, groups: tuple[str, ...], evidence: Evidence, old: Policy) -> list[Person]:
    """Return the requester with each choice of groups that the record allows, at least one of them."""
    choices = (chosen for count in range(len(groups) + 1) for chosen in combinations(groups, count))
    people = [Person(actor=request.actor, groups=frozenset(chosen)) for chosen in choices]
    possible = [each for each in people if all(each.is_among(who) for who in evidence.among)] or people
    if not evidence.rules or evidence.policy != digest_of(text_of(old)):
        return possible
    fitting = [person for person in possible if _rules_for(old, request, person) == evidence.rules]
    return fitting or possible


def _rules_for(policy: Policy, request: Request, person: Person) -> frozenset[str]:
    decisions = (
        for_session(policy, person, request.place, request.action, target.session) for target in request.targets
    )
    return frozenset(decision.rule for decision in decisions if decision.allowed)


@dataclass(frozen=True, slots=True)
class _Outcome:
    words: str
    reach: frozenset[object] = frozenset()  # the sessions or computers that it lets in


def _in_words(old: Policy, new: Policy, request: Request, person: Person) -> tuple[_Outcome, _Outcome]:
    """Return both decisions. Sessions that the old rules left out count where the new ones let them in."""
    left_out = [
        each.session
        for each in request.excluded
        if not for_session(old, person, request.place, request.action, each.session).allowed
    ]
    sessions = [*(target.session for target in request.targets), *left_out]
    return _decided(old, request, person, sessions), _decided(new, request, person, sessions)


def _decided(policy: Policy, request: Request, person: Person, sessions: list[Session]) -> _Outcome:
    action, place, ask = request.action, request.place, request.ask
    if action is Action.AUDIT:
        return _Outcome(_log(may_read_log(policy, person, place)))
    asked = may_ask(policy, person, place, action)
    if not asked.allowed:
        return _Outcome("refused (no rule)" if asked.rule == "no rule" else "refused (not from this channel)")
    if action is Action.LIST:
        return _hosts(policy, request, person)
    if not sessions:
        return _Outcome("may ask")
    allowed = [session for session in sessions if for_session(policy, person, place, action, session).allowed]
    if not allowed:
        return _Outcome(f"none of {_sessions(len(sessions))}")
    needed = requirement_for(policy, person, place, action, allowed, force=ask.force, reason=ask.reason)
    if isinstance(needed, Decision):
        return _Outcome(f"refused ({needed.message})")
    part = "" if len(allowed) == len(sessions) else f"{len(allowed)} of {_sessions(len(sessions))}: "
    reach = frozenset((session.host, session.id) for session in allowed)
    return _Outcome(part + _takes(at_once(needed, ask, action), is_forced=ask.force), reach)


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"


def _log(decision: Decision) -> str:
    if not decision.allowed:
        return "refused"
    return "their own requests" if decision.rule == OWN_REQUESTS else "the whole log"


def _hosts(policy: Policy, request: Request, person: Person) -> _Outcome:
    hosts = request.ask.hosts
    shown = [host for host in hosts if may_look(policy, person, request.place, request.action, host)]
    plural = "" if len(hosts) == 1 else "s"
    return _Outcome(f"may look at {len(shown)} of {len(hosts)} computer{plural}", frozenset(shown))


def _takes(needed: Requirement, *, is_forced: bool) -> str:
    """Return who decides, where, and whether force works."""
    where = f", in {needed.approve_in}" if needed.approve_in else ""
    match needed.confirm:
        case Confirm.NOBODY:
            return "forced: nobody is asked" + (f", after {duration(needed.hold)}" if needed.hold else "") + where
        case Confirm.AT_ONCE:
            return "at once"
        case Confirm.SELF:
            who = "the requester decides"
        case Confirm.OTHERS:
            who = " and ".join(sorted(set(_needs(needed)))) + where
    return f"{who}, --force does not work" if is_forced else who


def _needs(needed: Requirement) -> Iterator[str]:
    for need in needed.needs:
        own = " (the requester counts)" if need.requester_counts else ""
        yield f"{need.count} of {', '.join(sorted(need.of))}{own}"


def over_time(old: Policy, new: Policy) -> tuple[str, ...]:
    """Return the keys of `limits` that differ and count over a time, which no single request tells."""
    keys = {"second_person_window": "second_person_window", "max_requests": "max_requests"}
    keys |= {"max_requests_per": "per", "max_sent": "max_sent"}
    return tuple(f"limits.{key}" for name, key in keys.items() if getattr(old, name) != getattr(new, name))
