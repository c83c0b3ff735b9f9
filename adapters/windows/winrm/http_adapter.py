"""HTTP within limits: the session of pywinrm has no time-out for a call, follows redirects and reads any length."""

from __future__ import annotations

import base64
import binascii
import socket
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from adapters.windows.winrm.alarms import Alarms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests import PreparedRequest, Response

    from adapters.windows.shell import Deadline
    from adapters.windows.winrm.logon_gate import Logon

    Enter = Callable[[Deadline], Logon]

CONNECT_SECONDS = 3.0
_SOON = 0.001  # seconds; urllib3 takes no time-out of 0, and the gate may have taken all of the time
MAX_BYTES = 4 * 1024 * 1024
MOST_TAGS = 20_000
_NTLM_ANSWER = b"NTLMSSP\0" + (3).to_bytes(4, "little")  # AUTHENTICATE_MESSAGE, [MS-NLMP] 2.2.1.3


_ALARMS = Alarms()


class OutOfBounds(requests.RequestException):
    """The host answered with a redirect, or with a body that is compressed, unencrypted, endless or no plain XML."""


class DeadlineAdapter(HTTPAdapter):
    """One connection to one host, usable only inside `until`.

    The read time-out of requests starts again with each byte. So an alarm shuts the socket at the deadline, which ends
    every read: also a handshake, or headers that arrive byte by byte.
    """

    def __init__(self, enter: Enter | None = None) -> None:
        """`enter` lets a logon with a password through, or raises; None: nobody has to."""
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._enter = enter
        self._deadline: Deadline | None = None
        self._socket: socket.socket | None = None
        self._lock = Lock()
        self._is_cut = False
        self._has_left = False  # whether anything of the request was handed to the network

    @contextmanager
    def until(self, deadline: Deadline) -> Iterator[None]:
        """Raise `requests.Timeout` at the deadline for requests inside the block."""
        self._deadline, self._is_cut = deadline, False
        alarm = _ALARMS.call_after(deadline.left, self._cut)
        try:
            yield
        except (requests.RequestException, OSError) as exc:
            if self._is_cut and not isinstance(exc, requests.Timeout):
                raise requests.ReadTimeout("the time for the whole call is over") from exc
            raise
        finally:
            alarm.cancel()
            self._deadline = None

    @property
    def left(self) -> float:
        """The seconds that are left of `until`; none outside it."""
        return self._deadline.left if self._deadline else 0.0

    def send(  # type: ignore[override]  # requests' own signature, its optional arguments taken together
        self, request: PreparedRequest, **options: Any
    ) -> Response:
        if self._deadline is None or self._deadline.left <= 0 or self._is_cut:
            raise requests.ReadTimeout("the time for the whole call is over")
        logon = self._enter(self._deadline) if self._enter and is_logon(request) else None
        response = self._answer(request, options, logon, self._deadline)
        if logon:
            tell(logon, request, response)
        refuse_unbounded(request, response)
        response.raw.stream = partial(_limited, response.raw.stream)  # type: ignore[method-assign]  # all reading goes there
        return response

    def _answer(
        self, request: PreparedRequest, options: dict[str, Any], logon: Logon | None, deadline: Deadline
    ) -> Response:
        """Return the answer. Without one, tell the logon whether the password has left."""
        self._has_left, answer = False, None
        left = max(_SOON, deadline.left)
        try:
            answer = super().send(request, **options | {"timeout": (min(CONNECT_SECONDS, left), left), "stream": True})
        finally:
            if logon and answer is None:
                (logon.give_up if self._has_left else logon.give_back)()
        return answer

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        kind = _HeldHTTPS if isinstance(pool, HTTPSConnectionPool) else _HeldHTTP
        pool.ConnectionCls = partial(kind, hold=self._hold, leaves=self._leaves)
        return pool

    def _hold(self, connected: socket.socket) -> None:
        with self._lock:
            self._socket = connected
            if self._is_cut:
                _shut(connected)

    def _leaves(self) -> None:
        self._has_left = True

    def _cut(self) -> None:
        with self._lock:
            self._is_cut = True
            if self._socket is not None:
                _shut(self._socket)


class _HeldHTTP(HTTPConnection):
    """A connection that hands its socket over before it reads from it, and says when it begins to write a request."""

    def __init__(
        self, *args: Any, hold: Callable[[socket.socket], None], leaves: Callable[[], None], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._handed_to, self._leaves = hold, leaves

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self._leaves()
        super().send(data)

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        self._handed_to(connected)
        return connected


class _HeldHTTPS(_HeldHTTP, HTTPSConnection):
    """The same for TLS, before the handshake."""


def is_logon(request: PreparedRequest) -> bool:
    """Return whether the host checks a password for this request: by Basic, or by the last message of NTLM."""
    scheme, _, token = _authorization_of(request).partition(" ")
    if scheme.lower() == "basic":
        return True
    try:
        return scheme.lower() in ("ntlm", "negotiate") and base64.b64decode(token).startswith(_NTLM_ANSWER)
    except binascii.Error:
        return False


def _authorization_of(request: PreparedRequest) -> str:
    """Return the header, which some libraries write as text and others as bytes."""
    said: str | bytes = request.headers.get("Authorization", "")
    return said.decode("latin-1") if isinstance(said, bytes) else said


def tell(logon: Logon, request: PreparedRequest, response: Response) -> None:
    """Tell what the host made of the password.

    A host that does not take Basic has not looked at it. Neither has one that answers 400, 404, 503 or a redirect:
    these come from HTTP itself.
    """
    is_basic = _authorization_of(request).lower().startswith("basic ")
    offers_basic = "basic" in response.headers.get("WWW-Authenticate", "").lower()
    if response.status_code == 401 and (offers_basic or not is_basic):
        logon.refuse()
    elif 200 <= response.status_code < 300 or response.status_code in (403, 500):
        logon.accept()
    else:
        logon.give_back()


def refuse_unbounded(request: PreparedRequest, response: Response) -> None:
    """Raise `OutOfBounds` for an answer that no Windows host gives."""
    if 300 <= response.status_code < 400:
        raise OutOfBounds("a redirect", response=response)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise OutOfBounds("a packed body", response=response)
    was_sealed = "encrypted" in str(request.headers.get("Content-Type", ""))
    if was_sealed and response.ok and "encrypted" not in response.headers.get("Content-Type", ""):
        raise OutOfBounds("an open answer to a sealed request", response=response)


def refuse_costly_xml(text: bytes) -> None:
    """Raise `OutOfBounds` for XML whose tree would be many times as large as its text.

    SOAP has no document type, whose entities can grow a hundredfold, and an answer of WinRM has some dozens of tags and
    attributes. In UTF-16 each letter has a zero byte beside it.
    """
    if b"<!DOCTYPE" in text.replace(b"\0", b""):
        raise OutOfBounds("a document type")
    if text.count(b"<") + text.count(b"=") > MOST_TAGS:
        raise OutOfBounds(f"more than {MOST_TAGS} tags and attributes")


def _limited(stream: Callable[..., Iterator[bytes]], *args: Any, **options: Any) -> Iterator[bytes]:
    size = 0
    for piece in stream(*args, **options):
        size += len(piece)
        if size > MAX_BYTES:
            raise OutOfBounds(f"more than {MAX_BYTES} bytes")
        yield piece


def _shut(connected: socket.socket) -> None:
    try:
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
    except OSError:
        return  # the socket was closed already
