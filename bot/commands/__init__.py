"""The commands, one file each. A new one is a file and a row in `COMMANDS`: nothing else has to know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.commands import logoff, sessions
from bot.domain.request import Action

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.inventory import Inventory
    from bot.domain.request import Ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One slash command: how it is read, and what it does, which is also the right it needs."""

    name: str
    cmdlet: str
    action: Action
    description: str
    usage_hint: str
    examples: tuple[tuple[str, str], ...]
    ask_type: type[Ask]
    parse: Callable[[str, Inventory], Ask]

    @property
    def slash(self) -> str:
        return f"/{self.name}"


COMMANDS = (
    Command(
        name="logoff",
        cmdlet="Stop-TSSession",
        action=Action.LOG_OFF,
        description="Log Windows sessions off",
        usage_hint="comp1 id=3 --sync   (also user= state= idle>2h --all --whatif --force --reason)",
        examples=logoff.EXAMPLES,
        ask_type=logoff.LogoffAsk,
        parse=logoff.parse,
    ),
    Command(
        name="sessions",
        cmdlet="Get-TSSession",
        action=Action.LIST,
        description="List the sessions of Windows hosts",
        usage_hint="comp1   (also rds-* user= state= idle>2h --here)",
        examples=sessions.EXAMPLES,
        ask_type=sessions.SessionsAsk,
        parse=sessions.parse,
    ),
)

BY_NAME = {command.name: command for command in COMMANDS}
ASK_TYPES = {command.name: command.ask_type for command in COMMANDS}
