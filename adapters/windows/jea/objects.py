"""The objects of the module LogoffBot as replies, pure: bags of properties in, values out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from adapters.windows.agent.program_replies import ProgramReply
from adapters.windows.agent.replies import Ended, HostReply, Listed, MalformedReply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeVar

    Model = TypeVar("Model", bound=BaseModel)

    Bag = Mapping[str, object]

OLDEST = (0, 1, 0)
"""The oldest module whose answers mean what this release takes them for."""

_VERSION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,3}")
_SESSION = {
    "state": "StateCode",
    "station": "WindowStationName",
    "domain": "DomainName",
    "user": "User",
    "client": "ClientName",
    "address": "IPAddress",
    "protocol": "ProtocolCode",
    "build": "ClientBuildNumber",
    "display": "ClientDisplay",
    "logon": "LoginTime",
    "connect": "ConnectTime",
    "disconnect": "DisconnectTime",
    "input": "LastInputTime",
    "now": "CurrentTime",
    "error": "ErrorCode",
    "cut": "CutLetters",
}
"""The words of a reply, and the properties that hold them. What was seen at an act has `Seen` before the name."""

_HOST = {"name": "Server", "dns": "DnsName", "now": "CurrentTime"}
_ENDED = {"verdict": "Verdict", "code": "Code", "why": "Why", "waited_ms": "WaitedMs"}
_PROGRAM = {"name": "Name", "cpu": "CpuTicks", "memory": "WorkingSetBytes"}


def version_of(bag: Bag) -> str:
    """Return the version of the module that made the object. Raises `MalformedReply` for one that tells none."""
    said = bag.get("ModuleVersion")
    if not isinstance(said, str) or not _VERSION.fullmatch(said):
        raise MalformedReply("an object without the version of its module")
    return said


def is_too_old(version: str) -> bool:
    """Return whether a module of this version is older than this release knows."""
    numbers = [*map(int, version.split(".")), 0, 0]
    return tuple(numbers[: len(OLDEST)]) < OLDEST


def listed(bags: Sequence[Bag]) -> list[HostReply | Listed]:
    """Return the host, as its first session describes it, and the sessions. Raises `MalformedReply`."""
    hosts = [_made(HostReply, {"host": _taken(bag, _HOST) | {"pointer": 0}}) for bag in bags]
    if any(each.machine != hosts[0].machine for each in hosts):
        raise MalformedReply("sessions of several machines")
    return [*hosts[:1], *(_made(Listed, {"session": _session(bag, "")}) for bag in bags)]


def programs(bags: Sequence[Bag]) -> list[ProgramReply]:
    """Return the programs of a session. Raises `MalformedReply`."""
    return [_made(ProgramReply, {"program": _taken(bag, _PROGRAM)}) for bag in bags]


def ended(bags: Sequence[Bag], target: int, session_id: int) -> list[Ended]:
    """Return the one result for the target, which has this position in the request. Raises `MalformedReply`."""
    if len(bags) != 1 or bags[0].get("SessionId") != session_id:
        raise MalformedReply("no result, several, or that of another session")
    (bag,) = bags
    has_seen = bag.get("HasSeen")
    if not isinstance(has_seen, bool):
        raise MalformedReply("a result that does not say whether the session was seen")
    seen = _session(bag, "Seen") if has_seen else None
    return [_made(Ended, _taken(bag, _ENDED) | {"target": target, "seen": seen})]


def bad_id(target: int) -> Ended:
    """Return what the agent says of an id that no session can have."""
    return Ended(target=target, verdict="protected", code=0, why="bad id", waited_ms=0, seen=None)


def _session(bag: Bag, prefix: str) -> dict[str, Any]:
    names = {word: prefix + name for word, name in _SESSION.items()}
    return _taken(bag, names | {"id": "SessionId"}) | {"unread": _unread(bag.get(prefix + "UnreadParts"))}


def _unread(said: object) -> dict[str, str]:
    """Return what could not be read, with its codes, out of `client=5 times=1722`. Raises `MalformedReply`."""
    if not isinstance(said, str):
        raise MalformedReply("a session that does not say what was unread")
    return {part: code for part, _, code in (each.partition("=") for each in said.split())}


def _taken(bag: Bag, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the properties by the words of a reply. Raises `MalformedReply` for one that is missing."""
    try:
        return {word: bag[name] for word, name in names.items()}
    except KeyError as exc:
        raise MalformedReply(f"an object without {exc}") from exc


def _made(kind: type[Model], fields: dict[str, Any]) -> Model:
    try:
        return kind.model_validate(fields)
    except ValidationError as exc:
        raise MalformedReply(kind.__name__) from exc
