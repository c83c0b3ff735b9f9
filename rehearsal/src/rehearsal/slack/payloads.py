"""The payloads that Slack sends to an app when a person does something."""

import html
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from rehearsal.slack.clock import EPOCH, to_seconds
from rehearsal.slack.context import Context
from rehearsal.slack.message import Message
from rehearsal.slack.serializers import Json, message_json, view_json
from rehearsal.slack.views import View
from rehearsal.slack.workspace_file import Channel, ChannelKind, Person

HIDDEN_NAMES: Final = {ChannelKind.DIRECT: "directmessage", ChannelKind.PRIVATE: "privategroup"}


def command_payload(context: Context, person: Person, channel: Channel, command: str, text: str) -> Json:
    """A slash command of an app without `should_escape`: the text as typed, with `&`, `<` and `>` as entities."""
    settings = context.store.settings
    team = settings.typed_in(person)
    return {
        "token": context.verification_token,
        "team_id": team.id,
        "team_domain": team.domain,
        **_enterprise_fields(context),
        "channel_id": channel.id,
        "channel_name": HIDDEN_NAMES.get(channel.kind, channel.name),
        "user_id": person.id,
        "user_name": person.handle,
        "command": command,
        "text": html.escape(text, quote=False),
        "api_app_id": settings.app.id,
        "is_enterprise_install": "false",
        "response_url": _make_url(context, "commands", context.response_urls.issue(person.id, channel.id)),
        "trigger_id": context.trigger_ids.issue(person.id),
    }


def press_payload(  # noqa: PLR0913 -- the person, the message, the action
    context: Context, person: Person, message: Message, version: int, *, action: Json, values: Json
) -> Json:
    """`block_actions`, with the version of the message whose button was pressed. An ephemeral message is left out."""
    url = context.response_urls.issue(person.id, message.channel, message.ts)
    return {
        "type": "block_actions",
        **_common_fields(context, person),
        **_message_fields(context, message, version),
        "trigger_id": context.trigger_ids.issue(person.id),
        "state": {"values": values},
        "response_url": _make_url(context, "actions", url),
        "actions": [action],
    }


def _message_fields(context: Context, message: Message, version: int) -> Json:
    """Where the element stands that was used. An ephemeral message is named and not shown."""
    settings, channel = context.store.settings, context.store.channels[message.channel]
    is_ephemeral = message.only_for is not None
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": is_ephemeral,
        **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
    }
    return {
        "container": container,
        "channel": {"id": channel.id, "name": HIDDEN_NAMES.get(channel.kind, channel.name)},
        **({} if is_ephemeral else {"message": message_json(message, settings, version)}),
    }


def event_payload(context: Context, event: dict[str, Any]) -> Json:
    settings = context.store.settings
    return {
        "token": context.verification_token,
        "team_id": settings.team.id,
        "api_app_id": settings.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{uuid4().hex[:10].upper()}",
        "event_time": to_seconds(context.store.clock.now()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": settings.team.id,
                "user_id": settings.bot.id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def view_press_payload(context: Context, person: Person, view: View, action: Json) -> Json:
    """`block_actions` of a modal or a home tab: with the view, without a message and without a response URL."""
    shown = view_json(view, context.store.settings)
    return {
        "type": "block_actions",
        **_common_fields(context, person),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": context.trigger_ids.issue(person.id),
        "view": shown,
        "state": shown["state"],
        "actions": [action],
    }


def suggestion_payload(context: Context, person: Person, place: View | Message, version: int, typed: Json) -> Json:
    """`block_suggestion`: what was typed into a menu. It has no trigger id and no response URL: it opens nothing."""
    if isinstance(place, View):
        where = {
            "container": {"type": "view", "view_id": place.id},
            "view": view_json(place, context.store.settings),
        }
    else:
        where = _message_fields(context, place, version)
    return {"type": "block_suggestion", **_common_fields(context, person), **where, **typed}


def shortcut_payload(context: Context, person: Person, callback_id: str) -> Json:
    """`shortcut`: a global one, which names no channel and has no response URL."""
    seconds = (context.store.clock.now() - EPOCH).total_seconds()
    return {
        "type": "shortcut",
        **_common_fields(context, person),
        "action_ts": f"{seconds:.6f}",
        "callback_id": callback_id,
        "trigger_id": context.trigger_ids.issue(person.id),
    }


def submission_payload(context: Context, person: Person, view: View) -> Json:
    return {
        "type": "view_submission",
        **_common_fields(context, person),
        "trigger_id": context.trigger_ids.issue(person.id),
        "view": view_json(view, context.store.settings),
        "response_urls": [],
    }


def closed_payload(context: Context, person: Person, view: View, *, is_cleared: bool) -> Json:
    return {
        "type": "view_closed",
        **_common_fields(context, person),
        "view": view_json(view, context.store.settings),
        "is_cleared": is_cleared,
    }


def make_action(context: Context, block: Mapping[str, Any], element: Mapping[str, Any], held: Json) -> Json:
    """Ids, text and value of the element, the chosen value, and the time. The confirm dialog is left out."""
    hidden = {"confirm", "url"} | ({"options", "option_groups", "initial_value"} if held else set())
    kept = {name: value for name, value in element.items() if name not in hidden}
    seconds = (context.store.clock.now() - EPOCH).total_seconds()
    return {**kept, **held, "block_id": block["block_id"], "action_ts": f"{seconds:.6f}"}


def _common_fields(context: Context, person: Person) -> Json:
    settings = context.store.settings
    return {
        "user": _user_fields(context, person),
        "api_app_id": settings.app.id,
        "token": context.verification_token,
        "team": {"id": settings.team.id, "domain": settings.team.domain},
        "enterprise": settings.enterprise and {"id": settings.enterprise.id, "name": settings.enterprise.name},
        "is_enterprise_install": False,
    }


def _enterprise_fields(context: Context) -> Json:
    enterprise = context.store.settings.enterprise
    return {"enterprise_id": enterprise.id, "enterprise_name": enterprise.name} if enterprise else {}


def _user_fields(context: Context, person: Person) -> Json:
    return {
        "id": person.id,
        "username": person.handle,
        "name": person.handle,
        "team_id": context.store.settings.team_of(person).id,
    }


def _make_url(context: Context, kind: str, name: str) -> str:
    return f"{context.url}/{kind}/{context.store.settings.team.id}/{name}"
