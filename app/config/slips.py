"""All that can be found in a configuration without asking anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.config.oddities import oddities
from bot.policy.approvals import named_in
from bot.policy.lint import lint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Settings

_ENOUGH = 100
"""More people than a rule can ask for."""


def slips(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each rule that can never work, and for each name that looks like a slip."""
    policy = settings.policy()
    yield from lint(policy, imagined, named_in(policy))
    yield from oddities(settings)


def imagined(names: frozenset[str]) -> frozenset[str]:
    """Return members of the groups as if each had enough of them: who they are only Slack knows."""
    people = frozenset(name for name in names if name.startswith(("U", "W")))
    return people | {f"{group} {number}" for group in names - people for number in range(_ENOUGH)}
