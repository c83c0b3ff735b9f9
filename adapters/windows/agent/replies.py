"""What a host wrote, made into values or refused. Pure: bytes in, replies out. The form is docs/agent-protocol.md."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from adapters.windows.agent import errors
from adapters.windows.agent.script import whole_letters
from adapters.windows.errors import INCOMPLETE
from bot.domain.session import Account, Machine, Session, SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adapters.windows.shell import Chunk
    from bot.errors import TerminalError

MAX_LINE = 256 * 1024

# FullyQualifiedErrorIds: identifiers, the same in every language of Windows. What they name was never run.
_CONSTRAINED = ("MethodInvocationNotSupportedInConstrainedLanguage", "CannotDefineNewType")
# An error there is written before any target is touched.
_BEFORE_THE_ACT = frozenset({"request", "layout", "Add-Type", "WTSEnumerateSessionsExW", "WTSINFOW"})

Ticks = Annotated[int, Field(ge=0, lt=2**63)]
Code = Annotated[int, Field(ge=0, lt=2**32)]
Words = Annotated[str, AfterValidator(whole_letters)]
"""Text of Windows: UTF-16 that nobody has checked."""


class MalformedReply(ValueError):
    """From here on nothing of the output is trusted."""


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True)


class SessionReply(_Line):
    """A session as the agent writes it; ticks come as strings."""

    id: Code
    state: SessionState
    station: Words
    domain: Words
    user: Words
    client: Words
    address: Words
    protocol: int
    build: int
    display: Words
    logon: Ticks
    connect: Ticks
    disconnect: Ticks
    input: Ticks
    now: Ticks
    error: Code

    @property
    def account(self) -> Account:
        return Account(domain=self.domain, user=self.user)

    def on(self, host: str, machine: Machine) -> Session:
        fields = self.model_dump(exclude={"domain", "user"})
        return Session(host=host, account=self.account, machine=machine, **fields)


class Listed(_Line):
    session: SessionReply


class Ended(_Line):
    """How it ended with one target; `target` counts from 0 in the order of the request."""

    target: int
    verdict: Literal[
        "gone", "disconnected", "sent", "requested", "absent", "changed", "protected", "still_closing", "refused"
    ]
    code: Code
    why: Words
    waited_ms: int
    seen: SessionReply | None


class Host(_Line):
    name: Words
    dns: Words
    pointer: int
    now: Ticks


class HostReply(_Line):
    """What a list begins with."""

    host: Host

    @property
    def machine(self) -> Machine:
        return Machine(dns=self.host.dns, netbios=self.host.name)


class Error(_Line):
    where: str
    code: Code
    message64: str


class Failed(_Line):
    """It went wrong as a whole."""

    error: Error

    def at(self, host: str, *, is_first: bool) -> TerminalError:
        """What is compiled comes before all other lines: later it is no answer that could be believed."""
        where, code = self.error.where, self.error.code
        if where == "Add-Type" and not is_first:
            return INCOMPLETE.at(host, delivered=True)
        if where == "machine":
            return errors.ANOTHER_MACHINE.at(host, delivered=False)
        fault = errors.MISCOMPILED if where == "Add-Type" else errors.win32(code)
        return fault.at(host, delivered=where not in _BEFORE_THE_ACT)


class End(_Line):
    end: int


Reply = HostReply | Listed | Ended
_KINDS: dict[str, type[HostReply | Listed | Ended | Failed | End]] = {
    "host": HostReply,
    "session": Listed,
    "target": Ended,
    "error": Failed,
    "end": End,
}


class Frames:
    """Cuts a stream into the objects between the nonces. What stands outside them is not looked at."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce.encode("ascii")
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """The objects of all lines that are whole by now. Raises `MalformedReply`."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            _, mark, framed = line.partition(self._nonce)
            if mark:
                yield self._object(framed.rstrip(b"\r"))
        if len(self._rest) > MAX_LINE:
            raise MalformedReply("a line without an end")

    def _object(self, framed: bytes) -> dict[str, Any]:
        if not framed.endswith(self._nonce):
            raise MalformedReply("a line without its second nonce")
        value = json.loads(framed.removesuffix(self._nonce).decode("ascii"))
        if not isinstance(value, dict):
            raise MalformedReply("no object")
        return value


def read(host: str, nonce: str, chunks: Iterable[Chunk]) -> Iterator[Reply]:
    """The replies as they come, until the `end` line that counts them.

    Raises `BadReply` over anything that is not of the form (torn, uncounted, missing its end), `CannotCompile` when
    PowerShell did not run the script, and what the agent's own error line stands for.
    """
    frames, count, stderr = Frames(nonce), 0, b""
    try:
        for chunk in chunks:
            stderr = (stderr + chunk.stderr)[-MAX_LINE:]
            for value in frames.feed(chunk.stdout):
                line = _parsed(value)
                if isinstance(line, End):
                    _check_count(line, count)
                    return
                if isinstance(line, Failed):
                    raise line.at(host, is_first=count == 0)
                count += 1
                yield line
    except ValueError as exc:
        raise INCOMPLETE.at(host, delivered=True) from exc
    raise _without_end(host, stderr)


def _parsed(value: dict[str, Any]) -> HostReply | Listed | Ended | Failed | End:
    kind = next((kind for key, kind in _KINDS.items() if key in value), None)
    if kind is None:
        raise MalformedReply("a line of no known kind")
    try:
        return kind.model_validate(value)
    except ValidationError as exc:
        raise MalformedReply(kind.__name__) from exc


def _check_count(line: End, count: int) -> None:
    if line.end != count:
        raise MalformedReply(f"{line.end} lines announced, {count} came")


def _without_end(host: str, stderr: bytes) -> TerminalError:
    """The script did not come to its end. PowerShell breaks lines of stderr anywhere, so blanks do not count."""
    text = "".join(stderr.decode("ascii", "replace").split())
    if any(identifier in text for identifier in _CONSTRAINED):
        return errors.CONSTRAINED.at(host, delivered=False)
    return INCOMPLETE.at(host, delivered=True)
