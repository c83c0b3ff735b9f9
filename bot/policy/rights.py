"""What the rules let a person do, and which computers they may know of: for a summary, never for a decision."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bot.domain.actions import Action
from bot.policy.model import matches

if TYPE_CHECKING:
    from bot.domain.people import Person
    from bot.policy.model import Policy, Rule


def rules_for(policy: Policy, person: Person) -> tuple[Rule, ...]:
    """Return the rules that name the person as a requester, in their order, wherever they hold."""
    return tuple(rule for rule in policy.rules if person.is_among(rule.who))


def hosts_for(policy: Policy, person: Person, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the computers where a rule names the person for anything that looks at a computer."""
    patterns = (rule.computers for rule in rules_for(policy, person) if rule.may - {Action.AUDIT})
    return _among(names, tuple(dict.fromkeys(each for computers in patterns for each in computers)))


@lru_cache(maxsize=32)
def _among(names: tuple[str, ...], patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Remembered: there are few kinds of people, and any number of computers."""
    return names if "*" in patterns else tuple(name for name in names if matches(patterns, name))
