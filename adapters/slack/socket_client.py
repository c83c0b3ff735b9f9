"""Slack's Socket Mode client, with short ears: a dead connection is noticed and replaced within seconds."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient

from adapters.slack.errors import asked_wait
from adapters.slack.web import proxy_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk import WebClient
    from slack_sdk.socket_mode.builtin.connection import Connection

log = structlog.get_logger()

LONGEST_WAIT = 60.0
"""Seconds that Slack is left alone when it wants so, at the most: a bot that is deaf asks once a minute."""

PING_EVERY = 1.5
"""Seconds between two pings. A second after the fourth without an answer the connection counts as dead."""

LONGEST_PAUSE = 10.0
"""Seconds between two tries to connect anew, at the most, where Slack names no other time."""


class Ears:
    """Says in the log when the bot hears nothing, and when it hears again. Any number of threads may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deaf_since: float | None = None

    def lost(self, heard_at: float | None) -> None:
        """Nothing is heard. `heard_at`: when something was, in seconds since 1970. Said once, until `found`."""
        with self._lock:
            if self._deaf_since is not None:
                return
            self._deaf_since = heard_at or time.time()
            seconds = round(time.time() - self._deaf_since, 1)
        log.warning("slack.deaf", seconds=seconds, message="Commands and presses do not arrive. I connect again.")

    def found(self) -> None:
        """Something is heard."""
        with self._lock:
            since, self._deaf_since = self._deaf_since, None
        if since is not None:
            log.warning("slack.back", seconds=round(time.time() - since, 1))


class Line:
    """A socket whose end is an error while it is needed, and which ends at once when it is not needed any more.

    Slack's client takes the end for silence, and reads again without a pause. To close a socket, it waits until
    something comes, for seconds: meanwhile no ack leaves, and at a new socket nobody reads yet.
    """

    def __init__(self, sock: Any, is_needed: Callable[[], bool]) -> None:
        self._sock, self._is_needed, self._is_over = sock, is_needed, False

    def recv(self, size: int) -> bytes:
        try:
            data: bytes = self._sock.recv(size)
        except OSError:
            if self._is_over:
                return b""
            raise
        if not data and self._is_needed() and not self._is_over:
            raise ConnectionAbortedError("Slack has closed the socket")
        return data

    def end(self) -> None:
        """Let whoever reads see the end now."""
        self._is_over = True
        with suppress(OSError):  # it is lost already
            self._sock.shutdown(socket.SHUT_RDWR)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class SocketClient(SocketModeClient):
    """Connects through the proxy that counts for the socket's own address, and notices that a connection is dead.

    Slack's client counts a connection as alive before its first pong, and asks the environment for a proxy once.
    """

    def __init__(self, *, app_token: str, web_client: WebClient, concurrency: int) -> None:
        super().__init__(app_token=app_token, web_client=web_client, ping_interval=PING_EVERY, concurrency=concurrency)
        self._ears = Ears()
        self._was_open, self._failures, self._again_at = False, 0, 0.0

    def connect(self) -> None:
        if self.wss_uri is None:
            self.wss_uri = self.issue_new_wss_url()
        proxy = proxy_for(self.wss_uri)
        self.proxy, self.proxy_headers = (proxy.url, proxy.headers) if proxy else (None, None)
        super().connect()
        if session := self.current_session:
            self._listen(session)

    def _listen(self, session: Connection) -> None:
        """Hear the end of this connection, close it at once, and count the time to its first pong, too."""
        with session.sock_send_lock:
            if session.sock is not None:
                line: Any = Line(session.sock, lambda: self.auto_reconnect_enabled)
                session.sock = line
                session.close = partial(_close, session, line)  # type: ignore[method-assign]
        session.last_ping_pong_time = session.last_ping_pong_time or time.time()

    def issue_new_wss_url(self) -> str:
        """Ask Slack for the address of a new socket. Slack's own way would sleep here after a rate limit."""
        return str(self.web_client.apps_connections_open(app_token=self.app_token)["url"])

    def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - Slack's signature
        """Connect anew, unless the pause after a failure is not over. `force`: whatever there is."""
        if not force and time.monotonic() < self._again_at:
            return
        if self._was_open and not self.is_connected():
            self._ears.lost(self.current_session.last_ping_pong_time if self.current_session else None)
        wait = 0.0
        try:
            super().connect_to_new_endpoint(force)
        except SlackApiError as exc:
            asked = asked_wait(exc.response)
            wait = min(asked.total_seconds(), LONGEST_WAIT) if asked else 0.0
            raise
        finally:
            self._note(wait)

    def _note(self, wait: float) -> None:
        """Keep what became of a try. Slack counts how often it is asked for a socket, so failures make it rarer."""
        if self.is_connected():
            self._was_open, self._failures, self._again_at = True, 0, 0.0
            self._ears.found()
            return
        self._failures += 1
        self._again_at = time.monotonic() + max(wait, min(2.0 ** (self._failures - 1), LONGEST_PAUSE))

    def heard(self) -> object | None:
        """Return a mark that changes with each sign of life of Slack; None while no socket is open."""
        session = self.current_session
        if session is None or not self.is_connected():
            return None
        return session.session_id, session.last_ping_pong_time

    def take_no_more(self) -> None:
        """Keep the present socket, and open no new one after it is lost."""
        self.auto_reconnect_enabled = self.default_auto_reconnect_enabled = False


def _close(session: Connection, line: Line) -> None:
    line.end()
    session.disconnect()
