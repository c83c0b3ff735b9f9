"""The rules as values: what a policy is made of, and what an answer looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.conditions import is_like
from bot.domain.session import SessionState

if TYPE_CHECKING:
    from bot.domain.actions import Action
    from bot.domain.people import Person, Place
    from bot.domain.requirement import Need
    from bot.domain.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """Break-glass: whether `--force` is allowed, what has to be said for it, and how long it can be stopped."""

    is_allowed: bool = False
    needs_reason: bool = False
    ticket: str = ""
    hold: timedelta = timedelta()


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
        names = (session.account.user, str(session.account))
        is_idle = not self.idle_over or (session.idle is not None and session.idle > self.idle_over)
        on_it = matches(self.computers, session.host) and any(matches(self.users, name) for name in names)
        return on_it and session.state in self.states and is_idle


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules in their order, and what holds whatever the rules say.

    `second_person_above`: above so many targets a second person is needed, in one request and in all that a person does
    alone in `second_person_window`. `max_requests`: in `max_requests_per`.
    """

    rules: tuple[Rule, ...]
    protected_users: tuple[str, ...] = ()
    protected_computers: tuple[str, ...] = ()
    own_accounts: tuple[str, ...] = ()
    may_touch_console: bool = False
    may_touch_own_account: bool = False
    second_person_above: int = 10
    second_person_window: timedelta = timedelta(minutes=10)
    max_requests: int = 30
    max_requests_per: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Yes or no, the rule that says so, and the sentence for the person."""

    allowed: bool
    rule: str
    message: str = ""


def matches(patterns: tuple[str, ...], text: str) -> bool:
    return any(is_like(pattern, text) for pattern in patterns)


def deny(rule: str, message: str) -> Decision:
    return Decision(allowed=False, rule=rule, message=message)
