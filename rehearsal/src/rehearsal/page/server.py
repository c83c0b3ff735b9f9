"""Serves the page: its files, its stream of events, and the requests that make trouble on the farm."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rehearsal.page.event_stream import Backstage, EventStream
from rehearsal.page.farm import WatchedFarm
from rehearsal.page.scene import Scene
from rehearsal.slack import Workspace
from rehearsal.slack.control_api.requests import ControlRequest, accept, guard
from rehearsal.slack.errors import SlackError

STATIC: Final = Path(__file__).parent / "static"
POLICY: Final = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class TroubleRequest(ControlRequest):
    """`take_over` needs `user`, an action on a session `session_id`, and `behave` a `behaviour`."""

    what: Literal["take_down", "bring_up", "sign_out", "return_to_work", "take_over", "behave", "restore"]
    host: str = ""
    session_id: int = -1
    user: str = "CORP\\mallory"
    behaviour: str = "none"


class Page:
    """Beside the workspace at `/`. `show` it the farm and the audit log once they are there."""

    def __init__(self, workspace: Workspace) -> None:
        self._stream = EventStream(workspace.store)
        self._farm: WatchedFarm | None = None
        workspace.add([Mount("/", app=self._make_app())], self._stream.close)

    def show(
        self, *, farm: WatchedFarm, read_audit: Callable[[int], Sequence[dict[str, Any]]], commands: Sequence[Any]
    ) -> None:
        """`read_audit(n)`: the entries after number n, some at a time, oldest first, each with its `seq`.

        `commands`: what the app understands, each with `slash`, `description`, `usage_hint` and `examples`.
        """
        self._farm = farm
        self._stream.show(Backstage(farm=farm, read_audit=read_audit, commands=tuple(commands)))

    def hide(self) -> None:
        """To be called before the farm or the log goes away: the page shows nothing new of them."""
        self._farm = None
        self._stream.hide()

    def tell(self, scene: Scene | None) -> None:
        """Shows where a written scene stands; None takes it away. From any thread."""
        self._stream.tell(scene)

    def _make_app(self) -> ASGIApp:
        async def stream(_request: Request) -> Response:
            return await self._stream.answer()

        async def index(_request: Request) -> Response:
            return FileResponse(STATIC / "index.html")

        routes = [
            Route("/", guard(index), methods=["GET"]),
            Route("/page/events", guard(stream), methods=["GET"]),
            Route("/page/trouble", accept(TroubleRequest, self._make_trouble), methods=["POST"]),
            Mount("/page/static", StaticFiles(directory=STATIC)),
        ]
        return _add_headers(Starlette(routes=routes))

    async def _make_trouble(self, request: TroubleRequest) -> dict[str, Any]:
        """Refuses an unknown host or session: another window may have removed it."""
        if self._farm is None:
            raise SlackError("not_ready")
        try:
            await run_in_threadpool(_carry_out, self._farm, request)
        except KeyError as exc:
            raise SlackError("not_there", (f"{request.host} {request.session_id}",)) from exc
        except ValueError as exc:
            raise SlackError("invalid_trouble", (str(exc),)) from exc
        return {"ok": True}


def _carry_out(farm: WatchedFarm, request: TroubleRequest) -> None:
    match request.what:
        case "take_down":
            farm.take_down(request.host)
        case "bring_up":
            farm.bring_up(request.host)
        case "sign_out":
            farm.sign_out(request.host, request.session_id)
        case "return_to_work":
            farm.return_to_work(request.host, request.session_id)
        case "take_over":
            farm.take_over(request.host, request.session_id, request.user)
        case "behave":
            farm.set_behaviour(request.host, request.behaviour)
        case "restore":
            farm.restore()


def _add_headers(app: ASGIApp) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in HEADERS}
                kept = [(name, value) for name, value in message["headers"] if name.lower() not in names]
                message = {**message, "headers": [*kept, *HEADERS]}
            await send(message)

        await app(scope, receive, send_on)

    return answer
