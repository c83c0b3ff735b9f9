"""Slack's limits in characters (https://docs.slack.dev/reference/block-kit/blocks), and the escaping of text."""

from __future__ import annotations

import re

from bot.cards.text import closed

HEADER = 150
SECTION_TEXT = 3000
CONTEXT_TEXT = 2000
BUTTON_TEXT = 75
BUTTON_URL = 3000
OPTION_TEXT = 75
OPTION_VALUE = 150
FORM_TITLE = 24
"""The title of a form, and its two buttons."""
LABEL = 2000
HINT = 2000
PLACEHOLDER = 150
"""What a menu says while nothing is picked."""
MESSAGE_TEXT = 3000
MOST_VIEW_BLOCKS = 100
"""Blocks of one form or home."""
VIEW_JSON = 200_000
"""All of a form as JSON: Slack takes 250 KB."""
MOST_BUTTONS = 25
"""Elements of one row of buttons."""
MOST_OPTIONS = 100
"""Options of one menu."""
MOST_FOLDED = 5
"""Options of one overflow menu."""
MOST_TABLE_ROWS = 99
"""Rows of a table below its header. A message may have one table."""
MOST_CELLS = 20
"""Cells of one row."""
MESSAGE_JSON = 13_000
"""All blocks of a message with a table, as JSON: below the 13,200 characters from which on Slack refuses a message.
Whether Slack counts letters or JSON is not documented; JSON is the longer one."""
CODE = 2500
BODY = 9000
"""All lines of a card together. Slack refuses a message of more than about 13,200 characters."""
QUIET = 2000
"""All small print of a card together: with the lines and the buttons it stays below the same limit."""
MOST_LINES = 400
"""Lines of a card that are no small print; they share one block."""
MOST_QUIET = 40
"""Lines of small print; each is a block."""
MORE_TEXT = 40
"""Room for the words that count what was left out of a text."""
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


def escape_within(text: str, limit: int) -> str:
    """Return the text escaped and cut so that it has at most `limit` characters, and no escape is cut open."""
    shown = cut(text, limit)
    while len(escaped := escape(shown)) > limit:
        shown = cut(text, len(shown) * limit // len(escaped))
    return escaped
