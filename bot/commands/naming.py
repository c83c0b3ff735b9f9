"""The names by which a workspace calls the commands. Slack lets one app have `/sessions`; another one needs its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandNames:
    """The slash command of each command; a command that is not named keeps its own name."""

    slashes: Mapping[str, str] = field(default_factory=dict)  # `sessions` -> `/ts-sessions`

    def slash(self, name: str) -> str:
        """Return the slash command of this command, `/sessions`."""
        return self.slashes.get(name, f"/{name}")

    def name_of(self, slash: str) -> str:
        """Return the command that is called by this slash command; an unknown one is returned without its slash."""
        bare = slash.removeprefix("/")
        return next((each.name for each in COMMANDS if self.slash(each.name).removeprefix("/") == bare), bare)


OWN_NAMES = CommandNames()
"""Every command has its own name."""
