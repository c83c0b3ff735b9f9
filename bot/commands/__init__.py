"""The commands, one file each. A new one is a file and a row in `COMMANDS`: nothing else has to know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.commands import logoff, sessions
from bot.model import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import timedelta

    from bot.inventory import Inventory
    from bot.model import Ask
    from bot.ports import Answer, Order, Terminal


class Act(Protocol):
    """What a command does to the targets on one host."""

    def __call__(
        self, terminal: Terminal, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One slash command: how it is read, what right it needs, and what it does (None: it only looks)."""

    name: str
    cmdlet: str
    action: Action
    description: str
    usage_hint: str
    examples: tuple[tuple[str, str], ...]
    ask_type: type[Ask]
    parse: Callable[[str, Inventory], Ask]
    act: Act | None = None

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
        act=logoff.log_off,
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
