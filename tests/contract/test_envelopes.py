"""The socket of Socket Mode: presses wait behind no command, and what has arrived is acked however the socket ends."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from adapters.slack import envelopes
from adapters.slack.envelopes import TwoLaneClient
from adapters.slack.socket_client import Line
from rehearsal.slack import SHIPPED_WORKSPACE, UserClient, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slack_bolt import Ack

THREADS = 4
BUTTON = [
    {
        "type": "actions",
        "elements": [
            {"type": "button", "text": {"type": "plain_text", "text": "Deny"}, "action_id": "deny", "value": "v"}
        ],
    }
]


class Busy:
    """An app that answers no command before it is told to, and every press at once."""

    def __init__(self, workspace: Workspace) -> None:
        self.go_on, self._begun = threading.Event(), threading.Semaphore(0)
        client = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
        self._executor = ThreadPoolExecutor(20)
        app = App(client=client, listener_executor=self._executor)

        @app.command("/logoff")
        def on_command(ack: Ack) -> None:
            self._begun.release()
            self.go_on.wait(2)
            ack("done")

        @app.action("deny")
        def on_press(ack: Ack) -> None:
            ack()

        client.chat_postMessage(channel="C0OPS00001", text="Deny?", blocks=BUTTON)
        self.socket = TwoLaneClient(app, app_token=workspace.app_token, web_client=app.client, concurrency=THREADS)
        self.socket.connect()

    def wait_until_busy(self) -> None:
        for _ in range(THREADS):
            assert self._begun.acquire(timeout=20)

    def close(self) -> None:
        self.go_on.set()
        self.socket.close()
        self._executor.shutdown()


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE) as workspace:
        yield workspace


@pytest.fixture
def busy(workspace: Workspace) -> Iterator[Busy]:
    busy = Busy(workspace)
    yield busy
    busy.close()


def test_a_press_is_acked_while_every_thread_for_commands_is_taken(workspace: Workspace, busy: Busy) -> None:
    dana = UserClient(workspace.url, "dana")
    with ThreadPoolExecutor(3 * THREADS) as people:
        typed = [people.submit(dana.command, f"/logoff comp{n}") for n in range(3 * THREADS)]
        busy.wait_until_busy()
        assert dana.press("Deny").ok
        assert not all(each.done() for each in typed)
        busy.go_on.set()
        assert all(each.result().ok for each in typed[:THREADS])


def test_a_socket_that_is_sent_away_is_opened_anew_and_the_first_command_to_it_is_answered(
    workspace: Workspace, busy: Busy
) -> None:
    busy.go_on.set()
    before = workspace.sockets
    workspace.disconnect()
    assert workspace.wait_until(lambda: bool(set(workspace.sockets) - set(before)))
    assert UserClient(workspace.url, "dana").command("/logoff comp1").reply == "done"


def test_what_has_arrived_is_acked_before_the_socket_closes(workspace: Workspace, busy: Busy) -> None:
    dana = UserClient(workspace.url, "dana")
    with ThreadPoolExecutor(2 * THREADS) as people:
        typed = [people.submit(dana.command, f"/logoff comp{n}") for n in range(2 * THREADS)]
        busy.wait_until_busy()
        threading.Timer(0.3, busy.go_on.set).start()
        busy.socket.close()
        assert [each.result().reply for each in typed] == ["done"] * len(typed)
    assert workspace.wait_until(lambda: not workspace.sockets)


def test_what_is_never_acked_keeps_the_socket_open_for_a_while_only(
    workspace: Workspace, busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(envelopes, "ACKED_WITHIN", 0.1)
    dana = UserClient(workspace.url, "dana")
    with ThreadPoolExecutor(2 * THREADS) as people:
        for n in range(THREADS):
            people.submit(dana.command, f"/logoff comp{n}")
        busy.wait_until_busy()
        closing = people.submit(busy.socket.close)
        assert workspace.wait_until(lambda: not workspace.sockets)
        assert not closing.done()
        busy.go_on.set()
        closing.result()


class Endless(Queue[Any]):
    """Waits for a message for ever, whatever time is given."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ARG002, FBT001, FBT002 - of Queue
        self.asked.set()
        return super().get()


def test_a_client_that_is_closed_waits_for_no_other_message(busy: Busy) -> None:
    busy.socket.message_queue = waiting = Endless()
    assert waiting.asked.wait(20)
    closing = threading.Thread(target=busy.socket.close, daemon=True)
    closing.start()
    closing.join(20)
    assert not closing.is_alive()


def test_who_reads_sees_the_end_of_a_socket_that_is_not_needed_any_more() -> None:
    ours, slacks = socket.socketpair()
    line = Line(ours, lambda: True)
    with ThreadPoolExecutor(1) as reader, ours, slacks:
        read = reader.submit(line.recv, 1024)
        line.end()
        line.end()
        assert read.result(20) == b""
        ours.close()
        assert line.recv(1024) == b""


def test_a_socket_that_breaks_while_it_is_needed_is_an_error() -> None:
    ours, slacks = socket.socketpair()
    with ours, slacks:
        line = Line(ours, lambda: True)
        ours.close()
        with pytest.raises(OSError, match="Bad file"):
            line.recv(1024)
