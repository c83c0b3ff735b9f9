"""People use elements and forms: they choose, fill in, submit and close. And they write ordinary messages."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.slack.block_kit.blocks import Block
from rehearsal.slack.block_kit.elements import FIELDS, find_element, hold, list_values, say_what_is_missing
from rehearsal.slack.context import Context
from rehearsal.slack.delivery import Delivery, DeliveryResult
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import Message
from rehearsal.slack.methods.views import check_body
from rehearsal.slack.payloads import closed_payload, make_action, press_payload, submission_payload, view_press_payload
from rehearsal.slack.serializers import message_json
from rehearsal.slack.user_actions.commands import deliver, expect_active, find_place, send_event
from rehearsal.slack.user_actions.menus import blocks_for, with_suggested
from rehearsal.slack.views import View
from rehearsal.slack.workspace_file import ChannelKind, Person

Json = dict[str, Any]
_HANDLE = re.compile(r"(?<!\S)@([a-z0-9._-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The element and its new value. Without a block id: the first element of that action id."""

    action_id: str
    block_id: str | None = None
    value: Any = None


def say(context: Context, person: Person, place: str | None, text: str, thread_ts: str | None) -> Message:
    """Posts an ordinary message; `@handle` becomes a mention. Raises SlackError for an empty text."""
    channel = find_place(context, person, place)
    if not text.strip():
        raise SlackError("no_text")
    if thread_ts is not None and context.store.find_message(channel.id, thread_ts) is None:
        raise SlackError("thread_not_found")
    ids = {one.handle: one.id for one in context.store.settings.people}
    written = _HANDLE.sub(lambda it: f"<@{ids[it[1]]}>" if it[1] in ids else it[0], html.escape(text, quote=False))
    return context.store.post(channel.id, person.id, written, [], thread_ts=thread_ts)


async def tell_of(context: Context, message: Message) -> None:
    """Tells the app of a message to it: `message` in direct messages, `app_mention` where it is named and a member."""
    settings = context.store.settings
    channel = context.store.channels[message.channel]
    scopes = settings.app.scopes
    kind = None
    if channel.kind is ChannelKind.DIRECT and "im:history" in scopes:
        kind = {"type": "message", "channel_type": "im"}
    elif f"<@{settings.bot.id}>" in message.versions[-1].text and settings.bot.id in channel.members:
        kind = {"type": "app_mention"} if "app_mentions:read" in scopes else None
    if kind is not None:
        event = {**message_json(message, settings), **kind, "channel": channel.id, "event_ts": message.ts}
        await send_event(context, event, 1)


async def operate_in_message(
    context: Context, person: Person, message: Message, version: int, use: Use
) -> DeliveryResult:
    """Uses an element of one version of the message. Input fields send nothing to the app."""
    expect_active(person)
    blocks = blocks_for(context, person, message, version)
    block, element = find_element(blocks, use.block_id, use.action_id)
    kept = context.kept.setdefault((person.id, message.channel, message.ts), {})
    held = _hold(kept, block, with_suggested(context, message, block["block_id"], element), use.value)
    if not _tells(block):
        return DeliveryResult()
    action = make_action(context, block, element, held)
    payload = press_payload(context, person, message, version, action=action, values=list_values(blocks, kept))
    return await _send(context, payload)


async def operate_in_view(context: Context, person: Person, view: View, use: Use) -> DeliveryResult:
    expect_active(person)
    block, element = find_element(view.body["blocks"], use.block_id, use.action_id)
    held = _hold({}, block, with_suggested(context, view, block["block_id"], element), use.value)
    if element["type"] in FIELDS and element["type"] != "overflow":
        view = context.views.keep(view, block["block_id"], use.action_id, held)
    if not _tells(block):
        return DeliveryResult()
    return await _send(context, view_press_payload(context, person, view, make_action(context, block, element, held)))


async def submit(context: Context, person: Person, view: View) -> tuple[DeliveryResult, Json]:
    """Submits the form. The errors by block id come from Slack's client or from the app.

    Without an answer in time the form stays open.
    """
    expect_active(person)
    errors = _find_missing(view)
    if errors:
        return DeliveryResult(error="invalid_fields"), errors

    def on_ack(body: Any) -> str:
        errors.update(_follow(context, person, view, body))
        return ""

    payload = submission_payload(context, person, view)
    result = await deliver(
        context, Delivery(kind="interactive", payload=payload, url=_url(context), times=1, on_ack=on_ack)
    )
    return result, errors


async def close(context: Context, person: Person, view: View, *, everything: bool) -> DeliveryResult:
    """Closes a form, or all of the stack; tells the app of those that asked to know."""
    result = DeliveryResult()
    for closed in context.views.close(view, everything=everything):
        if closed.body.get("notify_on_close"):
            result = await _send(context, closed_payload(context, person, closed, is_cleared=everything))
    return result


async def open_home(context: Context, person: Person, tab: str) -> DeliveryResult:
    """Opens the app's home or its messages, and tells the app."""
    expect_active(person)
    channel = context.store.open_direct(person)
    home = context.views.home(person.id)
    event = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": channel.id,
        "tab": tab,
        "event_ts": f"{context.store.clock.now().timestamp():.6f}",
        **({"view": {"id": home.id, "hash": home.hash, "type": "home"}} if home and tab == "home" else {}),
    }
    return await send_event(context, event, 1)


def _hold(kept: Json, block: Block, element: Mapping[str, Any], value: Any) -> Json:
    if element["type"] == "button":
        return {}
    held = hold(element, value)
    if element["type"] != "overflow":
        kept.setdefault(block["block_id"], {})[element["action_id"]] = held
    return held


def _tells(block: Block) -> bool:
    """An input block is quiet until the form is sent off, unless it asked to speak."""
    return block["type"] != "input" or bool(block.get("dispatch_action"))


def _find_missing(view: View) -> Json:
    values = view.values
    faults = {
        block["block_id"]: say_what_is_missing(block, values[block["block_id"]][block["element"]["action_id"]])
        for block in view.body["blocks"]
        if block["type"] == "input"
    }
    return {block_id: words for block_id, words in faults.items() if words}


def _follow(context: Context, person: Person, view: View, body: Any) -> Json:
    """Does what the ack of a form asks for, and returns the errors of its fields.

    Raises SlackError("invalid_view_response") for an answer that Slack could not follow.
    """
    if not body:
        context.views.close(view)
        return {}
    wrong: tuple[str, ...] = ()
    try:
        match body:
            case {"response_action": "errors", "errors": dict() as errors} if errors:
                return _check_errors(view, errors)
            case {"response_action": "update", "view": new}:
                context.views.update(view, check_body(new, "modal"))
            case {"response_action": "push", "view": new}:
                context.views.push(person.id, check_body(new, "modal"))
            case {"response_action": "clear"}:
                context.views.close(view, everything=True)
            case _:
                wrong = ("unknown_response_action",)
    except SlackError as exc:
        wrong = (exc.error, *exc.messages)
    if wrong:
        raise SlackError("invalid_view_response", wrong)
    return {}


def _check_errors(view: View, errors: Json) -> Json:
    """Slack shows errors under input blocks only."""
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    if not set(errors) <= inputs:
        raise SlackError("unknown_block_in_errors", tuple(sorted(set(errors) - inputs)))
    return errors


async def _send(context: Context, payload: Json) -> DeliveryResult:
    return await deliver(context, Delivery(kind="interactive", payload=payload, url=_url(context), times=1))


def _url(context: Context) -> str | None:
    return context.store.settings.app.interactivity_url
