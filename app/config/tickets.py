"""Whether a regular expression for tickets can do its work: let some reasons through and not all of them."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from bot.policy.tickets import SYNTAX, contains_ticket, fault_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRIES = 200
_LONGEST = 2000
"""A command is no longer, so neither is a reason: a text that has to repeat something more often is none."""

_LONGEST_PATTERN = 400
_DEEP = 3
_AROUND = ("", "", "x", " ", "\n")
_PLAIN = ("server is stuck", "please", "Server haengt")
_TYPED = (*map(chr, range(32, 127)), "\t", "\n", "é")
_OTHERS = range(0x80, 0xD800)
_ATOM = re.compile(
    r"\\[pP](?:\{[^}]*\}|.)|\\x(?:\{[^}]*\}|..)|\\[0-7]{1,3}|\\."  # an escape
    r"|\[\^?\]?(?:\\[pP]\{[^}]*\}|\\.|\[:\^?\w+:\]|[^\]\\])*\]"  # a set
    r"|.",
    re.DOTALL,
)
_GROUP = re.compile(r"\((?:\?P?<\w+>|\?(?P<flags>[a-zA-Z-]*)(?P<end>[:)]))?")
_REPEAT = re.compile(r"(?:(?P<sign>[*+?])|\{(?P<low>0|[1-9]\d{0,3})(?P<to>,(?P<high>\d*))?\})\??")
_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|$)", re.DOTALL)
_SIGNS = {"*": (0, 2), "+": (1, 3), "?": (0, 1)}
_PLACES = frozenset({"^", "$", r"\A", r"\z", r"\b", r"\B"})


def fault_in_ticket(pattern: str) -> str:
    """Return why the expression is no check: it takes the empty text, or no text at all. Empty when it is one."""
    if len(pattern) > _LONGEST_PATTERN:
        return f"is longer than {_LONGEST_PATTERN} letters. Write a shorter one, like INC\\d{{7}}"
    if fault := fault_of(pattern):
        return (
            f"this is no regular expression that I take: {fault}. Look-around and back references are none, because a "
            f"reason could keep them busy for hours: {SYNTAX}"
        )
    if not pattern:
        return ""
    if contains_ticket(pattern, ""):
        return "matches the empty text, so every reason has it. Leave it out, or write one like INC\\d{7}"
    if not any(_fitting(pattern)):
        return "matches no text, so no reason has it. Write one like INC\\d{7}"
    return ""


def takes_plain_words(pattern: str) -> bool:
    """Any reason that somebody may type has it, with a ticket or without one."""
    return bool(pattern) and all(contains_ticket(pattern, words) for words in _PLAIN)


def _fitting(pattern: str) -> Iterator[bool]:
    """Build texts by the expression and ask the engine for them."""
    tree, chance = _Reader(pattern).alternatives(""), random.Random(0)  # noqa: S311 - texts to try, the same each time
    for _ in range(_TRIES):
        try:
            text = chance.choice(_AROUND) + _Writer(chance).text(tree) + chance.choice(_AROUND)
        except _Impossible:
            yield False
        else:
            yield contains_ticket(pattern, text)


class _Impossible(Exception):
    """No character is in the set, or the text becomes longer than a reason can be."""


@dataclass(frozen=True, slots=True)
class _Item:
    """One character, or a group, and how often it stands there."""

    of: str | _Alternatives  # the source of a set of one character, with its flags; or what stands in a group
    low: int
    high: int


_Alternatives: TypeAlias = "list[list[_Item]]"


@dataclass(slots=True)
class _Reader:
    """Reads an expression that the engine takes, so it may believe that every bracket is closed."""

    pattern: str
    position: int = field(default=0)

    def alternatives(self, flags: str) -> _Alternatives:
        """Read up to the end of the group. `flags` are those that hold here, as they are written."""
        found: _Alternatives = [[]]
        while self.position < len(self.pattern) and self.pattern[self.position] != ")":
            if self.pattern[self.position] == "|":
                self.position += 1
                found.append([])
            elif quoted := _QUOTED.match(self.pattern, self.position):
                self.position = quoted.end()
                found[-1] += [_Item(flags + re.escape(letter), 1, 1) for letter in quoted[1]]
            elif group := _GROUP.match(self.pattern, self.position):
                self.position = group.end()
                within = f"{flags}(?{group['flags']})" if group["flags"] else flags
                if group["end"] == ")":
                    flags = within  # for the rest of the group that it stands in
                else:
                    found[-1].append(self._repeated(self._closed(within)))
            else:
                found[-1] += self._atom(flags)
        return found

    def _closed(self, flags: str) -> _Alternatives:
        inner = self.alternatives(flags)
        self.position += 1
        return inner

    def _atom(self, flags: str) -> list[_Item]:
        atom = _ATOM.match(self.pattern, self.position)
        source = atom[0] if atom else ""
        self.position += len(source)
        item = self._repeated(flags + source)
        return [] if source in _PLACES else [item]

    def _repeated(self, of: str | _Alternatives) -> _Item:
        repeat = _REPEAT.match(self.pattern, self.position)
        if repeat is None:
            return _Item(of, 1, 1)
        self.position = repeat.end()
        if repeat["sign"]:
            return _Item(of, *_SIGNS[repeat["sign"]])
        low = int(repeat["low"])
        high = int(repeat["high"]) if repeat["high"] else low + 2 * bool(repeat["to"])
        return _Item(of, low, min(high, low + 2))


@dataclass(slots=True)
class _Writer:
    """Writes a text that fits but for its places, such as the beginning of a word."""

    chance: random.Random
    left: int = _LONGEST

    def text(self, tree: _Alternatives, repeats: int = 0) -> str:
        """`repeats`: how many stand around this. Deep inside them nothing is written more often than it must."""
        found: list[str] = []
        for item in self.chance.choice(tree):
            times = self.chance.randint(item.low, item.high) if repeats < _DEEP else item.low
            if isinstance(item.of, str):
                self.left -= times
                if self.left < 0:
                    raise _Impossible
                found += self._any_of(_letters(item.of), times)
            else:
                found += [self.text(item.of, repeats + (item.high > 1)) for _ in range(times)]
        return "".join(found)

    def _any_of(self, letters: tuple[str, ...], times: int) -> list[str]:
        if times and not letters:
            raise _Impossible
        return self.chance.choices(letters, k=times) if times else []


@lru_cache(maxsize=256)
def _letters(source: str) -> tuple[str, ...]:
    """Return characters of the set: of those that people type, else of all."""
    one = rf"\A(?:{source})\z"
    found = tuple(letter for letter in _TYPED if contains_ticket(one, letter))
    return found or tuple(islice((letter for letter in map(chr, _OTHERS) if contains_ticket(one, letter)), 1))
