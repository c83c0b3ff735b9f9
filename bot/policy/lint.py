"""The parts of a policy that can never work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.actions import facts_of
from bot.domain.conditions import is_like
from bot.domain.session import SessionState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.policy.model import Policy, Rule

    MembersOf = Callable[[frozenset[str]], frozenset[str]]
    """User ids, group ids and handles -> the user ids of the members behind them."""

    _Found = tuple[str, str]
    """The key of the rule, and what follows after its name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A part that can never work."""

    where: tuple[str | int, ...]  # the keys and list indexes that lead to it
    message: str  # a sentence that names the rule


def lint(policy: Policy, members_of: MembersOf, known: frozenset[str]) -> Iterator[str]:
    """Yield one sentence for each part that can never work. `known` has handles and ids of the groups that exist."""
    yield from (finding.message for finding in findings(policy, members_of, known))


def findings(policy: Policy, members_of: MembersOf, known: frozenset[str]) -> Iterator[Finding]:
    """Yield each part that can never work. `known` has handles and ids of the groups that exist."""
    for index, rule in enumerate(policy.rules):
        found = [*_of_rule_alone(policy, rule, policy.rules[:index])]
        found += [*_of_people(rule, members_of, known), *_of_need(rule, members_of)]
        yield from (Finding(("rules", index, key), f'rule "{rule.name}"{message}') for key, message in found)


def _of_rule_alone(policy: Policy, rule: Rule, before: tuple[Rule, ...]) -> Iterator[_Found]:
    for earlier in before:
        if _hides(earlier, rule):
            yield "name", f' is never reached: "{earlier.name}" takes all that it could match.'
    if rule.force.is_allowed and not rule.approve_in:
        yield "force", " allows --force, but says not where to announce it: add approve_in: C..."
    yield from _lint_sessions(policy, rule)
    yield from _lint_decision(policy, rule)
    if rule.need and not rule.approve_in:
        yield "confirm", " needs somebody else, but says not where to ask: add approve_in: C..."


def _of_people(rule: Rule, members_of: MembersOf, known: frozenset[str]) -> Iterator[_Found]:
    needed = rule.need.of if rule.need else frozenset()
    called = rule.call or frozenset()
    for name in sorted((rule.who | needed | called) - known):
        if not name.startswith(("U", "W")):
            key = "who" if name in rule.who else "confirm" if name in needed else "call"
            yield key, f" names {name}, but there is no such user group."
    if not members_of(rule.who):
        yield "who", f" is for nobody: no member is among {', '.join(sorted(rule.who))}."
    if called and not members_of(called):
        yield "call", f" calls nobody: no member is among {', '.join(sorted(called))}."


def _lint_decision(policy: Policy, rule: Rule) -> Iterator[_Found]:
    """Keys about other people where the rule lets one person act alone, on fewer than the limit asks a second for."""
    if rule.need or rule.max_targets > policy.second_person_above:
        return
    for key, is_set in (("call", rule.call is not None), ("deny_reason", rule.deny_reason)):
        if is_set:
            yield key, f": {key} counts where somebody else decides; its `confirm` asks the requester."


def _of_need(rule: Rule, members_of: MembersOf) -> Iterator[_Found]:
    need = rule.need
    if need is None:
        return
    people = members_of(need.of)
    requesters = members_of(rule.who)
    for requester in sorted(requesters) or [""]:
        left = people if need.requester_counts else people - {requester}
        if len(left) < need.count:
            who = f"for {requester} " if requester else ""
            yield "confirm", f": {who}nobody can approve: it needs {need.count}, and there are {len(left)}."
            return


def _lint_sessions(policy: Policy, rule: Rule) -> Iterator[_Found]:
    """Sessions that the rule could cover and never does."""
    acts = any(not facts_of(action).only_reads for action in rule.may)
    protected = _all_in(policy.protected_computers, rule.computers) or _all_in(policy.protected_users, rule.users)
    if acts and protected:
        yield "users", " can touch nobody: `protect` names all that it could match."
    narrowed = rule.users != ("*",) or rule.states != frozenset(SessionState) or rule.idle_over
    if narrowed and not acts:
        yield "may", ": users, states and idle_over narrow acts; a list shows all sessions of a computer."


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
