"""The part of the control API with which people use elements, forms, the home tab, and simply say something."""

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from starlette.routing import Route

from rehearsal.slack.context import Site
from rehearsal.slack.control_api.requests import Order, draw_receipt, find_person, take_order
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import Message
from rehearsal.slack.user_actions.forms import Use, close, open_home, operate_in_message, operate_in_view, say, submit
from rehearsal.slack.views import View

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class SayOrder(Order):
    user: str
    text: str
    channel: str | None = None
    thread_ts: str | None = None


class OperateOrder(Order):
    """An element of a message (`channel`, `message_ts`, `version` by its place, the newest by default) or of a view.

    `value`: None for a button; an option's `value` or a list of them; an id or a list of them; text; `2026-11-22`;
    `14:05`; seconds since 1970 for a date and time.
    """

    user: str
    action_id: str
    block_id: str | None = None
    channel: str | None = None
    message_ts: str | None = None
    version: int = -1
    view_id: str | None = None
    value: Any = None


class SubmitOrder(Order):
    """`values` fills fields in first, by action id."""

    user: str
    view_id: str | None = None
    values: dict[str, Any] = Field(default_factory=dict)


class CloseOrder(Order):
    user: str
    view_id: str | None = None
    everything: bool = False


class HomeOrder(Order):
    user: str
    tab: Literal["home", "messages"] = "home"


async def _say(site: Site, order: SayOrder) -> dict[str, Any]:
    person = find_person(site, order.user)
    message = say(site, person, order.channel, order.text, order.thread_ts)
    return {"ok": True, "channel": message.channel, "ts": message.ts}


async def _operate(site: Site, order: OperateOrder) -> dict[str, Any]:
    person = find_person(site, order.user)
    use = Use(block_id=order.block_id, action_id=order.action_id, value=order.value)
    if order.message_ts is not None:
        message = _find_message(site, order)
        return draw_receipt(await operate_in_message(site, person, message, order.version, use))
    return draw_receipt(await operate_in_view(site, person, _find_view(site, person.id, order.view_id), use))


async def _submit(site: Site, order: SubmitOrder) -> dict[str, Any]:
    person = find_person(site, order.user)
    view = _find_view(site, person.id, order.view_id)
    for action_id, value in order.values.items():
        await operate_in_view(site, person, view, Use(action_id=action_id, value=value))
    receipt, errors = await submit(site, person, site.views.find(view.id))
    return {**draw_receipt(receipt), "ok": receipt.error is None and not errors, "errors": errors}


async def _close(site: Site, order: CloseOrder) -> dict[str, Any]:
    person = find_person(site, order.user)
    view = _find_view(site, person.id, order.view_id)
    return draw_receipt(await close(site, person, view, everything=order.everything))


async def _open_home(site: Site, order: HomeOrder) -> dict[str, Any]:
    return draw_receipt(await open_home(site, find_person(site, order.user), order.tab))


def make_desk_routes(site: Site) -> list[Route]:
    acts: list[tuple[str, type[Order], Callable[[Site, Any], Awaitable[dict[str, Any]]]]] = [
        ("/say", SayOrder, _say),
        ("/operate", OperateOrder, _operate),
        ("/submit", SubmitOrder, _submit),
        ("/close", CloseOrder, _close),
        ("/home", HomeOrder, _open_home),
    ]
    return [Route(path, take_order(kind, partial(act, site)), methods=["POST"]) for path, kind, act in acts]


def _find_message(site: Site, order: OperateOrder) -> Message:
    channel = site.store.find_channel(order.channel or "")
    message = site.store.find_message(channel.id, order.message_ts or "") if channel else None
    if message is None:
        raise SlackError("message_not_found")
    return message


def _find_view(site: Site, person: str, view_id: str | None) -> View:
    """The named one, the home tab too; else the modal on top. Nobody reaches into another's."""
    stack = site.views.stack(person)
    view = site.views.find(view_id) if view_id else (stack[-1] if stack else None)
    if view is None or view.owner != person:
        raise SlackError("no_such_view")
    return view
