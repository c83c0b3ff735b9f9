"""Patterns with `*` and `?`, compiled once and matched in one pass over the text, whatever people write into them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_NAME = 1024
"""The most letters of a name that is compared with a pattern. Windows and DNS know none of more than 256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wildcard:
    """A pattern as an automaton whose states are the bits of one number: bit n says that n units of it have matched.

    So a letter of the text is one step for all states together, and no step is taken twice.
    """

    units: Mapping[str, int]  # a letter of the pattern -> the units that take it
    any_letter: int  # the units that take every letter: a `?` stands there
    loops: int  # the states that take any number of letters: a `*` stands there
    end: int  # the state of the whole pattern
    begins: str  # the letters before the first `*` or `?`
    ends: str  # the letters behind the last one; empty for a pattern without any

    def fits(self, text: str) -> bool:
        """Return whether the pattern takes the whole text."""
        if not (text.startswith(self.begins) and text.endswith(self.ends)):
            return False
        states = 1
        for letter in text:
            states = (states & self.units.get(letter, self.any_letter)) << 1 | (states & self.loops)
            if not states:
                return False
        return bool(states & self.end)


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Wildcard:
    """Return the pattern, ready to match. `*` stands for any number of letters, `?` for one; every other is itself."""
    any_letter, loops, count = 0, 0, 0
    units: dict[str, int] = {}
    for letter in pattern:
        if letter == "*":
            loops |= 1 << count
            continue
        if letter == "?":
            any_letter |= 1 << count
        else:
            units[letter] = units.get(letter, 0) | 1 << count
        count += 1
    plain = pattern.replace("?", "*")
    begins, star, _ = plain.partition("*")
    return Wildcard(
        units={letter: bits | any_letter for letter, bits in units.items()},
        any_letter=any_letter,
        loops=loops,
        end=1 << count,
        begins=begins,
        ends=plain.rpartition("*")[2] if star else "",
    )
