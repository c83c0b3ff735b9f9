"""`/sessions`: the command that lists sessions, as Get-TSSession does. It changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.commands.command import Command
from bot.commands.corrections import with_readable_correction
from bot.commands.parameters import Parameter, Takes
from bot.commands.powershell import flatten
from bot.commands.reader import read
from bot.commands.selection import (
    FILTERS,
    SELECTION,
    are_hosts_named,
    conditions_of,
    hosts_of,
    ids_of,
    stops_on_error,
)
from bot.commands.tokens import clean, split
from bot.domain.actions import Action
from bot.domain.ask import Ask, Choice

if TYPE_CHECKING:
    from bot.commands.options import Options
    from bot.domain.inventory import Inventory

EXAMPLES = (
    ("comp1", "who is on comp1"),
    ("user=alice", "where a person is logged on, on all computers that you may list"),
    ("rds-* state=disconnected", "who left, on many computers"),
    ("comp1 state=active --here", "show it to the whole channel"),
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
    options = read(words, PARAMETERS, text=text, is_computer=is_computer)
    ids, conditions = ids_of(options), conditions_of(options)
    stops_on_error(options)
    everywhere = not ids and not are_hosts_named(options) and _looks_everywhere(options, inventory)
    return SessionsAsk(
        hosts=inventory.names if everywhere else hosts_of(options, inventory),
        everywhere=everywhere,
        ids=ids,
        conditions=conditions,
        choice=Choice.MATCHING if ids or conditions else Choice.ALL,
        here=options.is_on("here"),
        verbose=options.is_on("verbose"),
    )


def _looks_everywhere(options: Options, inventory: Inventory) -> bool:
    """Return whether the command looks for people or states without saying where.

    A person is looked for on all computers, also where there is a default one.
    """
    filters = {name for name in FILTERS if options.all(name)}
    return bool(filters & _OF_A_PERSON or (filters and not inventory.default))


PARAMETERS = (
    *SELECTION,
    *(
        Parameter(names=(name,), takes=Takes.NOTHING, hint=f"`--{name}` means nothing for a list. Leave it out.")
        for name in ("force", "whatif", "confirm", "sync", "synchronous", "all", "even-if-active", "stop-on-error")
    ),
    *(
        Parameter(names=(name,), hint=f"`--{name}` means nothing for a list. Leave it out.")
        for name in ("reason", "timeout", "warn", "say")
    ),
)

_OF_A_PERSON = {"user", "client", "ip"}

COMMAND = Command(
    action=Action.LIST,
    description="List the sessions of Windows hosts",
    usage_hint="comp1   (also rds-* user= state= idle>2h --here)",
    examples=EXAMPLES,
    parameters=PARAMETERS,
    ask_type=SessionsAsk,
    parse=parse,
)
