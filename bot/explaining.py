"""A policy in words: what it decides for a command and why, and what in it can never work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.conditions import is_like
from bot.model import Action
from bot.phrases import duration
from bot.policy import in_words, may_ask
from bot.rules import matches
from bot.session import SessionState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.model import Ask, Place, Someone
    from bot.ports import Directory
    from bot.rules import Policy, Rule


def explain(policy: Policy, someone: Someone, place: Place, action: Action, ask: Ask) -> Iterator[str]:
    """What the rules would say, host by host, as far as it can be said without looking at the hosts."""
    decision = may_ask(policy, someone, place, action)
    groups = ", ".join(sorted(g for g in someone.groups if g.startswith("@"))) or "no group that a rule names"
    if someone.groups or any(someone.actor.user_id in rule.who for rule in policy.rules):
        yield f"{someone.actor.user_id} is a {someone.standing.value}, in {groups}."
    if not decision.is_yes:
        yield f"No ({decision.rule}): {decision.say}"
        return
    for host in ask.hosts:
        if action is not Action.LIST and matches(policy.protected_computers, host):
            yield f"{host}: a protected computer. Its sessions would be left out whatever the rules say."
            continue
        rules = [r for r in policy.rules if r.is_for(someone, place, action) and _on(r, host)]
        if not rules:
            yield f"{host}: no rule lets this person {in_words(action)} there. Its sessions would be left out."
        for rule in rules:
            yield f"{host}: {_described(rule)}"
            if _takes_all(rule):
                break
    if getattr(ask, "force", False):
        yield "--force: " + _force_in_words(policy, someone, place, action, ask.hosts)
    yield f"Above {policy.alone_at_most} sessions at once a second person is needed whatever the rule says."


def _on(rule: Rule, host: str) -> bool:
    return any(is_like(pattern, host) for pattern in rule.computers)


def _takes_all(rule: Rule) -> bool:
    return "*" in rule.users and rule.states == frozenset(SessionState) and not rule.idle_over


def _described(rule: Rule) -> str:
    on = [] if "*" in rule.users else [f"users {', '.join(rule.users)}"]
    on += [] if rule.states == frozenset(SessionState) else ["only " + ", ".join(s.label for s in sorted(rule.states))]
    on += [f"idle for more than {duration(rule.idle_over)}"] if rule.idle_over else []
    whom = "; ".join(on) or "all sessions"
    return f'rule "{rule.name}" covers {whom}; {_confirmation(rule)}; at most {rule.at_most} at once.'


def _confirmation(rule: Rule) -> str:
    if rule.need is None:
        return "the requester confirms"
    where = f", asked in {rule.approve_in}" if rule.approve_in else ""
    return f"needs a yes from {rule.need.count} of {', '.join(sorted(rule.need.of))}{where}"


def _force_in_words(policy: Policy, someone: Someone, place: Place, action: Action, hosts: tuple[str, ...]) -> str:
    there = [rule for rule in policy.rules if any(_on(rule, host) for host in hosts)]
    rules = [rule for rule in there if rule.is_for(someone, place, action)]
    allowed = [rule for rule in rules if rule.force.is_allowed]
    if not allowed:
        return "no rule allows it for this person, so the bot would ask."
    needs = " and a reason" if any(rule.force.needs_reason for rule in allowed) else ""
    ticket = next((f" that has {rule.force.ticket}" for rule in allowed if rule.force.ticket), "")
    names = ", ".join(rule.name for rule in allowed)
    return f"allowed by {names}{needs}{ticket}; where another rule decides, the bot asks."


def lint(policy: Policy, directory: Directory, known: frozenset[str]) -> Iterator[str]:
    """What can never work, one sentence each. `known` are the handles and ids of the groups that exist."""
    for index, rule in enumerate(policy.rules):
        for earlier in policy.rules[:index]:
            if _hides(earlier, rule):
                yield f'rule "{rule.name}" is never reached: "{earlier.name}" takes all that it could match.'
        needed = rule.need.of if rule.need else frozenset()
        for name in sorted((rule.who | needed) - known):
            if not name.startswith(("U", "W")):
                yield f'rule "{rule.name}" names {name}, but there is no such user group.'
        if rule.force.is_allowed and not rule.approve_in:
            yield f'rule "{rule.name}" allows --force, but says not where to announce it: add approve_in: C...'
        if rule.need:
            yield from _lint_need(rule, directory)


def _lint_need(rule: Rule, directory: Directory) -> Iterator[str]:
    need = rule.need
    if need is None:
        return
    if not rule.approve_in:
        yield f'rule "{rule.name}" needs somebody else, but says not where to ask: add approve_in: C...'
    people = directory.members_of(need.of)
    requesters = directory.members_of(rule.who)
    for requester in sorted(requesters) or [""]:
        left = people if need.requester_counts else people - {requester}
        if len(left) < need.count:
            who = f"for {requester} " if requester else ""
            yield f'rule "{rule.name}": {who}nobody can approve: it needs {need.count}, and there are {len(left)}.'
            return


def _hides(earlier: Rule, later: Rule) -> bool:
    """Everything that the later rule could match, the earlier one takes."""
    return (
        later.who <= earlier.who
        and later.may <= earlier.may
        and (not earlier.where or (bool(later.where) and later.where <= earlier.where))
        and ("*" in earlier.computers or set(later.computers) <= set(earlier.computers))
        and ("*" in earlier.users or set(later.users) <= set(earlier.users))
        and later.states <= earlier.states
        and earlier.idle_over <= later.idle_over
    )
