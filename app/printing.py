"""What came from outside, on a terminal: letters, and nothing that steers it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.text import Text

from bot.audit.record import POLICY_LOADED
from bot.cards.text import UNREADABLE

if TYPE_CHECKING:
    from bot.audit.entry import Entry

LINE_FEED = "\n"
_KEPT = (LINE_FEED, "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}")


def letters(text: str) -> Text:
    """Return what the bot wrote itself for a terminal: its lines and signs stay, what would steer does not."""
    return Text("".join(each if each.isprintable() or each in _KEPT else UNREADABLE for each in text))


def said_in(entry: Entry) -> list[str]:
    """Return the words of an audit entry for a line of a terminal. The text of a policy is too long for one."""
    named = f"{entry.targets} named" if entry.targets else ""
    text = entry.text if entry.event != POLICY_LOADED else f"policy {entry.policy[:16]}"
    return [word for word in (named, entry.reason_code, entry.reason, entry.note, text) if word]


def json_text(value: object) -> str:
    """JSON with every letter that does not print as its escape: a program reads the same, a terminal is not steered."""
    return _without_steering(json.dumps(value, default=str, indent=2, ensure_ascii=False))


def json_line(value: object) -> str:
    """The same on one line, with its line end: for values of which there are many."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return (text if text.isascii() and text.isprintable() else _without_steering(text)) + LINE_FEED


def _without_steering(text: str) -> str:
    """The only line ends in JSON are those between its values: a text has them escaped."""
    return "".join(each if each.isprintable() or each == LINE_FEED else _escaped(each) for each in text)


def _escaped(letter: str) -> str:
    return json.dumps(letter)[1:-1]
