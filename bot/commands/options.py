"""Words -> options and positional words, in the house spelling and in PowerShell's, mixed as people do.

`--sync`, `-Sync`, `-Synchronous`, `/sync`, `sync=true`, `-Synchronous:$true` are one thing. Letter case never counts.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.commands.words import Word

_ASSIGNMENT = re.compile(r"^(?:--?|/)?([A-Za-z][A-Za-z-]*)(>=|<=|=|>|<|:)(.*)$", re.DOTALL)
_FLAG = re.compile(r"^(?:--?|/)([A-Za-z][A-Za-z-]*)$")
_TRUTH = {"true": True, "$true": True, "1": True, "yes": True, "false": False, "$false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """Something that can be said. The first name is the house's; `hint` answers those that mean nothing in chat.

    `then` names the parameter that a quoted text right behind the value is for: `--warn 5m "Save your work"`.
    """

    names: tuple[str, ...]
    is_switch: bool = False
    then: str = ""
    operators: tuple[str, ...] = ("=", ":")
    hint: str = ""

    @property
    def name(self) -> str:
        return self.names[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What was said for a parameter, and where. A quoted or bare text; the operator is `=` unless another was typed."""

    text: str
    operator: str
    word: Word


@dataclass(slots=True, kw_only=True)
class Options:
    """Everything that was said. `text` is the cleaned command, for errors that show the place."""

    text: str
    example: str
    values: dict[str, list[Value]] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    rest: list[Word] = field(default_factory=list)

    def is_on(self, name: str) -> bool:
        return self.switches.get(name, False)

    def all(self, name: str) -> list[Value]:
        return self.values.get(name, [])

    def last(self, name: str) -> Value | None:
        said = self.all(name)
        return said[-1] if said else None

    def wrong(self, say: str, word: Word | None = None, *, nearest: str = "") -> UsageError:
        """The error that marks this word."""
        start, end = (word.start, word.end) if word else (0, 0)
        return UsageError(say, text=self.text, start=start, end=end, nearest=nearest, example=self.example)


def read(words: Sequence[Word], parameters: Iterable[Parameter], *, text: str, example: str) -> Options:
    """Sort the words. Raises `UsageError` with the place and the nearest spelling for what is unknown or incomplete."""
    table = {_plain(name): parameter for parameter in parameters for name in parameter.names}
    options = Options(text=text, example=example)
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word.is_quoted:
            options.rest.append(word)
        elif flag := _FLAG.match(word.text):
            position += _read_flag(options, table, flag[1], word, words[position : position + 2])
        elif (assignment := _ASSIGNMENT.match(word.text)) and assignment[1].lower() != "group":
            parameter = _find(options, table, assignment[1], word)
            _assign(options, parameter, assignment[2], assignment[3], word)
        else:
            options.rest.append(word)
    return options


def _read_flag(options: Options, table: dict[str, Parameter], name: str, word: Word, following: Sequence[Word]) -> int:
    """`--name` or `--name value`; how many further words it took."""
    parameter = _find(options, table, name, word)
    if parameter.is_switch:
        options.switches[parameter.name] = True
        return 0
    if not following or (_FLAG.match(following[0].text) and not following[0].is_quoted):
        raise options.wrong(f"`{word.text}` needs a value after it.", word)
    _assign(options, parameter, "=", following[0].text, following[0])
    if parameter.then and len(following) > 1 and following[1].is_quoted:
        _assign(options, table[parameter.then], "=", following[1].text, following[1])
        return 2
    return 1


def _assign(options: Options, parameter: Parameter, operator: str, text: str, word: Word) -> None:
    if parameter.is_switch:
        if text.lower() not in _TRUTH:
            raise options.wrong(f"`{parameter.name}` is a switch: write `--{parameter.name}` alone.", word)
        options.switches[parameter.name] = _TRUTH[text.lower()]
        return
    if operator not in parameter.operators:
        say = f"`{parameter.name}` cannot be compared with `{operator}`; it takes {' '.join(parameter.operators)}."
        raise options.wrong(say, word)
    if not text.strip(", "):
        raise options.wrong(f"`{parameter.name}` is empty. Write a value after it.", word)
    said = Value(text=text, operator="=" if operator == ":" else operator, word=word)
    options.values.setdefault(parameter.name, []).append(said)


def _plain(name: str) -> str:
    return name.replace("-", "").lower()


def _find(options: Options, table: dict[str, Parameter], name: str, word: Word) -> Parameter:
    """By name, alias, or a beginning that fits one parameter alone, as PowerShell finds it."""
    wanted = _plain(name)
    fits = {id(p): p for known, p in table.items() if known.startswith(wanted)}
    parameter = table.get(wanted) or (next(iter(fits.values())) if len(fits) == 1 else None)
    if parameter is None:
        if len(fits) > 1:
            names = ", ".join(f"`{p.name}`" for p in fits.values())
            raise options.wrong(f"`{name}` could be {names}. Write it out.", word)
        near = difflib.get_close_matches(wanted, table, n=1)
        raise options.wrong(f"I do not know `{name}`.", word, nearest=table[near[0]].name if near else "")
    if parameter.hint:
        raise options.wrong(parameter.hint, word)
    return parameter
