"""The spelling of the cmdlets: a pasted `Get-TSSession ... | Stop-TSSession ...` as the words of one command."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.actions import FACTS, Action
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.commands.tokens import Word

SLASH_OF_CMDLET = {facts.cmdlet.lower(): f"/{facts.command}" for facts in FACTS.values() if facts.cmdlet}
_LIST_CMDLET = FACTS[Action.LIST].cmdlet
_PIPE = re.compile(r"(.*?)(\|)(stop-tssession)?", re.IGNORECASE)
_SHOWS = re.compile(r"(?:format|out|select|sort|measure|export|convertto|group)-\w+|ft|fl|ogv|more$", re.IGNORECASE)
"""Cmdlets behind a pipe that only show what was found."""

_CMDLET = re.compile(r"^[A-Za-z]+-[A-Za-z]+$")


def flatten(words: list[Word], *, cmdlet: str, text: str) -> tuple[list[Word], int | None]:
    """Return the words without cmdlet names and the pipe, and the position of the pipe; None: there is no pipe.

    Raises `UsageError` unless Get-TSSession is left of the pipe and the cmdlet of this command right of it.
    """
    words = _apart(words, text)
    pipes = [index for index, word in enumerate(words) if word.text == "|" and not word.is_quoted]
    if not pipes:
        return _without_cmdlet(words, cmdlet, text), None
    if cmdlet == _LIST_CMDLET:
        behind = words[pipes[0] + 1].text if len(words) > pipes[0] + 1 else ""
        message = "A list takes no pipe. To list sessions leave it out."
        corrected = text[: words[pipes[0]].start].rstrip() if _SHOWS.match(behind) else ""
        raise _wrong(message, words[pipes[0]], text, corrected)
    if len(pipes) > 1:
        corrected = text[: words[pipes[1]].start].rstrip()
        raise _wrong(f"One pipe at the most: `{_LIST_CMDLET} ... | {cmdlet} ...`.", words[pipes[-1]], text, corrected)
    left, right = words[: pipes[0]], words[pipes[0] + 1 :]
    if not left or left[0].text.lower() != _LIST_CMDLET.lower():
        raise _wrong(f"Left of the pipe I know `{_LIST_CMDLET}` only.", left[0] if left else words[pipes[0]], text)
    if not right or right[0].text.lower() != cmdlet.lower():
        raise _wrong(f"Right of the pipe I know `{cmdlet}` only.", right[0] if right else words[pipes[0]], text)
    return left[1:] + right[1:], words[pipes[0]].start


def _apart(words: list[Word], text: str) -> list[Word]:
    """Return `comp1|Stop-TSSession` as three words, in a pipeline that begins with Get-TSSession."""
    if not words or words[0].text.lower() != _LIST_CMDLET.lower():
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
    if first == cmdlet.lower() or first.removeprefix("/") == SLASH_OF_CMDLET[cmdlet.lower()].removeprefix("/"):
        return words[1:]
    if first in SLASH_OF_CMDLET and _CMDLET.match(words[0].text):
        raise _wrong(f"`{words[0].text}` belongs to `{SLASH_OF_CMDLET[first]}`.", words[0], text)
    return words


def _wrong(message: str, word: Word, text: str, corrected: str = "") -> UsageError:
    return UsageError(message, text=text, start=word.start, end=word.end, corrected=corrected)
