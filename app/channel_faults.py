"""What speaks against a channel of app.yaml. The doctor and `policy check --live` have the same list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.slack.roster import Channel, Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFault:
    """`found` goes on from the name of the channel."""

    found: str
    remedy: str


NOT_SEEN = ChannelFault(
    found="is no channel that the bot sees.",
    remedy="Compare the id with that in the channel's details; into a private channel invite the bot: /invite",
)
ARCHIVED = ChannelFault(found="is archived.", remedy="Bring it back, or take another channel.")
SHARED = ChannelFault(
    found="is shared with another organisation, so no card is posted there.",
    remedy="Take a channel of this organisation alone.",
)
PRIVATE = ChannelFault(found="is private, and the bot is not in it.", remedy="Invite the bot: /invite")
NO_SCOPE = ChannelFault(
    found="has no bot in it, and the app lacks chat:write.public.",
    remedy="Invite the bot, or install the app again with the manifest that this prints: logoff-bot manifest",
)


def faults_of(channel: Channel | None, roster: Roster, *, posts: bool) -> Iterator[ChannelFault]:
    """Yield what speaks against it. `posts`: the file lets the bot post there. Raises `ChatError`.

    Where commands may only be typed, the bot need not be: its cards then go to direct messages.
    """
    if channel is None:
        yield NOT_SEEN
        return
    if channel.is_archived:
        yield ARCHIVED
    if channel.is_shared:
        yield SHARED
    if posts and not roster.may_post_in(channel):
        yield PRIVATE if channel.is_private else NO_SCOPE
