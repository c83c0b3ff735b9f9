"""Options and positional words, in the bot's spelling and in PowerShell's, which people mix.

`--sync`, `-Sync`, `-Synchronous`, `/sync`, `sync=true` and `-Synchronous:$true` mean the same, in any letter case.

An unclear word is never taken for a computer or an id. Only options, or a quoted text that belongs to it, may follow an
unquoted value; `bot.commands.leftovers` says what to write instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.commands.spellings import SAID_OF_STATES, states_like
from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.parameters import Parameter, Table
    from bot.commands.tokens import Word
    from bot.errors import Suggestion

_TRUTH = {"true": True, "$true": True, "1": True, "yes": True, "false": False, "$false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """The value of an option, and where it stands."""

    text: str  # without quotes
    operator: str  # `=`, `>`, `>=`, `<` or `<=`
    word: Word  # the word that holds the value

    @property
    def start(self) -> int:
        """The position of the value in the command, behind `reason=`."""
        if self.word.value_at:
            return self.word.value_at
        return self.word.start + len(self.word.text) - len(self.text)


@dataclass(slots=True, kw_only=True)
class Options:
    """The options and positional words of one command. Options are found by the bot's name for them."""

    text: str  # the cleaned command, for errors that mark a place
    values: dict[str, list[Value]] = field(default_factory=dict)  # in the order of the command
    switches: dict[str, bool] = field(default_factory=dict)  # True: on
    switched_at: dict[str, Word] = field(default_factory=dict)  # the first word of each switch
    rest: list[Word] = field(default_factory=list)  # positional words: computers and ids
    pairs: list[Word] = field(default_factory=list)  # words such as `comp1:3`, whose two parts stand in `rest`
    table: Table | None = None  # the parameters of the command

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

    def wrong(  # noqa: PLR0913 - an error that shows the place needs the place and the cure
        self,
        message: str,
        word: Word | None = None,
        *,
        nearest: str = "",
        candidates: tuple[str, ...] = (),
        corrected: str = "",
        choices: tuple[Suggestion, ...] = (),
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
            choices=choices,
        )

    def replaced(self, word: Word, by: str) -> str:
        """Return the command with another text in place of this word."""
        return f"{self.text[: word.start]}{by}{self.text[word.end :]}"

    def without(self, word: Word) -> str:
        """Return the command without this word."""
        return f"{self.text[: word.start].rstrip()} {self.text[word.end :].lstrip()}".strip()


def find(options: Options, table: Table, name: str, word: Word) -> Parameter:
    """Return the parameter that was meant. Raises `UsageError`, with the nearest spelling where there is one."""
    fits = table.fits(name)
    if len(fits) > 1:
        names = ", ".join(f"`{spelling}`" for spelling in table.spellings(name))
        raise options.wrong(f"`{name}` could be {names}. Write it out.", word)
    if not fits:
        if state := state_of(name):
            message = f"`{word.text[:40]}` is no option. It is a state: `state={state}`."
            raise options.wrong(message, word, corrected=options.replaced(word, f"state={state}"))
        nearest = table.nearest(name)
        corrected = options.replaced(word, word.text.replace(name, nearest, 1)) if nearest else ""
        raise options.wrong(f"I do not know `{name}`.", word, nearest=nearest, corrected=corrected)
    if fits[0].hint:
        without = options.without(word) if fits[0].is_switch else ""
        raise options.wrong(fits[0].hint, word, corrected=without)
    return fits[0]


def state_of(name: str) -> str:
    """Return the state that a word means, in small letters; empty for a word that means none, or several."""
    known = SAID_OF_STATES.get(name.lower())
    found = [known] if known is not None else states_like(name)
    is_clear = (
        len(name) >= _SHORTEST_STATE or name.lower() == "disc" or any(s.label.lower() == name.lower() for s in found)
    )
    return found[0].label.lower() if len(found) == 1 and is_clear else ""


_SHORTEST_STATE = 5


def assign(options: Options, parameter: Parameter, operator: str, text: str, word: Word) -> None:
    """Add the value to the options. Raises `UsageError` for a value or an operator that does not fit the parameter."""
    if parameter.is_switch:
        _switch(options, parameter, text, word)
        return
    if operator == "!=" and operator not in parameter.operators:
        raise _no_negation(options, parameter, word)
    if operator not in parameter.operators:
        message = f"`{parameter.name}` cannot be compared with `{operator}`; it takes {' '.join(parameter.operators)}."
        raise options.wrong(message, word)
    if not text.strip(", "):
        raise options.wrong(f"`{parameter.name}` is empty. Write a value after it.", word)
    if parameter.is_single and options.all(parameter.name):
        raise options.wrong(f"`{parameter.name}` is said twice. Say it once.", word)
    said = Value(text=text, operator="=" if operator == ":" else operator, word=word)
    options.values.setdefault(parameter.name, []).append(said)


def _no_negation(options: Options, parameter: Parameter, word: Word) -> UsageError:
    """Return the error for `user!=bob`. A forced command gets no correction: without the filter it reaches further."""
    message = f'`{parameter.name}` has no "not". Leave it out, and take people out on the card with Choose...'
    is_forced = re.search("force|confirm", options.text, re.IGNORECASE)
    return options.wrong(message, word, corrected="" if is_forced else options.without(word))


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
    return UsageError(message, text=options.text, start=start, end=words[-1].end, corrected=corrected)
