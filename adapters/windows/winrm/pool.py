"""A pool of authenticated connections, so that an act soon after a look needs no new handshake."""

from __future__ import annotations

import time
from collections import defaultdict
from functools import partial
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any

from winrm.exceptions import WinRMTransportError

from adapters.windows.winrm.call_limit import CALLS_AT_ONCE
from adapters.windows.winrm.http_adapter import DeadlineAdapter, refuse_costly_xml
from adapters.windows.winrm.preparation import PreparedOnce
from adapters.windows.winrm.protocol import OPERATION_SECONDS, TimedProtocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import timedelta

    from adapters.windows.shell import Deadline
    from adapters.windows.winrm.endpoint import Connection
    from adapters.windows.winrm.logon_gate import LogonGate

_KEPT_PER_HOST = CALLS_AT_ONCE
MOST_KEPT = 200
"""Idle connections to all hosts together. Each is an open file, of which a process has some thousand."""


class PooledConnection:
    """One `Protocol` of pywinrm with its one connection. One call uses it at a time."""

    def __init__(self, connection: Connection, host: str, gate: LogonGate | None) -> None:
        self.connection = connection
        self.was_kept = False  # whether an earlier call used it, so that it may be dead by now
        self.wire = DeadlineAdapter(partial(gate.enter, connection, host) if gate else None)
        self.protocol: Any = TimedProtocol(**_protocol_options(connection))
        transport: Any = self.protocol.transport
        transport.send_message = _checked(transport.send_message)
        session = transport.build_session()
        session.trust_env = False
        session.proxies = {}
        session.headers["Accept-Encoding"] = "identity"
        session.prepare_request = PreparedOnce(session)
        session.mount("http://", self.wire)
        session.mount("https://", self.wire)
        self._session = session

    def until(self, deadline: Deadline, *, answer_within: float) -> AbstractContextManager[None]:
        """Return the context in which messages end at the deadline. The host is told to answer within these seconds."""
        self.protocol.answer_within = min(answer_within, OPERATION_SECONDS)
        return self.wire.until(deadline)

    def authenticate(self) -> None:
        """Set up the security context that encrypts bodies. Other transports authenticate with their first message."""
        if self.connection.seals and self.protocol.transport.encryption is None:
            self.protocol.transport.setup_encryption(self._session)

    def close(self) -> None:
        self._session.close()


def _checked(send: Callable[[str], bytes]) -> Callable[[str], bytes]:
    """Return the sender with a check of each unsealed answer before anything parses it."""

    def send_message(message: str) -> bytes:
        try:
            answer = send(message)
        except WinRMTransportError as exc:
            refuse_costly_xml(exc.response_text.encode())
            raise
        refuse_costly_xml(answer)
        return answer

    return send_message


def _protocol_options(connection: Connection) -> dict[str, Any]:
    return {
        "endpoint": connection.endpoint,
        "transport": connection.transport.value,
        "username": connection.username or None,
        "password": connection.password.get_secret_value(),
        "cert_pem": str(connection.certificate) if connection.certificate else None,
        "cert_key_pem": str(connection.key) if connection.key else None,
        "ca_trust_path": str(connection.ca_file) if connection.ca_file else None,
        "server_cert_validation": "validate" if connection.verify else "ignore",
        "kerberos_hostname_override": connection.kerberos_host or None,
        # Otherwise pywinrm would authenticate at once, before the adapter with its limits is in place.
        "message_encryption": "never",
        "proxy": None,
        "operation_timeout_sec": OPERATION_SECONDS,
        "read_timeout_sec": OPERATION_SECONDS + 10,
    }


class Pool:
    """Connections by address and credential. A connection is in use by one call, or kept here and closed when idle."""

    def __init__(self, idle: timedelta, gate: LogonGate | None = None) -> None:
        self._idle, self._gate = idle.total_seconds(), gate
        self._lock = Lock()
        self._kept: defaultdict[Connection, list[tuple[float, PooledConnection]]] = defaultdict(list)
        self._sweeper: Timer | None = None

    def take(self, connection: Connection, host: str) -> PooledConnection:
        """Return a kept connection, else a new one that is not connected yet."""
        self._close_idle()
        with self._lock:
            kept = self._kept.get(connection)
            if kept:
                return kept.pop()[1]
        return self.fresh(connection, host)

    def fresh(self, connection: Connection, host: str) -> PooledConnection:
        """Return a new connection, because a kept one may be as dead as the one that failed."""
        return PooledConnection(connection, host, self._gate)

    def give_back(self, line: PooledConnection) -> None:
        """Keep the connection for the next call. The oldest one is closed when more are kept than may be in use.

        The oldest of all is closed when too many are kept together.
        """
        line.was_kept = True
        with self._lock:
            kept = self._kept[line.connection]
            kept.append((time.monotonic(), line))
            surplus = self._surplus(kept)
            self._schedule_sweep()
        if surplus:
            surplus.close()

    def _surplus(self, kept: list[tuple[float, PooledConnection]]) -> PooledConnection | None:
        """Take out and return what is too many: of these connections to one host, or of all."""
        if len(kept) > _KEPT_PER_HOST:
            return kept.pop(0)[1]
        if sum(map(len, self._kept.values())) <= MOST_KEPT:
            return None
        oldest = min((key for key, those in self._kept.items() if those), key=lambda key: self._kept[key][0][0])
        return self._kept[oldest].pop(0)[1]

    def close(self) -> None:
        """Close all kept connections."""
        with self._lock:
            if self._sweeper:
                self._sweeper.cancel()
            lines = [line for kept in self._kept.values() for _, line in kept]
            self._kept.clear()
        for line in lines:
            line.close()

    def _schedule_sweep(self) -> None:
        if self._sweeper is None or not self._sweeper.is_alive():
            self._sweeper = Timer(self._idle, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _sweep(self) -> None:
        self._close_idle()
        with self._lock:
            self._sweeper = None
            if self._kept:
                self._schedule_sweep()

    def _close_idle(self) -> None:
        oldest = time.monotonic() - self._idle
        with self._lock:
            stale = [line for kept in self._kept.values() for since, line in kept if since <= oldest]
            still = {key: [(since, line) for since, line in kept if since > oldest] for key, kept in self._kept.items()}
            self._kept = defaultdict(list, {key: kept for key, kept in still.items() if kept})
        for line in stale:
            line.close()
