"""The `ChatConnection` port in HTTP mode: what is signed and new is taken, everything else is answered plainly."""

from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests
from structlog.testing import capture_logs

from bot.errors import SettingsError
from rehearsal.slack import UserClient
from rehearsal_testing.waiting import wait_until
from tests.contract import request_urls
from tests.contract.request_urls import FORM, JSON, PATH, event, raw, typed
from tests.support.cases import for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.slack.http_mode import HttpMode
    from tests.contract.request_urls import Served

workspace, server = request_urls.workspace, request_urls.server  # the fixtures
served, own = request_urls.served, request_urls.own

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


def test_whoever_watches_sees_whether_requests_can_be_taken(own: Served) -> None:
    assert own.connection.heard() is None
    own.connection.start()
    first = own.connection.heard()
    assert first is not None
    wait_until(lambda: own.connection.heard() != first)
    own.connection.stop()
    assert own.connection.heard() is None


def test_a_server_that_ends_by_itself_is_said_and_seen(own: Served) -> None:
    with capture_logs() as logs:
        own.connection.start()
        server = own.connection._server
        assert server
        server.should_exit = True
        wait_until(lambda: own.connection.heard() is None)
    assert [each["event"] for each in logs if each["log_level"] == "critical"] == ["slack.deaf"]


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
