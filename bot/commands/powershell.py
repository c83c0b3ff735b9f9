"""The cmdlets' spelling: a pasted `Get-TSSession ... | Stop-TSSession ...` as the words of one command."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.commands.words import Word

SISTERS = {
    "stop-tssession": "/logoff",
    "get-tssession": "/sessions",
    "disconnect-tssession": "/disconnect",
    "send-tsmessage": "/tsmessage",
}
_OWN_NAME = {"stop-tssession": "logoff", "get-tssession": "sessions"}
_PIPE = re.compile(r"(.*?)(\|)(stop-tssession)?", re.IGNORECASE)
_CMDLET = re.compile(r"^[A-Za-z]+-[A-Za-z]+$")


def flatten(words: list[Word], *, cmdlet: str, text: str) -> tuple[list[Word], int | None]:
    """Return the words without cmdlet names and the pipe, and the place of the pipe (None: nothing was piped).

    Raises `UsageError` at the wrong word: the pipe's left side has to be Get-TSSession, its right side the cmdlet of
    this command.
    """
    words = _apart(words, text)
    pipes = [index for index, word in enumerate(words) if word.text == "|" and not word.is_quoted]
    if not pipes:
        return _without_cmdlet(words, cmdlet, text), None
    if cmdlet == "Get-TSSession":
        raise _wrong("Only `/logoff` takes a pipe. To list sessions leave it out.", words[pipes[0]], text)
    if len(pipes) > 1:
        raise _wrong(f"One pipe at the most: `Get-TSSession ... | {cmdlet} ...`.", words[pipes[-1]], text)
    left, right = words[: pipes[0]], words[pipes[0] + 1 :]
    if not left or left[0].text.lower() != "get-tssession":
        raise _wrong("Left of the pipe I know `Get-TSSession` only.", left[0] if left else words[pipes[0]], text)
    if not right or right[0].text.lower() != cmdlet.lower():
        raise _wrong(f"Right of the pipe I know `{cmdlet}` only.", right[0] if right else words[pipes[0]], text)
    return left[1:] + right[1:], words[pipes[0]].start


def _apart(words: list[Word], text: str) -> list[Word]:
    """`comp1|Stop-TSSession` as three words, in a pipeline that begins with Get-TSSession."""
    if not words or words[0].text.lower() != "get-tssession":
        return words
    found: list[Word] = []
    for word in words:
        parts = None if text[word.start : word.end] != word.text else _PIPE.fullmatch(word.text)
        spans = [parts.span(group) for group in (1, 2, 3)] if parts else []
        found += [
            replace(word, text=word.text[low:high], start=word.start + low, end=word.start + high)
            for low, high in spans
            if low < high
        ] or [word]
    return found


def _without_cmdlet(words: list[Word], cmdlet: str, text: str) -> list[Word]:
    if not words:
        return words
    first = words[0].text.lower()
    if first == cmdlet.lower() or first.removeprefix("/") == _OWN_NAME[cmdlet.lower()]:
        return words[1:]
    if first in SISTERS and _CMDLET.match(words[0].text):
        raise _wrong(f"`{words[0].text}` belongs to `{SISTERS[first]}`.", words[0], text)
    return words


def _wrong(say: str, word: Word, text: str) -> UsageError:
    return UsageError(say, text=text, start=word.start, end=word.end)
