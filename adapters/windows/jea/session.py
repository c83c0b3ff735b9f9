"""One connection to a host and one session of its endpoint over it. One call uses both at a time."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any

import structlog
from pypsrp.complex_objects import GenericComplexObject, PSInvocationState
from pypsrp.exceptions import WinRMTransportError
from pypsrp.powershell import PowerShell, RunspacePool

from adapters.windows.jea import errors
from adapters.windows.jea.clixml import BoundedSerializer
from adapters.windows.jea.wsman import wsman_of
from adapters.windows.shell import Deadline
from adapters.windows.winrm.endpoint import Transport
from adapters.windows.winrm.errors import Step
from adapters.windows.winrm.http_adapter import MAX_BYTES, DeadlineAdapter, OutOfBounds, refuse_costly_xml
from adapters.windows.winrm.kept import Kept
from adapters.windows.winrm.protocol import OPERATION_SECONDS
from adapters.windows.winrm.ticket_fetcher import ticket_first
from bot.errors import TerminalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from pypsrp.wsman import WSMan
    from requests import PreparedRequest, Response

    from adapters.windows.jea.commands import Command
    from adapters.windows.winrm.endpoint import Connection
    from adapters.windows.winrm.logon_gate import LogonGate

_POOL_IDLE = 120  # seconds after which the host ends a session that could not be deleted; 60 are the least
_ALIVE_WITHIN = 2  # seconds in which a host says whether it still knows a session
_CLOSE_WITHIN = timedelta(seconds=2)
_OVER = (PSInvocationState.COMPLETED, PSInvocationState.STOPPED, PSInvocationState.FAILED)

log = structlog.get_logger()


class _Utf8Adapter(DeadlineAdapter):
    """Takes for UTF-8 what does not say its encoding: to guess that of megabytes costs as much as it takes."""

    def send(self, request: PreparedRequest, **options: Any) -> Response:  # type: ignore[override]  # as in its base
        response = super().send(request, **options)
        response.encoding = response.encoding or "utf-8"
        return response


class Session:
    """A runspace pool of the endpoint. Every method that sends a message is called inside `until`."""

    def __init__(self, connection: Connection, host: str, gate: LogonGate | None) -> None:
        self.connection, self.host = connection, host
        self.was_kept = False  # whether an earlier call used it, so that the host may have ended it by now
        self.wire = _Utf8Adapter(partial(gate.enter, connection, host) if gate else None)
        self._wsman = wsman_of(connection)
        transport = self._wsman.transport
        transport.send = _checked(transport.send)
        http = transport.session = transport._build_session()  # noqa: SLF001 - it has no other way to an adapter
        http.trust_env, http.proxies = False, {}
        http.verify = str(connection.ca_file) if connection.ca_file else connection.verify
        if connection.transport is Transport.KERBEROS:
            http.auth.handle_401 = ticket_first(http.auth.handle_401, connection.username, lambda: self.wire.left)
        http.mount("http://", self.wire)
        http.mount("https://", self.wire)
        self._pool = _runspace_pool(self._wsman, connection.jea)
        self._pool._serializer = self._pool._fragmenter.serializer = BoundedSerializer()  # noqa: SLF001 - the same
        self._pool.shell.receive = self._counted(self._pool.shell.receive)
        self._pipeline: Any = None
        self._received = 0

    @property
    def is_open(self) -> bool:
        """Whether the host has, or may have, the session."""
        return bool(self._pool.shell.opened)

    def until(self, deadline: Deadline, *, answer_within: float) -> AbstractContextManager[None]:
        """Return the context in which messages end at the deadline. The host is told to answer within these seconds."""
        self._wsman.operation_timeout = f"{min(answer_within, OPERATION_SECONDS):.3f}"
        return self.wire.until(deadline)

    def open(self) -> None:
        self._received = 0
        self._pool.open()

    def is_alive(self) -> bool:
        """Return whether the host still knows the session."""
        if not self._pool.is_alive(timeout=_ALIVE_WITHIN):
            self.forget()
        return self.is_open

    def forget(self) -> None:
        """Take note that the host no longer knows the session."""
        self._pool.shell.opened = False

    def begin(self, command: Command) -> None:
        """Send a command. The host has it with this one message."""
        self._received = 0
        self._pipeline = PowerShell(self._pool)
        self._pipeline.add_cmdlet(command.name).add_parameters(command.parameters)
        self._pipeline.begin_invoke(remote_stream_options=0)

    def receive(self) -> None:
        """Take what the host has to say about the command; nothing, when it has nothing to say yet."""
        self._pipeline.poll_invoke()

    @property
    def is_over(self) -> bool:
        """Whether the command has ended, however it did."""
        return self._pipeline is None or self._pipeline.state in _OVER

    @property
    def output(self) -> list[dict[str, object]]:
        """The objects that the command has written, as bags of properties. What is no object is an empty bag."""
        return [
            each.extended_properties | each.adapted_properties if isinstance(each, GenericComplexObject) else {}
            for each in self._pipeline.output
        ]

    @property
    def failures(self) -> list[tuple[str, str]]:
        """The identifiers and the words of the errors. A command that did not end well and named none has one."""
        found = [(str(getattr(each, "fq_error", None) or ""), _words(each)) for each in self._pipeline.streams.error]
        return found or ([] if self._pipeline.state == PSInvocationState.COMPLETED else [("", "")])

    def end(self) -> None:
        """Close the command that is over: those left open use up the room of the session."""
        pipeline, self._pipeline = self._pipeline, None
        pipeline.close()

    def delete(self) -> None:
        """End the session at the host, and with it a command that still runs there."""
        self._pool.shell.close()

    def take_over(self, other: Session) -> None:
        """Become the one that ends the other's session, whose connection is of no use any more."""
        self._pool = other._pool
        self._pool.connection = self._pool.shell.wsman = self._wsman

    def hang_up(self) -> None:
        """Close the connection. A session that is still at the host ends there by itself."""
        self._wsman.close()

    def close(self) -> None:
        """End the session and hang up. A failure is only logged: an idle session ends by itself."""
        try:
            with errors.translate_errors(self.host, delivered=True, step=Step.DELETE), self._closing():
                self.delete()
        except TerminalError as error:
            log.warning("windows.shell_left", host=self.host, code=error.code, phase=error.phase, words=error.words)
        self.hang_up()

    def _closing(self) -> AbstractContextManager[None]:
        return self.until(Deadline(_CLOSE_WITHIN), answer_within=_CLOSE_WITHIN.total_seconds())

    def _counted(self, receive: Callable[..., Any]) -> Callable[..., Any]:
        """Return the receiver with an end to what one command may answer."""

        def counted(*args: Any, **options: Any) -> Any:
            state, code, streams = receive(*args, **options)
            self._received += sum(map(len, streams.values()))
            if self._received > MAX_BYTES:
                raise OutOfBounds(f"more than {MAX_BYTES} bytes")
            return state, code, streams

        return counted


class Sessions(Kept[Session]):
    """Sessions by address, credential and endpoint, kept for the next call at the host."""

    def __init__(self, idle: timedelta, gate: LogonGate | None = None) -> None:
        super().__init__(idle)
        self._gate = gate

    def fresh(self, connection: Connection, host: str) -> Session:
        return Session(connection, host, self._gate)

    def close(self) -> None:
        """Close all kept sessions. Hosts that do not answer in time are not waited for."""
        deadline = Deadline(_CLOSE_WITHIN)
        for closer in self._let_go(self._take_all()):
            closer.join(deadline.left)

    def _let_go(self, lines: Iterable[Session]) -> list[Thread]:
        """Close each in a thread of its own, because a host may take its time over it and the caller has none."""
        closers = [Thread(target=line.close, name=f"close-{line.host}", daemon=True) for line in lines]
        for each in closers:
            each.start()
        return closers


def _words(record: Any) -> str:
    """Return what an error says, as far as it says anything."""
    exception = getattr(record, "exception", None)
    told = getattr(exception, "adapted_properties", {}).get("Message") or getattr(exception, "to_string", None)
    return str(told or getattr(record, "message", None) or "")


def _checked(send: Callable[..., bytes]) -> Callable[..., bytes]:
    """Return the sender with a check of each answer before anything parses it, and without repetitions of its own."""

    def send_message(message: bytes, **_: Any) -> bytes:
        try:
            answer = send(message)
        except WinRMTransportError as exc:
            refuse_costly_xml(str(exc.response_text).encode("utf-8", "replace"))
            raise
        refuse_costly_xml(answer)
        return answer

    return send_message


def _runspace_pool(wsman: WSMan, endpoint: str) -> Any:
    return RunspacePool(wsman, configuration_name=endpoint, no_profile=True, idle_timeout=_POOL_IDLE)
