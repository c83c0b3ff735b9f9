"""The workspace as a program starts and stops it: a web server in a thread of its own."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import requests
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from rehearsal.slack.clock import Clock, SystemClock
from rehearsal.slack.connections import Connections, make_protocol
from rehearsal.slack.context import Context
from rehearsal.slack.control_api.requests import LOOPBACK
from rehearsal.slack.control_api.routes import make_routes
from rehearsal.slack.faults import Fault
from rehearsal.slack.files import Files
from rehearsal.slack.http_delivery import HttpDelivery
from rehearsal.slack.response_urls import ResponseUrls
from rehearsal.slack.responses import answer_response_url
from rehearsal.slack.socket_mode import SocketMode
from rehearsal.slack.store import Store
from rehearsal.slack.stream import Stream
from rehearsal.slack.trigger_ids import TriggerIds
from rehearsal.slack.views import Views
from rehearsal.slack.webapi import WebApi
from rehearsal.slack.workspace_file import WorkspaceFileError, WorkspaceSettings, read_workspace, with_request_url

HOST: Final = "127.0.0.1"
SECRETS: Final = ("bot_token", "app_token", "other_app_token", "signing_secret")
START_LIMIT: Final = timedelta(seconds=10)
SHIPPED_WORKSPACE: Final = Path(__file__).parent.parent / "workspace.yaml"


class Workspace:
    """`with Workspace.from_file(path) as workspace:` starts it on a free port and stops it.

    What was said stays in it when it is stopped and started again.
    """

    def __init__(self, settings: WorkspaceSettings, *, clock: Clock | None = None) -> None:
        self._connections = Connections()
        store = Store(settings, clock or SystemClock())
        self._context = Context(
            store=store,
            trigger_ids=TriggerIds(store.clock),
            response_urls=ResponseUrls(store.clock),
            socket_mode=SocketMode(store, self._connections),
            http_delivery=HttpDelivery(store),
            views=Views(store),
            files=Files(store.clock),
        )
        self._stream = Stream(store)
        self._more: list[BaseRoute] = []
        self._farewells: list[Callable[[], None]] = []
        self._servers: list[uvicorn.Server] = []
        self._thread: threading.Thread | None = None
        self._url = self._outside = ""

    @classmethod
    def from_file(
        cls,
        path: Path,
        *,
        clock: Clock | None = None,
        request_url: str | None = None,
        commands: Iterable[str] | None = None,
        scopes: Iterable[str] | None = None,
    ) -> Self:
        """With `request_url`, commands, presses and events are posted there, signed, instead of going by socket.

        `commands` are the slash commands of the app, and `scopes` its scopes, instead of those in the file.

        Raises WorkspaceFileError.
        """
        settings = read_workspace(path)
        if request_url is not None:
            settings = with_request_url(settings, request_url)
        if commands is not None:
            settings = replace(settings, app=replace(settings.app, commands=tuple(commands)))
        if scopes is not None:
            settings = replace(settings, app=replace(settings.app, scopes=tuple(scopes)))
        return cls(settings, clock=clock)

    def add(self, routes: Iterable[BaseRoute], farewell: Callable[[], None]) -> None:
        """Serves more beside the workspace, from the next start on. `farewell` ends its streams at a stop."""
        self._more += routes
        self._farewells.append(farewell)

    def start(self, port: int = 0, *, secure_port: int = 0, certificate: Path | None = None) -> None:
        """Returns when it answers. Raises OSError when a port is taken.

        With a `certificate`, a PEM file with its key, it is served over HTTPS on the second port as well, and `api_url`
        is that one. The page, the people and the sockets stay on the first: Slack's own client of Python speaks TLS to
        a socket on port 443 alone.
        """
        ports = [(port, None), *([(secure_port, certificate)] if certificate else [])]
        listeners = [socket.create_server((HOST, number), backlog=1024) for number, _ in ports]
        numbers = [each.getsockname()[1] for each in listeners]
        self._url = f"http://{HOST}:{numbers[0]}"
        reached = f"https://{HOST}:{numbers[1]}" if certificate else self._url
        self._context.url = self._outside or reached
        self._context.socket_url = self._url if certificate and not self._outside else ""
        app = self._make_app()
        self._servers = [uvicorn.Server(self._configure(app, pair)) for _, pair in ports]
        self._thread = threading.Thread(target=self._serve, args=(listeners,), name="workspace", daemon=True)
        self._thread.start()
        with requests.Session() as session:
            session.trust_env = False
            session.get(f"{self.url}/rehearsal/faults", timeout=START_LIMIT.total_seconds()).raise_for_status()

    def _serve(self, listeners: list[socket.socket]) -> None:
        async def all_of_them() -> None:
            await asyncio.gather(
                *(each.serve(sockets=[one]) for each, one in zip(self._servers, listeners, strict=True))
            )

        asyncio.run(all_of_them())

    def stop(self) -> None:
        """Closes every connection. Does nothing when it is not running."""
        if self._thread is None:
            return
        self._stream.close()
        for farewell in self._farewells:
            farewell()
        for server in self._servers:
            server.should_exit = True
        self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Raises RuntimeError before the first start: there is no port yet."""
        if not self._url:
            raise RuntimeError("the workspace has not been started")
        return self._url

    def reach_at(self, url: str) -> None:
        """Tells the app this address from now on, because something stands in between; `api_url` follows.

        A name that is not this machine's has to be told before the start.
        """
        self._outside = self._context.url = url
        self._context.socket_url = ""

    def deliver_to(self, request_url: str | None) -> None:
        """Posts commands, presses and events there from now on; None: they go by socket."""
        self.store.settings = with_request_url(self.store.settings, request_url)

    @property
    def api_url(self) -> str:
        return f"{self._context.url or self.url}/api/"

    @property
    def bot_token(self) -> str:
        return self._context.bot_token

    @property
    def app_token(self) -> str:
        return self._context.app_token

    def keep_secrets(self, file: Path) -> None:
        """Takes its tokens and its signing secret from a file, or makes that file, for its owner alone.

        To be called before the start. Raises WorkspaceFileError for a file that has something else.
        """
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(json.dumps({name: getattr(self._context, name) for name in SECRETS}), encoding="utf-8")
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            for name in SECRETS:
                setattr(self._context, name, str(kept[name]))
        except (ValueError, KeyError, TypeError) as error:
            raise WorkspaceFileError(f"{file} does not hold the tokens of a workspace. Delete it.") from error

    @property
    def other_app_token(self) -> str:
        """An app-level token of another app: its sockets are greeted with that app's id, and get nothing."""
        return self._context.other_app_token

    @property
    def signing_secret(self) -> str:
        return self._context.signing_secret

    @property
    def store(self) -> Store:
        """The state itself, for a program in the same process. Read it; people act through a UserClient."""
        return self._context.store

    @property
    def sockets(self) -> list[str]:
        """The names of the open sockets, oldest first."""
        return self._context.socket_mode.names

    def plan(self, fault: Fault) -> None:
        """The next calls of the fault's method meet it."""
        self._context.faults.plan(fault)

    def disconnect(self, reason: str = "refresh_requested", name: str | None = None) -> None:
        """Sends all sockets away, or the named one, as Slack does now and then; `cut` drops them without a word."""
        order = {"reason": reason, "socket": name}
        with requests.Session() as session:
            session.trust_env = False
            session.post(f"{self.url}/rehearsal/disconnect", json=order, timeout=10).raise_for_status()

    def wait_until(self, holds: Callable[[], bool], within: timedelta = timedelta(seconds=10)) -> bool:
        """Whether `holds` came true in time; it is asked again after every change in the workspace."""
        return self.store.wait_until(holds, within)

    def _configure(self, app: Starlette, certificate: Path | None) -> uvicorn.Config:
        return uvicorn.Config(
            app,
            ssl_certfile=certificate,
            loop="asyncio",
            http=make_protocol(self._connections),
            ws="websockets-sansio",
            ws_ping_interval=10,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            backlog=1024,
            timeout_graceful_shutdown=2,
        )

    def _make_app(self) -> Starlette:
        context, api = self._context, WebApi(self._context, self._connections)
        outside = filter(None, [urlsplit(self._outside).hostname])

        async def respond(request: Request) -> Response:
            return await answer_response_url(context, request)

        return Starlette(
            routes=[
                Route("/api/{method}", api.answer, methods=["GET", "POST"]),
                Route("/commands/{team}/{name}", respond, methods=["POST"]),
                Route("/actions/{team}/{name}", respond, methods=["POST"]),
                Route("/upload/{ticket}", context.files.take_upload, methods=["POST", "PUT"]),
                Route("/files/{file}", context.files.send, methods=["GET"]),
                WebSocketRoute("/link/", context.socket_mode.serve),
                Mount("/rehearsal", routes=make_routes(context, self._stream)),
                *self._more,
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, *outside])],
        )
