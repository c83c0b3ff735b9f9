"""The control API under /rehearsal/: how a page or a test acts as any of the workspace's people."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rehearsal.slack.acting import press_button, run_command, send_event
from rehearsal.slack.cast import Person
from rehearsal.slack.errors import SlackError
from rehearsal.slack.faults import Fault, FaultKind
from rehearsal.slack.receipt import Receipt
from rehearsal.slack.search import Wanted
from rehearsal.slack.sight import draw_journal, draw_state
from rehearsal.slack.site import Site
from rehearsal.slack.stream import Stream

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
Act = Callable[[Site, Any], Awaitable[dict[str, Any]]]


class Order(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


class CommandOrder(Order):
    user: str
    text: str
    channel: str | None = None
    deliveries: int = Field(default=1, ge=1, le=5)


class PressOrder(Order):
    user: str
    text: str
    message_ts: str | None = None
    channel: str | None = None
    version: int | None = None
    stale_value: str | None = None
    deliveries: int = Field(default=1, ge=1, le=5)


class EventOrder(Order):
    event: dict[str, Any]
    deliveries: int = Field(default=1, ge=1, le=5)


class FaultOrder(Order):
    method: str
    kind: FaultKind
    times: int = Field(default=1, ge=1)
    error: str = "internal_error"
    wait_seconds: float = Field(default=1.0, ge=0)


class DisconnectOrder(Order):
    """`cut` drops the connection without Slack's farewell."""

    reason: str = "refresh_requested"
    socket: str | None = None


async def _command(site: Site, order: CommandOrder) -> dict[str, Any]:
    person = _find_person(site, order.user)
    return _draw_receipt(await run_command(site, person, order.text, order.channel, order.deliveries))


async def _press(site: Site, order: PressOrder) -> dict[str, Any]:
    person = _find_person(site, order.user)
    wanted = Wanted(**order.model_dump(exclude={"user", "deliveries"}))
    press = await press_button(site, person, wanted, order.deliveries)
    button = press.found.button
    return _draw_receipt(press.receipt) | {
        "message_ts": press.found.message.ts,
        "channel": press.found.message.channel,
        "button": {"text": button.text, "value": button.value, "action_id": button.action_id},
        "confirmed": button.confirm,
    }


async def _event(site: Site, order: EventOrder) -> dict[str, Any]:
    return _draw_receipt(await send_event(site, order.event, order.deliveries))


async def _plan_fault(site: Site, order: FaultOrder) -> dict[str, Any]:
    fields = order.model_dump(exclude={"wait_seconds"})
    site.faults.plan(Fault(**fields, wait=timedelta(seconds=order.wait_seconds)))
    return {"ok": True}


async def _disconnect(site: Site, order: DisconnectOrder) -> dict[str, Any]:
    return {"ok": True, "sockets": await site.sockets.disconnect(order.reason, order.socket)}


def make_routes(site: Site, stream: Stream) -> list[Route]:
    async def show_state(request: Request) -> Response:
        person = _find_person(site, request.query_params.get("as", ""))
        return JSONResponse(draw_state(site.store, person))

    async def show_calls(_request: Request) -> Response:
        return JSONResponse(draw_journal(site.store))

    async def show_faults(_request: Request) -> Response:
        planned = [asdict(fault) | {"wait": fault.wait.total_seconds()} for fault in site.faults.list_planned()]
        return JSONResponse({"ok": True, "faults": planned})

    async def clear_faults(_request: Request) -> Response:
        site.faults.clear()
        return JSONResponse({"ok": True})

    async def show_events(_request: Request) -> Response:
        return stream.answer()

    return [
        Route("/state", _guard(show_state), methods=["GET"]),
        Route("/calls", _guard(show_calls), methods=["GET"]),
        Route("/events", _guard(show_events), methods=["GET"]),
        Route("/faults", _guard(show_faults), methods=["GET"]),
        Route("/faults", _guard(clear_faults), methods=["DELETE"]),
        Route("/faults", _take(site, FaultOrder, _plan_fault), methods=["POST"]),
        Route("/command", _take(site, CommandOrder, _command), methods=["POST"]),
        Route("/press", _take(site, PressOrder, _press), methods=["POST"]),
        Route("/event", _take(site, EventOrder, _event), methods=["POST"]),
        Route("/disconnect", _take(site, DisconnectOrder, _disconnect), methods=["POST"]),
    ]


Endpoint = Callable[[Request], Awaitable[Response]]


def _take(site: Site, kind: type[Order], act: Act) -> Endpoint:
    """Reads the order, carries it out, answers. JSON only: a form of a foreign page cannot send it unasked."""

    async def answer(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return JSONResponse({"ok": False, "error": "json_only"}, 415)
        try:
            order = kind.model_validate_json(await request.body())
        except ValidationError as exc:
            return JSONResponse({"ok": False, "error": "invalid_order", "messages": [str(exc)]}, 400)
        return JSONResponse(await act(site, order))

    return _guard(answer)


def _guard(endpoint: Endpoint) -> Endpoint:
    """Refuses pages from elsewhere, and turns a refusal into its JSON."""

    async def answer(request: Request) -> Response:
        origin = request.headers.get("origin")
        if origin is not None and f"{urlsplit(origin).hostname}" not in {"127.0.0.1", "localhost", "::1"}:
            return JSONResponse({"ok": False, "error": "foreign_origin"}, 403)
        try:
            return await endpoint(request)
        except SlackError as exc:
            return JSONResponse(exc.to_json(), 400)

    return answer


def _find_person(site: Site, name: str) -> Person:
    person = site.store.find_person(name)
    if person is None or person.is_bot:
        raise SlackError("user_not_found", people=[one.handle for one in site.store.cast.people if not one.is_bot])
    return person


def _draw_receipt(receipt: Receipt) -> dict[str, Any]:
    after = receipt.acked_after
    return {
        "ok": receipt.error is None,
        "error": receipt.error,
        "acked_after": after.total_seconds() if after is not None else None,
        "reply": receipt.reply,
    }
