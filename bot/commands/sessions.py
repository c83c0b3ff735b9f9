"""`/sessions`: the command that lists sessions, as Get-TSSession does. It changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.commands.command import Command
from bot.commands.corrections import with_readable_correction
from bot.commands.powershell import flatten
from bot.commands.reader import read
from bot.commands.selection import SELECTION, check_error_action, conditions_of, hosts_of, ids_of
from bot.commands.tokens import clean, split
from bot.domain.actions import Action
from bot.domain.ask import Ask, Choice

if TYPE_CHECKING:
    from bot.domain.inventory import Inventory

EXAMPLES = (
    ("/sessions comp1", "who is on comp1"),
    ("/sessions rds-* user=alice", "where a person is logged on"),
    ("/sessions comp1 state=active --here", "show it to the whole channel"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsAsk(Ask):
    """The ask of `/sessions`: a selection without further options."""


def parse(text: str, inventory: Inventory) -> SessionsAsk:
    """Return the ask of the text behind `/sessions`. Raises `UsageError`."""
    return with_readable_correction(_parse, clean(text), inventory)


def _parse(text: str, inventory: Inventory) -> SessionsAsk:
    words, _ = flatten(split(text), cmdlet=COMMAND.cmdlet, text=text)
    is_computer = inventory.stands_for_something
    options = read(words, SELECTION, text=text, example=EXAMPLES[0][0], is_computer=is_computer)
    ids, conditions = ids_of(options), conditions_of(options)
    check_error_action(options)
    return SessionsAsk(
        hosts=hosts_of(options, inventory),
        ids=ids,
        conditions=conditions,
        choice=Choice.MATCHING if ids or conditions else Choice.ALL,
        here=options.is_on("here"),
        verbose=options.is_on("verbose"),
    )


COMMAND = Command(
    action=Action.LIST,
    description="List the sessions of Windows hosts",
    usage_hint="comp1   (also rds-* user= state= idle>2h --here)",
    examples=EXAMPLES,
    ask_type=SessionsAsk,
    parse=parse,
)
