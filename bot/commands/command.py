"""One slash command as a value: how it is read, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.actions import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.actions import Action
    from bot.domain.ask import Ask
    from bot.domain.inventory import Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One slash command. Its action is also the right that it needs, and names the command and its cmdlet."""

    action: Action
    description: str  # for Slack's list of commands
    usage_hint: str  # behind the command's name in Slack
    examples: tuple[tuple[str, str], ...]  # a command and what it does, the first one for errors
    ask_type: type[Ask]  # what `parse` returns; stored requests are read back by it
    parse: Callable[[str, Inventory], Ask]  # raises `UsageError`

    @property
    def name(self) -> str:
        """`logoff`."""
        return facts_of(self.action).command

    @property
    def slash(self) -> str:
        """`/logoff`."""
        return f"/{self.name}"

    @property
    def cmdlet(self) -> str:
        """`Stop-TSSession`."""
        return facts_of(self.action).cmdlet
