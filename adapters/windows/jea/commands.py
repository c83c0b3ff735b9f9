"""A request as commands of the module LogoffBot: names and typed values, never text that is code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pypsrp.serializer import TaggedValue

from adapters.windows.agent.script import whole_letters
from adapters.windows.request import Verb

if TYPE_CHECKING:
    from adapters.windows.request import Request
    from bot.domain.conditions import Condition
    from bot.ports.terminal import Order

LIST = "Get-TSSession"
ACTS = {Verb.LOG_OFF: "Stop-TSSession", Verb.DISCONNECT: "Disconnect-TSSession", Verb.MESSAGE: "Send-TSMessage"}
LONGEST_WAIT = 86_400
"""Seconds that the module takes at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One call of a cmdlet, which is one pipeline."""

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)


def list_sessions() -> Command:
    return Command(name=LIST)


def list_programs(order: Order) -> Command:
    return Command(name=LIST, parameters={"Id": _number(order.session_id), "Process": True} | _person(order))


def act(request: Request, order: Order, *, wait_seconds: int) -> Command:
    """Return the command for one order. `wait_seconds` is what is left of the request's waiting."""
    said = {"SaidState": int(order.said_state), "SaidSince": _long(order.said_since)}
    given: dict[str, Any] = {"Id": _number(order.session_id)} | _person(order) | said
    given |= dict.fromkeys(_switches(order), True)
    if order.conditions:
        given["Condition"] = [_condition(each) for each in order.conditions]
    if request.verb is Verb.MESSAGE:
        given |= {"Text": whole_letters(request.text), "Caption": whole_letters(request.title)}
    else:
        given["Force"] = True
        if request.wait_seconds:
            given |= {"Synchronous": True, "TimeoutSeconds": min(max(wait_seconds, 1), LONGEST_WAIT)}
    return Command(name=ACTS[request.verb], parameters=given)


def _person(order: Order) -> dict[str, Any]:
    """The account and the logon that the session has to have, and the machine where it was seen."""
    names = {"MachineDns": order.machine.dns, "MachineNetBios": order.machine.netbios}
    named = {name: whole_letters(said) for name, said in names.items() if said}
    return {"UserName": whole_letters(str(order.account)), "LogonTime": _long(order.logon)} | named


def _switches(order: Order) -> list[str]:
    said = {"EvenIfActive": order.even_if_active, "EvenAtConsole": not order.not_at_console}
    return [name for name, is_on in said.items() if is_on]


def _condition(condition: Condition) -> str:
    """Fields of a condition, parted by tabs. No name in Windows has a tab, so one in a value stands for no name."""
    fields = (condition.field, condition.operator, *condition.values)
    return "\t".join(whole_letters(each).replace("\t", "\N{REPLACEMENT CHARACTER}") for each in fields)


def _number(number: int) -> Any:
    return number if -(2**31) <= number < 2**31 else _long(number)


def _long(number: int) -> Any:
    """A 64-bit number. A plain one is sent as 32 bits, whatever its size: the host cannot read it then."""
    return TaggedValue("I64", number)
