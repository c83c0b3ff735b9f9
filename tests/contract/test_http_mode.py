"""The `ChatConnection` port in HTTP mode: what is signed and new is taken, everything else is answered plainly."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import requests
from slack_sdk.signature import SignatureVerifier
from structlog.testing import capture_logs

from adapters.slack import http_mode, request_url
from adapters.slack.ack_keeper import AckKeeper
from adapters.slack.http_mode import HttpMode
from adapters.slack.request_url import LARGEST
from bot.errors import SettingsError
from rehearsal.slack import SHIPPED_WORKSPACE, UserClient, Workspace
from rehearsal_testing.waiting import wait_until
from tests.support.cases import for_each
from tests.support.harness import BotHarness

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/slack/events"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NUMBERS = iter(range(10_000))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Served:
    """The bot's intake behind a request URL, and people of a workspace that posts there."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.bot, self.port = workspace, BotHarness(), free_port()
        self.url = f"http://127.0.0.1:{self.port}{PATH}"
        self.connection = self.make()
        workspace.deliver_to(self.url)

    def make(self, **other: Any) -> HttpMode:
        needs: dict[str, Any] = {
            "bot_token": self.workspace.bot_token,
            "api_url": self.workspace.api_url,
            "team": "T0HOME0001",
            "intake": self.bot.intake,
            "wake": lambda _item: None,
            "asked": lambda _request_id, _url: None,
            "keeper": AckKeeper(),
            "signing_secret": self.workspace.signing_secret,
            "host": "127.0.0.1",
            "port": self.port,
            "paths": (PATH, f"/bots/one{PATH}"),
        }
        return HttpMode(**needs | other)

    def requests_kept(self) -> int:
        return len(self.bot.ledger.newest(1000))

    def signed(self, body: str | bytes, *, age: float = 0, secret: str = "", kind: str = FORM) -> dict[str, str]:
        at = str(int(time.time() - age))
        signature = SignatureVerifier(secret or self.workspace.signing_secret).generate_signature(
            timestamp=at, body=body
        )
        assert signature
        return {"Content-Type": kind, "X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature}

    def post(self, body: str | bytes, headers: dict[str, str], url: str = "") -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.post(url or self.url, body, headers=headers, timeout=20)


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(workspace: Workspace) -> Iterator[Served]:
    server = Served(workspace)
    server.connection.start()
    yield server
    server.connection.stop()


@pytest.fixture
def served(server: Served) -> Served:
    """One server for all tests that leave it as it is."""
    server.workspace.deliver_to(server.url)
    return server


@pytest.fixture
def own(workspace: Workspace) -> Iterator[Served]:
    own = Served(workspace)
    yield own
    own.connection.stop()


def typed(text: str = "comp1 id=3", **other: str) -> str:
    """The body of a new command."""
    fields = {
        "command": "/logoff",
        "text": text,
        "user_id": "U0DANA0001",
        "user_name": "dana",
        "team_id": "T0HOME0001",
        "channel_id": "C0OPS00001",
        "channel_name": "ops",
        "trigger_id": f"trigger.{next(NUMBERS)}",
        "response_url": "http://127.0.0.1:9/none",
    }
    return urlencode(fields | other)


def event(number: str, text: str = "<@U0BOT00001> help") -> str:
    said = {
        "type": "app_mention",
        "user": "U0DANA0001",
        "text": text,
        "ts": "1.1",
        "channel": "C0OPS00001",
        "event_ts": "1.1",
    }
    return json.dumps({"type": "event_callback", "team_id": "T0HOME0001", "event_id": number, "event": said})


# What is taken


def test_people_are_heard_over_request_urls(served: Served) -> None:
    reply = UserClient(served.workspace.url, "dana").command("/logoff comp1 id=3 --sync")
    assert reply.ok
    assert "TS-" in reply.reply
    assert served.workspace.sockets == []


def test_the_path_of_the_public_url_may_be_passed_on_or_taken_away(served: Served) -> None:
    body = typed("help")
    assert served.post(body, served.signed(body), f"http://127.0.0.1:{served.port}/bots/one{PATH}").status_code == 200


def test_slacks_question_whether_the_url_is_the_apps_is_answered(served: Served) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c-1"})
    answer = served.post(body, served.signed(body, kind=JSON))
    assert (answer.status_code, answer.json()) == (200, {"challenge": "c-1"})
    assert served.post(body, served.signed(body, kind=JSON, secret="other")).status_code == 401


def test_slacks_look_at_the_certificate_is_answered_and_does_nothing(served: Served) -> None:
    before = served.requests_kept()
    answer = served.post("ssl_check=1&token=x&command=%2Flogoff", {"Content-Type": FORM})
    assert (answer.status_code, answer.text) == (200, "")
    assert served.requests_kept() == before


# What is refused


def unsigned(served: Served, body: str) -> Iterator[tuple[str, dict[str, str]]]:
    good = served.signed(body)
    seconds, signature = good["X-Slack-Request-Timestamp"], good["X-Slack-Signature"]
    yield "no signature", {"Content-Type": FORM}
    yield "no time", {"Content-Type": FORM, "X-Slack-Signature": signature}
    yield "no secret", {"Content-Type": FORM, "X-Slack-Request-Timestamp": seconds}
    yield "another secret", served.signed(body, secret="b" * 32)
    yield "another body", served.signed(body + "+")
    yield "six minutes old", served.signed(body, age=301)
    yield "six minutes ahead", served.signed(body, age=-310)
    yield "another time", good | {"X-Slack-Request-Timestamp": str(int(seconds) + 1)}
    for odd in ("", "soon", "1e9", "-1", "9" * 400, "9" * 12, "NaN", "\u0661"):
        yield f"time {odd[:9]!r}", good | {"X-Slack-Request-Timestamp": odd.encode().decode("latin-1")}
    for odd in ("", "v0=", "v0=\u00e9\u00e9", signature[:-1], signature.replace("v0=", "v1="), signature.upper()):
        yield f"signature {odd[:9]!r}", good | {"X-Slack-Signature": odd}


def test_what_slack_has_not_signed_just_now_is_refused_and_does_nothing(served: Served) -> None:
    body, before = typed(), served.requests_kept()
    answers = {name: served.post(body, headers).status_code for name, headers in unsigned(served, body)}
    assert set(answers.values()) == {401}, answers
    assert served.requests_kept() == before
    assert served.post(body, served.signed(body)).status_code == 200
    assert served.requests_kept() == before + 1


def test_bodies_that_are_none_of_slacks_forms_are_refused_although_they_are_signed(served: Served) -> None:
    odd: list[tuple[bytes, str]] = [
        (b"\xff\xfe", FORM),
        (b"{", JSON),
        (b"[]", JSON),
        (b"1", JSON),
        (b"null", JSON),
        (b"payload=%7B", FORM),
        (b"payload=[]", FORM),
        (b"{" * 5000, JSON),
        (b'{"a":' * 200_000, JSON),
    ]
    for body, kind in odd:
        try:
            headers = served.signed(body, kind=kind)
        except UnicodeDecodeError:
            headers = served.signed("", kind=kind)
        assert served.post(body, headers).status_code in (400, 401), body[:20]
    good = typed("help")
    assert served.post(good, served.signed(good)).status_code == 200


def test_the_log_says_once_that_requests_were_refused_and_shows_no_secret(own: Served) -> None:
    with capture_logs() as logs:
        own.connection.start()
        for _ in range(5):
            own.post(typed(), own.signed("other"))
    [line] = [each for each in logs if each["event"] == "slack.requests_refused"]
    assert "slack.signing_secret" in line["message"]
    assert own.workspace.signing_secret not in json.dumps(logs, default=str)


@for_each("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_refused(served: Served, method: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, served.url, timeout=20)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_another_path_and_another_type_are_refused(served: Served) -> None:
    body = typed()
    for path in ("/", "/slack", "/slack/events/", "/slack/events2", "/livez", "/slack/../etc/passwd"):
        answer = served.post(body, served.signed(body), f"http://127.0.0.1:{served.port}{path}")
        assert answer.status_code == 404, path
    for kind in ("", "text/plain", "multipart/form-data; boundary=x", "application/xml"):
        answer = served.post(body, served.signed(body) | {"Content-Type": kind})
        assert (answer.status_code, answer.text) == (415, "Slack sends a form or JSON here.\n"), kind


# Again


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(served: Served) -> None:
    body, before = typed(), served.requests_kept()
    headers = served.signed(body)
    with ThreadPoolExecutor(8) as people:
        answers = [each.result() for each in [people.submit(served.post, body, headers) for _ in range(8)]]
    assert {each.status_code for each in answers} == {200}
    assert len({each.text for each in answers}) == 1
    assert served.requests_kept() == before + 1


def test_the_same_command_signed_anew_is_the_same_request(served: Served) -> None:
    body, before = typed(), served.requests_kept()
    first = served.post(body, served.signed(body))
    again = served.post(body, served.signed(body, age=7) | {"X-Slack-Retry-Num": "1"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert served.requests_kept() == before + 1


def test_an_event_that_slack_repeats_is_answered_once(own: Served) -> None:
    own.connection.start()
    answers = own.workspace.store.calls
    count = len([call for call in answers if call.method == "chat.postEphemeral"])
    body = event("Ev1")
    for attempt in range(3):
        retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"} if attempt else {}
        assert own.post(body, own.signed(body, kind=JSON, age=attempt) | retry).status_code == 200
    other = event("Ev2")
    assert own.post(other, own.signed(other, kind=JSON)).status_code == 200
    wait_until(lambda: len([call for call in answers if call.method == "chat.postEphemeral"]) == count + 2)


def test_an_event_that_failed_is_taken_when_it_is_repeated(own: Served) -> None:
    """Nobody listens before the start."""
    body = event("Ev3")
    with pytest.raises(requests.ConnectionError):
        own.post(body, own.signed(body, kind=JSON))
    own.connection.start()
    assert own.post(body, own.signed(body, kind=JSON) | {"X-Slack-Retry-Num": "1"}).status_code == 200


# Too much, too slow


def raw(served: Served, *parts: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", served.port), timeout=20)
    for part in parts:
        client.sendall(part)
    return client


def answer_of(client: socket.socket) -> bytes:
    with client:
        got = b""
        while part := client.recv(65536):
            got += part
            if b"\r\n\r\n" in got:
                return got
        return got


HEAD = f"POST {PATH} HTTP/1.1\r\nHost: bot\r\nContent-Type: {FORM}\r\n".encode()


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


# Start and end


def test_a_taken_port_is_named_with_the_next_step(served: Served) -> None:
    other = served.make()
    with pytest.raises(SettingsError, match=rf"slack.listen: 127.0.0.1:{served.port} is taken by another program"):
        other.start()
    with pytest.raises(SettingsError, match=r"slack.listen: 192.0.2.1:3000 is no address of this machine"):
        served.make(host="192.0.2.1", port=3000).start()


def test_a_stop_lets_what_has_arrived_have_its_ack_and_takes_nothing_more(own: Served) -> None:
    go_on, begun = threading.Event(), threading.Event()
    ask = own.bot.intake.ask

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(own.bot.intake, name)

        def ask(self, call: Any) -> Any:
            begun.set()
            go_on.wait(20)
            return ask(call)

    own.connection = own.make(intake=Slow())
    own.connection.start()
    idle = raw(own, b"POST ")
    body = typed()
    with ThreadPoolExecutor(2) as people:
        answer = people.submit(own.post, body, own.signed(body))
        assert begun.wait(20)
        ending = people.submit(own.connection.stop)
        wait_until(lambda: not can_connect(own.port))
        go_on.set()
        assert answer.result().status_code == 200
        ending.result()
    assert own.requests_kept() == 1
    idle.close()
    own.connection.stop()


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def make_again(own: Served) -> HttpMode:
    again = own.make()
    again.start()
    return again


def test_a_restart_takes_the_same_port_at_once(own: Served) -> None:
    own.connection.start()
    body = typed("help")
    assert own.post(body, own.signed(body)).status_code == 200
    own.connection.stop()
    own.connection = make_again(own)
    assert own.post(body, own.signed(body)).status_code == 200
