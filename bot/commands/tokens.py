"""Clean words with their positions, out of the text that Slack and phones deliver.

The order matters: links first, then Slack's three entities, then spaces, quotes and dashes. A backslash has no special
meaning.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.errors import UsageError

LONGEST = 2000
"""The most characters of a command. The audit log keeps the beginning of a longer one."""

_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‘’‚‛", "'"))  # noqa: RUF001 - the quotes that phones write
_QUOTE = "\"'"
_OPENS_AFTER = "=:<>,"
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_DASH = re.compile(r"(?<!\S)[—–―‒−][—–―‒−-]*(?=[^\W\d])")  # noqa: RUF001 - the dashes that phones write for --


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the cleaned text."""

    text: str  # without quotes
    start: int  # position of its first character, quotes included
    end: int  # position behind its last character
    is_quoted: bool = False  # it begins with a quote, so it is text and never an option
    ends_quoted: bool = False  # it ends with a quote, as `reason="floor 5"` does, so its end is certain


def unescaped(text: str) -> str:
    """Return the text with Slack's three entities as the characters that were typed: `&`, `<` and `>`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def clean(text: str) -> str:
    """Return the text as it was meant: links as their labels, plain quotes, dashes and spaces.

    Raises `UsageError` for control characters and for more than 2,000 characters.
    """
    if len(text) > LONGEST:
        raise UsageError(f"That is {len(text):,} characters long; I read at most {LONGEST:,}. Say it shorter.")
    text = _LINK.sub(_label, text)
    text = unescaped(text)
    text = text.translate(_INVISIBLE).translate(_QUOTES)
    text = "".join(" " if letter.isspace() else letter for letter in text).strip()
    for position, letter in enumerate(text):
        if unicodedata.category(letter) in ("Cc", "Cs"):
            message = "There is a control character in it. Type it by hand instead of pasting it."
            raise UsageError(
                message, text=text.replace(letter, "\N{REPLACEMENT CHARACTER}"), start=position, end=position + 1
            )
    return _DASH.sub("--", text)


def _label(link: re.Match[str]) -> str:
    """Return the text of a link: `<http://comp1.corp|comp1.corp>` -> `comp1.corp`, `<@U1|bob>` -> `@U1`."""
    target, label = link[1], link[2]
    if target.startswith(("@", "#", "!")):
        return target
    return label or re.sub(r"^[a-z]+:(//)?", "", target)


def split(text: str) -> list[Word]:
    """Return the words, which are separated by spaces.

    A quote opens at the beginning of a word, after `=`, `:` or a comparison, and after a comma. Two quotes inside it
    mean one, as in PowerShell. Raises `UsageError` for a quote that is not closed, or that closes inside a word.
    """
    words: list[Word] = []
    position = 0
    while position < len(text):
        if text[position] == " ":
            position += 1
            continue
        start, letters, ends_quoted = position, [""], False
        while position < len(text) and text[position] != " ":
            if text[position] in _QUOTE and (position == start or text[position - 1] in _OPENS_AFTER):
                position, ends_quoted = _quoted(text, position, letters), True
            else:
                letters.append(text[position])
                position, ends_quoted = position + 1, False
        words.append(Word("".join(letters), start, position, text[start] in _QUOTE, ends_quoted))
    return words


def _quoted(text: str, position: int, letters: list[str]) -> int:
    """Append the quoted text to the letters, and return the position behind its closing quote. Raises `UsageError`."""
    opening, quote = position, text[position]
    position += 1
    while position < len(text):
        if text[position] != quote:
            letters.append(text[position])
        elif text[position + 1 : position + 2] == quote:
            letters.append(quote)
            position += 1
        else:
            return _closed(text, position)
        position += 1
    message = f"The quote {quote} is never closed. Close it, or leave it out."
    raise UsageError(message, text=text, start=opening, end=len(text))


def _closed(text: str, position: int) -> int:
    """Return the position behind the closing quote. Raises `UsageError` unless it ends the word or a list's item."""
    after = text[position + 1 : position + 2]
    if after in ("", " ", ","):
        return position + 1
    message = f"A quote {text[position]} ends in the middle of a word. Inside quotes write it twice."
    raise UsageError(message, text=text, start=position, end=position + 1)
