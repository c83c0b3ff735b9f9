"""The `ChatConnection` port in HTTP mode, for those who may not keep a socket: Slack sends requests to the bot.

A proxy ends TLS before it. Starlette and uvicorn are the extra `http`.
"""

from __future__ import annotations

import errno
import socket
import threading
from typing import TYPE_CHECKING, Any, Unpack

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from adapters.slack.connection import BoltConnection, Listening
from adapters.slack.request_url import RequestUrl
from bot.errors import SettingsError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Iterable

    from slack_bolt import App
    from starlette.types import ASGIApp, Receive, Scope, Send

HEAD_WITHIN = 10.0
"""Seconds in which the head of a request has to arrive, from the first moment of a connection or the first byte."""

CONNECTIONS = 1000
"""How many connections there may be. One more gets a 503 at once."""

SILENT = 500
"""How many of them may have no request under way. Where there are more, the one that is silent for longest goes."""

WAITING = 256
"""How many connections the system keeps until they are taken up, which happens in one go."""

END_WITHIN = 3
"""Seconds for the acks that are under way when the bot ends. A listener thinks for 2.3 at the most."""

log = structlog.get_logger()


class HttpMode(BoltConnection):
    """Serves the request URL at an address of this machine, at each of `paths`."""

    def __init__(
        self, *, signing_secret: str, host: str, port: int, paths: Iterable[str], **needs: Unpack[Listening]
    ) -> None:
        super().__init__(**needs)
        self._signing_secret, self._address, self._paths = signing_secret, (host, port), tuple(paths)
        self._url: RequestUrl | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._beats = 0

    def heard(self) -> object | None:
        """Return a mark that changes every second or two while requests can be taken; None while they cannot.

        Slack may be silent for hours, so it is the server's own loop that is heard.
        """
        return self._beats if self._thread and self._thread.is_alive() else None

    async def _beat(self) -> None:
        self._beats += 1

    def _listen(self, app: App, deadline: float) -> None:
        del deadline  # a port is free, or it is not
        listener = _bound(*self._address)
        self._url = RequestUrl(app, self._signing_secret)
        self._server = uvicorn.Server(_configured(self._url, self._paths, self._beat))
        self._thread = threading.Thread(target=self._serve, args=(listener,), name="http", daemon=True)
        self._thread.start()

    def _serve(self, listener: socket.socket) -> None:
        """A kernel takes connections from now on, so Slack can be told to come before the loop runs."""
        if not self._server:
            return
        try:
            self._server.run(sockets=[listener])
        finally:
            if not self._stopping.is_set():
                message = "The HTTP server ended by itself. Commands and presses do not arrive."
                log.critical("slack.deaf", message=message)

    def _end(self) -> None:
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join(END_WITHIN + 1)
        if self._url:
            self._url.close()


class _Protocol(H11Protocol):
    """Drops a connection whose request does not begin, or has no whole head, in time, or that others need the room of.

    Each connection takes a descriptor, of which the database and the computers need some, too.
    """

    _timer: asyncio.TimerHandle | None = None
    heard_at = 0.0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.heard_at = self.loop.time()
        self._make_room()
        self._look()

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    @property
    def is_busy(self) -> bool:
        cycle: Any = self.cycle  # None before the first request, whatever its type says
        return bool(cycle) and not cycle.response_complete

    def _make_room(self) -> None:
        if len(self.connections) <= SILENT:
            return
        others = [each for each in self.connections if isinstance(each, _Protocol)]
        silent = [each for each in others if not each.is_busy and not each.transport.is_closing()]
        if len(silent) > SILENT:
            min(silent, key=lambda each: each.heard_at).transport.abort()

    def _look(self) -> None:
        if self.is_busy:
            self._cancel()
        elif self._timer is None:
            self._timer = self.loop.call_later(HEAD_WITHIN, self.transport.abort)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _with_one_length(app: ASGIApp) -> ASGIApp:
    """Refuse a request that says its length in two ways, and end its connection.

    A proxy that reads the other one would take the answer to the rest of it for the answer to somebody's next request.
    """

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        answering = app
        if {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}:
            answering = PlainTextResponse("A request has one length.\n", 400, {"Connection": "close"})
        await answering(scope, receive, send)

    return checked


def _configured(url: RequestUrl, paths: Iterable[str], beat: Callable[[], Awaitable[None]]) -> uvicorn.Config:
    app = Starlette(routes=[Route(path, url.answer, methods=["POST"]) for path in paths])
    app.router.redirect_slashes = False
    return uvicorn.Config(
        _with_one_length(app),
        loop="asyncio",
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",  # a scanner's odd request is no line of the log
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        callback_notify=beat,
        timeout_notify=1,
        backlog=WAITING,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=END_WITHIN,
    )


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections. Raises `SettingsError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    shown = f"slack.listen: {host}:{port}"
    try:
        return socket.create_server((host, port), family=family, backlog=WAITING)
    except OSError as exc:
        match exc.errno:
            case errno.EADDRINUSE:
                reason = "is taken by another program. End it, or name another port."
            case errno.EACCES:
                reason = "is not for this user. Name a port above 1023, and let the proxy have the one below."
            case errno.EADDRNOTAVAIL:
                reason = "is no address of this machine."
            case _:
                reason = f"cannot be opened: {exc.strerror or exc}."
        raise SettingsError(f"{shown} {reason}") from exc
