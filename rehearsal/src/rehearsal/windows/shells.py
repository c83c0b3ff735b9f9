"""Shells, and the commands of a text shell: what lives on a host between Create and Delete.

A command is a program with two pipes to write to, and a pipe or a console to read from. What it prints waits in
`Command` until a Receive fetches it; what a Send brings waits there until the program reads it. Each command runs in a
thread of its own. Its program's end speaks UTF-8, the client's end the code page of the shell.
"""

import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from rehearsal.windows.codepages import Recoder
from rehearsal.windows.soap import Message
from rehearsal.windows.surroundings import Surroundings

CONTROL_C_EXIT = 0xC000013A
"""STATUS_CONTROL_C_EXIT: what a program returns that was ended by Ctrl+C."""
_KILLED = 1
_MOST_PER_RECEIVE = 256 * 1024
"""Bytes. Windows carries no more in one answer than MaxEnvelopeSizekb allows: 500 kB, of base64."""


def new_id() -> str:
    return str(uuid.uuid4()).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What one Receive carries away: pieces of (stream, bytes), and the exit code once there is no more to come."""

    pieces: tuple[tuple[str, bytes], ...]
    exit_code: int | None

    @property
    def is_empty(self) -> bool:
        return not self.pieces and self.exit_code is None


class Command:
    """A program in a shell, seen from both ends: the service sends and collects, the program reads and writes."""

    def __init__(self, line: str, command_id: str = "", around: Surroundings | None = None) -> None:
        self.id = command_id or new_id()
        self.line = line
        self.around = around or Surroundings()
        self.killed = threading.Event()
        self._changed = threading.Condition()
        self._input: list[bytes] = []
        self._sent: list[bytes] = []
        self._input_ended = False
        self._output: list[tuple[str, bytes]] = []
        self._exit_code: int | None = None
        self._on_kill: list[Callable[[], None]] = []
        self._reading = Recoder(self.around.encoding, "utf-8")
        self._writing = {stream: Recoder("utf-8", self.around.encoding) for stream in ("stdout", "stderr")}

    # What the program does

    def read(self) -> Iterator[bytes]:
        """Standard input, piece by piece, as a program reads to the end of its pipe; ends early when it has ended.

        A console has no input and no end here: there is nothing to read or to wait for.
        """
        while not self.around.has_console:
            with self._changed:
                self._changed.wait_for(lambda: self._input or self._takes_no_more)
                pieces, self._input = self._input, []
                ended = self._takes_no_more
            yield from filter(None, map(self._reading.turn, pieces))
            if ended:
                yield from filter(None, [self._reading.turn(b"", final=True)])
                return

    def read_all(self) -> bytes:
        return b"".join(self.read())

    def write(self, data: bytes, stream: str = "stdout") -> None:
        with self._changed:
            self._put(stream, self._writing[stream].turn(data))
            self._changed.notify_all()

    def on_kill(self, action: Callable[[], None]) -> None:
        """Called once when the command is killed; at once when it already was."""
        with self._changed:
            if not self.killed.is_set():
                self._on_kill.append(action)
                return
        action()

    def end(self, exit_code: int) -> None:
        with self._changed:
            for stream, recoder in self._writing.items():
                self._put(stream, recoder.turn(b"", final=True))
            if self._exit_code is None:
                self._exit_code = exit_code
            self._changed.notify_all()

    def _put(self, stream: str, data: bytes) -> None:
        if data:
            self._output.append((stream, data))

    @property
    def _takes_no_more(self) -> bool:
        return self._input_ended or self.killed.is_set() or not self.is_running

    # What the service does

    @property
    def sent(self) -> bytes:
        """All that came down the pipe so far."""
        return b"".join(self._sent)

    @property
    def is_running(self) -> bool:
        return self._exit_code is None

    def send(self, data: bytes, *, end: bool) -> bool:
        """False when no program can read it any more. A console takes it as typing, which no program here waits for."""
        with self._changed:
            if self._input_ended or not self.is_running:
                return False
            if self.around.has_console:
                return True
            self._input.append(data)
            self._sent.append(data)
            self._input_ended = end
            self._changed.notify_all()
            return True

    def collect(self, timeout: timedelta) -> Output:
        """Waits until there is something to carry away, or the time is up; then takes as much as one answer carries."""
        with self._changed:
            self._changed.wait_for(lambda: self._output or not self.is_running, timeout.total_seconds())
            pieces: list[tuple[str, bytes]] = []
            size = 0
            while self._output and (not pieces or size + len(self._output[0][1]) <= _MOST_PER_RECEIVE):
                pieces.append(self._output.pop(0))
                size += len(pieces[-1][1])
            return Output(pieces=tuple(pieces), exit_code=None if self._output else self._exit_code)

    @property
    def written(self) -> bytes:
        """What was written to standard output and not carried away yet."""
        return b"".join(data for stream, data in self._output if stream == "stdout")

    def kill(self, exit_code: int = _KILLED) -> None:
        with self._changed:
            if self.killed.is_set():
                return
            self.killed.set()
            actions, self._on_kill = self._on_kill, []
            if self._exit_code is None:
                self._exit_code = exit_code
            self._changed.notify_all()
        for action in actions:
            action()


@dataclass(slots=True, kw_only=True)
class Shell(ABC):
    """`idle` is how long it lives without a message; `under_way` counts messages being answered: they keep it alive."""

    owner: str
    idle: timedelta
    resource: str
    """The URI it was created under."""
    id: str = field(default_factory=new_id)
    used_at: float = field(default_factory=time.monotonic)
    under_way: int = 0

    @property
    def is_forgotten(self) -> bool:
        return not self.under_way and time.monotonic() - self.used_at > self.idle.total_seconds()

    @property
    @abstractmethod
    def streams(self) -> tuple[str, str]:
        """The names of its input and of its output."""

    @abstractmethod
    def command(self, message: Message) -> str:
        """The body of the answer, here and below. They raise the Fault to answer instead."""

    @abstractmethod
    def send(self, message: Message) -> str: ...

    @abstractmethod
    def receive(self, message: Message) -> str: ...

    @abstractmethod
    def signal(self, message: Message) -> str: ...

    @abstractmethod
    def close(self) -> None:
        """Ends what runs in it."""
