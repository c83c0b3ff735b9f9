"""`/tsmessage`: the command that shows a message on desktops, as Send-TSMessage does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.commands.acting import of_act, parse_act
from bot.commands.command import Command
from bot.commands.parameters import Parameter, Takes
from bot.domain.actions import Action
from bot.domain.ask import ActAsk

if TYPE_CHECKING:
    from bot.domain.inventory import Inventory

EXAMPLES = (
    ('comp1 id=3 "Please save your work"', "show a message on one desktop"),
    ('comp1 --all --text "Down at 18:00" --caption "Maintenance"', "tell everybody on comp1"),
    ('rds-* user=alice "Call me"', "a person, wherever they are on these computers"),
    ('comp1 --all "Down at 18:00" --whatif', "show who would read it; sends nothing"),
)

PARAMETERS = (
    *(
        Parameter(names=(name,), takes=Takes.NOTHING, hint=f"`--{name}` means nothing for a message. Leave it out.")
        for name in ("sync", "synchronous", "even-if-active")
    ),
    Parameter(
        names=("text", "message", "body", "say"),
        is_single=True,
        takes_lone_quotes=True,
        topic="options",
        shape='--text "Please save"',
        about="what people read; the quotes alone are enough",
    ),
    Parameter(
        names=("caption", "title"),
        is_single=True,
        topic="options",
        shape='--caption "Maintenance"',
        about="the title of the message",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAsk(ActAsk):
    """The ask of `/tsmessage`. Its `warning` is the text of the message."""


def parse(text: str, inventory: Inventory) -> MessageAsk:
    """Return the ask of the text behind `/tsmessage`. Raises `UsageError`."""
    return parse_act(MessageAsk, text, inventory, cmdlet=COMMAND.cmdlet, parameters=PARAMETERS)


COMMAND = Command(
    action=Action.MESSAGE,
    description="Show a message on Windows desktops",
    usage_hint='comp1 id=3 "Please save your work"   (also user= state= --all --caption)',
    examples=EXAMPLES,
    parameters=of_act(PARAMETERS),
    ask_type=MessageAsk,
    parse=parse,
)
