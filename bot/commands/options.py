"""Options and positional words, in the bot's spelling and in PowerShell's, which people mix.

`--sync`, `-Sync`, `-Synchronous`, `/sync`, `sync=true` and `-Synchronous:$true` mean the same, in any letter case.

An unclear word is never taken for a computer or an id. Only options, or a quoted text that belongs to it, may follow an
unquoted value; `bot.commands.leftovers` says what to write instead.
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
    """The kind of a parameter's value."""

    NOTHING = "nothing"  # none: the parameter is a switch
    COMPUTERS = "computers"  # names; more of them may follow as separate words
    IDS = "ids"  # one list, separated by commas
    TEXT = "text"  # any text; several words need quotes
    DURATION = "duration"  # `5m`
    MOMENT = "moment"  # a date, or a date with a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One option of a command."""

    names: tuple[str, ...]  # the bot's name first, then aliases
    takes: Takes = Takes.TEXT  # the kind of its value
    then: str = ""  # the parameter of a quoted text right behind the value: `--warn 5m "Save your work"`; empty: none
    operators: tuple[str, ...] = ("=", ":")  # what may stand between name and value
    hint: str = ""  # the error's sentence for an option that means nothing in chat; empty: it means something
    is_single: bool = False  # writing it twice is an error

    @property
    def name(self) -> str:
        """The bot's name of the option."""
        return self.names[0]

    @property
    def is_switch(self) -> bool:
        return self.takes is Takes.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """The value of an option, and where it stands."""

    text: str  # without quotes
    operator: str  # `=`, `>`, `>=`, `<` or `<=`
    word: Word  # the word that holds the value

    @property
    def start(self) -> int:
        """The position of the value in the command, behind `reason=`."""
        return self.word.start + len(self.word.text) - len(self.text)


@dataclass(slots=True, kw_only=True)
class Options:
    """The options and positional words of one command. Options are found by the bot's name for them."""

    text: str  # the cleaned command, for errors that mark a place
    example: str  # a command that works, for errors
    values: dict[str, list[Value]] = field(default_factory=dict)  # in the order of the command
    switches: dict[str, bool] = field(default_factory=dict)  # True: on
    switched_at: dict[str, Word] = field(default_factory=dict)  # the first word of each switch
    rest: list[Word] = field(default_factory=list)  # positional words: computers and ids

    def is_on(self, name: str) -> bool:
        """Return whether the switch is on."""
        return self.switches.get(name, False)

    def all(self, name: str) -> list[Value]:
        """Return all values of the option, in the order of the command."""
        return self.values.get(name, [])

    def last(self, name: str) -> Value | None:
        """Return the last value of the option; None when it has none."""
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
        """Return the error that marks this word; None: no place is marked."""
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
        """Return the command with another text in place of this word."""
        return f"{self.text[: word.start]}{by}{self.text[word.end :]}"


class Table:
    """The parameters of one command. As in PowerShell, an alias or an unambiguous beginning of a name finds one."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._by_name = {_plain(name): parameter for parameter in parameters for name in parameter.names}

    def __getitem__(self, name: str) -> Parameter:
        return self._by_name[_plain(name)]

    def fits(self, name: str) -> list[Parameter]:
        """Return the parameter of this name, else all whose name begins with it."""
        wanted = _plain(name)
        if wanted in self._by_name:
            return [self._by_name[wanted]]
        return list({id(p): p for known, p in self._by_name.items() if known.startswith(wanted)}.values())

    def knows(self, name: str) -> bool:
        """Return whether a parameter has exactly this name."""
        return _plain(name) in self._by_name

    def spellings(self, name: str) -> list[str]:
        """Return one name for each parameter that has a name with this beginning."""
        wanted = _plain(name)
        found: dict[int, str] = {}
        for known, parameter in self._by_name.items():
            if known.startswith(wanted):
                found.setdefault(id(parameter), next(n for n in parameter.names if _plain(n) == known))
        return list(found.values())

    def nearest(self, name: str) -> str:
        """Return the bot's name of the parameter that was clearly meant; empty for none. `no-sync` is not `sync`."""
        if _plain(name).startswith("no"):
            return ""
        near = difflib.get_close_matches(_plain(name), self._by_name, n=5)
        found = list(dict.fromkeys(self._by_name[each].name for each in near))
        if len(found) > 1:
            first, second = (difflib.SequenceMatcher(None, _plain(name), near[at]).ratio() for at in (0, 1))
            return found[0] if first - second >= _CLEARLY else ""
        return found[0] if found else ""

    def is_option(self, word: Word) -> bool:
        """Return whether the word names a parameter: `--sync` and `id=3` do, `http://x` and `comp1:3` do not."""
        if word.is_quoted:
            return False
        if _FLAG.match(word.text):
            return True
        assignment = _ASSIGNMENT.match(word.text)
        return bool(assignment and (self.fits(assignment[1]) or is_dashed(word.text)))


_CLEARLY = 0.05
"""By how much a name has to be nearer than the second one before it is suggested alone, as a ratio from 0 to 1."""


def is_dashed(text: str) -> bool:
    return text.startswith(("-", "/"))


def assignment_in(word: Word) -> tuple[str, str, str] | None:
    """Return name, operator and value of `id=3`; None for a quoted word, and for one that is no assignment."""
    found = None if word.is_quoted else _ASSIGNMENT.match(word.text)
    return (found[1], found[2], found[3]) if found else None


def flag_in(word: Word) -> str:
    """Return the name of a flag, `--sync` -> `sync`; empty for a quoted word, and for one that is no flag."""
    found = None if word.is_quoted else _FLAG.match(word.text)
    return found[1] if found else ""


def find(options: Options, table: Table, name: str, word: Word) -> Parameter:
    """Return the parameter that was meant. Raises `UsageError`, with the nearest spelling where there is one."""
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
    """Add the value to the options. Raises `UsageError` for a value or an operator that does not fit the parameter."""
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
    """Return the error that marks everything from `start` to the end of the last of these words."""
    return UsageError(
        message, text=options.text, start=start, end=words[-1].end, corrected=corrected, example=options.example
    )


def _plain(name: str) -> str:
    return name.replace("-", "").lower()
