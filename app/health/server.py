"""A small HTTP server for `/livez`, `/readyz` and `/metrics`: GET and HEAD, one answer for each connection.

It takes few connections at a time, and each for a few seconds. When all are taken, the oldest one makes room: slow
clients keep nobody out. A flood is taken up at a bounded pace, and what is answered is made once a second.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.config.health import Address

MOST = 16
"""Connections at a time."""

CONNECTION_WITHIN = 3.0
"""Seconds that a connection may last, whatever it sends or leaves unread."""

PACE = 0.005
"""Seconds between two connections that are taken up, at the least."""

WAITING = 64
"""Connections that the system keeps until they are taken up."""

log = structlog.get_logger()

_LOOK_EVERY = 0.25
_PLAIN = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    """What a path answers."""

    is_well: bool
    kind: str  # the content type
    body: bytes


class HealthServer(ThreadingMixIn, TCPServer):
    """Answers for these paths. It listens from its making on; `start` begins to answer."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = WAITING

    def __init__(self, address: Address, paths: Mapping[str, Callable[[], Answer]]) -> None:
        """Raises `SettingsError` when it cannot listen there."""
        self.paths, self.is_loopback = paths, address.is_loopback
        self.address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self._open: dict[socket.socket, float] = {}  # until when, the oldest first
        self._guard = threading.Lock()
        self._next_at = 0.0
        self._thread = threading.Thread(target=self.serve_forever, args=(_LOOK_EVERY,), name="health", daemon=True)
        try:
            super().__init__((address.host, address.port), _Handler)
        except OSError as exc:
            raise SettingsError(
                f"health.listen: I cannot listen on {address}: {exc.strerror or exc}. Another program, or another bot, "
                "may have the port. Write a free port there, or leave the section `health` out."
            ) from exc

    @property
    def port(self) -> int:
        """The port that it has."""
        return int(self.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Answer no more. May be called before `start`, and twice."""
        if self._thread.is_alive():
            self.shutdown()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take the connection up, and let the oldest one go where there are too many."""
        time.sleep(max(0.0, self._next_at - time.monotonic()))
        self._next_at = time.monotonic() + PACE
        with self._guard:
            oldest = next(iter(self._open)) if len(self._open) >= MOST else None
            if oldest:
                del self._open[oldest]
            self._open[request] = time.monotonic() + CONNECTION_WITHIN
        if oldest:
            _cut(oldest)
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """End the connections whose time is over. The server calls this again and again."""
        now = time.monotonic()
        with self._guard:
            late = [each for each, until in self._open.items() if until < now]
        for each in late:
            _cut(each)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no matter of the log. An answer that cannot be made is one."""
        del request, client_address
        if not isinstance(error := sys.exception(), OSError):
            log.error("health.not_answered", exc_info=error)


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: HealthServer
    timeout = CONNECTION_WITHIN
    server_version, sys_version = "logoff-bot", ""

    def do_GET(self) -> None:
        if not self._is_addressed():
            self._say(HTTPStatus.FORBIDDEN, "Ask by the address of this machine, or as localhost.")
            return
        found = self.server.paths.get(self.path.partition("?")[0])
        if found is None:
            self._say(HTTPStatus.NOT_FOUND, f"There is nothing here. Ask for {', '.join(self.server.paths)}.")
            return
        answer = found()
        self._send(HTTPStatus.OK if answer.is_well else HTTPStatus.SERVICE_UNAVAILABLE, answer.kind, answer.body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _is_addressed(self) -> bool:
        """Return whether the request names this machine as only somebody on it would: no page of a browser can."""
        if not self.server.is_loopback:
            return True
        named = self.headers.get_all("Host", [])
        return all(_is_here(each) for each in named)

    def _say(self, status: HTTPStatus, sentence: str) -> None:
        self._send(status, _PLAIN, sentence.encode() + b"\n")

    def _send(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what cannot be read, or has another method, without a word of it."""
        del message, explain
        self.command, self.request_version = "", self.protocol_version
        if code == HTTPStatus.NOT_IMPLEMENTED:
            self._say(HTTPStatus.METHOD_NOT_ALLOWED, "GET and HEAD are answered here, and nothing else.")
        else:
            self._say(HTTPStatus(code), HTTPStatus(code).phrase)

    def log_message(self, *_: object) -> None:
        """Who asks how the bot is does so all day."""


def _is_here(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
    try:
        return name.lower() == "localhost" or bool(ip_address(name.strip("[]")))
    except ValueError:
        return False
