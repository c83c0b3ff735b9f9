"""The Python double of the agent: docs/agent-protocol.md once more, for machines without PowerShell and mono.

It does what the agent in C# does, over the same sessions; a contract test runs both and demands the same replies.
"""

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from rehearsal.windows.engines import (
    CONSTRAINED,
    CONSTRAINED_STDERR,
    NO_POWERSHELL,
    Machine,
    fail,
    is_bootstrap,
    not_parsed,
)
from rehearsal.windows.payload import Payload, PayloadError, is_whole, read_payload
from rehearsal.windows.python_agent import wts
from rehearsal.windows.python_agent.as_told import cut, known, plain_address
from rehearsal.windows.python_agent.comparisons import Seen, compare, is_gone, is_held, is_left
from rehearsal.windows.python_agent.conditions import last_input, upper
from rehearsal.windows.python_agent.request_lines import Request, RequestError, Target, read_request
from rehearsal.windows.sessions import CLASSES, Session, State, What, now_ticks
from rehearsal.windows.shells import Command

_LOOK_AGAIN_SECONDS = 0.1
_INVALID_DATA, _INVALID_PARAMETER = 13, 87
_LARGEST_ID = 2**31 - 1
_ABSENT = {wts.FILE_NOT_FOUND, wts.WINSTATION_NOT_FOUND}
_TIMES = ("logon", "connect", "disconnect", "input")
_ORDER: tuple[What, ...] = ("client", "address", "protocol", "build", "display", "user", "domain", "times")
"""As the agent asks for them."""
_TELLING: tuple[What, ...] = ("times", "user", "domain")
"""What has to be read to tell a person and a logon apart: the first that fails gives the session's error."""
_FIELDS: dict[int, tuple[str, ...]] = {number: (what,) for what, number in CLASSES.items()} | {CLASSES["times"]: _TIMES}
"""What a class tells, by its number."""

_LOOKS = ("list", "processes")
"""The operations that change nothing."""

Reply = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PythonDouble:
    title: str = "Python double"

    def run(self, arguments: list[str], command: Command, machine: Machine) -> int:
        """Fails as PowerShell does where the bootstrap or the payload is not the documented one."""
        if tuple(arguments[:2]) == CONSTRAINED:
            command.read_all()
            return fail(command, CONSTRAINED_STDERR)
        if not is_bootstrap(arguments):
            return fail(command, NO_POWERSHELL)
        data = command.read_all()
        if not data.strip():
            return 0
        try:
            payload = read_payload(data)
        except PayloadError as error:
            return fail(command, not_parsed(error))
        if payload.source:
            _answer(payload, command, machine)
        return 0


def _answer(payload: Payload, command: Command, machine: Machine) -> None:
    """Write all replies. The first nonce of the first one is out before the first act."""
    nonce, count = payload.nonce, 0
    request = _understood(payload, machine)
    is_open = isinstance(request, Request) and request.operation not in _LOOKS
    if is_open:
        command.write(nonce.encode("ascii"))
    replies = replies_to(request, command.killed, machine) if isinstance(request, Request) else iter([request])
    for reply in replies:
        command.write(f"{'' if is_open else nonce}{json.dumps(reply)}{nonce}\n".encode("ascii"))
        is_open, count = False, count + 1
    command.write(f"{'' if is_open else nonce}{json.dumps({'end': count})}{nonce}\n".encode("ascii"))


def _understood(payload: Payload, machine: Machine) -> Request | Reply:
    """The request, or the error that nothing was done for."""
    if "#error " in payload.source:
        return _error("Add-Type", 0, "(1) : error CS1029: #error", begun=False)
    if not is_whole(payload):
        return _error("input", _INVALID_DATA, "not what was sent", begun=False)
    try:
        request = read_request(payload.request)
    except RequestError as error:
        return _error("request", _INVALID_PARAMETER, str(error), begun=False)
    return request if is_named(request, machine) else _error("machine", 0, machine.dns, begun=False)


def is_named(request: Request, machine: Machine) -> bool:
    """Whether the request is meant for this machine."""
    return _is_same(request.dns, machine.dns) and _is_same(request.netbios, machine.netbios)


def replies_to(request: Request, killed: threading.Event, machine: Machine) -> Iterator[Reply]:
    """All replies but the last to a request for this machine; `killed` ends a wait."""
    try:
        if request.operation == "list":
            yield from _list(machine)
        if request.operation == "processes":
            yield from _programs(request, machine)
            return
        for number, target in enumerate(request.targets):
            began = time.monotonic()
            outcome = _carry_out(request, target, killed, machine)
            yield {"target": number, "waited_ms": round((time.monotonic() - began) * 1000)} | outcome
            if outcome["verdict"] == "still_closing":
                return
    except wts.RefusedError as error:
        begun = request.operation not in _LOOKS
        yield _error("WTSEnumerateSessionsExW", error.code, str(error), begun=begun)


def _error(where: str, code: int, text: str, *, begun: bool) -> Reply:
    message64 = base64.b64encode(text.encode()).decode("ascii")
    return {"error": {"where": where, "code": code, "begun": begun, "message64": message64}}


def _list(machine: Machine) -> Iterator[Reply]:
    sessions = _sessions(machine)
    yield {"host": {"name": machine.netbios, "dns": machine.dns, "pointer": 8, "now": str(now_ticks())}}
    for session in sessions:
        yield {"session": describe(session)}


def _programs(request: Request, machine: Machine) -> Iterator[Reply]:
    """The programs of each target that is still the person's, after the reading."""
    for target in request.targets:
        if not 0 < target.id <= _LARGEST_ID:
            yield _error("request", _INVALID_PARAMETER, "no id of a person's session", begun=False)
            return
        try:
            found = wts.enumerate_processes(machine.sessions, target.id)
        except wts.RefusedError as error:
            yield _error("WTSEnumerateProcessesExW", error.code, str(error), begun=False)
            return
        seen = _look(machine, target.id)
        if seen and seen.error:
            yield _error("WTSQuerySessionInformationW", seen.error, "", begun=False)
            return
        held = found if seen and is_held(target, seen.session) else []
        for each in held:
            program = {"name": cut(each.name)[0], "cpu": str(each.cpu), "memory": str(each.memory)}
            yield {"program": program}
        yield {"programs": len(held), "there": bool(seen and is_held(target, seen.session))}


def _sessions(machine: Machine) -> list[Seen]:
    found = wts.enumerate_sessions(machine.sessions)
    if not found:
        raise wts.RefusedError(wts.ACCESS_DENIED)
    return [_read(session) for session in found]


def _read(session: Session) -> Seen:
    """The session as the agent reads it: what cannot be read is empty, and a time that none can have is 0."""
    now = int(session.how_odd("now") or now_ticks())
    values: dict[str, Any] = {name: known(getattr(session, name)) for name in ("logon", "connect", "disconnect")}
    values["input"] = known(last_input(session, now))
    values["address"] = plain_address(session.address)
    texts = {name: cut(getattr(session, name)) for name in ("station", "client", "user", "domain")}
    codes = {number: wts.query_code(session, number) for number in _FIELDS}
    blank = {name: type(getattr(session, name))() for number in codes if codes[number] for name in _FIELDS[number]}
    values |= {name: text for name, (text, _) in texts.items()} | blank
    code = next((codes[CLASSES[what]] for what in _TELLING if codes[CLASSES[what]]), 0)
    is_odd = code in _ABSENT or (not code and not isinstance(session.state, State))
    error = wts.INVALID_DATA if is_odd else code
    unread: dict[str, int] = {what: codes[CLASSES[what]] for what in _ORDER if codes[CLASSES[what]]}
    left_out_of_all = sum(left_out for name, (_, left_out) in texts.items() if name not in blank)
    return Seen(
        replace(session, **values), 0 if codes[CLASSES["times"]] else known(now), error, unread, left_out_of_all
    )


def describe(seen: Seen) -> Reply:
    session = seen.session
    return {
        "id": session.id,
        "state": int(session.state),
        "station": session.station,
        "domain": session.domain,
        "user": session.user,
        "client": session.client,
        "address": session.address,
        "protocol": session.protocol,
        "build": session.build,
        "display": session.display,
        "logon": str(session.logon),
        "connect": str(session.connect),
        "disconnect": str(session.disconnect),
        "input": str(session.input),
        "now": str(seen.now),
        "error": seen.error,
        "unread": dict(seen.unread),
        "cut": seen.cut,
    }


def _carry_out(request: Request, target: Target, killed: threading.Event, machine: Machine) -> Reply:
    """Compare, act, wait, look again: the verdict of one target."""
    if not 0 <= target.id <= _LARGEST_ID:
        return _verdict("protected", why="bad id")
    if target.id == 0:
        return _verdict("protected", why="session 0")
    seen = _look(machine, target.id)
    if seen is None:
        return _verdict("absent")
    if found := compare(target, seen):
        verdict, code, why = found
        return _verdict(verdict, code=code, why=why, seen=seen)
    session = seen.session
    if request.operation == "disconnect" and session.state is State.DISCONNECTED:
        return _verdict("disconnected", why="already", seen=seen)
    function, code = _call(request, session, machine)
    if code in _ABSENT:
        return _verdict("absent")
    if code and (code != wts.CLOSE_PENDING or request.operation == "message"):
        return _verdict("refused", code=code, why=function, seen=seen)
    if request.operation == "message":
        return _verdict("sent", seen=seen)
    if request.wait == 0:
        return _verdict("requested", code=code, seen=seen)
    return _wait(request, target, (code, seen), killed, machine)


def _call(request: Request, session: Session, machine: Machine) -> tuple[str, int]:
    match request.operation:
        case "message":
            return "WTSSendMessageW", wts.send_message(machine.sessions, session.id, request.title, request.text)
        case "disconnect":
            return "WTSDisconnectSession", wts.disconnect(machine.sessions, session.id)
        case "logoff":
            return "WTSLogoffSession", wts.log_off(machine.sessions, session.id)
        case _:
            raise ValueError(f"{request.operation} is no act")


def _wait(
    request: Request, target: Target, so_far: tuple[int, Seen | None], killed: threading.Event, machine: Machine
) -> Reply:
    """`so_far`: the code of the act, and the session before it. The time is that of all targets together."""
    began = time.monotonic()
    until = began + request.wait - request.waited
    code, seen = so_far
    reply: Reply | None = None
    while reply is None:
        code, seen, reply = _look_again(request, target, (code, seen), machine)
        if reply is None and (time.monotonic() >= until or killed.wait(_LOOK_AGAIN_SECONDS)):
            reply = _verdict("still_closing", code=code, seen=seen)
    request.waited += time.monotonic() - began
    return reply


def _look_again(
    request: Request, target: Target, so_far: tuple[int, Seen | None], machine: Machine
) -> tuple[int, Seen | None, Reply | None]:
    """The newest code and session, and the reply when they prove one. A look that fails is no answer."""
    code, seen = so_far
    try:
        seen = _look(machine, target.id)
    except wts.RefusedError as error:
        return error.code, seen, None
    if is_gone(target, seen):
        return code, seen, _verdict("gone", seen=seen)
    if request.operation == "disconnect" and is_left(target, seen):
        return code, seen, _verdict("disconnected", seen=seen)
    return (seen.error if seen and seen.error else code), seen, None


def _is_same(said: str, now: str) -> bool:
    return not said or upper(said) == upper(now)


def _look(machine: Machine, session_id: int) -> Seen | None:
    return next((each for each in _sessions(machine) if each.session.id == session_id), None)


def _verdict(verdict: str, *, code: int = 0, why: str = "", seen: Seen | None = None) -> Reply:
    return {"verdict": verdict, "code": code, "why": why, "seen": describe(seen) if seen else None}
