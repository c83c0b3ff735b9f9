"""The control API under /rehearsal/: how a page or a test acts as any of the workspace's people."""

from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rehearsal.slack.context import Site
from rehearsal.slack.control_api.forms import make_desk_routes
from rehearsal.slack.control_api.requests import Order, draw_receipt, find_person, guard, take_order
from rehearsal.slack.errors import SlackError
from rehearsal.slack.faults import Fault, FaultKind
from rehearsal.slack.search import Wanted
from rehearsal.slack.snapshot import draw_journal, draw_state
from rehearsal.slack.stream import Stream
from rehearsal.slack.user_actions.commands import press_button, run_command, send_event


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
    person = find_person(site, order.user)
    return draw_receipt(await run_command(site, person, order.text, order.channel, order.deliveries))


async def _press(site: Site, order: PressOrder) -> dict[str, Any]:
    person = find_person(site, order.user)
    wanted = Wanted(**order.model_dump(exclude={"user", "deliveries"}))
    press = await press_button(site, person, wanted, order.deliveries)
    button = press.found.button
    return draw_receipt(press.receipt) | {
        "message_ts": press.found.message.ts,
        "channel": press.found.message.channel,
        "button": {"text": button.text, "value": button.value, "action_id": button.action_id},
        "confirmed": button.confirm,
    }


async def _event(site: Site, order: EventOrder) -> dict[str, Any]:
    return draw_receipt(await send_event(site, order.event, order.deliveries))


async def _plan_fault(site: Site, order: FaultOrder) -> dict[str, Any]:
    fields = order.model_dump(exclude={"wait_seconds"})
    site.faults.plan(Fault(**fields, wait=timedelta(seconds=order.wait_seconds)))
    return {"ok": True}


async def _disconnect(site: Site, order: DisconnectOrder) -> dict[str, Any]:
    return {"ok": True, "sockets": await site.sockets.disconnect(order.reason, order.socket)}


def make_routes(site: Site, stream: Stream) -> list[Route]:
    async def show_state(request: Request) -> Response:
        """`after=NUMBER`: only the messages that changed after that change; `versions=no`: without their past."""
        wanted = request.query_params
        after = wanted.get("after", "0")
        if not after.isdecimal():
            raise SlackError("invalid_arguments", ("after is a number",))
        person = find_person(site, wanted.get("as", ""))
        return JSONResponse(draw_state(site, person, int(after), with_versions=wanted.get("versions") != "no"))

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
        Route("/state", guard(show_state), methods=["GET"]),
        Route("/calls", guard(show_calls), methods=["GET"]),
        Route("/events", guard(show_events), methods=["GET"]),
        Route("/faults", guard(show_faults), methods=["GET"]),
        Route("/faults", guard(clear_faults), methods=["DELETE"]),
        Route("/faults", take_order(FaultOrder, partial(_plan_fault, site)), methods=["POST"]),
        Route("/command", take_order(CommandOrder, partial(_command, site)), methods=["POST"]),
        Route("/press", take_order(PressOrder, partial(_press, site)), methods=["POST"]),
        Route("/event", take_order(EventOrder, partial(_event, site)), methods=["POST"]),
        *make_desk_routes(site),
        Route("/disconnect", take_order(DisconnectOrder, partial(_disconnect, site)), methods=["POST"]),
    ]
