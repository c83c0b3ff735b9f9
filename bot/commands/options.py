"""Words -> options and positional words, in the house spelling and in PowerShell's, mixed as people do.

`--sync`, `-Sync`, `-Synchronous`, `/sync`, `sync=true`, `-Synchronous:$true` are one thing. Letter case never counts.

A word that stands for nothing is never taken for a computer or an id: behind an unquoted value come options, or a
quoted text that belongs to it, and nothing else (`bot.commands.leftovers` says what to write instead).
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.commands.tokens import Word

_ASSIGNMENT = re.compile(r"^(?:--?|/)?([A-Za-z][A-Za-z-]*)(>=|<=|=|>|<|:)(.*)$", re.DOTALL)
_FLAG = re.compile(r"^(?:--?|/)([A-Za-z][A-Za-z-]*)$")
_TRUTH = {"true": True, "$true": True, "1": True, "yes": True, "false": False, "$false": False, "0": False, "no": False}


class Takes(StrEnum):
    """What the value of a parameter is."""

    NOTHING = "nothing"  # a switch
    COMPUTERS = "computers"  # more of them may follow as words of their own
    IDS = "ids"  # one list, parted by commas
    TEXT = "text"  # anything; several words need quotes
    DURATION = "duration"  # `5m`
    MOMENT = "moment"  # a date, or a date with a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """Something that can be said. The first name is the house's; `hint` answers those that mean nothing in chat.

    `then` names the parameter that a quoted text right behind the value is for: `--warn 5m "Save your work"`.
    `is_single`: saying it twice is an error, because only one of the two could count.
    """

    names: tuple[str, ...]
    takes: Takes = Takes.TEXT
    then: str = ""
    operators: tuple[str, ...] = ("=", ":")
    hint: str = ""
    is_single: bool = False

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def is_switch(self) -> bool:
        return self.takes is Takes.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What was said for a parameter, and where. A quoted or bare text; the operator is `=` unless another was typed."""

    text: str
    operator: str
    word: Word

    @property
    def start(self) -> int:
        """Where the value begins in the command, behind `reason=`."""
        return self.word.start + len(self.word.text) - len(self.text)


@dataclass(slots=True, kw_only=True)
class Options:
    """Everything that was said. `text` is the cleaned command, for errors that show the place."""

    text: str
    example: str
    values: dict[str, list[Value]] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    switched_at: dict[str, Word] = field(default_factory=dict)
    rest: list[Word] = field(default_factory=list)

    def is_on(self, name: str) -> bool:
        return self.switches.get(name, False)

    def all(self, name: str) -> list[Value]:
        return self.values.get(name, [])

    def last(self, name: str) -> Value | None:
        said = self.all(name)
        return said[-1] if said else None

    def wrong(
        self,
        message: str,
        word: Word | None = None,
        *,
        nearest: str = "",
        candidates: tuple[str, ...] = (),
        corrected: str = "",
    ) -> UsageError:
        """The error that marks this word."""
        start, end = (word.start, word.end) if word else (0, 0)
        return UsageError(
            message,
            text=self.text,
            start=start,
            end=end,
            nearest=nearest,
            candidates=candidates,
            corrected=corrected,
            example=self.example,
        )

    def replaced(self, word: Word, by: str) -> str:
        """The command with another text in the place of this word."""
        return f"{self.text[: word.start]}{by}{self.text[word.end :]}"


class Table:
    """The parameters of one command by their names, aliases and unambiguous beginnings, as PowerShell finds them."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._by_name = {_plain(name): parameter for parameter in parameters for name in parameter.names}

    def __getitem__(self, name: str) -> Parameter:
        return self._by_name[_plain(name)]

    def fits(self, name: str) -> list[Parameter]:
        """The parameter of this name, else all that begin with it."""
        wanted = _plain(name)
        if wanted in self._by_name:
            return [self._by_name[wanted]]
        return list({id(p): p for known, p in self._by_name.items() if known.startswith(wanted)}.values())

    def knows(self, name: str) -> bool:
        """The name is written out in full."""
        return _plain(name) in self._by_name

    def spellings(self, name: str) -> list[str]:
        """For each parameter that begins with it, the first name that does."""
        wanted = _plain(name)
        found: dict[int, str] = {}
        for known, parameter in self._by_name.items():
            if known.startswith(wanted):
                found.setdefault(id(parameter), next(n for n in parameter.names if _plain(n) == known))
        return list(found.values())

    def nearest(self, name: str) -> str:
        """The house's name of the one parameter that was clearly meant, or nothing; `no-sync` is not `sync`."""
        if _plain(name).startswith("no"):
            return ""
        near = difflib.get_close_matches(_plain(name), self._by_name, n=5)
        found = list(dict.fromkeys(self._by_name[each].name for each in near))
        if len(found) > 1:
            first, second = (difflib.SequenceMatcher(None, _plain(name), near[at]).ratio() for at in (0, 1))
            return found[0] if first - second >= _CLEARLY else ""
        return found[0] if found else ""

    def is_option(self, word: Word) -> bool:
        """The word names a parameter: `--sync`, `id=3`; a word like `http://x` or `comp1:3` names none."""
        if word.is_quoted:
            return False
        if _FLAG.match(word.text):
            return True
        assignment = _ASSIGNMENT.match(word.text)
        return bool(assignment and (self.fits(assignment[1]) or is_dashed(word.text)))


_CLEARLY = 0.05
"""So much nearer than the second has to be what is suggested alone."""


def is_dashed(text: str) -> bool:
    return text.startswith(("-", "/"))


def assignment_in(word: Word) -> tuple[str, str, str] | None:
    """`id=3` -> name, operator, value; None for a word that is none, or is quoted."""
    found = None if word.is_quoted else _ASSIGNMENT.match(word.text)
    return (found[1], found[2], found[3]) if found else None


def flag_in(word: Word) -> str:
    """`--sync` -> `sync`; nothing for a word that is no flag."""
    found = None if word.is_quoted else _FLAG.match(word.text)
    return found[1] if found else ""


def find(options: Options, table: Table, name: str, word: Word) -> Parameter:
    """Return the parameter that was meant. Raises `UsageError` with the nearest spelling."""
    fits = table.fits(name)
    if len(fits) > 1:
        names = ", ".join(f"`{spelling}`" for spelling in table.spellings(name))
        raise options.wrong(f"`{name}` could be {names}. Write it out.", word)
    if not fits:
        nearest = table.nearest(name)
        corrected = options.replaced(word, word.text.replace(name, nearest, 1)) if nearest else ""
        raise options.wrong(f"I do not know `{name}`.", word, nearest=nearest, corrected=corrected)
    if fits[0].hint:
        raise options.wrong(fits[0].hint, word)
    return fits[0]


def assign(options: Options, parameter: Parameter, operator: str, text: str, word: Word) -> None:
    """Keep what was said for the parameter. Raises `UsageError` for a value that is none."""
    if parameter.is_switch:
        _switch(options, parameter, text, word)
        return
    if operator not in parameter.operators:
        message = f"`{parameter.name}` cannot be compared with `{operator}`; it takes {' '.join(parameter.operators)}."
        raise options.wrong(message, word)
    if not text.strip(", "):
        raise options.wrong(f"`{parameter.name}` is empty. Write a value after it.", word)
    if parameter.is_single and options.all(parameter.name):
        raise options.wrong(f"`{parameter.name}` is said twice. Say it once.", word)
    said = Value(text=text, operator="=" if operator == ":" else operator, word=word)
    options.values.setdefault(parameter.name, []).append(said)


def _switch(options: Options, parameter: Parameter, text: str, word: Word) -> None:
    name = parameter.name
    is_on = _TRUTH.get(text.lower())
    if is_on is None:
        raise options.wrong(f"`{name}` is a switch: write `--{name}` alone.", word)
    if options.switches.get(name, is_on) is not is_on:
        raise options.wrong(f"`{name}` is switched on and off. Say one of the two.", word)
    options.switches[name] = is_on
    options.switched_at.setdefault(name, word)


def wrong_at(options: Options, message: str, words: Sequence[Word], *, start: int, corrected: str = "") -> UsageError:
    """The error that marks everything from `start` to the end of the last of these words."""
    return UsageError(
        message, text=options.text, start=start, end=words[-1].end, corrected=corrected, example=options.example
    )


def _plain(name: str) -> str:
    return name.replace("-", "").lower()
