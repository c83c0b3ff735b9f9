"""Clean words with their positions, out of the text that Slack and phones deliver.

The order matters: links first, then Slack's three entities, then spaces, quotes and dashes. A backslash has no special
meaning.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.commands.bounds import check
from bot.errors import UsageError

LONGEST = 2000
"""The most characters of a command. The audit log keeps the beginning of a longer one."""

_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂″", '"') | dict.fromkeys("‘’‚‛＇′´", "'"))  # noqa: RUF001 - the quotes that phones write
_QUOTE = "\"'"
_OPENS_AFTER = "=:<>,"
_VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | set(map(chr, range(0xFE00, 0xFE10)))
_DASHES = "—–―‒−‐‑－﹣﹘⁃⸺"  # noqa: RUF001 - the dashes that phones and editors write for - and --
_DASH = re.compile(rf"(?<!\S)[{_DASHES}][{_DASHES}-]*(?=[^\W\d])|(?<!\S)-[{_DASHES}]+(?=[^\W\d])")
_FOLDED = {
    **dict.fromkeys(_DASHES, "-"),
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full width
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "、": ",",
    "。": ".",
    "،": ",",
    "`": "",
}
_PROMPT = re.compile(r"(?:(?:(?:PS )?[A-Za-z]:\\[^>=\s]*>|PS>|[$>•·-] )\s*)+(?=\S)")
_ITEM = r"(?:\"[^\"]*\"|'[^']*'|[^()\"',\s]+)"
_LIST = re.compile(rf"@?\( *({_ITEM}(?: *, *{_ITEM})*) *\)(?=[ ,]|$)")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the cleaned text."""

    text: str  # without quotes
    start: int  # position of its first character, quotes included
    end: int  # position behind its last character
    is_quoted: bool = False  # it begins with a quote, so it is text and never an option
    ends_quoted: bool = False  # it ends with a quote, as `reason="floor 5"` does, so its end is certain
    quoted_from: int = 0  # where in `text` the first part in quotes begins, which holds no operator; 0: at its start
    value_at: int = 0  # where the value of a word begins that was written in parts, `id = 3`; 0: in one part


def unescaped(text: str) -> str:
    """Return the text with Slack's three entities as the characters that were typed: `&`, `<` and `>`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escaped(text: str) -> str:
    """Return a text as Slack delivers it: `clean` makes the same text of it again."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain_quotes(text: str) -> str:
    """Return the text with plain quotes for those that phones write."""
    return text.translate(_QUOTES)


def quoted(text: str) -> str:
    """Return a person's text in quotes, for a command: `split` reads it back as one word, whatever it contains."""
    inside = text.translate(_QUOTES).replace('"', '""')
    return f'"{inside}"'


def clean(text: str) -> str:
    """Return the text as it was meant: links as their labels, plain quotes, dashes and spaces.

    Raises `UsageError` for control characters and for more than 2,000 characters.
    """
    if len(text) > LONGEST:
        long = f"That is {len(text):,} characters long; I read at most {LONGEST:,}. Say it shorter."
        raise UsageError(long, is_certain=True)
    text = _LINK.sub(_label, text)
    text = unescaped(text)
    text = plain_quotes("".join(letter for letter in text if not is_invisible(letter)))
    text = "".join(" " if letter.isspace() else letter for letter in text).strip()
    for position, letter in enumerate(text):
        if unicodedata.category(letter) in ("Cc", "Cs"):
            message = "There is a control character in it. Type it by hand instead of pasting it."
            raise UsageError(
                message, text=text.replace(letter, "\N{REPLACEMENT CHARACTER}"), start=position, end=position + 1
            )
    return _folded(_PROMPT.sub("", text, count=1) if _PROMPT.match(text) else text).strip()


def is_invisible(letter: str) -> bool:
    """Return whether the letter has no picture: joiners, marks of direction, and selectors of a picture's variant."""
    return letter in _INVISIBLE or (unicodedata.category(letter) == "Cf" and letter not in _VISIBLE_FORMATS)


def is_folded(text: str) -> bool:
    """Return whether some of the text would be read as other letters outside of quotes."""
    return any(letter in _FOLDED for letter in text)


def _folded(text: str) -> str:
    """Return the text with plain signs for those of phones and editors, and `3,5` for PowerShell's `@(3, 5)`.

    What stands in quotes is text of a person and stays as it is.
    """
    letters: list[str] = []
    position = 0
    while position < len(text):
        is_start = position == 0 or text[position - 1] == " "
        may_open = is_start or _FOLDED.get(text[position - 1], text[position - 1])[-1:] in tuple(_OPENS_AFTER)
        if text[position] in _QUOTE and may_open:
            end = _end_of_quote(text, position)
            letters.append(text[position:end])
        elif is_start and (dash := _DASH.match(text, position)):
            end = dash.end()
            letters.append("--")
        elif may_open and (listed := _LIST.match(text, position)):
            end = listed.end()
            letters.append(re.sub(" *, *", ",", listed[1]))
        elif text[position] == "…" and text[position - 1 : position].isdigit():
            end = position + 1
            letters.append("..")
        else:
            end = position + 1
            letters.append(_FOLDED.get(text[position], text[position]))
        position = end
    return "".join(letters)


def _end_of_quote(text: str, position: int) -> int:
    """Return the position behind the quote's end; the end of the text where it is never closed."""
    quote = text[position]
    position += 1
    while position < len(text):
        if text[position] == quote:
            if text[position + 1 : position + 2] != quote:
                return position + 1
            position += 1
        position += 1
    return len(text)


def _label(link: re.Match[str]) -> str:
    """Return the text of a link: `<http://comp1.corp|comp1.corp>` -> `comp1.corp`, `<@U1|bob>` -> `@U1`."""
    target, label = link[1], link[2]
    if target.startswith(("@", "#", "!")):
        return target
    return label or re.sub(r"^[a-z]+:(//)?", "", target)


def split(text: str) -> list[Word]:
    """Return the words, which are separated by spaces.

    A quote opens at the beginning of a word, after `=`, `:` or a comparison, and after a comma. Two quotes inside it
    mean one, as in PowerShell. Raises `UsageError` for a quote that is not closed, or that closes inside a word, and
    for a text that names more than one command may (`bot.commands.bounds`).
    """
    words: list[Word] = []
    position = 0
    while position < len(text):
        if text[position] == " ":
            position += 1
            continue
        start, letters, ends_quoted, quoted_from = position, [""], False, 0
        while position < len(text) and text[position] != " ":
            if text[position] in _QUOTE and (position == start or text[position - 1] in _OPENS_AFTER):
                quoted_from = quoted_from or len("".join(letters))
                position, ends_quoted = _quoted(text, position, letters), True
            else:
                letters.append(text[position])
                position, ends_quoted = position + 1, False
        words.append(Word("".join(letters), start, position, text[start] in _QUOTE, ends_quoted, quoted_from))
    check(words, text)
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
    raise UsageError(message, text=text, start=opening, end=len(text), corrected=f"{text.rstrip()}{quote}")


def _closed(text: str, position: int) -> int:
    """Return the position behind the closing quote. Raises `UsageError` unless it ends the word or a list's item."""
    after = text[position + 1 : position + 2]
    if after in ("", " ", ","):
        return position + 1
    quote = text[position]
    message = f"A quote {quote} ends in the middle of a word. Inside quotes write it twice."
    opening = text.rfind(quote, 0, position)
    is_one_word = text.count(quote) == 2 and " " not in text[opening:position]
    corrected = text.replace(quote, "") if is_one_word else ""
    raise UsageError(message, text=text, start=position, end=position + 1, corrected=corrected)
