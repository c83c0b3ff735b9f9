"""What Slack tells an app when a person does something."""

import html
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from rehearsal.slack.clock import EPOCH, to_seconds
from rehearsal.slack.context import Site
from rehearsal.slack.message import Message
from rehearsal.slack.serializers import Json, draw_message, draw_view
from rehearsal.slack.views import View
from rehearsal.slack.workspace_file import Channel, ChannelKind, Person

HIDDEN_NAMES: Final = {ChannelKind.DIRECT: "directmessage", ChannelKind.PRIVATE: "privategroup"}


def draw_command(site: Site, person: Person, channel: Channel, command: str, text: str) -> Json:
    """A slash command of an app without `should_escape`: the text as typed, with `&`, `<` and `>` as entities."""
    team = site.store.cast.team_of(person)
    return {
        "token": site.verification_token,
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": channel.id,
        "channel_name": HIDDEN_NAMES.get(channel.kind, channel.name),
        "user_id": person.id,
        "user_name": person.handle,
        "command": command,
        "text": html.escape(text, quote=False),
        "api_app_id": site.store.cast.app.id,
        "is_enterprise_install": "false",
        "response_url": _make_url(site, "commands", site.grants.make_response(person.id, channel.id)),
        "trigger_id": site.grants.make_trigger(person.id),
    }


def draw_press(  # noqa: PLR0913 -- who, on what, doing what
    site: Site, person: Person, message: Message, version: int, *, action: Json, values: Json
) -> Json:
    """`block_actions`, with the message as it was drawn when the button was pressed; without an ephemeral one."""
    cast, channel = site.store.cast, site.store.channels[message.channel]
    is_ephemeral = message.only_for is not None
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": is_ephemeral,
        **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
    }
    return {
        "type": "block_actions",
        **_draw_head(site, person),
        "container": container,
        "trigger_id": site.grants.make_trigger(person.id),
        "channel": {"id": channel.id, "name": HIDDEN_NAMES.get(channel.kind, channel.name)},
        **({} if is_ephemeral else {"message": draw_message(message, cast, version)}),
        "state": {"values": values},
        "response_url": _make_url(site, "actions", site.grants.make_response(person.id, channel.id, message.ts)),
        "actions": [action],
    }


def draw_event(site: Site, event: dict[str, Any]) -> Json:
    cast = site.store.cast
    return {
        "token": site.verification_token,
        "team_id": cast.team.id,
        "api_app_id": cast.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{uuid4().hex[:10].upper()}",
        "event_time": to_seconds(site.store.clock.now()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": cast.team.id,
                "user_id": cast.bot.id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def draw_view_press(site: Site, person: Person, view: View, action: Json) -> Json:
    """`block_actions` of a modal or a home tab: with the view, without a message and without a response URL."""
    drawn = draw_view(view, site.store.cast)
    return {
        "type": "block_actions",
        **_draw_head(site, person),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": site.grants.make_trigger(person.id),
        "view": drawn,
        "state": drawn["state"],
        "actions": [action],
    }


def draw_submission(site: Site, person: Person, view: View) -> Json:
    return {
        "type": "view_submission",
        **_draw_head(site, person),
        "trigger_id": site.grants.make_trigger(person.id),
        "view": draw_view(view, site.store.cast),
        "response_urls": [],
    }


def draw_closed(site: Site, person: Person, view: View, *, is_cleared: bool) -> Json:
    return {
        "type": "view_closed",
        **_draw_head(site, person),
        "view": draw_view(view, site.store.cast),
        "is_cleared": is_cleared,
    }


def make_action(site: Site, block: Mapping[str, Any], element: Mapping[str, Any], held: Json) -> Json:
    """Ids, text and value as they were drawn, what was chosen, and the moment. The confirm dialogue does not travel."""
    hidden = {"confirm", "url"} | ({"options", "option_groups", "initial_value"} if held else set())
    kept = {name: value for name, value in element.items() if name not in hidden}
    seconds = (site.store.clock.now() - EPOCH).total_seconds()
    return {**kept, **held, "block_id": block["block_id"], "action_ts": f"{seconds:.6f}"}


def _draw_head(site: Site, person: Person) -> Json:
    cast = site.store.cast
    return {
        "user": _draw_user(site, person),
        "api_app_id": cast.app.id,
        "token": site.verification_token,
        "team": {"id": cast.team.id, "domain": cast.team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _draw_user(site: Site, person: Person) -> Json:
    return {
        "id": person.id,
        "username": person.handle,
        "name": person.handle,
        "team_id": site.store.cast.team_of(person).id,
    }


def _make_url(site: Site, kind: str, name: str) -> str:
    return f"{site.url}/{kind}/{site.store.cast.team.id}/{name}"
