"""Slack's limits in characters (https://docs.slack.dev/reference/block-kit/blocks), and the escaping of text."""

from __future__ import annotations

import re

from bot.cards.text import closed

HEADER = 150
CONTEXT_TEXT = 2000
BUTTON_TEXT = 75
OPTION_TEXT = 75
OPTION_VALUE = 150
HINT = 2000
MESSAGE_TEXT = 3000
MOST_OPTIONS = 100
"""Options of one menu."""
CODE = 2500
BODY = 9000
"""All lines of a card together. Slack refuses a message of more than about 13,200 characters."""
PARTS = (2500, 300, 80)
"""The lengths to which a part of a line is cut: the first at which the body fits, or the last."""


_EMOJI = re.compile(r"(:[\w+'-]+)(?=:)")


def escape(text: str) -> str:
    """Return the text in a form from which mrkdwn makes no mention, link, broadcast or emoji."""
    text = _EMOJI.sub("\\1\u200b", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of the text, with an ellipsis at the end when some are missing.

    A direction that the text began ends within them.
    """
    if len(text) <= limit:
        return text
    beginning = text[: limit - 1]
    return f"{beginning if closed(beginning) == beginning else closed(text[: limit - 2])}…"
