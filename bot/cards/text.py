"""Text that stays text: no letter that a host or a person chose makes a line, a mark or a direction of its own.

The bot's own words are plain letters. So whatever steers a line, a direction or a terminal came from outside, wherever
it stands, and `plain` takes it out of every text of a card. The bot's own line ends and signs are parts of their own:
`Break` and `Mark`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import bidirectional, category

LONGEST_NAME = 256
UNREADABLE = "\N{REPLACEMENT CHARACTER}"
_OPEN, _CLOSE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_ISOLATED = re.compile(f"({_OPEN}[^\u2066-\u2069]*{_CLOSE})")
_FROM_THE_RIGHT = ("R", "AL", "AN")
_STEERING = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Categories of what ends a line, turns a direction, has no width, or has no agreed look."""
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Letters and marks that show nothing, so that two names look the same."""
_SIGNS = frozenset("✓✔✅☑🗸🗹✗✘✖❌❎☒🗴🗵🗶🗷⚠⛔🚫⏳⌛⌚📣🔄✋👁👥👤❔❓❗🟢🟡⚪⚫🔴🟠🔵🟣🟤↩▫▪◽◾√")
"""What a card marks things with, now or some day, and what looks like it."""
_LEADING = re.compile(f"^({_OPEN}?)(?:[…⋯‥]|[-\u2013\u2014?](?=\\s))")
_EMOJI_STYLE = ("\ufe0e", "\ufe0f")
_STYLES = ("\ufe00", "\ufe0f")
_MOST_MARKS = 3
"""Vietnamese and Hebrew put up to three marks on a letter; a tower of them covers the lines around it."""
_SPACES = re.compile(" {3,}")


def plain(text: str) -> str:
    """The text without anything that reaches beyond it. Whole isolates stay, so it may be done twice."""
    pieces = _ISOLATED.split(text)
    return "".join(
        f"{_OPEN}{_cleaned(piece[1:-1])}{_CLOSE}" if place % 2 else _each_word_isolated(_cleaned(piece))
        for place, piece in enumerate(pieces)
    )


def undirected(text: str) -> str:
    """The same without isolates, for a place that shows letters alone: a cell of a spreadsheet, a chart."""
    return plain(text).replace(_OPEN, "").replace(_CLOSE, "")


def outside(text: str, most: int = LONGEST_NAME) -> str:
    """A text that a host or a person chose, as one piece in a sentence: bounded, plain, isolated if it needs to be."""
    cut = text if len(text) <= most else f"{text[:most]}..."
    kept = unmarked(_SPACES.sub("  ", _cleaned(cut)))
    return f"{_OPEN}{kept}{_CLOSE}" if _turns(kept) else kept


def bounded(sentence: str, most: int = 500) -> str:
    """A sentence that may hold texts from outside, cut; an isolate that was cut open is closed."""
    return sentence if len(sentence) <= most else f"{closed(sentence[:most])}..."


def closed(text: str) -> str:
    """The beginning of a text with its last isolate closed."""
    return text + _CLOSE if text.count(_OPEN) > text.count(_CLOSE) else text


def unmarked(text: str) -> str:
    """A text at the beginning of a line, where a few ordinary signs would read as a mark."""
    return _LEADING.sub(rf"\1{UNREADABLE}", text)


@lru_cache(maxsize=1024)
def _cleaned(text: str) -> str:
    """Letter by letter, so that a place in the text stays that place. Remembered: a card says a name many times."""
    if text.isascii() and text.isprintable():
        return text
    cleaned: list[str] = []
    marks, before = 0, ""
    for letter in text:
        kind = category(letter)
        marks = marks + 1 if kind.startswith("M") else 0
        is_bad = kind in _STEERING or letter in _BLANK or letter in _SIGNS or _is_stray(letter, before, marks)
        cleaned.append(UNREADABLE if is_bad else " " if kind == "Zs" else letter)
        before = letter
    return "".join(cleaned)


def _is_stray(letter: str, before: str, marks: int) -> bool:
    """A mark on nothing, one too many on a letter, or one that shows nothing where it stands."""
    if not marks:
        return False
    if _STYLES[0] <= letter <= _STYLES[1] or letter >= "\U000e0100":
        return letter not in _EMOJI_STYLE or not before or category(before) != "So"
    return not before.strip() or marks > _MOST_MARKS


def _each_word_isolated(text: str) -> str:
    """Where nobody said which piece came from outside: the bot has no word that is written from the right."""
    if not _turns(text):
        return text
    return re.sub(r"\S+", lambda word: f"{_OPEN}{word[0]}{_CLOSE}" if _turns(word[0]) else word[0], text)


def _turns(text: str) -> bool:
    return not text.isascii() and any(bidirectional(letter) in _FROM_THE_RIGHT for letter in text)
