"""Messages: posting, changing, deleting, linking."""

from collections.abc import Callable
from typing import Final

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.content import read_content
from rehearsal.slack.context import Context, Method
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import Message
from rehearsal.slack.methods.places import find_known, find_shown, find_target
from rehearsal.slack.serializers import Json, message_json

LONGEST_POST: Final = 40_000
LONGEST_UPDATE: Final = 4_000


def post_message(context: Context, arguments: Arguments) -> Json:
    channel = find_target(context, arguments)
    content = read_content(arguments, LONGEST_POST)
    thread = _find_thread(context, channel.id, arguments)
    bot = context.store.settings.bot.id
    message = context.store.post(channel.id, bot, content.text, content.blocks, thread_ts=thread)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(message, context.store.settings)}


def post_ephemeral(context: Context, arguments: Arguments) -> Json:
    channel = find_target(context, arguments)
    person = context.store.people.get(arguments.needed("user"))
    if person is None or person.deleted:
        raise SlackError("user_not_found")
    if person.id not in channel.members:
        raise SlackError("user_not_in_channel")
    content = read_content(arguments, LONGEST_POST)
    thread = _find_thread(context, channel.id, arguments)
    bot = context.store.settings.bot.id
    message = context.store.post(channel.id, bot, content.text, content.blocks, thread_ts=thread, only_for=person.id)
    return {"message_ts": message.ts}


def update_message(context: Context, arguments: Arguments) -> Json:
    """Text without blocks takes the old blocks away; blocks without text take the old text away."""
    message = _find_own(context, arguments, "cant_update_message")
    content = read_content(arguments, LONGEST_UPDATE)
    changed = context.store.edit(message, content.text, content.blocks)
    return {
        "channel": changed.channel,
        "ts": changed.ts,
        "text": changed.text,
        "message": message_json(changed, context.store.settings),
    }


def delete_message(context: Context, arguments: Arguments) -> Json:
    message = _find_own(context, arguments, "cant_delete_message")
    context.store.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def make_permalink(context: Context, arguments: Arguments) -> Json:
    channel = find_known(context, arguments.text("channel"))
    message = find_shown(context, channel, arguments.needed("message_ts"))
    link = f"{context.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _find_own(context: Context, arguments: Arguments, refusal: str) -> Message:
    channel = find_known(context, arguments.text("channel"))
    message = find_shown(context, channel, arguments.needed("ts"))
    if message.author != context.store.settings.bot.id:
        raise SlackError(refusal)
    return message


def _find_thread(context: Context, channel_id: str, arguments: Arguments) -> str | None:
    """The ts of the message that is answered. A reply to a reply goes to the thread it stands in."""
    if "thread_ts" not in arguments:
        return None
    parent = context.store.find_message(channel_id, arguments.text("thread_ts"))
    if parent is None or parent.only_for is not None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


def _write(run: Callable[[Context, Arguments], Json]) -> Method:
    return Method(run=run, scopes=("chat:write",))


METHODS = {
    "chat.postMessage": _write(post_message),
    "chat.postEphemeral": _write(post_ephemeral),
    "chat.update": _write(update_message),
    "chat.delete": _write(delete_message),
    "chat.getPermalink": Method(run=make_permalink),
}
