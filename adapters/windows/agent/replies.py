"""The parser of the agent's replies, pure: bytes in, values out. docs/agent-protocol.md specifies their form."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from adapters.windows.agent import errors, startup
from adapters.windows.agent.program_replies import ProgramReply, ProgramsReply
from adapters.windows.agent.script import whole_letters
from adapters.windows.agent.transcript import Transcript
from adapters.windows.errors import INCOMPLETE, as_win32
from bot.domain.session import KNOWN_STATES, Account, Machine, Session, SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adapters.windows.errors import Fault
    from adapters.windows.shell import Chunk
    from bot.errors import TerminalError

MAX_LINE = 256 * 1024

_PROGRAMS = "WTSEnumerateProcessesExW"

# An error there is written before any target is touched.
_BEFORE_THE_ACT = frozenset({"input", "request", "layout", "Add-Type", "WTSEnumerateSessionsExW", _PROGRAMS})

LONGEST_NAME = 256
"""Letters of a text that are kept. Windows allows an account's name 256, and everything else less."""


def _known_state(value: object) -> object:
    return value if value in KNOWN_STATES else SessionState.UNKNOWN


def _kept(text: str) -> str:
    return text[:LONGEST_NAME]


def _name(text: str) -> str:
    return _kept(whole_letters(text))


def _small(number: int) -> int:
    """0, unknown, for a number that no DWORD is."""
    return number if -(2**31) <= number < 2**32 else 0


Small = Annotated[int, AfterValidator(_small)]
Ticks = int
"""Of any size: `Session` keeps those that a time can have."""
SessionId = Annotated[int, Field(ge=0, lt=2**32)]
Code = Annotated[int, Field(ge=-(2**31), lt=2**32), AfterValidator(as_win32)]
State = Annotated[SessionState, BeforeValidator(_known_state)]
Words = Annotated[str, AfterValidator(_name)]
"""Text of Windows: unchecked UTF-16, of any length."""
Uncut = Annotated[str, AfterValidator(whole_letters)]
"""The same, as long as it came."""
_PARTS = frozenset({"client", "address", "protocol", "build", "display", "user", "domain", "times"})
_TEXTS = ("station", "domain", "user", "client", "address", "display")


class MalformedReply(ValueError):
    """The output is not of the protocol's form. The rest of it is not trusted."""


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True)


class SessionReply(_Line):
    """A session as the agent writes it. Its ticks are FILETIME ticks (100 ns since 1601 UTC), written as strings."""

    id: SessionId
    state: State
    station: Uncut
    domain: Uncut
    user: Uncut
    client: Uncut
    address: Uncut
    protocol: Small
    build: Small
    display: Uncut
    logon: Ticks
    connect: Ticks
    disconnect: Ticks
    input: Ticks
    now: Ticks
    error: Code
    unread: dict[Words, Code] = {}
    cut: Annotated[int, Field(ge=0)] = 0

    @property
    def account(self) -> Account:
        return Account(domain=_kept(self.domain), user=_kept(self.user))

    def on(self, host: str, machine: Machine) -> Session:
        fields = self.model_dump(exclude={"domain", "user", "unread"})
        texts = {name: getattr(self, name) for name in _TEXTS}
        fields |= {name: _kept(text) for name, text in texts.items() if name in fields}
        fields["cut"] += sum(len(text) - len(_kept(text)) for text in texts.values())
        parts = tuple((part, code) for part, code in self.unread.items() if part in _PARTS)
        return Session(host=host, account=self.account, machine=machine, unread_parts=parts, **fields)


class Listed(_Line):
    """One session of a list."""

    session: SessionReply


class Ended(_Line):
    """The result for one target."""

    target: int  # its position in the request, from 0
    verdict: Literal[
        "gone", "disconnected", "sent", "requested", "absent", "changed", "protected", "still_closing", "refused"
    ]
    code: Code
    why: Words
    waited_ms: int
    seen: SessionReply | None


class Host(_Line):
    """The host as its agent describes it: its NetBIOS and DNS names, the bytes of a pointer, and its clock in ticks."""

    name: Words
    dns: Words
    pointer: int
    now: Ticks


class HostReply(_Line):
    """The first line of a list."""

    host: Host

    @property
    def machine(self) -> Machine:
        return Machine(dns=self.host.dns, netbios=self.host.name)


class Error(_Line):
    """A failed call: where, its code, and what the host said of it."""

    where: str
    code: Code
    message64: str  # base64 of UTF-8
    kind: str = ""  # the type of the exception; empty: the agent itself found the error
    id: str = ""  # PowerShell's FullyQualifiedErrorId; empty: PowerShell did not see the error
    begun: bool | None = None  # whether the agent had begun; None: unknown

    @property
    def message(self) -> str:
        try:
            return base64.b64decode(self.message64).decode("utf-8", "replace")
        except ValueError:
            return ""

    @property
    def fault(self) -> Fault:
        match self.where:
            case "Add-Type":
                return startup.of_add_type(code=self.code, kind=self.kind, identifier=self.id, message=self.message)
            case "input":
                return errors.TORN_ORDER
            case "machine":
                return errors.ANOTHER_MACHINE
            case _ if self.where == _PROGRAMS and self.code in errors.DENIED:
                return errors.NO_PROGRAMS
        if "OutOfMemoryException" in (self.where, self.kind):
            return errors.OUT_OF_MEMORY
        return errors.win32(self.code) if self.code and not self.kind else errors.FELL_OVER


class Failed(_Line):
    """The call failed as a whole."""

    error: Error

    def at(self, host: str, *, is_first: bool) -> TerminalError:
        """Return the error for this host. A compilation error after other lines is no valid answer."""
        where, words = self.error.where, self.error.message
        if where == "Add-Type" and not is_first:
            return INCOMPLETE.at(host, delivered=True, words=words, phase=where)
        is_before = where in _BEFORE_THE_ACT or where == "machine" or self.error.begun is False
        return self.error.fault.at(host, delivered=not is_before, words=words, phase=where)


class End(_Line):
    """The last line: the number of reply lines before it."""

    end: int


Reply = HostReply | Listed | Ended | ProgramReply | ProgramsReply
_KINDS: dict[str, type[Reply | Failed | End]] = {
    "host": HostReply,
    "session": Listed,
    "target": Ended,
    "programs": ProgramsReply,
    "program": ProgramReply,
    "error": Failed,
    "end": End,
}


class Frames:
    """Cuts a stream into the JSON objects between the nonces. Text outside the nonces is ignored."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce.encode("ascii")
        self._rest = b""
        self.has_begun = False  # whether the agent wrote its first nonce, which it does before it acts

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield the objects of all complete lines. Raises `MalformedReply` and other kinds of `ValueError`."""
        self.has_begun = self.has_begun or self._nonce in self._rest + data
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
        try:
            value = json.loads(framed.removeprefix(self._nonce).removesuffix(self._nonce).decode("ascii"))
        except RecursionError as exc:
            raise MalformedReply("an object within an object within an object, and so on") from exc
        if not isinstance(value, dict):
            raise MalformedReply("no object")
        return value


def read(host: str, nonce: str, chunks: Iterable[Chunk]) -> Iterator[Reply]:
    """Yield the replies as they arrive, until the `end` line that counts them.

    Raises `BadReply` for output that is torn, miscounted or without its end, `CannotCompile` when PowerShell did not
    run the script, and the `TerminalError` that an error line of the agent means.
    """
    frames, count = Frames(nonce), 0
    transcript = Transcript()
    try:
        for chunk in chunks:
            transcript.take(chunk)
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
        raise transcript.incomplete(host) from exc
    raise transcript.without_end(host, has_begun=frames.has_begun)


def _parsed(value: dict[str, Any]) -> Reply | Failed | End:
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
