"""The HTTP half of WS-Management: connections, authentication, encrypted bodies. It knows no shells.

POST /wsman   401  nobody yet, or the next challenge of a handshake (WWW-Authenticate)
              200  a response, or an empty body for an empty one (how clients make the handshake)
              400  a body that cannot be opened with this connection's keys, or is no envelope
              500  a fault; or clear text where only encrypted bodies are allowed
"""

import ssl
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, cast

from rehearsal.windows.auth import Authenticator
from rehearsal.windows.message_encryption import DecryptionError, content_type, decrypt, encrypt, protocol_of
from rehearsal.windows.misbehaviour.http import misbehave
from rehearsal.windows.soap import NotSoapError

if TYPE_CHECKING:
    from rehearsal.windows.host import Host
    from rehearsal.windows.listeners import Listener

_LARGEST_READ = 8_000_000
"""Bytes of a body that is refused for its length and still read, so that the client hears of it."""
_SOAP = "application/soap+xml;charset=UTF-8"


class Connection(BaseHTTPRequestHandler):
    """One TCP connection from its first byte to its last; who is at the other end is known per connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "Microsoft-HTTPAPI/2.0", ""
    disable_nagle_algorithm = True
    timeout = 120  # seconds without a request after which http.sys hangs up
    wbufsize = -1  # head and body of an answer leave in one piece

    def setup(self) -> None:
        super().setup()
        listener = cast("Listener", self.server)
        self._host: Host = listener.host
        self._authenticator = Authenticator(self._host.policy, listener.end_point_of(self.connection))

    def do_POST(self) -> None:  # the name http.server calls
        body = self._read_body()
        if body is None:
            return
        if not body and (trouble := self._host.trouble_at("Handshake")):
            self._misbehave(f"Handshake!{trouble.way}", trouble.way)
            return
        step = self._authenticator.step(self.headers.get("Authorization", ""), self._certified_name())
        if not step.user:
            self._ask_who(step.challenge)
        elif not body:
            self._host.messages.append("200")
            self._answer(200, challenge=step.challenge)
        else:
            self._serve(body, step.user, step.challenge)

    def _read_body(self) -> bytes | None:
        """None when it was answered already: this is no place to post to, or too much was posted."""
        length = int(self.headers.get("Content-Length") or 0)
        is_too_long = length > self._host.largest_body
        if self.path.rstrip("/") != "/wsman" or is_too_long:
            if is_too_long:
                self._host.messages.append("413")
                self.rfile.read(min(length, _LARGEST_READ))
            self._answer(413 if is_too_long else 404, ends=True)
            return None
        return self.rfile.read(length)

    def _ask_who(self, challenge: str) -> None:
        self._host.messages.append("401+challenge" if challenge else "401")
        self.send_response(401)
        for each in [challenge] if challenge else self._host.policy.offers():
            self.send_header("WWW-Authenticate", each)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _serve(self, body: bytes, user: str, challenge: str) -> None:
        is_encrypted = self.headers.get("Content-Type", "").startswith("multipart/encrypted")
        keys = self._authenticator.keys if is_encrypted else None
        protocol = protocol_of(self._authenticator.scheme)
        if not is_encrypted and not self._may_be_clear():
            self._refuse(500)
            return
        try:
            if is_encrypted:
                body = decrypt(body, keys, protocol) if keys else b""
            answer = self._host.serve(body, user)
        except (DecryptionError, NotSoapError):
            self._refuse(400)
            return
        if not answer.status:
            self._misbehave("", answer.manner)
        elif keys:
            self._answer(answer.status, encrypt(answer.body, keys, protocol), content_type(protocol), challenge)
        else:
            self._answer(answer.status, answer.body, _SOAP, challenge)

    def _misbehave(self, noted: str, manner: str) -> None:
        if noted:
            self._host.messages.append(noted)
        if manner == "401":
            self._authenticator.forget()
            self._ask_who("")
        else:
            misbehave(manner, self, self._host.stopped)

    def _certified_name(self) -> str:
        """The common name in the client's certificate, which the TLS handshake has verified; empty without one."""
        certificate = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        parts: Any = (certificate or {}).get("subject", ())
        return next((value for part in parts for name, value in part if name == "commonName"), "")

    def _may_be_clear(self) -> bool:
        return isinstance(self.connection, ssl.SSLSocket) or self._host.allows_clear_text

    def _refuse(self, status: int) -> None:
        self._host.messages.append(str(status))
        self._answer(status)

    def _answer(
        self, status: int, body: bytes = b"", kind: str = "", challenge: str = "", *, ends: bool = False
    ) -> None:
        self.send_response(status)
        if ends:  # said aloud: a client that is not told sends its next message into the closing line
            self.send_header("Connection", "close")
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        if body:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name http.server gives it
        """Says nothing: what was served stands in the host's `messages`."""
