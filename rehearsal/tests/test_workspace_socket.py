"""The workspace's Socket Mode, held to Slack's rules by Slack's own Python clients."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Self

import pytest
import requests
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from rehearsal.slack import SHIPPED_WORKSPACE, UserClient, Workspace

ACK_LIMIT = timedelta(seconds=3)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE) as workspace:
        yield workspace


@pytest.fixture
def dana(workspace: Workspace) -> UserClient:
    return UserClient(workspace.url, "dana")


class Listener:
    """An app without Bolt: keeps what arrives and acks it, after `gate` has opened."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.seen: list[SocketModeRequest] = []
        self.gate = threading.Event()
        self.gate.set()
        web = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
        self.client = SocketModeClient(app_token=workspace.app_token, web_client=web)
        self.client.socket_mode_request_listeners.append(self._take)
        before = len(workspace.sockets)
        self.client.connect()
        assert workspace.wait_until(lambda: len(workspace.sockets) > before)

    def _take(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        self.seen.append(request)
        self.gate.wait(10)
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        hang_up(self.workspace, self.client)


def hang_up(workspace: Workspace, client: SocketModeClient) -> None:
    """Closes a client of the SDK, which would sit in its `recv` for 3 s unless the line is cut first."""
    client.auto_reconnect_enabled = False
    workspace.disconnect("cut")
    client.close()


def start(app: App, workspace: Workspace) -> SocketModeClient:
    client = SocketModeHandler(app, workspace.app_token).client
    client.connect()
    assert workspace.wait_until(lambda: workspace.sockets != [])
    return client


def open_link(workspace: Workspace) -> str:
    web = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
    return str(web.apps_connections_open(app_token=workspace.app_token)["url"])


def post_event(workspace: Workspace, event: dict[str, str]) -> Any:
    answer = requests.post(f"{workspace.url}/rehearsal/event", json={"event": event}, timeout=10)
    return answer.json()


def test_a_socket_of_another_app_is_greeted_and_gets_nothing(workspace: Workspace) -> None:
    web = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
    link = str(web.apps_connections_open(app_token=workspace.other_app_token)["url"])
    ours = str(web.bots_info(bot=str(web.auth_test()["bot_id"]))["bot"]["app_id"])
    with connect(link) as other, connect(open_link(workspace)) as own:
        greeted = [json.loads(each.recv(10))["connection_info"]["app_id"] for each in (other, own)]
        assert greeted == ["A0ANOTHER1", ours]
        assert workspace.sockets == ["socket-1"]
    with pytest.raises(SlackApiError, match="bot_not_found"):
        web.bots_info(bot="B0NOBODY01")


def test_bolt_carries_a_command_to_a_card_and_a_press_to_its_end(workspace: Workspace, dana: UserClient) -> None:
    app = App(client=WebClient(token=workspace.bot_token, base_url=workspace.api_url))
    button = {
        "type": "button",
        "action_id": "go",
        "value": "TS-1:2",
        "text": {"type": "plain_text", "text": "Log off 1"},
    }

    @app.command("/logoff")
    def ask(ack, command, client) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 -- Bolt finds arguments by name
        ack(f"looking at {command['text']}")
        blocks = [{"type": "actions", "elements": [button]}]
        client.chat_postMessage(channel=command["channel_id"], text="a card", blocks=blocks)

    @app.action("go")
    def press(ack, body, client, respond) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 -- the same
        ack()
        respond("for you alone")
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="done")

    client = start(app, workspace)
    asked = dana.command("/logoff comp1 id=3")
    assert (asked.ok, asked.reply) == (True, "looking at comp1 id=3")
    assert workspace.wait_until(lambda: len(workspace.store.list_messages("C0OPS00001")) == 1)
    pressed = UserClient(workspace.url, "bo").press("Log off 1")
    assert (pressed.ok, pressed.value) == (True, "TS-1:2")
    assert workspace.wait_until(lambda: workspace.store.list_messages("C0OPS00001")[0].text == "done")
    hang_up(workspace, client)

    receipt, card = sorted(dana.messages(), key=lambda message: not message.ephemeral)
    assert (receipt.text, receipt.ephemeral) == ("looking at comp1 id=3", True)
    assert [version.text for version in card.versions] == ["a card", "done"]
    assert (card.buttons, card.blocks) == ((), ())
    assert "for you alone" in [message.text for message in UserClient(workspace.url, "bo").messages()]


def test_a_late_ack_is_kept_and_the_person_has_been_told(workspace: Workspace, dana: UserClient) -> None:
    with Listener(workspace) as app:
        app.gate.clear()
        asked = dana.command("/logoff comp1")
        app.gate.set()
        assert workspace.wait_until(lambda: any(one.late for one in workspace.store.envelopes.values()))
    (envelope,) = workspace.store.envelopes.values()
    assert envelope.acked_after is not None
    assert envelope.acked_after > ACK_LIMIT
    assert (asked.ok, asked.error, asked.acked_after) == (False, "operation_timeout", None)
    assert [one.text for one in dana.messages()] == ['/logoff failed with the error "operation_timeout"']


def test_without_an_app_the_person_is_told_that_it_could_not_be_reached(workspace: Workspace, dana: UserClient) -> None:
    assert workspace.sockets == []
    assert dana.command("/logoff comp1").error == "dispatch_failed"
    assert [one.text for one in dana.messages()] == ['/logoff failed with the error "dispatch_failed"']


def test_an_envelope_goes_to_one_of_two_sockets_and_both_get_their_share(
    workspace: Workspace, dana: UserClient
) -> None:
    with Listener(workspace) as first, Listener(workspace) as second:
        for number in range(6):
            dana.command(f"/logoff comp{number}")
        texts = [[request.payload["text"] for request in app.seen] for app in (first, second)]
    assert sorted(texts[0] + texts[1]) == [f"comp{number}" for number in range(6)]
    assert [len(one) for one in texts] == [3, 3]


def test_the_same_delivery_twice_has_one_trigger_id_and_two_envelopes(workspace: Workspace, dana: UserClient) -> None:
    with Listener(workspace) as app:
        assert dana.command("/logoff comp1", deliveries=2).ok
        first, second = app.seen
    assert first.payload == second.payload
    assert first.envelope_id != second.envelope_id


def test_a_client_that_is_sent_away_comes_back_and_goes_on(workspace: Workspace, dana: UserClient) -> None:
    with Listener(workspace) as app:
        (before,) = workspace.sockets
        workspace.disconnect("refresh_requested")
        assert workspace.wait_until(lambda: workspace.sockets != [] and before not in workspace.sockets)
        assert dana.command("/logoff comp1").ok
        assert len(app.seen) == 1


def test_a_socket_that_must_go_still_serves_while_there_is_no_other(workspace: Workspace, dana: UserClient) -> None:
    with connect(open_link(workspace)) as socket, ThreadPoolExecutor() as pool:
        assert json.loads(socket.recv())["type"] == "hello"
        workspace.disconnect("warning")
        assert json.loads(socket.recv())["reason"] == "warning"
        asked = pool.submit(dana.command, "/logoff comp1")
        socket.send(json.dumps({"envelope_id": json.loads(socket.recv(5))["envelope_id"]}))
        assert asked.result(5).ok


def test_a_cut_connection_ends_without_a_farewell(workspace: Workspace) -> None:
    with connect(open_link(workspace)) as socket:
        assert json.loads(socket.recv())["type"] == "hello"
        workspace.disconnect("cut")
        with pytest.raises(ConnectionClosedError):
            socket.recv(5)


def test_the_eleventh_socket_is_sent_away(workspace: Workspace) -> None:
    with ExitStack() as stack:
        hellos = [
            json.loads(stack.enter_context(connect(open_link(workspace))).recv())["num_connections"] for _ in range(10)
        ]
        eleventh = json.loads(stack.enter_context(connect(open_link(workspace))).recv())
    assert hellos == list(range(1, 11))
    assert (eleventh["type"], eleventh["reason"]) == ("disconnect", "too_many_websockets")


def test_a_ticket_opens_one_socket(workspace: Workspace) -> None:
    link = open_link(workspace)
    with connect(link), pytest.raises(InvalidStatus), connect(link):
        pass


def test_whatever_answers_no_envelope_is_ignored(workspace: Workspace, dana: UserClient) -> None:
    with connect(open_link(workspace)) as socket, ThreadPoolExecutor() as pool:
        socket.recv()
        for nonsense in ("no json", "[]", "{}", '{"envelope_id": "of nobody"}'):
            socket.send(nonsense)
        asked = pool.submit(dana.command, "/logoff comp1")
        socket.send(json.dumps({"envelope_id": json.loads(socket.recv(5))["envelope_id"], "payload": {"text": "here"}}))
        assert asked.result(5).reply == "here"


def test_an_ack_with_blocks_that_slack_refuses_shows_as_a_failure(workspace: Workspace, dana: UserClient) -> None:
    with connect(open_link(workspace)) as socket, ThreadPoolExecutor() as pool:
        socket.recv()
        asked = pool.submit(dana.command, "/logoff comp1")
        envelope = json.loads(socket.recv(5))
        body = {"envelope_id": envelope["envelope_id"], "payload": {"text": "x", "blocks": [{"type": "nonsense"}]}}
        socket.send(json.dumps(body))
        assert asked.result(5).error == "invalid_command_response"


def test_two_hundred_commands_at_once_are_all_acked_in_time(workspace: Workspace, dana: UserClient) -> None:
    with Listener(workspace) as app, ThreadPoolExecutor(max_workers=200) as pool:
        asked = list(pool.map(lambda number: dana.command(f"/logoff comp{number}"), range(200)))
        assert [one.error for one in asked if not one.ok] == []
        assert len({request.payload["text"] for request in app.seen}) == 200


def test_an_event_reaches_bolt(workspace: Workspace) -> None:
    app = App(client=WebClient(token=workspace.bot_token, base_url=workspace.api_url))
    opened = threading.Event()

    @app.event("app_home_opened")
    def note(event) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 -- Bolt finds arguments by name
        if event["user"] == "U0DANA0001":
            opened.set()

    client = start(app, workspace)
    event = {"type": "app_home_opened", "user": "U0DANA0001", "tab": "home"}
    assert post_event(workspace, event)["ok"]
    assert opened.wait(5)
    hang_up(workspace, client)


def test_the_workspace_stops_under_a_connected_app(workspace: Workspace) -> None:
    with connect(open_link(workspace)) as socket:
        socket.recv()
        workspace.stop()
        with pytest.raises(ConnectionClosedError):
            socket.recv(5)
