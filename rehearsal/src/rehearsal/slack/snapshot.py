"""The workspace as one of its people sees it, as JSON for the page or a test."""

from dataclasses import asdict
from typing import Any

from rehearsal.slack.block_kit.elements import list_values
from rehearsal.slack.context import Context
from rehearsal.slack.journal import Call, Envelope
from rehearsal.slack.message import SLACKBOT, Message
from rehearsal.slack.search import list_buttons
from rehearsal.slack.serializers import file_json, person_json, view_json
from rehearsal.slack.store import Store
from rehearsal.slack.workspace_file import Channel, ChannelKind, Person

Json = dict[str, Any]


def state_json(context: Context, person: Person, after: int = 0, *, with_versions: bool = True) -> Json:
    """`change` is the number of the last change that is in it, so that a page knows which events are newer.

    With `after`, only the messages that changed after that one, and which were deleted since.
    """
    store = context.store
    with store.lock:
        home = context.views.home(person.id)
        return {
            "ok": True,
            "deleted": [list(key) for key in store.list_deleted(after)],
            "views": [view_json(view, store.settings) for view in context.views.stack(person.id)],
            "home": view_json(home, store.settings) if home else None,
            "change": store.changes,
            "me": person_json(person, store.settings),
            "people": [person_json(one, store.settings) for one in store.people.values()],
            "channels": [_channel_json(store, one, person) for one in store.list_channels(person)],
            "user_groups": [
                {"id": group.id, "handle": group.handle, "name": group.name, "members": list(group.members)}
                for group in store.settings.user_groups
            ],
            "commands": list(store.settings.app.commands),
            "shortcuts": [asdict(one) for one in store.settings.app.shortcuts],
            "messages": [
                _message_json(context, one, person, with_versions=with_versions)
                for one in store.list_visible(person, after)
            ],
        }


def journal_json(store: Store) -> Json:
    with store.lock:
        return {
            "ok": True,
            "calls": [_call_json(call) for call in store.calls],
            "envelopes": [_envelope_json(envelope) for envelope in store.envelopes.values()],
        }


def _channel_json(store: Store, channel: Channel, person: Person) -> Json:
    return {
        "id": channel.id,
        "name": _name(store, channel, person),
        "kind": channel.kind.value,
        "is_ext_shared": channel.is_ext_shared,
        "is_archived": channel.is_archived,
        "members": list(channel.members),
    }


def _name(store: Store, channel: Channel, person: Person) -> str:
    """Direct messages are named after the other one."""
    if channel.kind is not ChannelKind.DIRECT:
        return f"#{channel.name}"
    other = next(one for one in channel.members if one != person.id)
    return f"@{store.people[other].handle}"


def _message_json(context: Context, message: Message, person: Person, *, with_versions: bool) -> Json:
    store = context.store
    kept = context.kept.get((person.id, message.channel, message.ts), {})
    author = store.people.get(message.author)
    return {
        "ts": message.ts,
        "channel": message.channel,
        "channel_name": _name(store, store.channels[message.channel], person),
        "author": message.author,
        "author_name": author.name if author else "Slackbot" if message.author == SLACKBOT else message.author,
        "text": message.text,
        "blocks": list(message.blocks),
        "buttons": list_buttons(message),
        "thread_ts": message.thread_ts,
        "edited_at": message.edited_at.isoformat() if message.edited_at else None,
        "ephemeral": message.only_for is not None,
        "files": [file_json(file) for file in message.files],
        "values": list_values(message.blocks, kept),
        "version": len(message.versions) - 1,
        "versions": [
            {"text": one.text, "blocks": list(one.blocks), "drawn_at": one.drawn_at.isoformat()}
            for one in message.versions
        ]
        if with_versions
        else [],
    }


def _call_json(call: Call) -> Json:
    return {
        "method": call.method,
        "arguments": call.arguments,
        "ok": call.error is None,
        "error": call.error,
        "fault": call.fault,
        "called_at": call.called_at.isoformat(),
    }


def _envelope_json(envelope: Envelope) -> Json:
    after = envelope.acked_after
    return {
        "id": envelope.id,
        "kind": envelope.kind,
        "via": envelope.via,
        "trigger_id": envelope.trigger_id,
        "sent_at": envelope.sent_at.isoformat(),
        "acked_after": after.total_seconds() if after is not None else None,
        "late": envelope.late,
    }
