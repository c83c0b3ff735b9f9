"""A pool of authenticated connections, so that an act soon after a look needs no new handshake."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from winrm.exceptions import WinRMTransportError

from adapters.windows.winrm.endpoint import Transport
from adapters.windows.winrm.http_adapter import DeadlineAdapter, refuse_costly_xml
from adapters.windows.winrm.kept import MOST_KEPT, Kept
from adapters.windows.winrm.preparation import PreparedOnce
from adapters.windows.winrm.protocol import OPERATION_SECONDS, TimedProtocol
from adapters.windows.winrm.ticket_fetcher import ticket_first

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import timedelta

    from adapters.windows.shell import Deadline
    from adapters.windows.winrm.endpoint import Connection
    from adapters.windows.winrm.logon_gate import LogonGate

__all__ = ["MOST_KEPT", "Pool", "PooledConnection"]

_NEVER_USED = "http://none.invalid"
"""What pywinrm is told of a proxy; the session has none of it. With None it writes `no_proxy=*` into the environment of
the process for a moment, so that whoever asks for a proxy meanwhile finds none, and two at once leave it there for good
or fail.
"""


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
        if connection.transport is Transport.KERBEROS:
            kerberos, name = session.auth, connection.username
            kerberos.principal = None  # `in_cache_of` says why
            kerberos.generate_request_header = ticket_first(
                kerberos.generate_request_header, name, lambda: self.wire.left
            )
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
        "proxy": _NEVER_USED,
        "operation_timeout_sec": OPERATION_SECONDS,
        "read_timeout_sec": OPERATION_SECONDS + 10,
    }


class Pool(Kept[PooledConnection]):
    """The connections of calls that hand a script to a shell."""

    def __init__(self, idle: timedelta, gate: LogonGate | None = None) -> None:
        super().__init__(idle)
        self._gate = gate

    def fresh(self, connection: Connection, host: str) -> PooledConnection:
        return PooledConnection(connection, host, self._gate)
