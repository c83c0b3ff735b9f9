"""Options that were written in parts: `id = 3`, `idle > 2h`, `-State -eq Active`, `session 3`, `- sync`, `user= bob`.

The parts are read as one word where they can mean nothing else. Words behind a text without quotes are left as they
are: `--reason floor id = 3` is answered with a question for quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.commands.parameters import OPERATOR, Takes, is_dashed
from bot.commands.spellings import duration_in, ids_in
from bot.commands.tokens import Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.parameters import Table

_NAME = re.compile(r"(?:--?|/)?([A-Za-z][A-Za-z-]*)")
_BEGINS = re.compile(rf"({OPERATOR})(.*)", re.DOTALL)
_ENDS = re.compile(rf"(?:--?|/)?([A-Za-z][A-Za-z-]*)({OPERATOR})")
_COMPARISONS = {
    "-eq": "=",
    "-like": "=",
    "-ne": "!=",
    "-gt": ">",
    "-ge": ">=",
    "-lt": "<",
    "-le": "<=",
}
_IN_WORDS = {"over": ">", "above": ">", "after": ">", "under": "<", "below": "<", "before": "<"}
"""Comparisons of a time in words: `idle over 2h`."""

_THAN = {
    Takes.DURATION: {"more": ">", "longer": ">", "greater": ">", "less": "<", "shorter": "<"},
    Takes.MOMENT: {"later": ">", "newer": ">", "earlier": "<", "older": "<"},
}
"""The same with `than`: `idle more than 2h`."""
_AT = {"least": ">=", "most": "<="}
"""The same with `at`: `idle at least 2h`."""

_NAMES_OF_IDS = frozenset({"id", "ids", "sessionid", "session", "sessions", "#", "nr", "no", "number"})
_DASHES = frozenset({"-", "--", "/"})


@dataclass(frozen=True, slots=True)
class Joined:
    """A word out of several."""

    word: Word
    used: int  # how many words behind the first one are part of it


def joined(words: Sequence[Word], at: int, table: Table) -> Joined:
    """Return the word at this index together with the words behind it that belong to it."""
    word, behind = words[at], words[at + 1 : at + 4]
    if word.is_quoted or not behind or word.ends_quoted:
        return Joined(word, 0)
    return (
        _dashed(word, behind[0], table)
        or _session(word, behind)
        or _compared(word, behind, table)
        or _parted(word, behind[0], table)
        or Joined(word, 0)
    )


def _dashed(word: Word, following: Word, table: Table) -> Joined | None:
    """`-- sync`: a phone puts a space behind a dash."""
    name = _NAME.fullmatch(following.text)
    if word.text not in _DASHES or following.is_quoted or not name or not table.knows(name[1]):
        return None
    return Joined(Word(f"--{name[1]}", word.start, following.end), 1)


def _session(word: Word, behind: Sequence[Word]) -> Joined | None:
    """`session 3`, `# 3`, `session id 3`."""
    first, *rest = behind[:2]
    if word.text.lower() not in _NAMES_OF_IDS:
        return None
    if ids := "" if first.is_quoted else ids_in(first.text):
        return Joined(_one("id", "=", ids, word, first), 1)
    is_named = rest and first.text.lower() in _NAMES_OF_IDS and not rest[0].is_quoted
    if rest and is_named and (ids := ids_in(rest[0].text)):
        return Joined(_one("id", "=", ids, word, rest[0]), 2)
    return None


def _compared(word: Word, behind: Sequence[Word], table: Table) -> Joined | None:
    """`idle > 2h`, `idle >2h`, `-State -eq Active`."""
    name, first = _NAME.fullmatch(word.text), behind[0]
    if not name or first.is_quoted or not _takes_a_value(table, name[1]):
        return None
    begins = _BEGINS.fullmatch(first.text)
    operator = begins[1] if begins else _COMPARISONS.get(first.text.lower(), "")
    if not operator and table[name[1]].takes in (Takes.DURATION, Takes.MOMENT):
        if (said := _in_two_words(behind, table[name[1]].takes)) and not table.is_option(behind[2]):
            return Joined(_one(name[1], said, behind[2].text, word, behind[2]), 3)
        operator = _IN_WORDS.get(first.text.lower(), "")
    if not operator and table[name[1]].takes is Takes.DURATION and not is_dashed(word.text) and duration_in(first.text):
        return Joined(_one(name[1], "=", first.text, word, first), 1)
    if not operator:
        return None
    if begins and begins[2]:
        value = Word(begins[2], first.start + len(begins[1]), first.end, ends_quoted=first.ends_quoted)
        return Joined(_one(name[1], operator, value.text, word, value), 1)
    if len(behind) > 1 and not table.is_option(behind[1]):
        return Joined(_one(name[1], operator, behind[1].text, word, behind[1]), 2)
    return None


def _in_two_words(behind: Sequence[Word], takes: Takes) -> str:
    """Return the operator of `more than` or `at least`, which stand before a value; empty for other words."""
    if len(behind) < 3:
        return ""
    first, second = (word.text.lower() for word in behind[:2])
    if first == "at":
        return _AT.get(second, "")
    return _THAN[takes].get(first, "") if second == "than" else ""


def _parted(word: Word, following: Word, table: Table) -> Joined | None:
    """`user= bob`."""
    name = _ENDS.fullmatch(word.text)
    if not name or not _takes_a_value(table, name[1]) or table.is_option(following):
        return None
    return Joined(_one(name[1], name[2], following.text, word, following), 1)


def _takes_a_value(table: Table, name: str) -> bool:
    return table.knows(name) and not table[name].is_switch and not table[name].hint


def _one(name: str, operator: str, text: str, first: Word, last: Word) -> Word:
    ends_quoted = last.is_quoted or last.ends_quoted
    return Word(f"{name}{operator}{text}", first.start, last.end, ends_quoted=ends_quoted, value_at=last.start)
