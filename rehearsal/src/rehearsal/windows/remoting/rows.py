"""What the commands of the endpoint answer: flat objects, made from the agent's replies.

Remoting keeps one level of an object of a module's own type, so nothing stands inside another thing.
"""

from collections.abc import Mapping
from typing import Any

from psrpcore.types import PSBool, PSInt, PSInt64, PSNoteProperty, PSObject, PSString

from rehearsal.windows.engines import Machine
from rehearsal.windows.python_agent.conditions import idle_seconds
from rehearsal.windows.sessions import Session, read_state

SESSION, PROGRAM, RESULT = "LogoffBot.TSSession", "LogoffBot.TSProcess", "LogoffBot.TSResult"
_KEPT = {
    "StateCode": ("state", PSInt),
    "WindowStationName": ("station", PSString),
    "DomainName": ("domain", PSString),
    "User": ("user", PSString),
    "ClientName": ("client", PSString),
    "IPAddress": ("address", PSString),
    "ProtocolCode": ("protocol", PSInt),
    "ClientBuildNumber": ("build", PSInt64),
    "ClientDisplay": ("display", PSString),
    "LoginTime": ("logon", PSInt64),
    "ConnectTime": ("connect", PSInt64),
    "DisconnectTime": ("disconnect", PSInt64),
    "LastInputTime": ("input", PSInt64),
    "CurrentTime": ("now", PSInt64),
    "ErrorCode": ("error", PSInt),
    "CutLetters": ("cut", PSInt),
}
"""Property by property: the agent's word for it, and the type it crosses the wire as."""

_STATES = [
    "Active",
    "Connected",
    "ConnectQuery",
    "Shadowing",
    "Disconnected",
    "Idle",
    "Listening",
    "Reset",
    "Down",
    "Initializing",
]
Row = dict[str, Any]


def of_session(seen: Mapping[str, Any], *, synchronous: bool) -> Row:
    row = _as_seen(seen)
    idle = idle_seconds(_read_back(seen), int(seen["now"]))
    state = seen["state"]
    return {
        "SessionId": PSInt64(seen["id"]),
        "State": PSString(_STATES[state] if 0 <= state < len(_STATES) else state),
        "UserName": PSString(f"{seen['domain']}\\{seen['user']}" if seen["domain"] else seen["user"]),
        "IdleSeconds": PSInt64(-1 if idle is None else idle),
        "Synchronous": PSBool(synchronous),
        **row,
    }


def of_program(session_id: int, program: Mapping[str, str]) -> Row:
    return {
        "SessionId": PSInt64(session_id),
        "Name": PSString(program["name"]),
        "CpuTicks": PSInt64(program["cpu"]),
        "WorkingSetBytes": PSInt64(program["memory"]),
    }


def of_result(session_id: int, reply: Mapping[str, Any]) -> Row:
    seen = reply["seen"]
    return {
        "SessionId": PSInt64(session_id),
        "Verdict": PSString(reply["verdict"]),
        "Code": PSInt(reply["code"]),
        "Why": PSString(reply["why"]),
        "WaitedMs": PSInt64(reply["waited_ms"]),
        "HasSeen": PSBool(seen is not None),
        **{f"Seen{name}": value for name, value in _as_seen(seen or _NOBODY).items()},
    }


def common(machine: Machine, version: str) -> Row:
    """What stands in every answer of the module."""
    return {"ModuleVersion": PSString(version), "Server": PSString(machine.netbios), "DnsName": PSString(machine.dns)}


def bag(kind: str, row: Mapping[str, Any]) -> PSObject:
    """The object of a compiled type as it crosses the wire."""
    thing = PSObject()
    thing.PSObject.type_names = [kind, "System.Object"]
    thing.PSObject.adapted_properties.extend(PSNoteProperty(name, value) for name, value in row.items())
    thing.PSObject.to_string = kind
    return thing


_NOBODY: dict[str, Any] = {word: "" if kind is PSString else 0 for word, kind in _KEPT.values()}
_NOBODY |= {"state": -1, "unread": {}}


def _as_seen(seen: Mapping[str, Any]) -> Row:
    row = {name: kind(seen[word]) for name, (word, kind) in _KEPT.items()}
    unread = " ".join(f"{what}={code}" for what, code in seen["unread"].items())
    return row | {"UnreadParts": PSString(unread)}


def _read_back(seen: Mapping[str, Any]) -> Session:
    """As far as its idle time goes."""
    logon, disconnect, last = int(seen["logon"]), int(seen["disconnect"]), int(seen["input"])
    return Session(id=seen["id"], state=read_state(seen["state"]), logon=logon, disconnect=disconnect, input=last)
