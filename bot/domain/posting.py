"""One message that the bot posts once, and how far that is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """Where a card stands in the chat."""

    channel_id: str  # a Slack conversation id
    ts: str  # Slack's time stamp of the message, its id in the channel: `1700000000.000100`


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One message of a request: its card, or a notice beside it.

    It is kept before the message leaves (`claimed`), and again after it: what is not claimed is not posted.
    """

    key: str  # which message: `card`, `announcement`, `ended`
    claimed: bool = False  # it was about to leave, and what became of it is not kept yet
    lost: int = 0  # how often it left and no answer came, so that it may stand
    tries: int = 0  # how often the chat did not take it for now
    is_over: bool = False  # it stands, or nothing can make it stand
    fault: str = ""  # a sentence that says why nothing can make it stand; empty: nothing speaks against it
    aside: str = ""  # a sentence that says why it stands in direct messages instead of its place; empty: it does not
    message_ref: MessageRef | None = None  # where it stands; None: it does not, or it is for one person alone
