"""HTTP mode under what is too much, too slow, or no HTTP: each has an answer, and nobody else waits for it."""

from __future__ import annotations

import json
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from adapters.slack import http_mode, request_url
from adapters.slack.ack_keeper import AckKeeper
from adapters.slack.request_url import LARGEST
from bot.cards import wording
from rehearsal.slack import UserClient
from rehearsal_testing.waiting import wait_until
from tests.contract import request_urls
from tests.contract.request_urls import HEAD, PATH, answer_of, raw, typed

if TYPE_CHECKING:
    import pytest

    from tests.contract.request_urls import Served

workspace, server = request_urls.workspace, request_urls.server  # the fixtures
served, own = request_urls.served, request_urls.own


def test_a_body_larger_than_any_of_slacks_is_refused(served: Served) -> None:
    huge = "x" * (LARGEST + 1)
    assert served.post(huge, served.signed(huge)).status_code == 413
    announced = raw(served, HEAD + b"Content-Length: 999999999999\r\n\r\n")
    assert b"413" in answer_of(announced)
    chunk = b"100000\r\n" + b"y" * 0x100000 + b"\r\n"
    chunked = raw(served, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk, chunk, chunk)
    assert b"413" in answer_of(chunked)
    largest = typed(text="comp1 " + "x" * (LARGEST // 4))
    assert served.post(largest, served.signed(largest)).status_code == 200


def test_a_client_that_stops_in_its_body_or_its_head_keeps_nobody_waiting(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_url, "BODY_WITHIN", 0.3)
    monkeypatch.setattr(http_mode, "HEAD_WITHIN", 0.3)
    slow = [raw(served, HEAD + b"Content-Length: 50\r\n\r\ncommand") for _ in range(50)]
    headless = [raw(served, part) for part in (b"", b"POST /sl", HEAD) for _ in range(20)]
    body = typed("help")
    assert served.post(body, served.signed(body)).status_code == 200
    assert {answer_of(each).partition(b"\r\n")[0] for each in slow} == {b"HTTP/1.1 408 Request Timeout"}
    assert {answer_of(each) for each in headless} == {b""}


def test_a_flood_of_silent_connections_makes_room_and_hurts_nobody(
    own: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_mode, "SILENT", 5)
    own.connection.start()
    began = raw(own, HEAD + b"Content-Length: 50\r\nExpect: 100-continue\r\n\r\n")
    assert b"100 Continue" in began.recv(100)  # its request is under way
    silent = [raw(own) for _ in range(40)]
    body = typed("help")
    assert own.post(body, own.signed(body)).status_code == 200
    wait_until(lambda: sum(map(is_open, silent)) <= 5)
    assert is_open(silent[-1])
    assert b"HTTP/1.1 408" in answer_of(began)
    for each in silent:
        each.close()


def is_open(client: socket.socket) -> bool:
    """Whether the server has not ended this connection, on which it has said nothing."""
    client.setblocking(False)
    try:
        client.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def test_bodies_that_are_too_large_together_are_refused_before_anybody_signed_them(
    own: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_url, "MOST_HELD", 100_000)
    monkeypatch.setattr(request_url, "BODY_WITHIN", 20)
    own.connection.start()
    first = raw(own, HEAD + b"Content-Length: 90000\r\n\r\n" + b"x" * 60_000)
    wait_until(lambda: own.connection._url is not None and own.connection._url.held == 60_000)
    second = raw(own, HEAD + b"Content-Length: 90000\r\n\r\n" + b"x" * 60_000)
    assert b"HTTP/1.1 503" in answer_of(second)
    first.sendall(b"x" * 30_000)
    assert b"HTTP/1.1 401" in answer_of(first)
    body = typed(text="comp1 " + "x" * 80_000)
    assert own.post(body, own.signed(body)).status_code == 200


def test_a_request_with_two_lengths_is_refused_and_what_follows_is_no_request(served: Served) -> None:
    two = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /more HTTP/1.1\r\nHost: bot\r\n\r\n"
    for head in (HEAD, HEAD.replace(PATH.encode(), b"/other")):
        with raw(served, head + two) as client:
            said = b"".join(iter(lambda: client.recv(65536), b""))
        assert said.startswith(b"HTTP/1.1 400")
        assert said.count(b"HTTP/1.1") == 1


def test_a_flood_of_commands_is_acked_and_each_that_is_taken_is_one_request(served: Served) -> None:
    """The limits of the policy take some of them; all have their answer."""
    before = served.requests_kept()
    people = [UserClient(served.workspace.url, "dana") for _ in range(8)]
    with ThreadPoolExecutor(200) as crowd:
        asked = [crowd.submit(people[n % 8].command, f"/logoff comp1 id={n + 1}") for n in range(200)]
        answers = [each.result() for each in asked]
    assert [each.error for each in answers if not each.ok] == []
    taken = [found[0] for each in answers if (found := re.findall(r"TS-[0-9A-Z]{6}", each.reply))]
    assert len(set(taken)) == len(taken) == served.requests_kept() - before
    assert len(taken) >= 40


def test_a_press_is_acked_while_every_thread_for_commands_is_taken(
    own: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_url, "ACKING", 2)
    go_on, begun = threading.Event(), threading.Semaphore(0)
    ask = own.bot.intake.ask

    class Busy:
        def __getattr__(self, name: str) -> Any:
            return getattr(own.bot.intake, name)

        def ask(self, call: Any) -> Any:
            begun.release()
            go_on.wait(2)
            return ask(call)

    own.connection = own.make(intake=Busy())
    own.connection.start()
    with ThreadPoolExecutor(4) as people:
        for _ in range(4):
            people.submit(own.post, body := typed(), own.signed(body))
        assert begun.acquire(timeout=20)
        assert begun.acquire(timeout=20)
        press = urlencode({"payload": json.dumps(PRESS)})
        assert own.post(press, own.signed(press)).status_code == 200
        assert not go_on.is_set()
        go_on.set()


def test_a_listener_that_is_late_has_its_ack_sent_for_it(own: Served) -> None:
    go_on = threading.Event()
    ask = own.bot.intake.ask

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(own.bot.intake, name)

        def ask(self, call: Any) -> Any:
            go_on.wait(20)
            return ask(call)

    own.connection = own.make(intake=Slow(), keeper=AckKeeper(within=timedelta(milliseconds=50)))
    own.connection.start()
    body = typed()
    answer = own.post(body, own.signed(body))
    go_on.set()
    assert (answer.status_code, answer.json()["text"]) == (200, wording.LATE)
    wait_until(lambda: own.requests_kept() == 1)


def test_two_requests_in_one_breath_are_both_answered(own: Served) -> None:
    own.connection.start()
    before, whole = own.requests_kept(), b""
    for body in (typed(), typed()):
        headers = own.signed(body)
        lines = [f"POST {PATH} HTTP/1.1", "Host: bot", *(f"{name}: {value}" for name, value in headers.items())]
        whole += "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode()
    client = raw(own, whole)
    wait_until(lambda: own.requests_kept() == before + 2)
    client.close()


NOISE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
    b"\x00" * 5000,
    b"GET / HTTP/9.9\r\n\r\n",
    b"POST " + b"/" * 200_000,
    HEAD + b"X: " + b"y" * 200_000,
    HEAD + b"Content-Length: -1\r\n\r\n",
    HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZZ\r\n",
    HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    b"GET /slack/events HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
]


def test_noise_is_answered_or_cut_and_hurts_nobody(served: Served) -> None:
    for noise in NOISE:
        client = raw(served)
        with suppress(OSError):  # the server has cut it already
            client.sendall(noise)
            client.shutdown(socket.SHUT_WR)
            assert not answer_of(client).startswith(b"HTTP/1.1 2"), noise[:40]
        client.close()
    body = typed("help")
    assert served.post(body, served.signed(body)).status_code == 200


PRESS = {
    "type": "block_actions",
    "team": {"id": "T0HOME0001"},
    "user": {"id": "U0DANA0001", "username": "dana", "team_id": "T0HOME0001"},
    "channel": {"id": "C0OPS00001", "name": "ops"},
    "container": {"type": "message", "message_ts": "1.1", "channel_id": "C0OPS00001"},
    "trigger_id": "trigger.press",
    "response_url": "http://127.0.0.1:9/none",
    "actions": [{"action_id": "press_deny", "block_id": "b", "type": "button", "value": "TS-000000:1"}],
}
