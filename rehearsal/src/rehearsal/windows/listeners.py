"""The farm's ports: one a host for HTTP and one for HTTPS, all on 127.0.0.1.

One thread waits at all ports at once and gives each connection a thread of its own; in its spare time it sweeps idle
shells away.
"""

import logging
import selectors
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

from rehearsal.windows.host import Host
from rehearsal.windows.http import Connection
from rehearsal.windows.tls import Tls

_log = logging.getLogger(__name__)
_LOOPBACK = "127.0.0.1"
_TICK_SECONDS = 0.2


class Port(ThreadingMixIn, TCPServer):
    """One host's listener; `tls` makes it an HTTPS one. The handshake happens in the connection's own thread."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128
    timeout = 0  # the doorman knows that somebody knocks

    def __init__(self, host: Host, tls: Tls | None, number: int) -> None:
        self.host = host
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((_LOOPBACK, number), Connection)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self._tls:
            context = self._tls.wrong if self.host.shows_wrong_certificate else self._tls.right
            connection = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open.add(connection)
        return connection, address

    def close_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is none of the farm's business; anything else is told."""
        del request
        if not isinstance(sys.exception(), OSError):
            _log.error("%s could not serve %s", self.host.name, client_address, exc_info=True)

    def hang_up(self) -> None:
        """Cuts every open connection."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Address:
    """A port number that stays the host's own: listened at, or reserved and closed, so that calls are refused."""

    def __init__(self, host: Host, tls: Tls | None) -> None:
        self.host = host
        self._tls = tls
        self._reserved: socket.socket | None = None
        self.port: Port | None = None
        self._reserve(0)

    @property
    def number(self) -> int:
        return self._number

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{_LOOPBACK}:{self.number}/wsman"

    def open(self) -> Port:
        self._release()
        self.port = Port(self.host, self._tls, self.number)
        return self.port

    def close(self) -> None:
        """Open connections are cut, new ones refused."""
        if self.port is not None:
            port, self.port = self.port, None
            port.server_close()
            port.hang_up()
            self._reserve(self.number)

    def give_up(self) -> None:
        self.close()
        self._release()

    def _reserve(self, number: int) -> None:
        self._reserved = socket.socket()
        if number:  # for a number of the system's choice this option might share it with somebody else's socket
            self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind((_LOOPBACK, number))
        self._number: int = self._reserved.getsockname()[1]

    def _release(self) -> None:
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None


class Doorman:
    """Waits at all open ports in one thread."""

    def __init__(self, sweep: Callable[[], None]) -> None:
        self._sweep = sweep
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="farm", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def open(self, address: Address) -> None:
        with self._lock:
            if address.port is None:
                self._selector.register(address.open(), selectors.EVENT_READ)

    def close(self, address: Address) -> None:
        with self._lock:
            if address.port is not None:
                self._selector.unregister(address.port)
                address.close()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._selector.close()

    def _wait(self) -> None:
        while not self._stopped.is_set():
            ready = self._selector.select(_TICK_SECONDS)
            with self._lock:
                for key, _ in ready:
                    port = key.fileobj
                    if isinstance(port, Port) and port.fileno() >= 0:
                        port.handle_request()
            self._sweep()
