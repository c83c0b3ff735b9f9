"""A request to the control API: JSON, read strictly, from pages of this machine only."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rehearsal.slack.context import Context
from rehearsal.slack.delivery import DeliveryResult
from rehearsal.slack.errors import SlackError
from rehearsal.slack.workspace_file import Person

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
Endpoint = Callable[[Request], Awaitable[Response]]


class ControlRequest(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


def accept(kind: type[ControlRequest], act: Callable[[Any], Awaitable[dict[str, Any]]]) -> Endpoint:
    """Reads the request, carries it out, answers. JSON only, because a form of a foreign page cannot send JSON."""

    async def answer(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return JSONResponse({"ok": False, "error": "json_only"}, 415)
        try:
            wanted = kind.model_validate_json(await request.body())
        except ValidationError as exc:
            return JSONResponse({"ok": False, "error": "invalid_request", "messages": [str(exc)]}, 400)
        return JSONResponse(await act(wanted))

    return guard(answer)


def guard(endpoint: Endpoint) -> Endpoint:
    """Refuses pages of other origins, and answers a SlackError as JSON."""

    async def answer(request: Request) -> Response:
        origin = request.headers.get("origin")
        if origin is not None and _host_in(origin) not in {"127.0.0.1", "localhost", "::1"}:
            return JSONResponse({"ok": False, "error": "foreign_origin"}, 403)
        try:
            return await endpoint(request)
        except SlackError as exc:
            return JSONResponse(exc.to_json(), 400)

    return answer


def _host_in(origin: str) -> str:
    """Return the host of an origin; empty when it is no address, as `null` and half an IPv6 address are none."""
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def find_person(context: Context, name: str) -> Person:
    """A person to act as. Raises SlackError("user_not_found"), which lists the handles of all of them."""
    person = context.store.find_person(name)
    if person is None or person.is_bot:
        raise SlackError(
            "user_not_found", people=[one.handle for one in context.store.settings.people if not one.is_bot]
        )
    return person


def result_json(result: DeliveryResult) -> dict[str, Any]:
    after = result.acked_after
    return {
        "ok": result.error is None,
        "error": result.error,
        "acked_after": after.total_seconds() if after is not None else None,
        "reply": result.reply,
    }
