"""The parameters of the commands: their names, aliases and kinds of values, and how a word names one of them."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.commands.tokens import Word

OPERATOR = r">=|<=|!=|<>|=>|=<|==|=|>|<|:"


_OPERATORS = frozenset(OPERATOR.split("|"))
_SAME_OPERATOR = {"==": "=", "=>": ">=", "=<": "<=", "<>": "!="}


_ASSIGNMENT = re.compile(rf"^(?:--?|/)?([A-Za-z][A-Za-z-]*)({OPERATOR})(.*)$", re.DOTALL)


_FLAG = re.compile(r"^(?:--?|/)([A-Za-z][A-Za-z-]*)$")


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
    topic: str = ""  # the word of `help` under which it stands; empty: it is not shown
    shape: str = ""  # how it is written, `user=alice`
    about: str = ""  # what it does, in a few words
    takes_lone_quotes: bool = False  # a text in quotes that follows nothing is its value

    @property
    def name(self) -> str:
        """The bot's name of the option."""
        return self.names[0]

    @property
    def is_switch(self) -> bool:
        return self.takes is Takes.NOTHING


class Table:
    """The parameters of one command. As in PowerShell, an alias or an unambiguous beginning of a name finds one."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._by_name = {_plain(name): parameter for parameter in parameters for name in parameter.names}

    @property
    def lone_quotes(self) -> Parameter | None:
        """The parameter whose value is a text in quotes that follows nothing; None: such a text is an error."""
        return next((parameter for parameter in self._by_name.values() if parameter.takes_lone_quotes), None)

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
        if (meant := _SYNONYMS.get(_plain(name), "")) in self._by_name:
            return meant
        near = difflib.get_close_matches(_plain(name), self._by_name, n=5)
        found = list(dict.fromkeys(self._by_name[each].name for each in near))
        if len(found) > 1:
            first, second = (difflib.SequenceMatcher(None, _plain(name), near[at]).ratio() for at in (0, 1))
            return found[0] if first - second >= _CLEARLY else ""
        return found[0] if found else ""

    def slip(self, name: str) -> str:
        """Return the bot's name of the parameter that the word misspells or begins; empty for none."""
        fits = self.fits(name)
        if len(fits) == 1 and (self.knows(name) or len(name) >= _SHORTEST_BEGINNING):
            return fits[0].name
        near = difflib.get_close_matches(_plain(name), self._by_name, n=1, cutoff=_A_SLIP)
        known = near[0] if near and not near[0].startswith(_plain(name)) else _SYNONYMS.get(_plain(name), "")
        return self._by_name[known].name if known in self._by_name else ""

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


_SYNONYMS = {
    **dict.fromkeys(("dryrun", "dry", "preview", "simulate", "simulation", "test", "noop"), "whatif"),
    **dict.fromkeys(("comment", "because", "why", "cause", "note"), "reason"),
    **dict.fromkeys(("message", "msg", "text", "body"), "say"),
    **dict.fromkeys(("grace", "countdown", "notify", "delay"), "warn"),
    **dict.fromkeys(("everyone", "everybody", "everything", "any"), "all"),
    **dict.fromkeys(("person", "account", "login", "who", "name", "u"), "user"),
    **dict.fromkeys(("machine", "hostname", "node", "target", "pc", "box", "hostserver", "servername"), "computer"),
    **dict.fromkeys(("public", "share"), "here"),
    **dict.fromkeys(("unifiedsessionid", "number", "nr", "no", "sid"), "id"),
    **dict.fromkeys(("status", "sessionstate"), "state"),
}
"""What other tools and people call an option. It is suggested and never taken: the person says it."""


_SHORTEST_BEGINNING = 5
_A_SLIP = 0.75
"""How alike a word without dashes and an option have to be, as a ratio from 0 to 1."""


def is_dashed(text: str) -> bool:
    return text.startswith(("-", "/"))


def assignment_in(word: Word) -> tuple[str, str, str] | None:
    """Return name, operator and value of `id=3`; None for a quoted word, and for one that is no assignment."""
    found = None if word.is_quoted else _ASSIGNMENT.match(word.text)
    if found and word.quoted_from > found.start(2):  # `session="<x"`: what is in quotes is no part of the operator
        operator = word.text[found.start(2) : word.quoted_from]
        if operator in _OPERATORS:
            return found[1], _SAME_OPERATOR.get(operator, operator), word.text[word.quoted_from :]
    return (found[1], _SAME_OPERATOR.get(found[2], found[2]), found[3]) if found else None


def flag_in(word: Word) -> str:
    """Return the name of a flag, `--sync` -> `sync`; empty for a quoted word, and for one that is no flag."""
    found = None if word.is_quoted else _FLAG.match(word.text)
    return found[1] if found else ""


def _plain(name: str) -> str:
    return name.replace("-", "").lower()
