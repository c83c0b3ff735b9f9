"""The control API under /rehearsal/: how a page or a test acts as any of the workspace's people."""

from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rehearsal.slack.context import Context
from rehearsal.slack.control_api.forms import make_form_routes
from rehearsal.slack.control_api.requests import ControlRequest, accept, find_person, guard, result_json
from rehearsal.slack.errors import SlackError
from rehearsal.slack.faults import Fault, FaultKind
from rehearsal.slack.search import Wanted
from rehearsal.slack.snapshot import journal_json, state_json
from rehearsal.slack.stream import Stream
from rehearsal.slack.user_actions.commands import press_button, run_command, send_event


class CommandRequest(ControlRequest):
    user: str
    text: str
    channel: str | None = None
    deliveries: int = Field(default=1, ge=1, le=5)


class PressRequest(ControlRequest):
    user: str
    text: str
    message_ts: str | None = None
    channel: str | None = None
    version: int | None = None
    stale_value: str | None = None
    deliveries: int = Field(default=1, ge=1, le=5)


class EventRequest(ControlRequest):
    event: dict[str, Any]
    deliveries: int = Field(default=1, ge=1, le=5)


class FaultRequest(ControlRequest):
    method: str
    kind: FaultKind
    times: int = Field(default=1, ge=1)
    error: str = "internal_error"
    wait_seconds: float = Field(default=1.0, ge=0)


class DisconnectRequest(ControlRequest):
    """`cut` drops the connection without Slack's farewell."""

    reason: str = "refresh_requested"
    socket: str | None = None


async def _command(context: Context, request: CommandRequest) -> dict[str, Any]:
    person = find_person(context, request.user)
    return result_json(await run_command(context, person, request.text, request.channel, request.deliveries))


async def _press(context: Context, request: PressRequest) -> dict[str, Any]:
    person = find_person(context, request.user)
    wanted = Wanted(**request.model_dump(exclude={"user", "deliveries"}))
    press = await press_button(context, person, wanted, request.deliveries)
    button = press.found.button
    return result_json(press.result) | {
        "message_ts": press.found.message.ts,
        "channel": press.found.message.channel,
        "button": {"text": button.text, "value": button.value, "action_id": button.action_id},
        "confirmed": button.confirm,
    }


async def _event(context: Context, request: EventRequest) -> dict[str, Any]:
    return result_json(await send_event(context, request.event, request.deliveries))


async def _plan_fault(context: Context, request: FaultRequest) -> dict[str, Any]:
    fields = request.model_dump(exclude={"wait_seconds"})
    context.faults.plan(Fault(**fields, wait=timedelta(seconds=request.wait_seconds)))
    return {"ok": True}


async def _disconnect(context: Context, request: DisconnectRequest) -> dict[str, Any]:
    return {"ok": True, "sockets": await context.socket_mode.disconnect(request.reason, request.socket)}


def make_routes(context: Context, stream: Stream) -> list[Route]:
    async def show_state(request: Request) -> Response:
        """`after=NUMBER`: only the messages that changed after that change; `versions=no`: without their past."""
        wanted = request.query_params
        after = wanted.get("after", "0")
        if not after.isdecimal():
            raise SlackError("invalid_arguments", ("after is a number",))
        person = find_person(context, wanted.get("as", ""))
        return JSONResponse(state_json(context, person, int(after), with_versions=wanted.get("versions") != "no"))

    async def show_calls(_request: Request) -> Response:
        return JSONResponse(journal_json(context.store))

    async def show_faults(_request: Request) -> Response:
        planned = [asdict(fault) | {"wait": fault.wait.total_seconds()} for fault in context.faults.list_planned()]
        return JSONResponse({"ok": True, "faults": planned})

    async def clear_faults(_request: Request) -> Response:
        context.faults.clear()
        return JSONResponse({"ok": True})

    async def show_events(_request: Request) -> Response:
        return stream.answer()

    return [
        Route("/state", guard(show_state), methods=["GET"]),
        Route("/calls", guard(show_calls), methods=["GET"]),
        Route("/events", guard(show_events), methods=["GET"]),
        Route("/faults", guard(show_faults), methods=["GET"]),
        Route("/faults", guard(clear_faults), methods=["DELETE"]),
        Route("/faults", accept(FaultRequest, partial(_plan_fault, context)), methods=["POST"]),
        Route("/command", accept(CommandRequest, partial(_command, context)), methods=["POST"]),
        Route("/press", accept(PressRequest, partial(_press, context)), methods=["POST"]),
        Route("/event", accept(EventRequest, partial(_event, context)), methods=["POST"]),
        *make_form_routes(context),
        Route("/disconnect", accept(DisconnectRequest, partial(_disconnect, context)), methods=["POST"]),
    ]
