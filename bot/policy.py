"""Who may ask, who may press, what is never touched: pure functions, each answer naming its rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.conditions import is_like
from bot.model import Action, Confirm, Requirement, SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model import Actor, Request, Session

LAST_SESSION_ID = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may do what to whom on which computers. `who`: user ids and group handles; patterns know `*` and `?`."""

    name: str
    who: frozenset[str]
    may: frozenset[Action]
    computers: tuple[str, ...] = ("*",)
    users: tuple[str, ...] = ("*",)
    force: bool = False

    def is_for(self, actor: Actor, groups: frozenset[str], action: Action) -> bool:
        return action in self.may and bool(self.who & ({actor.user_id} | groups))

    def covers(self, session: Session) -> bool:
        names = (session.account.user, str(session.account))
        return _matches(self.computers, session.host) and any(_matches(self.users, name) for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules in their order, and what nobody may touch whatever the rules say."""

    home_team: str
    rules: tuple[Rule, ...]
    protected_users: tuple[str, ...] = ()
    protected_computers: tuple[str, ...] = ()
    may_touch_console: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Yes or no, the rule that says so, and the sentence for the person."""

    is_yes: bool
    rule: str
    say: str = ""


def may_ask(policy: Policy, actor: Actor, groups: frozenset[str], action: Action) -> Decision:
    """Is there any rule under which this person may do this at all."""
    if actor.team_id != policy.home_team:
        return Decision(is_yes=False, rule="home workspace", say="I take requests from my own workspace only.")
    for rule in policy.rules:
        if rule.is_for(actor, groups, action):
            return Decision(is_yes=True, rule=rule.name)
    say = f"No rule lets you {_in_words(action)}. Ask the keeper of the bot's policy for it."
    return Decision(is_yes=False, rule="no rule", say=say)


def for_session(policy: Policy, actor: Actor, groups: frozenset[str], action: Action, session: Session) -> Decision:
    """May this person do this to this session: the guard rails first, then the first rule that matches."""
    guarded = guard(policy, session) if action is not Action.LIST else ""
    if guarded:
        return Decision(is_yes=False, rule="guard rail", say=guarded)
    for rule in policy.rules:
        if rule.is_for(actor, groups, action) and (action is Action.LIST or rule.covers(session)):
            return Decision(is_yes=True, rule=rule.name)
    return Decision(is_yes=False, rule="no rule", say="no rule lets you touch this session")


def guard(policy: Policy, session: Session) -> str:
    """Why nobody may touch this session, or nothing. The first four cannot be configured away."""
    match session:
        case _ if session.id == 0:
            return "the services' session"
        case _ if not 0 < session.id <= LAST_SESSION_ID or session.state is SessionState.LISTENING:
            return "a listener: ending it would end all its sessions"
        case _ if not session.account.user:
            return "nobody is logged on"
        case _ if session.logon <= 0:
            return "no logon time: the person cannot be told apart"
        case _ if session.station.lower() == "console" and not policy.may_touch_console:
            return "the console"
        case _ if any(_matches(policy.protected_users, n) for n in (session.account.user, str(session.account))):
            return "a protected user"
        case _ if _matches(policy.protected_computers, session.host):
            return "a protected computer"
    return ""


def requirement_for(
    policy: Policy, actor: Actor, groups: frozenset[str], sessions: Iterable[Session], *, force: bool
) -> Requirement:
    """What it takes to touch all of these together: never less than what each one takes."""
    decisions = [for_session(policy, actor, groups, Action.LOG_OFF, session) for session in sessions]
    names = tuple(dict.fromkeys(decision.rule for decision in decisions))
    forcing = {rule.name for rule in policy.rules if rule.force}
    if force and names and set(names) <= forcing:
        return Requirement(confirm=Confirm.NOBODY, rules=names, needed=0)
    return Requirement(confirm=Confirm.SELF, rules=names)


def weigh(policy: Policy, request: Request, presser: Actor) -> Decision:
    """May this person press a button of this request."""
    rules = ", ".join(request.requirement.rules) if request.requirement else "no rule"
    if presser.team_id != policy.home_team:
        return Decision(is_yes=False, rule="home workspace", say="I take presses from my own workspace only.")
    if presser.user_id != request.actor.user_id:
        return Decision(is_yes=False, rule=rules, say="Only the person who asked can press this.")
    return Decision(is_yes=True, rule=rules)


def may_still_act(policy: Policy, request: Request, groups: frozenset[str]) -> Decision:
    """Right before the act: everything that allowed it has to hold still, target by target."""
    asked = may_ask(policy, request.actor, groups, Action.LOG_OFF)
    if not asked.is_yes:
        return asked
    for target in request.open_targets:
        decision = for_session(policy, request.actor, groups, Action.LOG_OFF, target.session)
        if not decision.is_yes:
            say = f"{target.session.account} on {target.session.host} may no longer be touched: {decision.say}."
            return Decision(is_yes=False, rule=decision.rule, say=say)
    return Decision(is_yes=True, rule=asked.rule)


def _matches(patterns: tuple[str, ...], text: str) -> bool:
    return any(is_like(pattern, text) for pattern in patterns)


def _in_words(action: Action) -> str:
    return {
        Action.LIST: "list sessions",
        Action.MESSAGE: "send messages to desktops",
        Action.DISCONNECT: "disconnect sessions",
        Action.LOG_OFF: "log sessions off",
    }[action]
