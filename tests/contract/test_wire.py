"""Servers that no Windows host would be: the call ends, within its time and its memory, and goes nowhere else."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from requests import PreparedRequest, Response

from adapters.windows.terminal import WindowsTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.http_adapter import MAX_BYTES, OutOfBounds, refuse_costly_xml, refuse_unbounded
from app.carriers import Carriers
from bot.errors import BadReply, NotAuthenticated, TerminalError, TimedOut, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WITHIN = timedelta(seconds=2)
PACKED = gzip.compress(b"<a/>" * 1000)


class Server:
    """Accepts, reads a request's head, and hands the connection to `behave`. Knows who came, and who heard it all."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.is_over = threading.Event()
        self.visits = 0
        self.was_heard_to_the_end = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/wsman"

    def _serve(self) -> None:
        while not self.is_over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.visits += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            try:
                connection.recv(65536)
                self._behave(connection)
                self.was_heard_to_the_end.set()
            except OSError:
                return

    def stop(self) -> None:
        self.is_over.set()
        self._listener.close()


@contextmanager
def serving(behave: Callable[[socket.socket], None]) -> Iterator[Server]:
    server = Server(behave)
    try:
        yield server
    finally:
        server.stop()


def saying(head: str, body: bytes = b"") -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 {head}\r\n\r\n".encode() + body)
        connection.shutdown(socket.SHUT_WR)
        listening(connection)  # closed with a request half read, the rest of the answer would be lost

    return behave


def dripping(first: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    """A byte now and then, for ever: each in time for any timeout that starts anew."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(first)
        for _ in range(600):
            connection.sendall(drop)
            time.sleep(0.1)

    return behave


def flooding(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nConnection: close\r\n\r\n")
    for _ in range(10 * MAX_BYTES // 65536):
        connection.sendall(b"<" * 65536)


def listening(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def refusal(
    endpoint: str, transport: Transport = Transport.BASIC, within: timedelta = WITHIN, jea: str = ""
) -> TerminalError:
    connection = Connection(
        endpoint=endpoint, transport=transport, username="CORP\\svc", password=SecretStr("hush"), jea=jea
    )
    carriers = Carriers(lambda _: connection, gate=None)
    with pytest.raises(TerminalError) as caught:
        WindowsTerminal(carriers).sessions("comp1", within=within)
    return caught.value


def test_a_port_that_speaks_no_tls_is_no_fault_of_a_certificate() -> None:
    with serving(saying("400 Bad Request\r\nContent-Length: 0")) as server:
        error = refusal(server.endpoint.replace("http://", "https://"))
    assert isinstance(error, Unreachable)
    assert "comp1 speaks no TLS on that port" in error.message


def test_a_name_without_an_address_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def finds_nothing(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", finds_nothing)
    error = refusal("http://nowhere.invalid:5985/wsman")
    assert isinstance(error, Unreachable)
    assert "No address is known for comp1" in error.message


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
@pytest.mark.parametrize("transport", [Transport.BASIC, Transport.NTLM])
def test_a_redirect_is_never_followed(status: str, transport: Transport) -> None:
    with serving(saying("200 OK\r\nContent-Length: 0")) as elsewhere:
        moved = saying(f"{status}\r\nLocation: {elsewhere.endpoint}\r\nContent-Length: 0")
        with serving(moved) as server:
            assert isinstance(refusal(server.endpoint, transport), BadReply)
        assert elsewhere.visits == 0


@pytest.mark.parametrize("transport", [Transport.BASIC, Transport.NTLM])
@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
        (b"HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\nContent-Length: 1000\r\n\r\n", b"x"),
        (b"", b"H"),
    ],
    ids=["headers", "body", "body of a refusal", "status"],
)
@pytest.mark.slow
def test_a_trickle_ends_at_the_deadline(first: bytes, drop: bytes, transport: Transport) -> None:
    with serving(dripping(first, drop)) as server:
        assert isinstance(refusal(server.endpoint, transport), TimedOut | BadReply)
        assert not server.was_heard_to_the_end.is_set()


@pytest.mark.slow
def test_a_host_that_takes_the_connection_and_says_nothing_is_late() -> None:
    with serving(listening) as server:
        assert isinstance(refusal(server.endpoint), TimedOut)


@pytest.mark.parametrize("transport", [Transport.BASIC, Transport.NTLM])
def test_a_flood_is_not_read_to_its_end(transport: Transport) -> None:
    with serving(flooding) as server:
        assert isinstance(refusal(server.endpoint, transport), BadReply)
        assert not server.was_heard_to_the_end.is_set()


def test_a_packed_body_is_not_unpacked() -> None:
    packed = saying(f"200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(PACKED)}", PACKED)
    with serving(packed) as server:
        assert isinstance(refusal(server.endpoint), BadReply)


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"<a>", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"\xff\xfe\x00"]
)
def test_an_answer_that_is_no_soap_is_a_bad_reply(body: bytes) -> None:
    with serving(saying(f"200 OK\r\nContent-Length: {len(body)}", body)) as server:
        assert isinstance(refusal(server.endpoint), BadReply)


LAUGHS = """<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>"""
HEAD = '<?xml version="1.0"?>'
DOCUMENT_TYPES = {
    "utf-8": LAUGHS.encode(),
    "utf-8 with its mark": LAUGHS.encode("utf-8-sig"),
    "utf-16": LAUGHS.encode("utf-16"),
    "utf-16-le": LAUGHS.encode("utf-16-le"),
    "utf-16-be": f"{HEAD}{LAUGHS}".encode("utf-16-be"),
    "latin-1": f'<?xml version="1.0" encoding="iso-8859-1"?>{LAUGHS}'.encode("latin-1"),
    "a code page": f'<?xml version="1.0" encoding="cp1252"?>{LAUGHS}'.encode("cp1252"),
    "after a long comment": f"{HEAD}<!--{' ' * 1_000_000}-->{LAUGHS}".encode(),
    "after an instruction": f"{HEAD}<?look {'-' * 100_000}?>\n{LAUGHS}".encode(),
    "without entities": b"<!DOCTYPE a><a/>",
    "from elsewhere": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "with parameter entities": b'<!DOCTYPE a [<!ENTITY % b "c">%b;]><a/>',
}


@pytest.mark.parametrize("kind", DOCUMENT_TYPES)
@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden", "500 Internal Server Error"])
def test_a_document_type_is_refused_before_anything_parses_it(status: str, kind: str) -> None:
    body = DOCUMENT_TYPES[kind]
    with serving(saying(f"{status}\r\nContent-Length: {len(body)}", body)) as server:
        error = refusal(server.endpoint)
    assert isinstance(error, BadReply)
    assert isinstance(error.__cause__, OutOfBounds | UnicodeDecodeError)


@pytest.mark.parametrize("transport", [Transport.BASIC, Transport.NTLM])
@pytest.mark.parametrize("kind", DOCUMENT_TYPES)
def test_what_stands_in_the_body_of_a_401_is_read_by_nobody(kind: str, transport: Transport) -> None:
    body, ask = DOCUMENT_TYPES[kind], "WWW-Authenticate: NTLM\r\nConnection: close"
    with serving(saying(f"401 Unauthorized\r\n{ask}\r\nContent-Length: {len(body)}", body)) as server:
        assert isinstance(refusal(server.endpoint, transport), NotAuthenticated)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_an_answer_as_a_host_gives_it_is_not_refused_in_any_encoding(encoding: str) -> None:
    streams = '<rsp:Stream Name="stdout">' + "QUJD" * 2_000 + "=</rsp:Stream>"
    refuse_costly_xml(f"<s:Envelope><s:Body>{streams * 500}</s:Body></s:Envelope>".encode(encoding))


COSTLY = {
    "tags": b"<a>" + b"<b/>" * 1_000_000 + b"</a>",
    "tags in utf-16": ("<a>" + "<b/>" * 500_000 + "</a>").encode("utf-16"),
    "tags in tags": b"<a>" * 600_000 + b"</a>" * 600_000,
    "attributes": b"<a " + b" ".join(b'b%d=""' % number for number in range(300_000)) + b"/>",
    "entities": DOCUMENT_TYPES["utf-8"].replace(b"&c;</a>", b"&c;" * 1_000_000 + b"</a>"),
    "a comment": b"<a><!--" + b" " * 4_000_000 + b"--></a>",
}


@pytest.mark.parametrize("kind", COSTLY)
@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
def test_four_megabytes_of_an_answer_take_no_more_than_ten_times_as_much(status: str, kind: str) -> None:
    body = COSTLY[kind]
    with serving(saying(f"{status}\r\nContent-Length: {len(body)}", body)) as server:
        tracemalloc.start()
        try:
            error = refusal(server.endpoint, within=timedelta(seconds=20))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert isinstance(error, BadReply)
    assert peak < 10 * MAX_BYTES


ODD = {
    "a redirect": saying("307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0"),
    "a flood": flooding,
    "packed": saying(f"200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(PACKED)}", PACKED),
    "nothing": saying("200 OK\r\nContent-Length: 0"),
    "no soap": saying("200 OK\r\nContent-Length: 4", b"<a/>"),
    "no fault": saying("500 Oops\r\nContent-Length: 4", b"<a/>"),
    **{
        f"{status} {kind}": saying(f"{status} Oops\r\nContent-Length: {len(body)}", body)
        for status in (200, 500)
        for kind, body in (DOCUMENT_TYPES | COSTLY).items()
        if kind in ("utf-8", "utf-16", "tags", "tags in utf-16", "a comment")
    },
}


@pytest.mark.parametrize("kind", ODD)
def test_what_no_host_says_is_refused_over_the_carrier_of_the_module_too(kind: str) -> None:
    with serving(ODD[kind]) as server:
        tracemalloc.start()
        try:
            error = refusal(server.endpoint, within=timedelta(seconds=20), jea="LogoffBot")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert isinstance(error, BadReply)
    assert not error.delivered
    assert peak < 10 * MAX_BYTES


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "502 Bad Gateway", "503 Service Unavailable"])
def test_a_status_without_soap_is_told(status: str) -> None:
    with serving(saying(f"{status}\r\nContent-Length: 4", b"oops")) as server:
        error = refusal(server.endpoint)
        assert "comp1" in error.message
        assert not error.delivered


def test_an_open_answer_to_a_sealed_request_is_refused() -> None:
    """Who stands in between without the keys cannot answer for the host."""
    request, response = PreparedRequest(), Response()
    request.prepare(method="POST", url="http://comp1/wsman", headers={"Content-Type": "multipart/encrypted"})
    response.status_code = 200
    with pytest.raises(OutOfBounds):
        refuse_unbounded(request, response)
    response.headers["Content-Type"] = 'multipart/encrypted;protocol="x"'
    refuse_unbounded(request, response)


def test_a_closed_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert isinstance(refusal(f"http://127.0.0.1:{port}/wsman"), Unreachable)
