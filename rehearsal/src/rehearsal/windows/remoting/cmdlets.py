"""The commands that a member sees, run by the Python double: the agent's own decisions, asked another way."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from psrpcore.types import PSString

from rehearsal.windows.engines import Machine
from rehearsal.windows.python_agent.conditions import is_like
from rehearsal.windows.python_agent.double import is_named, replies_to
from rehearsal.windows.python_agent.request_lines import Request, RequestError, Target, read_condition
from rehearsal.windows.remoting.parameters import COMMON, CommandError, Given, Parameter, bind
from rehearsal.windows.remoting.rows import RESULT, SESSION, Row, of_program, of_result, of_session

_INVALID_PARAMETER = 87
_DISCONNECTED = 4


class Asked(NamedTuple):
    """A command with its values; `killed` ends a wait."""

    values: Mapping[str, Any]
    machine: Machine
    killed: threading.Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Cmdlet:
    """`type_name` is the class behind it, which stands in the identifiers of its errors; `kind` is what it answers."""

    name: str
    type_name: str
    kind: str
    parameters: tuple[Parameter, ...]
    run: Callable[[Asked], Iterator[Row]]

    def rows(self, given: Given, piped: Mapping[str, Any], machine: Machine, killed: threading.Event) -> Iterator[Row]:
        """CommandError, with the whole identifier, when the command ends without having done all."""
        try:
            values = bind((*self.parameters, *COMMON), given, piped)
            _stay_here(values.get("ComputerName", "localhost"), machine)
            yield from self.run(Asked(values, machine, killed))
        except CommandError as error:
            raise CommandError(f"{error.identifier},{self.type_name}", str(error)) from error


def _stay_here(named: str, machine: Machine) -> None:
    if named.lower() not in {"localhost", ".", machine.netbios.lower(), machine.dns.lower()}:
        raise CommandError("ParameterArgumentValidationError", f"{named[:40]!r} is not this computer.")


def _list(asked: Asked) -> Iterator[Row]:
    if asked.values.get("Process"):
        yield from _programs(asked)
        return
    for seen in _sessions(asked):
        yield of_session(seen, synchronous=bool(asked.values.get("Synchronous")))


def _sessions(asked: Asked) -> Iterator[dict[str, Any]]:
    values = asked.values
    for reply in _replies(Request(operation="list"), asked):
        seen = reply.get("session")
        if not seen or ("Id" in values and seen["id"] not in values["Id"]):
            continue
        row = of_session(seen, synchronous=False)
        texts = {"State": ("State",), "UserName": ("UserName", "User"), "ClientName": ("ClientName",)}
        if all(
            any(is_like(row[name], each) for name in names for each in values.get(parameter, ["*"]))
            for parameter, names in texts.items()
        ):
            yield seen


def _programs(asked: Asked) -> Iterator[Row]:
    """Of one person's session if the person and the logon time are given, else of all that the filters leave."""
    if "LogonTime" in asked.values:
        (session_id, *_), (user, *_) = asked.values.get("Id", [0]), asked.values.get("UserName", [""])
        wanted = [_target(asked, session_id, user)]
    else:
        wanted = [
            replace(_target(asked, each["id"], ""), domain=each["domain"], user=each["user"], logon=int(each["logon"]))
            for each in _sessions(asked)
            if each["user"]
        ]
    for target in wanted:
        for reply in _replies(_request("processes", asked, target), asked):
            if "program" in reply:
                yield of_program(target.id, reply["program"])
            elif not reply["there"] and "LogonTime" in asked.values:
                raise CommandError("changed:0", "The session is not this person's any more.")


def _act(operation: str) -> Callable[[Asked], Iterator[Row]]:
    def run(asked: Asked) -> Iterator[Row]:
        values = asked.values
        if values.get("WhatIf"):
            return
        if not values.get("Force") and values.get("Confirm") is not False and operation != "message":
            raise CommandError("HostException", "A command that prompts the user failed: there is nobody to ask.")
        target = _target(asked, values["Id"], values["UserName"])
        for reply in _replies(_request(operation, asked, target), asked):
            yield of_result(target.id, reply)

    return run


def _target(asked: Asked, session_id: int, account: str) -> Target:
    values = asked.values
    domain, parted, user = account.partition("\\")
    try:
        conditions = [read_condition(*_fields(each)) for each in values.get("Condition", [])]
    except RequestError as error:
        raise CommandError(f"request:{_INVALID_PARAMETER}", str(error)) from error
    return Target(
        id=session_id,
        domain=domain if parted else "",
        user=user if parted else account,
        logon=values.get("LogonTime", 0),
        state=values.get("SaidState", _DISCONNECTED),
        even_if_active=bool(values.get("EvenIfActive")),
        not_at_console=not values.get("EvenAtConsole"),
        since=values.get("SaidSince", 0),
        conditions=conditions,
    )


def _fields(line: str) -> tuple[str, str, tuple[str, ...]]:
    """A condition: field, operator and values, parted by TAB."""
    name, *rest = line.split("\t")
    if len(rest) < 2:
        raise RequestError(f"no condition: {line[:40]!r}")
    return name, rest[0], tuple(rest[1:])


def _request(operation: str, asked: Asked, target: Target) -> Request:
    values = asked.values
    return Request(
        operation=operation,
        wait=values.get("TimeoutSeconds", 90) if values.get("Synchronous") else 0,
        title=values.get("Caption", "Alert"),
        text=values.get("Text", ""),
        dns=values.get("MachineDns", ""),
        netbios=values.get("MachineNetBios", ""),
        targets=[target],
    )


def _replies(request: Request, asked: Asked) -> Iterator[dict[str, Any]]:
    """The agent's replies; CommandError for its error line."""
    if not is_named(request, asked.machine):
        raise CommandError("machine:0", asked.machine.dns)
    for reply in replies_to(request, asked.killed, asked.machine):
        if error := reply.get("error"):
            raise CommandError(f"{error['where']}:{error['code']}", f"Win32 error {error['code']}")
        yield reply


def _within(low: int, high: int) -> Callable[[int], bool]:
    return lambda number: low <= number <= high


def _long(most: int, least: int = 1) -> Callable[[str], bool]:
    return lambda text: least <= len(text) <= most


_HERE = Parameter(name="ComputerName", aliases=("CN", "IPAddress"))
_MACHINE = (
    Parameter(name="MachineDns", aliases=("DnsName",), piped=True),
    Parameter(name="MachineNetBios", aliases=("Server",), piped=True),
)
_SYNCHRONOUS = Parameter(name="Synchronous", kind="switch", piped=True)
_PERSON = (
    Parameter(name="UserName", mandatory=True, piped=True, accepts=_long(512)),
    Parameter(name="LogonTime", kind="long", aliases=("LoginTime",), mandatory=True, piped=True),
    Parameter(name="SaidState", kind="int", aliases=("StateCode",), piped=True),
    Parameter(name="SaidSince", kind="long"),
    *_MACHINE,
    Parameter(name="EvenIfActive", kind="switch"),
    Parameter(name="EvenAtConsole", kind="switch"),
    Parameter(name="Condition", kind="texts", accepts=_long(4096)),
)
_ENDING = (
    _HERE,
    Parameter(name="Id", kind="int", aliases=("SessionId",), mandatory=True, piped=True, position=0),
    *_PERSON,
    _SYNCHRONOUS,
    Parameter(name="TimeoutSeconds", kind="int", accepts=_within(1, 86400)),
    Parameter(name="Force", kind="switch"),
    Parameter(name="WhatIf", kind="switch", aliases=("wi",)),
    Parameter(name="Confirm", kind="switch", aliases=("cf",)),
)

CMDLETS = (
    Cmdlet(
        name="Get-TSSession",
        type_name="LogoffBot.GetTSSession",
        kind=SESSION,
        run=_list,
        parameters=(
            _HERE,
            Parameter(name="Id", kind="ints", aliases=("SessionId",), position=0),
            Parameter(name="State", kind="texts", aliases=("ConnectionState",), accepts=_long(64)),
            Parameter(name="UserName", kind="texts", accepts=_long(512)),
            Parameter(name="ClientName", kind="texts", accepts=_long(64)),
            Parameter(name="LogonTime", kind="long", aliases=("LoginTime",)),
            Parameter(name="Process", kind="switch"),
            Parameter(name="Synchronous", kind="switch"),
            *(replace(each, piped=False) for each in _MACHINE),
        ),
    ),
    Cmdlet(
        name="Stop-TSSession", type_name="LogoffBot.StopTSSession", kind=RESULT, run=_act("logoff"), parameters=_ENDING
    ),
    Cmdlet(
        name="Disconnect-TSSession",
        type_name="LogoffBot.DisconnectTSSession",
        kind=RESULT,
        run=_act("disconnect"),
        parameters=_ENDING,
    ),
    Cmdlet(
        name="Send-TSMessage",
        type_name="LogoffBot.SendTSMessage",
        kind=RESULT,
        run=_act("message"),
        parameters=(
            _HERE,
            Parameter(name="Text", mandatory=True, position=0),
            Parameter(name="Caption"),
            Parameter(name="Id", kind="int", aliases=("SessionId",), mandatory=True, piped=True),
            *_PERSON,
        ),
    ),
)


def names_of(given: Given, names: list[str]) -> Iterator[Row]:
    """Get-Command, as far as a client asks which commands it sees."""
    (wanted, *_) = [str(value) for name, value in given if name is None or name.lower() == "name"] or ["*"]
    for each in sorted(names):
        if is_like(each, wanted):
            yield {"Name": PSString(each), "CommandType": PSString("Cmdlet" if "-TS" in each else "Function")}
