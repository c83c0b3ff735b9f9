"""How much one command may name. It is checked before any word is looked up, so no text costs more than a short one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.commands.tokens import Word

MOST_WORDS = 200
"""The most words of a command, each as often as it stands there; a text in quotes is one."""

MOST_SELECTORS = 100
"""The most different names, patterns and other words; ids and texts in quotes are not counted."""

MOST_PATTERNS = 50
"""The most different patterns, of computers and of filters together."""

MOST_RANGES = 20
"""The most ranges; together they may still name no more than `MOST_HOSTS` computers."""

_SHORTER = "Write a pattern, a range or a group, and put a text in quotes."


def check(words: Sequence[Word], text: str) -> None:
    """Raise `UsageError` for a command that names too much."""
    if len(words) > MOST_WORDS:
        raise _too_much(f"Those are {len(words):,} words; I read at most {MOST_WORDS}. {_SHORTER}", text)
    named = {item for word in words for item in _items(word)}
    if sum("*" in item or "?" in item for item in named) > MOST_PATTERNS:
        raise _too_much(f"Those are more than {MOST_PATTERNS} patterns. Write fewer, or a group.", text)
    if max(sum(map(_is_range, named)), sum(_is_range(word.text) for word in words)) > MOST_RANGES:
        raise _too_much(f"Those are more than {MOST_RANGES} ranges. Write fewer, a pattern, or a group.", text)
    if len(named) > MOST_SELECTORS:
        raise _too_much(f"Those are more than {MOST_SELECTORS} names and words. {_SHORTER}", text)


def _items(word: Word) -> Iterator[str]:
    """Yield what stands between the commas of a word, ids left out: the same twice is one."""
    if not word.is_quoted:
        yield from (item for item in word.text.lower().split(",") if item and not item[0].isdigit())


def _is_range(text: str) -> bool:
    return "[" in text or "{" in text


def _too_much(message: str, text: str) -> UsageError:
    return UsageError(message, text=text, is_certain=True)
