"""An app with forms, as the tests of forms and menus use it: views, elements, and the app's end of a socket."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from websockets.sync.client import ClientConnection, connect

from rehearsal.slack import SHIPPED_WORKSPACE, UserClient, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

OPS = "C0OPS00001"
DANA = "U0DANA0001"


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(value: str) -> dict[str, Any]:
    return {"text": plain(value.title()), "value": value}


def field(block_id: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element, **more}


HOST = field("host", {"type": "plain_text_input", "action_id": "host", "max_length": 8})
WAY = field("way", {"type": "static_select", "action_id": "way", "options": [option("logoff"), option("disconnect")]})
FLAGS = field("flags", {"type": "checkboxes", "action_id": "flags", "options": [option("sync")]}, optional=True)


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    submit = {"submit": plain("Go")}
    return {"type": "modal", "callback_id": "ask", "title": plain("Ask"), "blocks": list(blocks), **submit, **more}


class App:
    """The app's end of a socket: `take` starts what a person does, and acks what arrives with `answer`."""

    def __init__(self, socket: ClientConnection, pool: ThreadPoolExecutor) -> None:
        self._socket = socket
        self._pool = pool

    def take(self, act: Any, *arguments: Any, answer: Any = None, **options: Any) -> tuple[Any, Any]:
        """The payload as the app got it, and what the person was told."""
        doing: Future[Any] = self._pool.submit(act, *arguments, **options)
        envelope = json.loads(self._socket.recv(5))
        ack = {"envelope_id": envelope["envelope_id"], **({"payload": answer} if answer is not None else {})}
        self._socket.send(json.dumps(ack))
        return envelope["payload"], doing.result(5)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.from_file(SHIPPED_WORKSPACE) as workspace:
        yield workspace


@pytest.fixture
def web(workspace: Workspace) -> WebClient:
    return WebClient(token=workspace.bot_token, base_url=workspace.api_url)


@pytest.fixture
def app(workspace: Workspace, web: WebClient) -> Iterator[App]:
    link = str(web.apps_connections_open(app_token=workspace.app_token)["url"])
    with connect(link) as socket, ThreadPoolExecutor() as pool:
        socket.recv()
        yield App(socket, pool)


@pytest.fixture
def dana(workspace: Workspace) -> UserClient:
    return UserClient(workspace.url, "dana")


def open_form(app: App, web: WebClient, person: UserClient, view: dict[str, Any]) -> dict[str, Any]:
    payload, _ = app.take(person.command, "/logoff")
    opened: dict[str, Any] = web.views_open(trigger_id=payload["trigger_id"], view=view)["view"]
    return opened


def values_of(view: dict[str, Any]) -> dict[str, Any]:
    return {name: held for block in view["state"]["values"].values() for name, held in block.items()}
