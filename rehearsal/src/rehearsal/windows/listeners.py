"""The farm's listeners: each host has one for HTTP and one for HTTPS, all on 127.0.0.1.

One thread waits on all listeners and gives each connection a thread of its own. Between connections it ends idle
shells. What a connection speaks is the handler class, which the farm hands in.
"""

import logging
import selectors
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn
from typing import Any

from rehearsal.windows.host import Host
from rehearsal.windows.tls import Tls

_log = logging.getLogger(__name__)
_LOOPBACK = "127.0.0.1"
_TICK_SECONDS = 0.2
Handler = type[BaseRequestHandler]


class Listener(ThreadingMixIn, TCPServer):
    """One host's listener, for HTTPS with `tls`. The TLS handshake happens in the connection's own thread."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128
    timeout = 0  # a connection is already waiting when the accept loop asks

    def __init__(self, host: Host, tls: Tls | None, handler: Handler, number: int) -> None:
        self.host = host
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((_LOOPBACK, number), handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self._tls:
            context = self._tls.wrong if self.host.shows_wrong_certificate else self._tls.right
            connection = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open.add(connection)
        return connection, address

    def end_point_of(self, connection: object) -> bytes:
        """What binds a client to this TLS channel; empty over plain HTTP."""
        if self._tls is None or not isinstance(connection, ssl.SSLSocket):
            return b""
        return self._tls.end_point_of(connection.context)

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


class ReservedPort:
    """A port number that stays with its host: open, or bound without listening, so that calls are refused."""

    def __init__(self, host: Host, tls: Tls | None, handler: Handler, number: int = 0) -> None:
        """Raises OSError when the number is taken; 0 is any free one."""
        self.host = host
        self._tls = tls
        self._handler = handler
        self._reserved: socket.socket | None = None
        self.listener: Listener | None = None
        self._reserve(number)

    @property
    def number(self) -> int:
        return self._number

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{_LOOPBACK}:{self.number}/wsman"

    def open(self) -> Listener:
        self._release()
        self.listener = Listener(self.host, self._tls, self._handler, self.number)
        return self.listener

    def close(self) -> None:
        """Open connections are cut, new ones refused."""
        if self.listener is not None:
            listener, self.listener = self.listener, None
            listener.server_close()
            listener.hang_up()
            self._reserve(self.number)

    def give_up(self) -> None:
        self.close()
        self._release()

    def _reserve(self, number: int) -> None:
        self._reserved = socket.socket()
        if number:  # for a number of the system's choice this option might share it with a socket of another program
            self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind((_LOOPBACK, number))
        self._number: int = self._reserved.getsockname()[1]

    def _release(self) -> None:
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None


class AcceptLoop:
    """Accepts the connections of all open listeners in one thread."""

    def __init__(self, sweep: Callable[[], None]) -> None:
        self._sweep = sweep
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="farm", daemon=True)

    def start(self) -> None:
        self._woken, self._waker = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread.start()

    def open(self, port: ReservedPort) -> None:
        with self._lock:
            if port.listener is None:
                self._selector.register(port.open(), selectors.EVENT_READ)

    def close(self, port: ReservedPort) -> None:
        with self._lock:
            if port.listener is not None:
                self._selector.unregister(port.listener)
                port.close()

    def stop(self) -> None:
        self._stopped.set()
        self._waker.close()  # the thread need not wait until its tick is over
        self._thread.join()
        self._woken.close()
        self._selector.close()

    def _wait(self) -> None:
        while not self._stopped.is_set():
            ready = self._selector.select(_TICK_SECONDS)
            with self._lock:
                for key, _ in ready:
                    listener = key.fileobj
                    if isinstance(listener, Listener) and listener.fileno() >= 0:
                        listener.handle_request()
            self._sweep()
