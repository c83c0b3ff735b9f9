"""Finding a conversation and asking what the bot may do in it."""

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.context import Context
from rehearsal.slack.errors import SlackError
from rehearsal.slack.message import Message
from rehearsal.slack.workspace_file import Channel, ChannelKind


def find_known(context: Context, channel_id: str) -> Channel:
    """A conversation that the bot knows of. A private one to which it was never invited does not exist for it."""
    channel = context.store.channels.get(channel_id)
    if channel is None or (channel.kind is not ChannelKind.PUBLIC and not is_member(context, channel)):
        raise SlackError("channel_not_found")
    return channel


def find_target(context: Context, arguments: Arguments) -> Channel:
    """The target of a message: a channel id, `#name`, or a person for direct messages. Checks the bot's permission."""
    wanted = arguments.text("channel")
    if not wanted:
        raise SlackError("channel_not_found")
    if wanted in context.store.people:
        return open_direct(context, wanted)
    named = context.store.find_channel(wanted)
    channel = find_known(context, named.id if named else wanted)
    if channel.is_archived:
        raise SlackError("is_archived")
    if not is_member(context, channel) and "chat:write.public" not in context.store.settings.app.scopes:
        raise SlackError("not_in_channel")
    return channel


def expect_scope(context: Context, channel: Channel, what: str) -> None:
    """Reading a conversation, `read` or `history`, needs another scope for each kind. Raises SlackError."""
    needed = f"{_FAMILIES[channel.kind]}:{what}"
    if needed not in (provided := context.store.settings.app.scopes):
        raise SlackError("missing_scope", needed=needed, provided=",".join(provided))


_FAMILIES = {ChannelKind.PUBLIC: "channels", ChannelKind.PRIVATE: "groups", ChannelKind.DIRECT: "im"}


def find_joined(context: Context, arguments: Arguments) -> Channel:
    """A conversation, by id only, that the bot is a member of."""
    channel = find_known(context, arguments.text("channel"))
    if not is_member(context, channel):
        raise SlackError("not_in_channel")
    return channel


def open_direct(context: Context, person_id: str) -> Channel:
    person = context.store.people.get(person_id)
    if person is None:
        raise SlackError("user_not_found")
    if person.is_bot:
        raise SlackError("cannot_dm_bot")
    if person.deleted:
        raise SlackError("user_disabled")
    if person.is_stranger:
        raise SlackError("user_not_visible")
    return context.store.open_direct(person)


def find_shown(context: Context, channel: Channel, ts: str) -> Message:
    """A message that all members of the channel see; an ephemeral one cannot be found again."""
    message = context.store.find_message(channel.id, ts)
    if message is None or message.only_for is not None:
        raise SlackError("message_not_found")
    return message


def is_member(context: Context, channel: Channel) -> bool:
    return context.store.settings.bot.id in channel.members
