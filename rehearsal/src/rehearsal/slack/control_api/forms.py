"""The part of the control API with which people use elements, forms and the home tab, and write messages."""

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from starlette.routing import Route

from rehearsal.slack.context import Context
from rehearsal.slack.control_api.requests import ControlRequest, accept, find_person, result_json
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import Message
from rehearsal.slack.user_actions.forms import (
    Use,
    close,
    open_home,
    operate_in_message,
    operate_in_view,
    say,
    submit,
    tell_of,
)
from rehearsal.slack.user_actions.menus import Typed, suggest, use_shortcut
from rehearsal.slack.views import View

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class SayRequest(ControlRequest):
    user: str
    text: str
    channel: str | None = None
    thread_ts: str | None = None


class OperateRequest(ControlRequest):
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


class SubmitRequest(ControlRequest):
    """`values` fills fields in first, by action id."""

    user: str
    view_id: str | None = None
    values: dict[str, Any] = Field(default_factory=dict)


class CloseRequest(ControlRequest):
    user: str
    view_id: str | None = None
    everything: bool = False


class HomeRequest(ControlRequest):
    user: str
    tab: Literal["home", "messages"] = "home"


class SuggestRequest(ControlRequest):
    """What was typed into a menu of a message, of the named view, or else of the form on top."""

    user: str
    action_id: str
    channel: str | None = None
    message_ts: str | None = None
    version: int = -1
    view_id: str | None = None
    block_id: str | None = None
    value: str = ""


class ShortcutRequest(ControlRequest):
    user: str
    callback_id: str
    deliveries: int = Field(default=1, ge=1, le=5)


async def _say(context: Context, request: SayRequest) -> dict[str, Any]:
    person = find_person(context, request.user)
    message = say(context, person, request.channel, request.text, request.thread_ts)
    await tell_of(context, message)
    return {"ok": True, "channel": message.channel, "ts": message.ts}


async def _operate(context: Context, request: OperateRequest) -> dict[str, Any]:
    person = find_person(context, request.user)
    use = Use(block_id=request.block_id, action_id=request.action_id, value=request.value)
    if request.message_ts is not None:
        message = _find_message(context, request)
        return result_json(await operate_in_message(context, person, message, request.version, use))
    return result_json(await operate_in_view(context, person, _find_view(context, person.id, request.view_id), use))


async def _submit(context: Context, request: SubmitRequest) -> dict[str, Any]:
    person = find_person(context, request.user)
    view = _find_view(context, person.id, request.view_id)
    for action_id, value in request.values.items():
        await operate_in_view(context, person, view, Use(action_id=action_id, value=value))
    result, errors = await submit(context, person, context.views.find(view.id))
    return {**result_json(result), "ok": result.error is None and not errors, "errors": errors}


async def _close(context: Context, request: CloseRequest) -> dict[str, Any]:
    person = find_person(context, request.user)
    view = _find_view(context, person.id, request.view_id)
    return result_json(await close(context, person, view, everything=request.everything))


async def _open_home(context: Context, request: HomeRequest) -> dict[str, Any]:
    return result_json(await open_home(context, find_person(context, request.user), request.tab))


async def _suggest(context: Context, request: SuggestRequest) -> dict[str, Any]:
    person = find_person(context, request.user)
    typed = Typed(action_id=request.action_id, block_id=request.block_id, text=request.value)
    in_message = request.message_ts is not None
    place = _find_message(context, request) if in_message else _find_view(context, person.id, request.view_id)
    result, options = await suggest(context, person, place, typed, request.version)
    return {**result_json(result), "options": options}


async def _shortcut(context: Context, request: ShortcutRequest) -> dict[str, Any]:
    person = find_person(context, request.user)
    return result_json(await use_shortcut(context, person, request.callback_id, request.deliveries))


def make_form_routes(context: Context) -> list[Route]:
    acts: list[tuple[str, type[ControlRequest], Callable[[Context, Any], Awaitable[dict[str, Any]]]]] = [
        ("/say", SayRequest, _say),
        ("/operate", OperateRequest, _operate),
        ("/submit", SubmitRequest, _submit),
        ("/close", CloseRequest, _close),
        ("/home", HomeRequest, _open_home),
        ("/suggest", SuggestRequest, _suggest),
        ("/shortcut", ShortcutRequest, _shortcut),
    ]
    return [Route(path, accept(kind, partial(act, context)), methods=["POST"]) for path, kind, act in acts]


def _find_message(context: Context, request: OperateRequest | SuggestRequest) -> Message:
    channel = context.store.find_channel(request.channel or "")
    message = context.store.find_message(channel.id, request.message_ts or "") if channel else None
    if message is None:
        raise SlackError("message_not_found")
    return message


def _find_view(context: Context, person: str, view_id: str | None) -> View:
    """The named view, which may be the home tab; else the modal on top. The view of another person is refused."""
    stack = context.views.stack(person)
    view = context.views.find(view_id) if view_id else (stack[-1] if stack else None)
    if view is None or view.owner != person:
        raise SlackError("no_such_view")
    return view
