"""The sessions of a host: one truth, whichever engine runs the agent.

It is a file, because an agent in PowerShell or mono reads and changes it from another process, through the C shim
(`sessions.h` is the same form in C). Both sides hold `flock` while they look, and write it back in place:

    rule  TAB  mode  TAB  number                            what the WTS functions do on this host, see `Rule`
    id  state  protocol  build  logon  connect  disconnect  input  closing
        station  domain  user  client  address  display  odd     on the same line

parted by TAB, UTF-8, one session a line. Times are FILETIME ticks (100 ns since 1601, UTC), 0 where Windows has none.
`odd` are words, parted by blanks: `24:5`, a query of class 24 is refused with 5; `24:nothing`, it succeeds without a
buffer; `24:short`, with a buffer of one byte; `now:-1`, the current time in class 24; `listed:no`, the session is
missing from the enumeration; `programs:5`, the list of its programs is refused with 5. A line with `after:3` is no
session yet: an order for the session 3 that is carried out makes it that one.
"""

import dataclasses
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from io import FileIO
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from rehearsal.windows.programs import ORDINARY, Programs

ALWAYS_NOW = -4_000_000_000_000_000_000
"""The last input of the console, which is always this moment. Any other number of ticks may be what a host tells."""
FOREVER = 2**63 - 1
TICKS_PER_SECOND = 10_000_000
_EPOCH_1601 = 11_644_473_600 * TICKS_PER_SECOND


class State(IntEnum):
    """WTS_CONNECTSTATE_CLASS."""

    ACTIVE = 0
    CONNECTED = 1
    CONNECT_QUERY = 2
    SHADOW = 3
    DISCONNECTED = 4
    IDLE = 5
    LISTEN = 6
    RESET = 7
    DOWN = 8
    INIT = 9


def read_state(number: int) -> State | int:
    """The state with this number; the number itself where Windows has none."""
    return State(number) if number in _STATES else number


_STATES = frozenset(int(each) for each in State)


class Mode(StrEnum):
    AT_ONCE = "at-once"
    AFTER = "after"
    NEVER = "never"
    ERROR = "error"
    BLIND = "blind"
    SEIZE = "seize"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What comes of a call that changes something.

    AT_ONCE it is done. AFTER: a logoff is done `number` milliseconds later. NEVER: a logoff or a disconnect is taken
    and not done. ERROR: refused with the Win32 code `number`; BLIND: so is the list of sessions, and nothing else.
    SEIZE: done, and meanwhile the session with the id `number` passes to another person, once. EMPTY: the list of
    sessions succeeds and has none.
    """

    mode: Mode = Mode.AT_ONCE
    number: int = 0


What = Literal["user", "domain", "build", "client", "address", "display", "protocol", "times"]

CLASSES: dict[What, int] = {
    "user": 5,
    "domain": 7,
    "build": 9,
    "client": 10,
    "address": 14,
    "display": 15,
    "protocol": 16,
    "times": 24,
}
"""The WTS_INFO_CLASS that tells it."""


def word_of(what: What, how: int | str) -> str:
    """One word of `Session.odd`: a query is refused with this code, or answered with `nothing` or too `short`."""
    return f"{CLASSES[what]}:{how}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as Windows keeps it.

    `state` is a number where Windows has no such state, `input` may be ALWAYS_NOW (the console). `closing` is the
    moment a session that is being logged off ends: 0 for all others, FOREVER for one that hangs.
    """

    id: int
    state: State | int
    protocol: int = 0
    build: int = 0
    logon: int = 0
    connect: int = 0
    disconnect: int = 0
    input: int = 0
    closing: int = 0
    station: str = ""
    domain: str = ""
    user: str = ""
    client: str = ""
    address: str = ""
    display: str = ""
    odd: str = ""

    def how_odd(self, key: str) -> str:
        """What stands behind this word of `odd`; empty where it is missing."""
        return next((word.removeprefix(f"{key}:") for word in self.odd.split() if word.startswith(f"{key}:")), "")

    @property
    def account(self) -> str:
        return f"{self.domain}\\{self.user}" if self.domain and self.user else self.user

    @property
    def state_word(self) -> str:
        """A word such as Disconnected, or the number of a state that Windows does not have."""
        return self.state.name.title().replace("_", "") if isinstance(self.state, State) else str(self.state)

    @classmethod
    def from_line(cls, line: str) -> Self:
        parts = line.split("\t")
        values: dict[str, Any] = dict(zip(_FIELDS, parts, strict=True))
        values |= {name: int(values[name]) for name in _NUMBERS}
        return cls(**values | {"state": read_state(values["state"])})

    def to_line(self) -> str:
        return "\t".join(str(value) for value in dataclasses.astuple(self))


_FIELDS = tuple(each.name for each in dataclasses.fields(Session))
_NUMBERS = _FIELDS[:9]


class Call(NamedTuple):
    """A WTS call that would change something; `code` is 0, or the Win32 error it was refused with.

    `account` and `logon` are those of the session in that moment: whom the call hit, whatever its caller believed.
    """

    name: str
    session_id: int
    at: int
    code: int
    title: str = ""
    text: str = ""
    logon: int = 0
    account: str = ""


@dataclass(slots=True)
class Table:
    """The file's content while its lock is held."""

    rule: Rule = field(default_factory=Rule)
    sessions: dict[int, Session] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str) -> Self:
        first, *lines = text.rstrip("\n").split("\n")  # splitlines() would also split at characters a name may contain
        _, mode, number = first.split("\t")
        living = (each for each in map(Session.from_line, lines) if not 0 < each.closing <= now_ticks())
        return cls(Rule(mode=Mode(mode), number=int(number)), {each.id: each for each in living})

    def to_text(self) -> str:
        lines = [f"rule\t{self.rule.mode}\t{self.rule.number}", *(each.to_line() for each in self.sessions.values())]
        return "\n".join(lines) + "\n"

    def change(self, session_id: int, **changes: object) -> None:
        """Changes a session that exists; KeyError where none has this id."""
        self.sessions[session_id] = dataclasses.replace(self.sessions[session_id], **changes)  # type: ignore[arg-type]  # names of Session's own fields

    def become_ordered(self, session_id: int) -> bool:
        """The session becomes what its host says of it after an order; False when it is as any other."""
        word = f"after:{session_id}"
        later = next((each for each in self.sessions.values() if word in each.odd.split()), None)
        if later is None:
            return False
        odd = " ".join(each for each in later.odd.split() if each != word)
        del self.sessions[later.id]
        self.sessions[session_id] = dataclasses.replace(later, id=session_id, odd=odd)
        return True


class SessionFile:
    """The sessions of one host, shared with the agents that run there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._calls = path.with_name(path.name + ".calls")
        self.programs = Programs(path.with_name(path.name + ".programs"))

    def create(self, table: Table) -> None:
        """Begins anew with this table and no calls, also while agents are looking."""
        self.path.touch()
        with self.path.open("r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _overwrite(file, table)
            self._calls.write_text("", encoding="utf-8")
            self.programs.run(dict.fromkeys(table.sessions, ORDINARY))

    @contextmanager
    def locked(self) -> Iterator[Table]:
        """The table as it is now; what the block changes in it is written when the block ends."""
        with self.path.open("r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            before = file.read().decode("utf-8")
            table = Table.from_text(before)
            yield table
            if table.to_text() != before:
                _overwrite(file, table)

    def all(self) -> list[Session]:
        with self.locked() as table:
            there = [each for each in table.sessions.values() if not each.how_odd("after")]
            return sorted(there, key=lambda session: session.id)

    def note(  # noqa: PLR0913 - the columns of its file
        self, name: str, session_id: int, code: int, title: str = "", text: str = "", *, hit: Session | None = None
    ) -> None:
        """Notes a call, and the session that it hit as it was before; the caller holds the lock."""
        whose = (hit.logon, hit.domain, hit.user) if hit else (0, "", "")
        words = (name, session_id, now_ticks(), code, _to_hex(title), _to_hex(text), *whose)
        with self._calls.open("a", encoding="utf-8") as file:
            file.write("\t".join(map(str, words)) + "\n")

    def calls(self) -> list[Call]:
        return [_call_from_line(line) for line in self._calls.read_text(encoding="utf-8").split("\n") if line]


def _overwrite(file: FileIO, table: Table) -> None:
    """In place: another file under the same name would have another lock."""
    data = table.to_text().encode("utf-8")
    os.pwrite(file.fileno(), data, 0)
    file.truncate(len(data))


def _call_from_line(line: str) -> Call:
    name, session_id, at, code, title, text, logon, domain, user = line.split("\t")
    account = f"{domain}\\{user}" if domain and user else user
    return Call(name, int(session_id), int(at), int(code), _from_hex(title), _from_hex(text), int(logon), account)


def _to_hex(text: str) -> str:
    return text.encode("utf-16-le").hex()


def _from_hex(text: str) -> str:
    return bytes.fromhex(text).decode("utf-16-le", errors="replace")


def now_ticks() -> int:
    """This moment as a FILETIME."""
    return _EPOCH_1601 + time.time_ns() // 100
