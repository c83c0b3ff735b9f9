"""The parts of a policy that can never work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.actions import facts_of
from bot.domain.conditions import is_like
from bot.domain.session import SessionState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.policy.model import Policy, Rule

    MembersOf = Callable[[frozenset[str]], frozenset[str]]
    """User ids, group ids and handles -> the user ids of the members behind them."""


def lint(policy: Policy, members_of: MembersOf, known: frozenset[str]) -> Iterator[str]:
    """Yield one sentence for each part that can never work. `known` has handles and ids of the groups that exist."""
    for index, rule in enumerate(policy.rules):
        for earlier in policy.rules[:index]:
            if _hides(earlier, rule):
                yield f'rule "{rule.name}" is never reached: "{earlier.name}" takes all that it could match.'
        needed = rule.need.of if rule.need else frozenset()
        called = rule.call or frozenset()
        for name in sorted((rule.who | needed | called) - known):
            if not name.startswith(("U", "W")):
                yield f'rule "{rule.name}" names {name}, but there is no such user group.'
        if rule.force.is_allowed and not rule.approve_in:
            yield f'rule "{rule.name}" allows --force, but says not where to announce it: add approve_in: C...'
        if not members_of(rule.who):
            yield f'rule "{rule.name}" is for nobody: no member is among {", ".join(sorted(rule.who))}.'
        if called and not members_of(called):
            yield f'rule "{rule.name}" calls nobody: no member is among {", ".join(sorted(called))}.'
        yield from _lint_sessions(policy, rule)
        yield from _lint_decision(policy, rule)
        if rule.need:
            yield from _lint_need(rule, members_of)


def _lint_decision(policy: Policy, rule: Rule) -> Iterator[str]:
    """Keys about other people where the rule lets one person act alone, on fewer than the limit asks a second for."""
    if rule.need or rule.max_targets > policy.second_person_above:
        return
    for key, is_set in (("call", rule.call is not None), ("deny_reason", rule.deny_reason)):
        if is_set:
            yield f'rule "{rule.name}": {key} counts where somebody else decides; its `confirm` asks the requester.'


def _lint_need(rule: Rule, members_of: MembersOf) -> Iterator[str]:
    need = rule.need
    if need is None:
        return
    if not rule.approve_in:
        yield f'rule "{rule.name}" needs somebody else, but says not where to ask: add approve_in: C...'
    people = members_of(need.of)
    requesters = members_of(rule.who)
    for requester in sorted(requesters) or [""]:
        left = people if need.requester_counts else people - {requester}
        if len(left) < need.count:
            who = f"for {requester} " if requester else ""
            yield f'rule "{rule.name}": {who}nobody can approve: it needs {need.count}, and there are {len(left)}.'
            return


def _lint_sessions(policy: Policy, rule: Rule) -> Iterator[str]:
    """Sessions that the rule could cover and never does."""
    acts = any(not facts_of(action).only_reads for action in rule.may)
    protected = _all_in(policy.protected_computers, rule.computers) or _all_in(policy.protected_users, rule.users)
    if acts and protected:
        yield f'rule "{rule.name}" can touch nobody: `protect` names all that it could match.'
    narrowed = rule.users != ("*",) or rule.states != frozenset(SessionState) or rule.idle_over
    if narrowed and not acts:
        yield f'rule "{rule.name}": users, states and idle_over narrow acts; a list shows all sessions of a computer.'


def _all_in(wider: tuple[str, ...], patterns: tuple[str, ...]) -> bool:
    """Each pattern as a whole is in a wider one, as far as its letters show it."""
    return all(any(_takes(wide, pattern) for wide in wider) for pattern in patterns)


def _takes(wide: str, pattern: str) -> bool:
    is_exact = not ("?" in wide and "*" in pattern)
    return is_exact and is_like(wide, pattern)


def _hides(earlier: Rule, later: Rule) -> bool:
    """Return whether the earlier rule matches everything that the later rule could match."""
    return (
        later.who <= earlier.who
        and later.may <= earlier.may
        and (not earlier.where or (bool(later.where) and later.where <= earlier.where))
        and _all_in(earlier.computers, later.computers)
        and _all_in(earlier.users, later.users)
        and later.states <= earlier.states
        and earlier.idle_over <= later.idle_over
    )
