"""A bot's intake behind a request URL, and a workspace that posts there: for the suites of HTTP mode."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import requests
from slack_sdk.signature import SignatureVerifier

from adapters.slack.ack_keeper import AckKeeper
from adapters.slack.http_mode import HttpMode
from rehearsal.slack import SHIPPED_WORKSPACE, Workspace
from tests.support.harness import BotHarness

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/slack/events"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NUMBERS = iter(range(10_000))
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: bot\r\nContent-Type: {FORM}\r\n".encode()


def reserved() -> socket.socket:
    """A port of this machine that the system gives to nobody else. Who asks for it by its number may listen there."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return held


class Served:
    """The bot's intake behind a request URL, and people of a workspace that posts there."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.bot, self._held = workspace, BotHarness(), reserved()
        self.port: int = self._held.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{PATH}"
        self.connection = self.make()
        workspace.deliver_to(self.url)

    def close(self) -> None:
        self.connection.stop()
        self._held.close()

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


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(workspace: Workspace) -> Iterator[Served]:
    server = Served(workspace)
    server.connection.start()
    yield server
    server.close()


@pytest.fixture
def served(server: Served) -> Served:
    """One server for all tests that leave it as it is."""
    server.workspace.deliver_to(server.url)
    return server


@pytest.fixture
def own(workspace: Workspace) -> Iterator[Served]:
    own = Served(workspace)
    yield own
    own.close()
