"""`/logoff`: the command that logs sessions off, as Stop-TSSession does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.commands.acting import of_act, parse_act
from bot.commands.command import Command
from bot.domain.actions import Action
from bot.domain.ask import ActAsk

if TYPE_CHECKING:
    from bot.domain.inventory import Inventory

EXAMPLES = (
    ("comp1 id=3 --sync", "log session 3 off and wait until it is gone"),
    ("comp1", "list who is on comp1; nobody is chosen yet"),
    ("comp1 user=alice", "the sessions of one person"),
    ("rds-* state=disconnected idle>2h", "who left long ago, on many computers"),
    ("comp1 --all --whatif", "show who would be hit; changes nothing"),
    ('comp1 id=5 --warn 5m "Please save your work"', "tell the person first, log off five minutes later"),
    ('comp1 id=3 --force --reason "..."', "ask nobody; only where a rule allows it"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoffAsk(ActAsk):
    """The ask of `/logoff`."""


def parse(text: str, inventory: Inventory) -> LogoffAsk:
    """Return the ask of the text behind `/logoff`. Raises `UsageError`."""
    return parse_act(LogoffAsk, text, inventory, cmdlet=COMMAND.cmdlet)


COMMAND = Command(
    action=Action.LOG_OFF,
    description="Log Windows sessions off",
    usage_hint="comp1 id=3 --sync   (also user= state= idle>2h --all --whatif --force --reason)",
    examples=EXAMPLES,
    parameters=of_act(),
    ask_type=LogoffAsk,
    parse=parse,
)
