"""The values of a policy: rules, limits and decisions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.conditions import is_like, may_be_like
from bot.domain.inventory import is_pattern
from bot.domain.requirement import DenyReason
from bot.domain.session import SessionState, is_address

if TYPE_CHECKING:
    from bot.domain.actions import Action
    from bot.domain.people import Person, Place
    from bot.domain.requirement import Need
    from bot.domain.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """What a rule says about break-glass."""

    is_allowed: bool = False  # `--force` is allowed
    needs_reason: bool = False  # the requester has to give a reason
    ticket: str = ""  # a regular expression of RE2 that the reason has to contain; empty: none
    hold: timedelta = timedelta()  # how long the act waits after its announcement, for somebody to stop it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which people may do which actions to which sessions, where, and how it is confirmed."""

    name: str  # as cards and the audit log name the rule
    who: frozenset[str]  # user ids, group ids and handles of those who may ask
    may: frozenset[Action]  # the actions that they may ask for
    where: frozenset[str] = frozenset()  # ids of the channels where they may ask; empty: everywhere
    computers: tuple[str, ...] = ("*",)  # names of hosts, with `*` and `?`; one has to match
    users: tuple[str, ...] = ("*",)  # `user` or `DOMAIN\user`, with `*` and `?`; one has to match
    states: frozenset[SessionState] = frozenset(SessionState)  # the states that a session may be in
    idle_over: timedelta = timedelta()  # the session has to be idle for longer than this; 0: no matter how long
    need: Need | None = None  # the people who have to say yes; None: the requester confirms
    call: frozenset[str] | None = None  # user ids, group ids and handles that its card calls; None: those of `need`
    approve_in: str = ""  # id of the channel where approvers are asked and force is announced; empty: none
    deny_reason: DenyReason = DenyReason.UNASKED  # whether a person who says no is asked why
    force: Force = field(default_factory=Force)  # whether break-glass is allowed
    max_targets: int = 50  # the most sessions of one request under this rule
    expires_after: timedelta = timedelta(minutes=15)  # how long the card waits for a press

    def is_for(self, person: Person, place: Place, action: Action) -> bool:
        """Return whether the rule lets the person ask for the action in this place."""
        is_here = not self.where or place.channel_id in self.where
        return action in self.may and is_here and person.is_among(self.who)

    def covers(self, session: Session) -> bool:
        """Return whether host, user, state and idle time of the session fit the rule. Unknown idle time never does."""
        is_idle = not self.idle_over or (session.idle is not None and session.idle > self.idle_over)
        on_them = any(matches(self.users, name) for name in _names_of(session))
        return allows_computer(self.computers, session) and on_them and session.state in self.states and is_idle

    def may_cover(self, session: Session) -> bool:
        """Return whether the session fits under one folding of letter case, one name of the host, and some idle time.

        Where `covers` says no and this says yes, nobody can be sure.
        """
        is_there = any(protects(self.computers, name) for name in (session.host, *_reported_names(session)))
        on_them = any(protects(self.users, name) for name in _names_of(session))
        idle_over = timedelta() if session.is_idle_unknown else self.idle_over
        wide = replace(self, computers=("*",), users=("*",), idle_over=idle_over)
        return is_there and on_them and wide.covers(session)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules in their order, and the limits and protections that stand above them."""

    rules: tuple[Rule, ...]  # the first one that covers a session decides
    protected_users: tuple[str, ...] = ()  # `user` or `DOMAIN\user`, with `*` and `?`
    contact: str = ""  # whom people ask about the bot; empty: the keeper of its policy
    protected_computers: tuple[str, ...] = ()  # names of hosts, with `*` and `?`
    own_accounts: tuple[str, ...] = ()  # user names of the bot's Windows accounts, without domain
    may_touch_console: bool = False  # the rules also cover sessions at the console
    may_touch_own_account: bool = False  # the rules also cover sessions of `own_accounts`
    second_person_above: int = 10  # above so many targets a second person has to say yes, and force does not work
    second_person_window: timedelta = timedelta(minutes=10)  # the same over all that one person does alone in it
    max_requests: int = 30  # the most requests of one person in `max_requests_per`
    max_requests_per: timedelta = timedelta(minutes=10)  # the time over which requests are counted
    max_sent: int = 60  # the most commands, presses, forms and messages of one person in a minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Yes or no, with the rule that decided."""

    allowed: bool  # True: yes
    rule: str  # the name of the rule, or of a check above the rules such as `guard rail`
    message: str = ""  # a sentence for people that says why not; empty for a yes


def matches(patterns: tuple[str, ...], text: str) -> bool:
    """Return whether one of the patterns matches the whole text in every folding of letter case: for permissions."""
    return any(is_like(pattern, text) for pattern in patterns)


def protects(patterns: tuple[str, ...], text: str) -> bool:
    """Return whether one of the patterns matches the whole text in one folding of letter case: for protections."""
    return any(may_be_like(pattern, text) for pattern in patterns)


def allows_computer(patterns: tuple[str, ...], session: Session) -> bool:
    """Whether the patterns let a person at this computer: under its configured name, and under the one it reports."""
    if "*" in patterns:
        return True
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
    """Return a no, with the rule that decided and the sentence for people."""
    return Decision(allowed=False, rule=rule, message=message)
