"""The text and blocks of a message from the app, checked as Slack checks them on every way in."""

from dataclasses import dataclass

from rehearsal.slack.arguments import Arguments
from rehearsal.slack.block_kit.blocks import Block, find_faults, is_too_long
from rehearsal.slack.errors import SlackError


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    text: str
    blocks: list[Block]


def read_content(arguments: Arguments, longest: int) -> Content:
    """Takes what Slack would take, and raises SlackError in its words for the rest.

    no_text, msg_too_long, invalid_blocks (which names block and field), msg_blocks_too_long, invalid_blocks_format;
    and attachments_not_rehearsed: those of old are left out of the rehearsal.
    """
    if arguments.has_any("attachments"):
        raise SlackError("attachments_not_rehearsed", ("the rehearsal takes blocks only",))
    text, blocks = arguments.text("text"), arguments.blocks() or []
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    if len(text) > longest:
        raise SlackError("msg_too_long")
    faults = find_faults(blocks)
    if faults:
        raise SlackError("invalid_blocks", faults)
    if is_too_long(blocks):
        raise SlackError("msg_blocks_too_long")
    return Content(text=text, blocks=blocks)
