"""The rules and the computers that count now, where a running bot may take others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.inventory import Inventory

if TYPE_CHECKING:
    from bot.policy.model import Policy

NO_COMPUTERS = Inventory(names=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Rules and computers that belong together, because the rules name the computers."""

    policy: Policy
    inventory: Inventory = NO_COMPUTERS


class InForce:
    """The terms of now. They are replaced as a whole, so nobody meets half of them.

    Whoever decides reads them once. Who has read them before they were replaced is asked again: each effect has a
    second look at the rules right before it.
    """

    __slots__ = ("terms",)

    def __init__(self, policy: Policy, inventory: Inventory = NO_COMPUTERS) -> None:
        self.terms = Terms(policy=policy, inventory=inventory)

    @property
    def policy(self) -> Policy:
        """The rules of now."""
        return self.terms.policy

    @property
    def inventory(self) -> Inventory:
        """The computers of now."""
        return self.terms.inventory

    def take(self, terms: Terms) -> None:
        """Let these count from now on."""
        self.terms = terms
