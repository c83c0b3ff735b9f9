"""The little server of health and metrics, against clients of every kind."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from app.config.health import Address
from app.health import server as served
from app.health.server import MOST, Answer, HealthServer
from bot.errors import SettingsError
from rehearsal_testing.waiting import wait_until
from tests.support.cases import for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = "127.0.0.1"
WAIT = 15.0


@pytest.fixture
def server() -> Iterator[HealthServer]:
    paths = {
        "/livez": lambda: Answer(is_well=True, kind="application/json", body=b'{"alive": true}\n'),
        "/readyz": lambda: Answer(is_well=False, kind="application/json", body=b'{"ready": false}\n'),
        "/metrics": lambda: Answer(is_well=True, kind="text/plain", body=b"x" * 500_000),
    }
    server = HealthServer(Address(HERE, 0), paths)
    server.start()
    yield server
    server.stop()


def talk(port: int, said: bytes, host: str = HERE) -> bytes:
    """Say it and return all that comes back."""
    with socket.create_connection((host, port), timeout=WAIT) as client:
        client.sendall(said)
        return b"".join(iter(lambda: client.recv(65536), b""))


def ask(port: int, line: str, *headers: str) -> tuple[int, str, str]:
    """Return status, head and body."""
    head, _, body = talk(port, "\r\n".join([line, *headers, "", ""]).encode()).decode().partition("\r\n\r\n")
    return int(head.split()[1]), head, body


def is_well(server: HealthServer) -> bool:
    try:
        return ask(server.port, "GET /livez HTTP/1.1", "Host: localhost")[0] == 200
    except (OSError, IndexError):
        return False


@for_each(
    ("line", "status", "shown"),
    [
        ("GET /livez HTTP/1.1", 200, '{"alive": true}'),
        ("GET /livez HTTP/1.0", 200, '{"alive": true}'),
        ("GET /livez?verbose=1 HTTP/1.1", 200, '{"alive": true}'),
        ("HEAD /livez HTTP/1.1", 200, ""),
        ("GET /readyz HTTP/1.1", 503, '{"ready": false}'),
        ("HEAD /readyz HTTP/1.1", 503, ""),
        ("GET / HTTP/1.1", 404, "Ask for /livez, /readyz, /metrics"),
        ("GET /livez/ HTTP/1.1", 404, "There is nothing here"),
        ("GET /../etc/passwd HTTP/1.1", 404, "There is nothing here"),
        ("GET http://127.0.0.1/livez HTTP/1.1", 404, "There is nothing here"),
        ("POST /livez HTTP/1.1", 405, "GET and HEAD"),
        ("DELETE /metrics HTTP/1.1", 405, "GET and HEAD"),
        ("PUT /nothing HTTP/1.1", 405, "GET and HEAD"),
        ("OPTIONS * HTTP/1.1", 405, "GET and HEAD"),
        ("CONNECT 10.0.0.1:443 HTTP/1.1", 405, "GET and HEAD"),
        ("<script> /livez HTTP/1.1", 405, "GET and HEAD"),
        ("get /livez HTTP/1.1", 405, "GET and HEAD"),
        ("GET /livez HTTP/9", 400, "Bad Request"),
        ("GET", 400, "Bad Request"),
        (f"GET /{'x' * 70_000} HTTP/1.1", 414, "Too Long"),
    ],
    ids=lambda case: str(case["line"])[:60],
)
def test_only_get_and_head_of_the_three_paths_are_answered(
    server: HealthServer, line: str, status: int, shown: str
) -> None:
    found, head, body = ask(server.port, line, "Host: localhost")
    assert (found, shown in body) == (status, True)
    assert bool(body) == (not line.startswith("HEAD"))
    assert "script" not in head + body
    assert "Python" not in head
    assert ("Allow: GET, HEAD" in head) == (status == 405)


@for_each(
    ("host", "is_taken"),
    [
        *[(name, True) for name in ("localhost", "LOCALHOST:9090", "127.0.0.1", "127.0.0.1:9090", "[::1]:9090")],
        *[(name, True) for name in ("10.1.2.3:9090", "[::1]")],
        *[(name, False) for name in ("evil.example", "evil.example:9090", "localhost.evil.example", "", "9090", "[x]")],
    ],
)
def test_a_page_of_a_browser_that_rebinds_its_name_reads_nothing(
    server: HealthServer,
    host: str,
    is_taken: bool,  # noqa: FBT001 - a case
) -> None:
    status, _, body = ask(server.port, "GET /livez HTTP/1.1", f"Host: {host}")
    assert (status, "alive" in body) == ((200, True) if is_taken else (403, False))


def test_an_answer_that_cannot_be_made_is_told_in_the_log() -> None:
    def broken() -> Answer:
        raise ValueError("a metric that is none")

    server = HealthServer(Address("127.0.0.1", 0), {"/metrics": broken})
    server.start()
    try:
        with capture_logs() as logs:
            assert talk(server.port, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n") == b""
        wait_until(lambda: [each["event"] for each in logs] == ["health.not_answered"])
    finally:
        server.stop()


def test_a_probe_without_a_host_is_answered_and_one_with_two_only_when_both_are_here(server: HealthServer) -> None:
    assert ask(server.port, "GET /livez HTTP/1.0")[0] == 200
    assert ask(server.port, "GET /livez HTTP/1.1", "Host: localhost", "Host: evil.example")[0] == 403


def test_on_an_address_of_the_network_any_name_of_the_machine_is_taken() -> None:
    server = HealthServer(Address("0.0.0.0", 0), {"/livez": lambda: Answer(True, "text/plain", b"yes")})  # noqa: S104 - it is what is tried
    server.start()
    try:
        assert ask(server.port, "GET /livez HTTP/1.1", "Host: bot.example")[0] == 200
    finally:
        server.stop()


def test_it_listens_on_an_address_of_version_six() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    server = HealthServer(Address("::1", 0), {"/livez": lambda: Answer(True, "text/plain", b"yes")})
    server.start()
    try:
        assert b"200 OK" in talk(server.port, b"GET /livez HTTP/1.1\r\nHost: [::1]\r\n\r\n", "::1")
    finally:
        server.stop()


def test_a_port_that_is_taken_is_a_sentence_with_its_key(server: HealthServer) -> None:
    with pytest.raises(SettingsError, match=rf"health.listen: I cannot listen on {HERE}:{server.port}: .*in use"):
        HealthServer(Address(HERE, server.port), {})
    assert is_well(server)


def test_an_address_of_another_machine_is_a_sentence_with_its_key() -> None:
    with pytest.raises(SettingsError, match=r"health.listen: I cannot listen on 192.0.2.1:9090"):
        HealthServer(Address("192.0.2.1", 9090), {})


def test_it_may_be_stopped_before_its_start_and_twice() -> None:
    server = HealthServer(Address(HERE, 0), {})
    server.stop()
    server.stop()


@pytest.mark.slow
@pytest.mark.parametrize("said", [b"", b"GET /livez HTTP/1.1\r\nX: ", b"GET /metrics HTTP/1.1\r\n\r\n"])
def test_clients_that_say_nothing_drip_or_read_nothing_keep_nobody_out(
    server: HealthServer, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    """More of them than connections at a time: each new one takes the place of the oldest, and all are let go."""
    monkeypatch.setattr(served, "CONNECTION_WITHIN", 1.0)
    with ExitStack() as held:
        slow = [
            held.enter_context(socket.create_connection((HERE, server.port), timeout=WAIT)) for _ in range(3 * MOST)
        ]
        for client in slow:
            client.sendall(said)
        assert is_well(server)
        assert len(server._open) <= MOST
        wait_until(lambda: not server._open)
        assert is_well(server)


def test_a_client_that_drips_is_let_go_whatever_it_sends(server: HealthServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte would begin the time-out of the socket anew; the time of the connection it does not."""
    monkeypatch.setattr(served, "CONNECTION_WITHIN", 0.5)
    with socket.create_connection((HERE, server.port), timeout=WAIT) as client:
        client.sendall(b"GET /livez HTTP/1.1\r\nX-Slow: ")
        sent = []

        def drips() -> bool:
            try:
                client.sendall(b"x")
            except OSError:
                return False
            sent.append(b"x")
            return True

        wait_until(lambda: not drips())
        assert sent


@pytest.mark.slow
def test_a_flood_is_survived_and_threads_stay_few(server: HealthServer) -> None:
    before = threading.active_count()
    seen: list[int] = []
    answered: list[bytes] = []

    def flood() -> None:
        for _ in range(20):
            try:
                answered.append(talk(server.port, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")[:12])
            except OSError:
                continue
            seen.append(threading.active_count())

    threads = [threading.Thread(target=flood) for _ in range(10)]
    with capture_logs() as logs:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert logs == []
    assert is_well(server)
    assert answered.count(b"HTTP/1.0 200") > 150
    assert max(seen) <= before + len(threads) + 2 * MOST
