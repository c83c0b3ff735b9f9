"""`/disconnect`: the command that closes the window and leaves the programs running, as Disconnect-TSSession does."""

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
    ("comp1 id=3 --sync", "disconnect session 3 and wait until it is; its programs go on running"),
    ("comp1 user=alice", "the sessions of one person"),
    ("rds-* state=active idle>2h", "who has not typed for long, on many computers"),
    ("comp1 --all --whatif", "show who would be hit; changes nothing"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisconnectAsk(ActAsk):
    """The ask of `/disconnect`."""


def parse(text: str, inventory: Inventory) -> DisconnectAsk:
    """Return the ask of the text behind `/disconnect`. Raises `UsageError`."""
    return parse_act(DisconnectAsk, text, inventory, cmdlet=COMMAND.cmdlet)


COMMAND = Command(
    action=Action.DISCONNECT,
    description="Disconnect Windows sessions; their programs go on running",
    usage_hint="comp1 id=3   (also user= state= idle>2h --all --sync --whatif)",
    examples=EXAMPLES,
    parameters=of_act(),
    ask_type=DisconnectAsk,
    parse=parse,
)
