"""The rules as values: what a policy is made of, and what an answer looks like."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.conditions import is_like, may_be_like
from bot.domain.inventory import is_pattern
from bot.domain.session import SessionState, is_address

if TYPE_CHECKING:
    from bot.domain.actions import Action
    from bot.domain.people import Person, Place
    from bot.domain.requirement import Need
    from bot.domain.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """Break-glass: whether `--force` is allowed, and what has to be said for it."""

    is_allowed: bool = False
    needs_reason: bool = False
    ticket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may do what to whom, where, and how it is confirmed. An empty `where` is everywhere; patterns know * and ?.

    `need` without people is one other person out of `who`; no `need` is the requester's own confirmation.
    """

    name: str
    who: frozenset[str]
    may: frozenset[Action]
    where: frozenset[str] = frozenset()
    computers: tuple[str, ...] = ("*",)
    users: tuple[str, ...] = ("*",)
    states: frozenset[SessionState] = frozenset(SessionState)
    idle_over: timedelta = timedelta()
    need: Need | None = None
    approve_in: str = ""
    force: Force = field(default_factory=Force)
    max_targets: int = 50
    expires_after: timedelta = timedelta(minutes=15)

    def is_for(self, person: Person, place: Place, action: Action) -> bool:
        is_here = not self.where or place.channel_id in self.where
        return action in self.may and is_here and person.is_among(self.who)

    def covers(self, session: Session) -> bool:
        is_idle = not self.idle_over or (session.idle is not None and session.idle > self.idle_over)
        on_them = any(matches(self.users, name) for name in _names_of(session))
        return allows_computer(self.computers, session) and on_them and session.state in self.states and is_idle

    def may_cover(self, session: Session) -> bool:
        """Under one folding of letter case, or one name of the computer. Where `covers` says no, nobody can be sure."""
        is_there = any(protects(self.computers, name) for name in (session.host, *_reported_names(session)))
        on_them = any(protects(self.users, name) for name in _names_of(session))
        return is_there and on_them and replace(self, computers=("*",), users=("*",)).covers(session)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules in their order, and what holds whatever the rules say.

    `second_person_above`: above so many targets a second person is needed. `max_requests`: in `max_requests_per`.
    """

    home_team: str
    rules: tuple[Rule, ...]
    protected_users: tuple[str, ...] = ()
    protected_computers: tuple[str, ...] = ()
    own_accounts: tuple[str, ...] = ()  # user names, without the domain
    may_touch_console: bool = False
    may_touch_own_account: bool = False
    second_person_above: int = 10
    max_requests: int = 30
    max_requests_per: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Yes or no, the rule that says so, and the sentence for the person."""

    allowed: bool
    rule: str
    message: str = ""


def matches(patterns: tuple[str, ...], text: str) -> bool:
    """A permission covers the text: every folding of letter case says so."""
    return any(is_like(pattern, text) for pattern in patterns)


def protects(patterns: tuple[str, ...], text: str) -> bool:
    """A protection covers the text: one folding of letter case is enough."""
    return any(may_be_like(pattern, text) for pattern in patterns)


def allows_computer(patterns: tuple[str, ...], session: Session) -> bool:
    """Whether the patterns let a person at this computer: under its configured name, and under the one it reports."""
    reported = _reported_names(session)
    return matches(patterns, session.host) and (not reported or any(matches(patterns, name) for name in reported))


def protects_computer(patterns: tuple[str, ...], session: Session) -> bool:
    """Whether any pattern means this computer by any of its names, with a domain or without."""
    names = (session.host, session.host.partition(".")[0], *_reported_names(session))
    labels = tuple(label for label, dot, _ in (p.partition(".") for p in patterns) if dot and not is_pattern(label))
    return any(protects((*patterns, *labels), name) for name in names)


def _names_of(session: Session) -> tuple[str, ...]:
    return (session.account.user, str(session.account))


def _reported_names(session: Session) -> tuple[str, ...]:
    """What the machine calls itself, alone and in the domain of its configured name."""
    domain = session.host.partition(".")[2]
    names = [name for name in (session.machine.dns, session.machine.netbios) if name]
    has_domain = bool(domain) and not is_address(session.host)
    return tuple(dict.fromkeys([*names, *(f"{name}.{domain}" for name in names if has_domain)]))


def deny(rule: str, message: str) -> Decision:
    return Decision(allowed=False, rule=rule, message=message)
