"""The cmdlets' spelling: a pasted `Get-TSSession ... | Stop-TSSession ...` as the words of one command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.domain.actions import FACTS, Action
from bot.errors import UsageError

if TYPE_CHECKING:
    from bot.commands.tokens import Word

SLASH_OF_CMDLET = {facts.cmdlet.lower(): f"/{facts.command}" for facts in FACTS.values() if facts.cmdlet}
_LIST_CMDLET = FACTS[Action.LIST].cmdlet
_CMDLET = re.compile(r"^[A-Za-z]+-[A-Za-z]+$")


def flatten(words: list[Word], *, cmdlet: str, text: str) -> tuple[list[Word], int | None]:
    """Return the words without cmdlet names and the pipe, and the place of the pipe (None: nothing was piped).

    Raises `UsageError` at the wrong word: the pipe's left side has to be Get-TSSession, its right side the cmdlet of
    this command.
    """
    pipes = [index for index, word in enumerate(words) if word.text == "|" and not word.is_quoted]
    if not pipes:
        return _without_cmdlet(words, cmdlet, text), None
    if len(pipes) > 1 or cmdlet == _LIST_CMDLET:
        raise _wrong(f"One pipe at the most: `{_LIST_CMDLET} ... | {cmdlet} ...`.", words[pipes[-1]], text)
    left, right = words[: pipes[0]], words[pipes[0] + 1 :]
    if not left or left[0].text.lower() != _LIST_CMDLET.lower():
        raise _wrong(f"Left of the pipe I know `{_LIST_CMDLET}` only.", left[0] if left else words[pipes[0]], text)
    if not right or right[0].text.lower() != cmdlet.lower():
        raise _wrong(f"Right of the pipe I know `{cmdlet}` only.", right[0] if right else words[pipes[0]], text)
    return left[1:] + right[1:], words[pipes[0]].start


def _without_cmdlet(words: list[Word], cmdlet: str, text: str) -> list[Word]:
    if not words:
        return words
    first = words[0].text.lower()
    if first == cmdlet.lower():
        return words[1:]
    if first in SLASH_OF_CMDLET and _CMDLET.match(words[0].text):
        raise _wrong(f"`{words[0].text}` belongs to `{SLASH_OF_CMDLET[first]}`.", words[0], text)
    return words


def _wrong(message: str, word: Word, text: str) -> UsageError:
    return UsageError(message, text=text, start=word.start, end=word.end)
