"""How an order reaches the control API: JSON, read strictly, from pages of this machine only."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rehearsal.slack.context import Site
from rehearsal.slack.delivery import Receipt
from rehearsal.slack.errors import SlackError
from rehearsal.slack.workspace_file import Person

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
Endpoint = Callable[[Request], Awaitable[Response]]


class Order(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


def take_order(kind: type[Order], act: Callable[[Any], Awaitable[dict[str, Any]]]) -> Endpoint:
    """Reads the order, carries it out, answers. JSON only: a form of a foreign page cannot send it unasked."""

    async def answer(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return JSONResponse({"ok": False, "error": "json_only"}, 415)
        try:
            order = kind.model_validate_json(await request.body())
        except ValidationError as exc:
            return JSONResponse({"ok": False, "error": "invalid_order", "messages": [str(exc)]}, 400)
        return JSONResponse(await act(order))

    return guard(answer)


def guard(endpoint: Endpoint) -> Endpoint:
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


def find_person(site: Site, name: str) -> Person:
    """Somebody who can be acted as; SlackError("user_not_found") names them all."""
    person = site.store.find_person(name)
    if person is None or person.is_bot:
        raise SlackError("user_not_found", people=[one.handle for one in site.store.cast.people if not one.is_bot])
    return person


def draw_receipt(receipt: Receipt) -> dict[str, Any]:
    after = receipt.acked_after
    return {
        "ok": receipt.error is None,
        "error": receipt.error,
        "acked_after": after.total_seconds() if after is not None else None,
        "reply": receipt.reply,
    }
