"""Who may ask, what it takes, and which sessions are protected: pure functions whose answers name the rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.actions import Action, facts_of
from bot.domain.letters import may_be_same
from bot.domain.people import MemberStatus
from bot.domain.requirement import MANY_AT_ONCE, Confirm, Need, Requirement, strictest
from bot.domain.session import SessionState
from bot.policy.model import Decision, allows_computer, deny, matches, protects, protects_computer
from bot.policy.tickets import contains_ticket

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.domain.ask import Ask
    from bot.domain.people import Person, Place
    from bot.domain.session import Session
    from bot.policy.model import Policy, Rule

LAST_SESSION_ID = 65535
"""The highest id of a session that a person can have; listeners have ids above it."""


def check_member(person: Person) -> Decision:
    """Return whether the person counts: only members of the bot's own workspace do.

    Guests, bots, deactivated accounts, people of other workspaces and people with an unknown status do not count.
    """
    if person.status is MemberStatus.STRANGER:
        return deny("home workspace", "Only people of my own workspace count.")
    if person.status is MemberStatus.UNKNOWN:
        message = "I could not ask Slack for a while who you are, so I do nothing. Try again in a few minutes."
        if person.unknown_why:
            message = f"Slack does not tell me who you are, so I do nothing. {person.unknown_why}"
        return deny("status", message)
    if person.status is not MemberStatus.MEMBER:
        message = f"Slack says that your account is a {person.status.value} one; only members count."
        if person.status is MemberStatus.GUEST:
            message = (
                "Slack says that your account is a guest one. "
                "Guests do not count, whatever the rules say; only members count."
            )
        return deny("status", message)
    return Decision(allowed=True, rule="member")


def may_ask(policy: Policy, person: Person, place: Place, action: Action) -> Decision:
    """Return whether any rule lets the person ask for the action in this place."""
    counted = check_member(person)
    if not counted.allowed:
        is_guest = person.status is MemberStatus.GUEST
        return replace(counted, message=f"{counted.message} Ask {contact_of(policy)}.") if is_guest else counted
    for rule in policy.rules:
        if rule.is_for(person, place, action):
            return Decision(allowed=True, rule=rule.name)
    for rule in policy.rules:
        if action in rule.may and person.is_among(rule.who):
            return deny(rule.name, f"You may {facts_of(action).right}, but not asked from this channel.")
    return deny("no rule", f"No rule lets you {facts_of(action).right}. Ask {contact_of(policy)} for it.")


OWN_REQUESTS = "own requests"
"""Stands for the rule where a person reads what the audit log says of their own requests."""


def may_read_log(policy: Policy, person: Person, place: Place) -> Decision:
    """Return whether the person may read the audit log here: all of it by a rule, else their own requests alone.

    The rule of the decision is `OWN_REQUESTS` then. Whom no rule names reads nothing: nobody has asked Slack whether
    they are a member.
    """
    asked = may_ask(policy, person, place, Action.AUDIT)
    if asked.allowed or not check_member(person).allowed or not is_named(policy, person):
        return asked
    return Decision(allowed=True, rule=OWN_REQUESTS, message=asked.message)


def is_named(policy: Policy, person: Person) -> bool:
    """Return whether any rule lets the person ask for anything, in some place."""
    return any(person.is_among(rule.who) for rule in policy.rules)


def contact_of(policy: Policy) -> str:
    """Return whom people ask: the `contact` of app.yaml."""
    return policy.contact or "the keeper of the bot's policy"


def may_look(policy: Policy, person: Person, place: Place, action: Action, host: str) -> bool:
    """Return whether any rule lets the person list the sessions of the host, or do the action there."""
    return any(
        rule.is_for(person, place, each) and matches(rule.computers, host)
        for rule in policy.rules
        for each in (Action.LIST, action)
    )


def may_list(policy: Policy, person: Person, place: Place, host: str, sessions: Iterable[Session]) -> bool:
    """Return whether the person may know of every session of the host, by each name that the host has.

    `sessions` are those that the host reported; they carry the names by which it calls itself.
    """
    return may_look(policy, person, place, Action.LIST, host) and all(
        for_session(policy, person, place, Action.LIST, session).allowed for session in sessions
    )


def for_session(policy: Policy, person: Person, place: Place, action: Action, session: Session) -> Decision:
    """Return whether the person may do the action to the session: guard rails first, then the first matching rule."""
    if action is not Action.LIST and (guarded := guard(policy, session)):
        return deny("guard rail", guarded)
    rule = rule_for(policy, person, place, action, session)
    if rule is None:
        return deny("no rule", _why_no_rule(policy, person, place, action, session))
    return Decision(allowed=True, rule=rule.name)


def _why_no_rule(policy: Policy, person: Person, place: Place, action: Action, session: Session) -> str:
    may_fit = (rule for rule in policy.rules if rule.is_for(person, place, action) and rule.may_cover(session))
    if action is not Action.LIST and session.is_idle_unknown and any(rule.idle_over for rule in may_fit):
        return "its idle time is unknown, and your rule asks for it"
    return "no rule lets you touch this session"


def rule_for(policy: Policy, person: Person, place: Place, action: Action, session: Session) -> Rule | None:
    """Return the first rule that covers the session; None when there is none.

    A list is covered by host alone. For other actions the rule's users, states and idle time count as well.
    """
    for rule in policy.rules:
        if not rule.is_for(person, place, action):
            continue
        is_covered = allows_computer(rule.computers, session) if action is Action.LIST else rule.covers(session)
        if is_covered:
            return rule
        if action is not Action.LIST and rule.may_cover(session):
            return None  # a later rule may ask for less than this one, so it may not decide instead
    return None


def guard(policy: Policy, session: Session) -> str:
    """Return why no person may act on the session; empty when no guard rail holds.

    Session 0, listeners, and sessions that could not be read, or have no user or no logon time, are always protected.
    The console, the bot's own account and the lists of `protect` depend on the policy.
    """
    names = (session.account.user, str(session.account))
    match session:
        case _ if session.id == 0:
            return "the services' session"
        case _ if not 0 < session.id <= LAST_SESSION_ID or session.state is SessionState.LISTENING:
            return "a listener: ending it would end all its sessions"
        case _ if session.unread:
            return session.unread
        case _ if not session.account.user:
            return "nobody is logged on"
        case _ if session.logon <= 0:
            return "no logon time: the person cannot be told apart"
        case _ if may_be_same(session.station, "console") and not policy.may_touch_console:
            return "the console"
        case _ if not policy.may_touch_own_account and protects(policy.own_accounts, session.account.user):
            return "the bot's own account"
        case _ if any(protects(policy.protected_users, name) for name in names):
            return "a protected user"
        case _ if protects_computer(policy.protected_computers, session):
            return "a protected computer"
    return ""


def requirement_for(  # noqa: PLR0913 - everything that a requirement hangs on
    policy: Policy,
    person: Person,
    place: Place,
    action: Action,
    sessions: Sequence[Session],
    *,
    force: bool = False,
    reason: str = "",
) -> Requirement | Decision:
    """Return what it takes to act on all these sessions together, never less than for each of them alone.

    A `Decision` is a no: too many sessions for a rule, or `--force` without the reason that a rule wants.
    """
    found = [rule_for(policy, person, place, action, session) for session in sessions]
    rules = tuple(dict.fromkeys(rule for rule in found if rule))
    for rule in rules:
        if found.count(rule) > rule.max_targets:
            return deny(
                rule.name,
                f"That is {found.count(rule)} sessions at once; the rule allows {rule.max_targets}. Narrow it.",
            )
    is_many = len(sessions) > policy.second_person_above
    required = _together(rules, by_another=is_many)
    return _forced(required, rules, reason=reason, is_many=is_many) if force else required


def at_once(required: Requirement, ask: Ask, action: Action) -> Requirement:
    """Return the requirement; without the requester's own yes for an action that needs none, such as a message."""
    needs_none = required.confirm is Confirm.SELF and not (facts_of(action).asks_first or ask.confirm)
    return replace(required, confirm=Confirm.AT_ONCE) if needs_none else required


def with_second_person(
    policy: Policy, person: Person, place: Place, action: Action, sessions: Sequence[Session]
) -> Requirement:
    """What it takes to touch these when another person has to say yes whatever the rules say."""
    found = (rule_for(policy, person, place, action, session) for session in sessions)
    return _together(tuple(dict.fromkeys(rule for rule in found if rule)), by_another=True)


def _together(rules: Sequence[Rule], *, by_another: bool) -> Requirement:
    """All needs of the rules; where one of them asks nobody else, `by_another` adds somebody out of its `who`."""
    needs = [rule.need for rule in rules if rule.need]
    if by_another:
        needs += [Need(count=1, of=rule.who, rule=MANY_AT_ONCE) for rule in rules if not _asks_others(rule)]
    channels = tuple(dict.fromkeys(rule.approve_in for rule in rules if rule.approve_in))
    return Requirement(
        confirm=Confirm.OTHERS if needs else Confirm.SELF,
        rules=tuple(rule.name for rule in rules),
        needs=tuple(dict.fromkeys(needs)),
        approve_in=channels[0] if channels else "",
        also_in=channels[1:],
        expires_after=min((rule.expires_after for rule in rules), default=timedelta(minutes=15)),
        deny_reason=strictest(*(rule.deny_reason for rule in rules)),
        call=_call(rules, by_another=by_another),
    )


def _call(rules: Sequence[Rule], *, by_another: bool) -> frozenset[str] | None:
    """Return whom the card calls: the people that each rule calls, or else those who decide by it."""
    if all(rule.call is None for rule in rules):
        return None
    return frozenset().union(*(_called_by(rule, by_another=by_another) for rule in rules))


def _called_by(rule: Rule, *, by_another: bool) -> frozenset[str]:
    deciding = rule.need.of if rule.need else frozenset[str]()
    if by_another and not _asks_others(rule):
        deciding |= rule.who
    return rule.call if rule.call is not None and deciding else deciding


def reason_to_ask_for(  # noqa: PLR0913 - as above
    policy: Policy, person: Person, place: Place, action: Action, sessions: Sequence[Session], *, reason: str
) -> tuple[str, ...] | None:
    """What a reason has to contain, when `--force` would be taken here and lacks a reason and nothing else."""
    found = [rule_for(policy, person, place, action, session) for session in sessions]
    rules = tuple(dict.fromkeys(rule for rule in found if rule))
    is_much = len(sessions) > policy.second_person_above or any(found.count(r) > r.max_targets for r in rules)
    if reason or is_much or not all(rule.force.is_allowed for rule in rules):
        return None
    if not any(rule.force.needs_reason or rule.force.ticket for rule in rules):
        return None
    return tuple(dict.fromkeys(rule.force.ticket for rule in rules if rule.force.ticket))


def missing_ticket(tickets: Iterable[str], reason: str) -> str:
    """The first of these that the reason does not contain, or nothing."""
    return next((ticket for ticket in tickets if not contains_ticket(ticket, reason)), "")


def _asks_others(rule: Rule) -> bool:
    """Return whether the rule takes a yes from another person than the requester."""
    return rule.need is not None and (rule.need.count > 1 or not rule.need.requester_counts)


def _forced(required: Requirement, rules: Iterable[Rule], *, reason: str, is_many: bool) -> Requirement | Decision:
    """Return the requirement with break-glass, where every rule allows it.

    A missing reason or ticket is a no. When a rule does not allow force, or the targets are too many, the requirement
    stays as it is, with a sentence that says why.
    """
    rules = tuple(rules)
    if not all(rule.force.is_allowed for rule in rules):
        return replace(required, message="No rule lets you skip the confirmation here, so I ask.")
    if is_many:
        return replace(required, message="These are too many at once for --force, so I ask.")
    for rule in rules:
        if rule.force.needs_reason and not reason:
            return deny(rule.name, '--force needs a reason here: add --reason "..."')
        if missing_ticket([rule.force.ticket], reason):
            return deny(rule.name, f"--force needs a ticket number in the reason here, like {rule.force.ticket}")
    hold = max((rule.force.hold for rule in rules), default=timedelta())
    return replace(required, confirm=Confirm.NOBODY, hold=hold)
