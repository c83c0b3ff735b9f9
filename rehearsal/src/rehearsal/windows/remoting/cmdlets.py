"""The commands that a member sees, run by the Python double: the agent's own decisions, asked another way."""

import base64
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
from rehearsal.windows.sessions import State

_INVALID_PARAMETER = 87
_FIRST_LISTENER = 65536
_OF_PROGRAMS = ("Process", "LogonTime", "MachineDns", "MachineNetBios")
"""Parameters of Get-TSSession that do not go with those of a list."""


class Asked(NamedTuple):
    """A command with its values; `killed` ends a wait. `is_piped`: not all that tells a person was named."""

    values: Mapping[str, Any]
    machine: Machine
    killed: threading.Event
    is_piped: bool


Run = Callable[[Asked], Iterator[Row | CommandError]]
"""Rows, and errors that do not end the command; raises the CommandError that does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cmdlet:
    """`type_name` is the class behind it, which stands in the identifiers of its errors; `kind` is what it answers."""

    name: str
    type_name: str
    kind: str
    parameters: tuple[Parameter, ...]
    run: Run

    def results(
        self, given: Given, piped: Mapping[str, Any], machine: Machine, killed: threading.Event
    ) -> Iterator[Row | CommandError]:
        """As `run`; the identifiers of its errors are whole."""
        try:
            named = bind((_here(machine), *self.parameters, *COMMON), given, {}, is_whole=not piped)
            values = bind((_here(machine), *self.parameters, *COMMON), given, piped)
            is_piped = not {"Id", "UserName", "LogonTime"} <= set(named)
            for each in self.run(Asked(values, machine, killed, is_piped)):
                yield self._whole(each) if isinstance(each, CommandError) else each
        except CommandError as error:
            raise self._whole(error) from error

    def _whole(self, error: CommandError) -> CommandError:
        return CommandError(f"{error.identifier},{self.type_name}", str(error))


def _here(machine: Machine) -> Parameter:
    own = {"localhost", ".", machine.netbios.lower(), machine.dns.lower()}
    return Parameter(name="ComputerName", aliases=("CN", "IPAddress"), accepts=lambda name: name.lower() in own)


def _list(asked: Asked) -> Iterator[Row | CommandError]:
    values = asked.values
    if any(name in values for name in _OF_PROGRAMS):
        yield from _programs(asked)
        return
    there = [reply["session"] for reply in _replies(Request(operation="list"), asked) if "session" in reply]
    for seen in there:
        row = of_session(seen, synchronous=bool(values.get("Synchronous")))
        if seen["id"] in values.get("Id", [seen["id"]]) and _is_wanted(row, values):
            yield row
    for missing in sorted(set(values.get("Id", [])) - {seen["id"] for seen in there}):
        yield CommandError("absent:0", f"There is no session {missing}.")


def _is_wanted(row: Row, values: Mapping[str, Any]) -> bool:
    texts = {"State": ("State",), "UserName": ("UserName", "User"), "ClientName": ("ClientName",)}
    return all(
        any(is_like(row[name], each) for name in names for each in values.get(parameter, ["*"]))
        for parameter, names in texts.items()
    )


def _programs(asked: Asked) -> Iterator[Row]:
    """What was not said of the person is not compared."""
    if missing := [name for name in ("Id", "Process") if name not in asked.values]:
        raise CommandError("MissingMandatoryParameter", f"Missing mandatory parameters: {' '.join(missing)}.")
    for session_id in asked.values["Id"]:
        target = _meant(asked, session_id)
        for reply in _replies(_request("processes", asked, target), asked):
            if "program" in reply:
                yield of_program(target.id, reply["program"])
            elif not reply["there"]:
                raise CommandError("changed:0", f"Session {session_id} is not the one that was meant, or is gone.")


def _meant(asked: Asked, session_id: int) -> Target:
    values = asked.values
    accounts = values.get("UserName")
    if accounts and len(accounts) == 1 and "LogonTime" in values:
        return _target(asked, session_id, accounts[0])
    sessions = (reply.get("session") for reply in _replies(_request("list", asked), asked))
    seen = next((each for each in sessions if each and each["id"] == session_id), None)
    if seen is None or (accounts and len(accounts) > 1):
        return _target(asked, session_id, "")
    logon = values.get("LogonTime", int(seen["logon"]))
    if accounts:
        return replace(_target(asked, session_id, accounts[0]), logon=logon)
    return replace(_target(asked, session_id, ""), domain=seen["domain"], user=seen["user"], logon=logon)


def _act(operation: str) -> Run:
    def run(asked: Asked) -> Iterator[Row | CommandError]:
        values = asked.values
        target = _target(asked, values["Id"], values["UserName"])
        if values.get("WhatIf") or (asked.is_piped and not _is_personal(target)):
            return
        if values.get("Confirm", operation != "message" and not values.get("Force")):
            raise CommandError("HostFunctionNotImplemented", "The command would ask, and there is nobody to answer.")
        for reply in _replies(_request(operation, asked, target), asked):
            yield of_result(target.id, reply)

    return run


def _is_personal(target: Target) -> bool:
    """What else comes along the pipeline is passed over."""
    is_session = 0 < target.id < _FIRST_LISTENER and target.state != State.LISTEN
    return is_session and bool(target.user) and target.logon > 0


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
        state=values.get("SaidState", State.ACTIVE if "Text" in values else State.DISCONNECTED),
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


def _request(operation: str, asked: Asked, *targets: Target) -> Request:
    values = asked.values
    return Request(
        operation=operation,
        wait=values.get("TimeoutSeconds", 90) if values.get("Synchronous") else 0,
        title=values.get("Caption", "Alert"),
        text=values.get("Text", ""),
        dns=values.get("MachineDns", ""),
        netbios=values.get("MachineNetBios", ""),
        targets=list(targets),
    )


def _replies(request: Request, asked: Asked) -> Iterator[dict[str, Any]]:
    """The agent's replies; CommandError for its error line."""
    if not is_named(request, asked.machine):
        raise CommandError("machine:0", asked.machine.dns)
    for reply in replies_to(request, asked.killed, asked.machine):
        if error := reply.get("error"):
            said = base64.b64decode(error["message64"]).decode()
            raise CommandError(f"{error['where']}:{error['code']}", said)
        yield reply


def _within(low: int, high: int) -> Callable[[int], bool]:
    return lambda number: low <= number <= high


def _long(most: int, least: int = 1) -> Callable[[str], bool]:
    return lambda text: least <= len(text) <= most


_MACHINE = (
    Parameter(name="MachineDns", aliases=("DnsName",), piped=True, accepts=_long(255, 0)),
    Parameter(name="MachineNetBios", aliases=("Server",), piped=True, accepts=_long(255, 0)),
)
_ID = Parameter(
    name="Id", kind="long", aliases=("SessionId",), mandatory=True, piped=True, accepts=_within(0, 2**31 - 1)
)
_PERSON = (
    Parameter(name="UserName", mandatory=True, piped=True, accepts=_long(2049, 0)),
    Parameter(
        name="LogonTime", kind="long", aliases=("LoginTime",), mandatory=True, piped=True, accepts=_within(0, 2**63)
    ),
    Parameter(name="SaidState", kind="int", aliases=("StateCode",), piped=True),
    Parameter(name="SaidSince", kind="long", accepts=_within(0, 2**63)),
    *_MACHINE,
    Parameter(name="EvenIfActive", kind="switch"),
    Parameter(name="EvenAtConsole", kind="switch"),
    Parameter(name="Condition", kind="texts", most=256, accepts=_long(65536)),
)
_ENDING = (
    Parameter(name="InputObject", kind="objects"),
    replace(_ID, position=0),
    *_PERSON,
    Parameter(name="Synchronous", kind="switch", piped=True),
    Parameter(name="TimeoutSeconds", kind="int", accepts=_within(1, 86400)),
    Parameter(name="Force", kind="switch"),
    Parameter(name="WhatIf", kind="switch", aliases=("wi",)),
    Parameter(name="Confirm", kind="switch", aliases=("cf",)),
)
_LISTING = (
    Parameter(
        name="Id", kind="ints", aliases=("SessionId",), position=0, least=1, most=1000, accepts=_within(0, 2**31 - 1)
    ),
    Parameter(
        name="State",
        kind="texts",
        aliases=("ConnectionState",),
        apart=_OF_PROGRAMS,
        least=1,
        most=100,
        accepts=_long(64),
    ),
    Parameter(name="UserName", kind="texts", least=1, most=100, accepts=_long(2049, 0)),
    Parameter(name="ClientName", kind="texts", apart=_OF_PROGRAMS, least=1, most=100, accepts=_long(1024)),
    Parameter(name="LogonTime", kind="long", aliases=("LoginTime",), accepts=_within(0, 2**63)),
    Parameter(name="Process", kind="switch"),
    Parameter(name="Synchronous", kind="switch", apart=_OF_PROGRAMS),
    *(replace(each, piped=False) for each in _MACHINE),
)
_TELLING = (
    Parameter(name="Text", mandatory=True, position=0, accepts=_long(20000)),
    Parameter(name="Caption", accepts=_long(1024)),
    _ID,
    *_PERSON,
)


def _cmdlet(verb: str, noun: str, kind: str, parameters: tuple[Parameter, ...], run: Run) -> Cmdlet:
    return Cmdlet(
        name=f"{verb}-{noun}", type_name=f"LogoffBot.{verb}{noun}Command", kind=kind, parameters=parameters, run=run
    )


CMDLETS = (
    _cmdlet("Get", "TSSession", SESSION, _LISTING, _list),
    _cmdlet("Stop", "TSSession", RESULT, _ENDING, _act("logoff")),
    _cmdlet("Disconnect", "TSSession", RESULT, _ENDING, _act("disconnect")),
    _cmdlet("Send", "TSMessage", RESULT, _TELLING, _act("message")),
)


def names_of(given: Given, names: list[str]) -> Iterator[Row]:
    """Get-Command, as far as a client asks which commands it sees."""
    (wanted, *_) = [str(value) for name, value in given if name is None or name.lower() == "name"] or ["*"]
    for each in sorted(names):
        if is_like(each, wanted):
            yield {"Name": PSString(each), "CommandType": PSString("Cmdlet" if "-TS" in each else "Function")}
