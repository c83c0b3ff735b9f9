"""Channels and direct messages, and what was said in them."""

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.context import Context, Method
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import Message
from rehearsal.slack.methods.pages import cut_page
from rehearsal.slack.methods.places import expect_scope, find_joined, find_known, find_shown, is_member, open_direct
from rehearsal.slack.serializers import Json, channel_json, message_json
from rehearsal.slack.workspace_file import Channel, ChannelKind

TYPES = {
    "public_channel": ChannelKind.PUBLIC,
    "private_channel": ChannelKind.PRIVATE,
    "im": ChannelKind.DIRECT,
}
EMPTY_TYPES = {"mpim"}
READ = ("channels:read", "groups:read", "im:read")
HISTORY = ("channels:history", "groups:history", "im:history")


def open_conversation(context: Context, arguments: Arguments) -> Json:
    """With one person, or an open one by its id. Several people at once are not rehearsed."""
    if "channel" in arguments:
        channel, was_open = find_known(context, arguments.text("channel")), True
    else:
        users = arguments.words("users", "")
        if not users:
            raise SlackError("users_list_not_supplied")
        if len(users) > 1:
            raise SlackError("too_many_users")
        before = len(context.store.channels)
        channel = open_direct(context, users[0])
        was_open = len(context.store.channels) == before
    fields = channel_json(channel, context.store.settings) if arguments.flag("return_im") else {"id": channel.id}
    return {"channel": fields, **({"no_op": True, "already_open": True} if was_open else {})}


def get_info(context: Context, arguments: Arguments) -> Json:
    channel = find_known(context, arguments.text("channel"))
    expect_scope(context, channel, "read")
    return {"channel": channel_json(channel, context.store.settings)}


def list_conversations(context: Context, arguments: Arguments) -> Json:
    types = arguments.words("types", "public_channel")
    if any(name not in TYPES and name not in EMPTY_TYPES for name in types):
        raise SlackError("invalid_types")
    kinds = {TYPES[name] for name in types if name in TYPES}
    shown = [
        channel_json(channel, context.store.settings)
        for channel in list(context.store.channels.values())
        if channel.kind in kinds
        and (channel.kind is ChannelKind.PUBLIC or is_member(context, channel))
        and not (channel.is_archived and arguments.flag("exclude_archived"))
    ]
    return cut_page("channels", shown, arguments)


def list_members(context: Context, arguments: Arguments) -> Json:
    channel = find_known(context, arguments.text("channel"))
    expect_scope(context, channel, "read")
    return cut_page("members", channel.members, arguments)


def list_history(context: Context, arguments: Arguments) -> Json:
    """Newest first, without the replies."""
    channel = find_joined(context, arguments)
    expect_scope(context, channel, "history")
    messages = [one for one in context.store.list_messages(channel.id) if not one.is_reply]
    return _cut_messages(context, channel, messages[::-1], arguments)


def list_replies(context: Context, arguments: Arguments) -> Json:
    """The message itself, then its replies, oldest first."""
    channel = find_joined(context, arguments)
    expect_scope(context, channel, "history")
    try:
        parent = find_shown(context, channel, arguments.needed("ts"))
    except SlackError as exc:
        raise SlackError("thread_not_found") from exc
    root = parent.thread_ts or parent.ts
    messages = [one for one in context.store.list_messages(channel.id) if root in {one.ts, one.thread_ts}]
    return _cut_messages(context, channel, messages, arguments)


def _cut_messages(context: Context, channel: Channel, messages: list[Message], arguments: Arguments) -> Json:
    within = [message for message in messages if _is_within(message, arguments)]
    replies = [one for one in context.store.list_messages(channel.id) if one.is_reply]
    page = cut_page("messages", [_message_fields(context, message, replies) for message in within], arguments)
    return page | {"has_more": bool(page["response_metadata"]["next_cursor"]), "pin_count": 0}


def _message_fields(context: Context, message: Message, replies: list[Message]) -> Json:
    """A message that has been answered names its thread and counts the replies."""
    fields = message_json(message, context.store.settings)
    own = [reply for reply in replies if reply.thread_ts == message.ts]
    if own:
        fields |= {"thread_ts": message.ts, "reply_count": len(own), "latest_reply": own[-1].ts}
    return fields


def _is_within(message: Message, arguments: Arguments) -> bool:
    """Stamps have one length, so they compare as text."""
    oldest, latest = arguments.text("oldest", "0"), arguments.text("latest") or "9"
    if arguments.flag("inclusive") and message.ts in {oldest, latest}:
        return True
    return oldest < message.ts < latest


METHODS = {
    "conversations.open": Method(run=open_conversation, scopes=("im:write",)),
    "conversations.info": Method(run=get_info, scopes=READ),
    "conversations.list": Method(run=list_conversations, scopes=READ),
    "conversations.members": Method(run=list_members, scopes=READ),
    "conversations.history": Method(run=list_history, scopes=HISTORY),
    "conversations.replies": Method(run=list_replies, scopes=HISTORY),
}
