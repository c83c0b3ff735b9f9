"""Slack's limits by name (https://docs.slack.dev/reference/block-kit/blocks), and text that stays text."""

from __future__ import annotations

import re

from bot.cards.text import closed

HEADER = 150
CONTEXT_TEXT = 2000
BUTTON_TEXT = 75
MESSAGE_TEXT = 3000
CODE = 2500
BODY = 9000
"""All lines of a card together: Slack refuses a message of more than about 13,200 characters."""
PARTS = (2500, 300, 80)
"""What a part of a line is cut to: the first at which the body fits, or the last."""


_EMOJI = re.compile(r"(:[\w+'-]+)(?=:)")


def escape(text: str) -> str:
    """For places where Slack reads mrkdwn: no mention, no link, no broadcast and no emoji can come out of it."""
    text = _EMOJI.sub("\\1\u200b", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, limit: int) -> str:
    """At most so many characters; that something is missing can be seen, and it reaches no further than the whole."""
    if len(text) <= limit:
        return text
    beginning = text[: limit - 1]
    return f"{beginning if closed(beginning) == beginning else closed(text[: limit - 2])}…"
