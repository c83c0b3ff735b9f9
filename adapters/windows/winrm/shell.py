"""The `Shell` on pywinrm: Create, Command, Send, Receive and Delete of WS-Management, within one time-out.

A call first waits for its turn at the host, then for room there: both within its own time.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from winrm.exceptions import WinRMOperationTimeoutError

from adapters.windows.errors import INCOMPLETE, LATE
from adapters.windows.shell import BOOTSTRAP, Chunk, Deadline
from adapters.windows.winrm import errors
from adapters.windows.winrm.call_limit import CallLimit
from adapters.windows.winrm.errors import Step
from adapters.windows.winrm.pool import Pool
from adapters.windows.winrm.room import SHORTEST_RESERVE, begun, reserve_of
from bot.errors import NotAuthenticated, TerminalError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from contextlib import AbstractContextManager

    from adapters.windows.winrm.endpoint import Connection, Lookup
    from adapters.windows.winrm.logon_gate import LogonGate
    from adapters.windows.winrm.pool import PooledConnection

KEEP_IDLE = timedelta(seconds=60)
_SHELL_IDLE = "PT120S"  # after this idle time a shell that could not be deleted ends by itself
_UTF8 = 65001
_MAX_OUTPUT = 4 * 1024 * 1024
_LONGEST_DELETE = 5.0  # seconds; the result is known by then
_SHORTEST_RECEIVE = 0.5  # seconds; Windows takes no shorter time-out for an operation
_PIECE = 64 * 1024
"""Bytes of input in one Send: with base64 and its envelope it fits into the 150 kB that old hosts allow."""
_SMALL_PIECE = 12 * 1024
"""For hosts that allow less than the default: 32 kB is the least that MaxEnvelopeSizekb can be."""

log = structlog.get_logger()


class WinRmShell:
    """The `Shell` for hosts that speak WinRM. Any number of threads may call `run`."""

    def __init__(
        self,
        connection_of: Lookup,
        *,
        keep_idle: timedelta = KEEP_IDLE,
        gate: LogonGate | None = None,
        limit: CallLimit | None = None,
    ) -> None:
        """`gate` keeps refused passwords from locking an account; None: nothing does.

        `limit` counts the calls of other carriers at a host, too; None: those of this one alone.
        """
        self._connection_of = connection_of
        self._pool = Pool(keep_idle, gate)
        self._limit = limit or CallLimit()
        self._in_small_pieces: set[str] = set()  # hosts that found a larger message too long

    def run(self, host: str, payload: bytes, *, within: timedelta) -> Generator[Chunk]:
        deadline, reserve = Deadline(within), reserve_of(within)
        with begun(self._limit, host, within, lambda: self._with_input(host, payload, deadline, reserve)) as call:
            try:
                yield from call.output()
            finally:
                self._finish(call)

    def _with_input(self, host: str, payload: bytes, deadline: Deadline, reserve: float) -> _Call:
        """Return a call whose command has all of its input. Raises `TerminalError`.

        Where a message was too long for the host, it begins once more with smaller pieces: nothing ran, because the
        agent acts only on the whole of its input.
        """
        size = _SMALL_PIECE if host in self._in_small_pieces else _PIECE
        call, is_sent = self._prepared(host, deadline, reserve=reserve), False
        try:
            call.send(payload, size)
            is_sent = True
        except TerminalError as error:
            if not errors.is_too_long(error.__cause__) or size == _SMALL_PIECE or deadline.left <= reserve:
                raise
        finally:
            if not is_sent:
                self._finish(call)
        if is_sent:
            return call
        self._in_small_pieces.add(host)
        return self._with_input(host, payload, deadline, reserve)

    def close(self) -> None:
        self._pool.close()

    def _prepared(self, host: str, deadline: Deadline, *, reserve: float) -> _Call:
        """Return a call whose command waits for its input.

        A lost connection is replaced once, because nothing was delivered yet: where calls may be repeated, and at any
        host a kept one of which only the keys are left. Raises `TerminalError`.
        """
        connection = self._connection_of(host)
        with errors.translate_errors(host, delivered=False):
            call = _Call(host, self._pool.take(connection, host), deadline, reserve)
        try:
            call.prepare()
        except TerminalError as error:
            self._finish(call)
            may_replace = connection.repeats or (call.line.was_kept and errors.has_lost_keys(error))
            if not (may_replace and errors.is_lost_connection(error)) or deadline.left <= reserve:
                raise
            call = _Call(host, self._fresh(connection, host), deadline, reserve)
            self._prepare_or_finish(call)
        return call

    def _fresh(self, connection: Connection, host: str) -> PooledConnection:
        """Return a connection that has sent nothing yet. Raises `TerminalError`; nothing was delivered by it."""
        with errors.translate_errors(host, delivered=False, step=Step.CONNECT):
            return self._pool.fresh(connection, host)

    def _prepare_or_finish(self, call: _Call) -> None:
        try:
            call.prepare()
        except TerminalError:
            self._finish(call)
            raise

    def _finish(self, call: _Call) -> None:
        """Delete the shell, and keep the connection if it can be used again. Never raises: the result is known."""
        call.delete_shell()
        if call.is_sound:
            self._pool.give_back(call.line)
            return
        call.line.close()
        if call.shell_id and not isinstance(call.failure, NotAuthenticated):  # each 401 counts towards a lockout
            self._delete_over_new_line(call)

    def _delete_over_new_line(self, call: _Call) -> None:
        """Delete the shell over a new connection: the keys of the old one are gone. A failure is only logged."""
        try:
            line = self._fresh(call.line.connection, call.host)
        except TerminalError as error:
            log.warning("windows.shell_left", host=call.host, code=error.code, phase=error.phase, words=error.words)
            return
        successor = _Call(call.host, line, call.deadline, call.reserve)
        successor.shell_id = call.shell_id
        successor.delete_shell()
        successor.line.close()


class _Call:
    """One shell with one command on one connection."""

    def __init__(self, host: str, line: PooledConnection, deadline: Deadline, reserve: float) -> None:
        self.host, self.line, self.deadline, self.reserve = host, line, deadline, reserve
        self.shell_id = ""
        self.failure: TerminalError | None = None
        self._command_id = ""
        self._must_stop = False

    @property
    def is_sound(self) -> bool:
        """Whether the connection can be used again."""
        return self.failure is None or errors.is_orderly(self.failure)

    def prepare(self) -> None:
        """Authenticate, open the shell and start the command. Raises `TerminalError`; nothing is delivered yet."""
        with self._saying(Step.CONNECT, delivered=False):
            self.line.authenticate()
        with self._saying(Step.CREATE, delivered=False):
            self.shell_id = self.line.protocol.open_shell(codepage=_UTF8, idle_timeout=_SHELL_IDLE)
        with self._saying(Step.COMMAND, delivered=False):
            self._command_id = self.line.protocol.run_command(self.shell_id, BOOTSTRAP, console_mode_stdin=False)

    def send(self, payload: bytes, size: int) -> None:
        """Send standard input in pieces of this size. Only with the last one it may be delivered.

        A host that does not accept the account does not read the message, so nothing is delivered then. Raises
        `TerminalError`.
        """
        for start in range(0, len(payload), size):
            is_last = start + size >= len(payload)
            with self._saying(Step.SEND, delivered=is_last):
                piece = payload[start : start + size]
                self.line.protocol.send_command_input(self.shell_id, self._command_id, piece, end=is_last)

    def output(self) -> Iterator[Chunk]:
        """Yield the output of the command until it ends. Raises `TerminalError`, also for more than 4 MiB."""
        done, size = False, 0
        while not done:
            chunk, done = self._received()
            size += len(chunk.stdout) + len(chunk.stderr)
            if size > _MAX_OUTPUT:
                raise INCOMPLETE.at(self.host, delivered=True)
            yield chunk
            if not done and self.deadline.left < _SHORTEST_RECEIVE + SHORTEST_RESERVE / 2:
                self._must_stop = True
                raise LATE.at(self.host, delivered=True, phase=Step.RECEIVE.value)

    def _received(self) -> tuple[Chunk, bool]:
        with self._saying(Step.RECEIVE, delivered=True):
            try:
                stdout, stderr, exit_code, done = self.line.protocol.get_command_output_raw(
                    self.shell_id, self._command_id
                )
            except WinRMOperationTimeoutError:
                return Chunk(), False  # the host has nothing to say yet
            return Chunk(stdout=stdout, stderr=stderr, exit_code=exit_code if done else None), done

    def delete_shell(self) -> None:
        """Delete the shell and end its command. A failure is only logged: an idle shell ends by itself."""
        if not self.shell_id or not self.is_sound or self.deadline.left <= 0:
            return
        self.deadline = Deadline(timedelta(seconds=min(self.deadline.left, _LONGEST_DELETE)))
        try:
            with self._saying(Step.SIGNAL, delivered=True):
                self.line.authenticate()
                if self._must_stop:
                    self.line.protocol.cleanup_command(self.shell_id, self._command_id)
            with self._saying(Step.DELETE, delivered=True):
                self.line.protocol.close_shell(self.shell_id, close_session=False)
            self.shell_id = ""
        except TerminalError as error:
            log.warning("windows.shell_left", host=self.host, code=error.code, phase=error.phase, words=error.words)

    def _until_the_deadline(self) -> AbstractContextManager[None]:
        """Return the context of one message. The host is told to answer early enough for the shell to be deleted."""
        answer_within = max(_SHORTEST_RECEIVE, self.deadline.left - self.reserve)
        return self.line.until(self.deadline, answer_within=answer_within)

    @contextmanager
    def _saying(self, step: Step, *, delivered: bool) -> Iterator[None]:
        try:
            with errors.translate_errors(self.host, delivered=delivered, step=step), self._until_the_deadline():
                yield
        except TerminalError as error:
            self.failure = error
            raise
