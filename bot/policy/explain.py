"""What a policy decides for a command, and why, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.actions import Action, facts_of
from bot.domain.durations import duration
from bot.domain.requirement import DenyReason
from bot.domain.session import SessionState
from bot.policy.evaluate import OWN_REQUESTS, may_ask, may_read_log
from bot.policy.model import matches, protects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.domain.ask import Ask
    from bot.domain.people import Person, Place
    from bot.policy.model import Decision, Policy, Rule


def explain(policy: Policy, person: Person, place: Place, action: Action, ask: Ask) -> Iterator[str]:
    """Yield what the rules say about a command, host by host, as far as it is known without contacting the hosts."""
    decision = may_ask(policy, person, place, action)
    groups = ", ".join(sorted(g for g in person.groups if g.startswith("@"))) or "no group that a rule names"
    if person.groups or any(person.actor.user_id in rule.who for rule in policy.rules):
        yield f"{person.actor.user_id} is a {person.status.value}, in {groups}."
    if action is Action.AUDIT:
        yield _of_the_log(may_read_log(policy, person, place))
        return
    if not decision.allowed:
        yield f"No ({decision.rule}): {decision.message}"
        return
    for host in ask.hosts:
        if action is not Action.LIST and protects(policy.protected_computers, host):
            yield f"{host}: a protected computer. Its sessions would be left out whatever the rules say."
            continue
        rules = [r for r in policy.rules if r.is_for(person, place, action) and _on(r, host)]
        if not rules:
            yield f"{host}: no rule lets this person {facts_of(action).right} there. Its sessions would be left out."
        for rule in rules:
            yield f"{host}: {_described(rule, at_once=not (facts_of(action).asks_first or ask.confirm))}"
            if _takes_all(rule):
                break
    if ask.force:
        yield "--force: " + _force_in_words(policy, person, place, action, ask.hosts)
    window = duration(policy.second_person_window)
    yield (
        f"Above {policy.second_person_above} sessions at once, or alone in {window}, "
        "a second person is needed whatever the rule says."
    )


def _of_the_log(decision: Decision) -> str:
    if not decision.allowed:
        return f"No ({decision.rule}): {decision.message}"
    if decision.rule == OWN_REQUESTS:
        return f"Their own requests alone. {decision.message}"
    return f"The whole audit log, by the rule {decision.rule!r}."


def _on(rule: Rule, host: str) -> bool:
    return matches(rule.computers, host)


def _takes_all(rule: Rule) -> bool:
    return "*" in rule.users and rule.states == frozenset(SessionState) and not rule.idle_over


def _described(rule: Rule, *, at_once: bool) -> str:
    on = [] if "*" in rule.users else [f"users {', '.join(rule.users)}"]
    on += [] if rule.states == frozenset(SessionState) else ["only " + ", ".join(s.label for s in sorted(rule.states))]
    on += [f"idle for more than {duration(rule.idle_over)}"] if rule.idle_over else []
    whom = "; ".join(on) or "all sessions"
    return (
        f'rule "{rule.name}" covers {whom}; {_confirmation(rule, at_once=at_once)}; at most {rule.max_targets} at once.'
    )


def _confirmation(rule: Rule, *, at_once: bool) -> str:
    if rule.need is None:
        return "nobody is asked" if at_once else "the requester confirms"
    where = f", asked in {rule.approve_in}" if rule.approve_in else ""
    called = "" if rule.call is None else f", and {' and '.join(sorted(rule.call)) or 'nobody'} called"
    why = ", and a no has to say why" if rule.deny_reason is DenyReason.NEEDED else ""
    why = ", and a no is asked why" if rule.deny_reason is DenyReason.WANTED else why
    return f"needs a yes from {rule.need.count} of {', '.join(sorted(rule.need.of))}{where}{called}{why}"


def _force_in_words(policy: Policy, person: Person, place: Place, action: Action, hosts: tuple[str, ...]) -> str:
    on_hosts = [rule for rule in policy.rules if any(_on(rule, host) for host in hosts)]
    rules = [rule for rule in on_hosts if rule.is_for(person, place, action)]
    allowed = [rule for rule in rules if rule.force.is_allowed]
    if not allowed:
        return "no rule allows it for this person, so the bot would ask."
    tickets = " and ".join(dict.fromkeys(rule.force.ticket for rule in allowed if rule.force.ticket))
    needs = ", with a reason" if tickets or any(rule.force.needs_reason for rule in allowed) else ""
    ticket = f" that has {tickets}" if tickets else ""
    names = ", ".join(f'"{rule.name}"' for rule in allowed)
    longest = max(rule.force.hold for rule in allowed)
    held = f", after a hold of {duration(longest)}" if longest else ""
    return f"allowed by {names}{needs}{ticket}{held}; where another rule decides, the bot asks."
