"""The parts of a policy that can never work."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        for name in sorted((rule.who | needed) - known):
            if not name.startswith(("U", "W")):
                yield f'rule "{rule.name}" names {name}, but there is no such user group.'
        if rule.force.is_allowed and not rule.approve_in:
            yield f'rule "{rule.name}" allows --force, but says not where to announce it: add approve_in: C...'
        if rule.need:
            yield from _lint_need(rule, members_of)


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


def _hides(earlier: Rule, later: Rule) -> bool:
    """Return whether the earlier rule matches everything that the later rule could match."""
    return (
        later.who <= earlier.who
        and later.may <= earlier.may
        and (not earlier.where or (bool(later.where) and later.where <= earlier.where))
        and ("*" in earlier.computers or set(later.computers) <= set(earlier.computers))
        and ("*" in earlier.users or set(later.users) <= set(earlier.users))
        and later.states <= earlier.states
        and earlier.idle_over <= later.idle_over
    )
