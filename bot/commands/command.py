"""One slash command as a value: its action, its texts and its parser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.actions import facts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.commands.parameters import Parameter
    from bot.domain.actions import Action
    from bot.domain.ask import Ask
    from bot.domain.inventory import Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One slash command. Its action is also the right that it needs; the action's facts name command and cmdlet."""

    action: Action  # what it does
    description: str  # for Slack's list of commands
    usage_hint: str  # behind the command's name in Slack
    examples: tuple[tuple[str, str], ...]  # what stands behind the command, and what it does
    parameters: tuple[Parameter, ...]  # its options; `help` shows them by topic
    ask_type: type[Ask]  # what `parse` returns; stored requests are read back by it
    parse: Callable[[str, Inventory], Ask]  # raises `UsageError`

    @property
    def name(self) -> str:
        """The name without its slash, `logoff`."""
        return facts_of(self.action).command

    @property
    def slash(self) -> str:
        """The name with its slash, `/logoff`."""
        return f"/{self.name}"

    @property
    def cmdlet(self) -> str:
        """The cmdlet of PSTerminalServices, `Stop-TSSession`."""
        return facts_of(self.action).cmdlet
