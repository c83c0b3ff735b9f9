"""Whether a regular expression for tickets can do its work: let some reasons through and not all of them."""

from __future__ import annotations

import random
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRIES = 200
_LONGEST = 2000
"""A command is no longer, so neither is a reason: a text that has to repeat something more often is none."""

_AROUND = ("", "", "x", " ", "\n")
_PLAIN = ("server is stuck", "please", "Server haengt")


def fault_in_ticket(pattern: str) -> str:
    """Return why the expression is no check: it takes the empty text, or no text at all. Empty when it is one."""
    try:
        expression = re.compile(pattern)
    except re.error as exc:
        return f"this is no regular expression: {exc}"
    if not pattern:
        return ""
    if expression.search(""):
        return "matches the empty text, so every reason has it. Leave it out, or write one like INC\\d{7}"
    if not _matches_something(expression):
        return "matches no text, so no reason has it. Write one like INC\\d{7}"
    return ""


def takes_plain_words(pattern: str) -> bool:
    """Any reason that somebody may type has it, with a ticket or without one."""
    return bool(pattern) and all(re.search(pattern, words) for words in _PLAIN)


def is_doubtful(pattern: str) -> bool:
    """No text was found that has it, but it looks around itself, so there may be one."""
    return bool(pattern) and not any(_fitting(re.compile(pattern)))


def _matches_something(expression: re.Pattern[str]) -> bool:
    found = list(_fitting(expression))
    return any(found) or None in found


def _fitting(expression: re.Pattern[str]) -> Iterator[bool | None]:
    """Build texts by the expression and ask it for them; None for one that looks around itself and does not fit."""
    tree = import_module("re._parser").parse(expression.pattern, expression.flags)
    chance = random.Random(0)  # noqa: S311 - texts to try, the same ones each time
    maker = _Maker(chance)
    for _ in range(_TRIES):
        maker.begin()
        try:
            text = chance.choice(_AROUND) + maker.text(tree) + chance.choice(_AROUND)
            yield bool(expression.search(text)) or (None if maker.looked_around else False)
        except _Impossible:
            yield False


class _Impossible(Exception):
    """No character is in the set."""


class _Maker:
    """Makes texts that fit but for their anchors."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._groups: dict[int, str] = {}
        self._letters: dict[int, list[str]] = {}
        self.looked_around = False
        self._repeated = 1

    def begin(self) -> None:
        self.looked_around, self._repeated = False, 1

    def text(self, tree: Any) -> str:
        return "".join(self._one(str(kind), value) for kind, value in tree)

    def _one(self, kind: str, value: Any) -> str:
        match kind:
            case "LITERAL":
                return chr(value)
            case "NOT_LITERAL" | "ANY" | "IN":
                return self._letter(kind, value)
            case "BRANCH":
                return self.text(self._chance.choice(value[1]))
            case "SUBPATTERN":
                self._groups[value[0]] = self.text(value[3])
                return self._groups[value[0]]
            case "ATOMIC_GROUP":
                return self.text(value)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeat(*value)
            case "GROUPREF":
                return self._groups.get(value, "")
            case "AT":
                return ""
            case "FAILURE":
                raise _Impossible
            case "ASSERT_NOT" if not len(value[1]):
                raise _Impossible
            case _:
                self.looked_around = True
                return ""

    def _repeat(self, low: int, high: int, inner: Any) -> str:
        outside, self._repeated = self._repeated, self._repeated * max(low, 1)
        if self._repeated > _LONGEST:
            raise _Impossible
        found = "".join(self.text(inner) for _ in range(self._chance.randint(low, min(high, low + 2))))
        self._repeated = outside
        return found

    def _letter(self, kind: str, value: Any) -> str:
        """One character of the set."""
        if id(value) not in self._letters:  # the expression lives as long as its maker, so an id stays what it is
            self._letters[id(value)] = _letters_of(kind, value)
        letters = self._letters[id(value)]
        if not letters:
            raise _Impossible
        return self._chance.choice(letters)


def _letters_of(kind: str, value: Any) -> list[str]:
    """The characters of a set: its own ones, and of those that people type."""
    typed = [*map(chr, range(32, 127)), "\t", "\n", "é"]
    if kind == "ANY":
        return typed[:-2]
    if kind == "NOT_LITERAL":
        return [letter for letter in typed if ord(letter) != value]
    own = [chr(item) for sort, item in value if str(sort) == "LITERAL"]
    own += [chr(item[0]) for sort, item in value if str(sort) == "RANGE"]
    compiled = import_module("re._compiler")
    parser = import_module("re._parser")
    tree = parser.SubPattern(parser.State(), [(import_module("re._constants").IN, value)])
    is_in = compiled.compile(tree).fullmatch
    return [letter for letter in dict.fromkeys([*own, *typed]) if is_in(letter)]
