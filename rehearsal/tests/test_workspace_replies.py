"""Signed HTTP instead of a socket, response URLs, and what expires."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from slack_bolt import App, BoltRequest
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from rehearsal.slack import SHIPPED_WORKSPACE, SetClock, UserClient, Workspace
from rehearsal.slack.errors import SlackError
from rehearsal.slack.trigger_ids import TriggerIds

OPS = "C0OPS00001"
BUTTON = [{"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Go"}}]}]

Answer = tuple[int, str, str]


@dataclass
class Door:
    """An app's request URL. `answer` decides; `seen` keeps headers and bodies."""

    answer: Callable[[dict[str, str], str], Answer] = lambda _headers, _body: (200, "text/plain", "")
    seen: list[tuple[dict[str, str], str]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers["content-length"])).decode()
            door.seen.append((headers, body))
            status, kind, words = door.answer(headers, body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            with suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(words.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    door.url = f"http://127.0.0.1:{server.server_port}/slack/events"
    yield door
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clock() -> SetClock:
    """It starts at the real time: Bolt refuses a signature that is older than five minutes."""
    return SetClock(datetime.now(UTC))


@pytest.fixture
def workspace(door: Door, clock: SetClock) -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE, clock=clock, request_url=door.url) as workspace:
        yield workspace


@pytest.fixture
def dana(workspace: Workspace) -> UserClient:
    return UserClient(workspace.url, "dana")


@pytest.fixture
def webhook(door: Door, dana: UserClient) -> WebhookClient:
    """The response URL of a command that dana has typed."""
    assert dana.command("/logoff comp1").ok
    return WebhookClient(parse_qs(door.seen[-1][1])["response_url"][0])


def test_bolt_takes_the_signature_and_the_form(workspace: Workspace, door: Door, dana: UserClient) -> None:
    web = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
    app = App(client=web, signing_secret=workspace.signing_secret)
    pressed: list[str] = []

    @app.command("/logoff")
    def ask(ack, command) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 -- Bolt finds arguments by name
        ack(f"looking at {command['text']}")

    @app.action("go")
    def press(ack, body) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 -- the same
        ack()
        pressed.append(body["user"]["id"])

    def dispatch(headers: dict[str, str], body: str) -> Answer:
        answer = app.dispatch(BoltRequest(body=body, headers=dict(headers)))
        return answer.status, answer.first_headers()["content-type"], answer.body

    door.answer = dispatch
    assert dana.command("/logoff comp1 <x>").reply == "looking at comp1 &lt;x&gt;"
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    web.chat_postMessage(channel=OPS, text="card", blocks=[{"type": "actions", "elements": [button]}])
    assert dana.press("Go").ok
    assert pressed == ["U0DANA0001"]
    assert {one.via for one in workspace.store.envelopes.values()} == {door.url}


@pytest.mark.parametrize("answer", [(500, "text/plain", "boom"), (302, "text/plain", "")])
def test_a_bad_answer_is_a_failed_dispatch(door: Door, dana: UserClient, answer: Answer) -> None:
    door.answer = lambda _headers, _body: answer
    assert dana.command("/logoff").error == "dispatch_failed"


def mention(workspace: Workspace) -> None:
    """Somebody mentions the app, which is an event."""
    said = {"event": {"type": "app_mention", "user": "U0DANA0001", "text": "hello", "ts": "1.1", "channel": OPS}}
    with requests.Session() as session:
        session.trust_env = False
        session.post(f"{workspace.url}/rehearsal/event", json=said, timeout=20).raise_for_status()


def test_an_event_that_failed_is_repeated_once_at_once_and_says_so(workspace: Workspace, door: Door) -> None:
    answers = iter([(500, "text/plain", "boom"), (200, "text/plain", ""), (200, "text/plain", "")])
    door.answer = lambda _headers, _body: next(answers)
    mention(workspace)
    (first, body), (again, repeated) = door.seen
    assert "x-slack-retry-num" not in first
    assert (again["x-slack-retry-num"], again["x-slack-retry-reason"]) == ("1", "http_error")
    assert body == repeated
    mention(workspace)
    assert len(door.seen) == 3


def test_a_command_that_failed_is_not_repeated(door: Door, dana: UserClient) -> None:
    door.answer = lambda _headers, _body: (500, "text/plain", "boom")
    dana.command("/logoff")
    assert len(door.seen) == 1


def test_deliveries_can_be_switched_to_a_socket_and_back(workspace: Workspace, door: Door, dana: UserClient) -> None:
    workspace.deliver_to(None)
    assert dana.command("/logoff").error == "dispatch_failed", "no socket is open"
    assert door.seen == []
    workspace.deliver_to(door.url)
    assert dana.command("/logoff").ok


def test_no_answer_within_the_limit_is_a_timeout(door: Door, dana: UserClient) -> None:
    gate = threading.Event()

    def hang(_headers: dict[str, str], _body: str) -> Answer:
        gate.wait(10)
        return 200, "text/plain", ""

    door.answer = hang
    assert dana.command("/logoff").error == "operation_timeout"
    gate.set()


def test_a_response_url_answers_one_person_or_all(
    workspace: Workspace, dana: UserClient, webhook: WebhookClient
) -> None:
    webhook.send(text="for you")
    webhook.send(text="for all", response_type="in_channel")
    bo = UserClient(workspace.url, "bo")
    assert [(one.text, one.ephemeral) for one in dana.messages()] == [("for you", True), ("for all", False)]
    assert [one.text for one in bo.messages()] == ["for all"]


def test_a_response_url_replaces_and_deletes_the_message_that_was_pressed(
    workspace: Workspace, door: Door, dana: UserClient
) -> None:
    web = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
    web.chat_postEphemeral(channel=OPS, user="U0DANA0001", text="card", blocks=BUTTON)
    dana.press("Go")
    payload: dict[str, Any] = json.loads(parse_qs(door.seen[-1][1])["payload"][0])
    webhook = WebhookClient(payload["response_url"])
    webhook.send(text="done", replace_original=True)
    (message,) = dana.messages()
    assert ([one.text for one in message.versions], message.ephemeral) == (["card", "done"], True)
    assert webhook.send(delete_original=True).body == "ok"
    assert dana.messages() == []
    assert webhook.send(text="again", replace_original=True).body == "message_not_found"


def test_the_sixth_use_of_a_response_url_is_refused(dana: UserClient, webhook: WebhookClient) -> None:
    answers = [webhook.send(text=str(number)) for number in range(6)]
    assert [(one.status_code, one.body) for one in answers] == [(200, "ok")] * 5 + [(404, "used_url")]
    assert len(dana.messages()) == 5


def test_a_response_url_is_over_after_half_an_hour(clock: SetClock, webhook: WebhookClient) -> None:
    clock.advance(timedelta(minutes=30))
    assert webhook.send(text="just in time").status_code == 200
    clock.advance(timedelta(seconds=1))
    assert webhook.send(text="too late").body == "expired_url"


def test_a_response_url_checks_what_it_is_given(webhook: WebhookClient) -> None:
    assert webhook.send(text="x", blocks=[{"type": "nonsense"}]).body == "invalid_blocks"
    assert webhook.send(text="").body == "no_text"


def test_a_trigger_opens_one_thing_within_three_seconds() -> None:
    clock = SetClock(datetime.now(UTC))
    trigger_ids = TriggerIds(clock)
    first, second = trigger_ids.issue(), trigger_ids.issue()
    clock.advance(timedelta(seconds=3))
    trigger_ids.spend(first)
    with pytest.raises(SlackError, match="exchanged_trigger_id"):
        trigger_ids.spend(first)
    clock.advance(timedelta(milliseconds=1))
    with pytest.raises(SlackError, match="expired_trigger_id"):
        trigger_ids.spend(second)
    with pytest.raises(SlackError, match="invalid_trigger_id"):
        trigger_ids.spend("1.2.3")
