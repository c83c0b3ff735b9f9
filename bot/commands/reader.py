"""Reads the words of one command in their order, and refuses a word that belongs to nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.commands import leftovers, nearly
from bot.commands.options import Options, Table, Takes, Value, assign, assignment_in, find, flag_in, is_dashed
from bot.domain.inventory import is_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.commands.options import Parameter
    from bot.commands.tokens import Word


def read(  # noqa: PLR0913 - the words, what they may mean, and what an error shows
    words: Sequence[Word],
    parameters: Iterable[Parameter],
    *,
    text: str,
    example: str,
    is_computer: Callable[[str], bool],
    pipe_at: int | None = None,
) -> Options:
    """Sort the words. Raises `UsageError` with the place and the corrected command where there is one.

    `is_computer` says whether a name is one of the inventory's. `pipe_at`: the place of the pipe that stood between
    the words; computers and ids are written left of it.
    """
    reader = _Reader(
        options=Options(text=text, example=example),
        table=Table(parameters),
        words=words,
        is_computer=is_computer,
        pipe_at=pipe_at,
    )
    while reader.position < len(words):
        reader.take(words[reader.position])
    return reader.options


_LEFT = "Write computers, ids and filters left of the pipe."


@dataclass(slots=True, kw_only=True)
class _Reader:
    """`parameter` and `value` are what was read last; neither after a positional word, no value after a switch."""

    options: Options
    table: Table
    words: Sequence[Word]
    is_computer: Callable[[str], bool]
    pipe_at: int | None
    position: int = 0
    parameter: Parameter | None = field(default=None)
    value: Value | None = field(default=None)

    def take(self, word: Word) -> None:
        self.position += 1
        if name := flag_in(word):
            self._flag(find(self.options, self.table, name, word), word)
        elif (said := assignment_in(word)) and said[0].lower() != "group" and self._names_a_parameter(word, said[0]):
            self._assignment(find(self.options, self.table, said[0], word), said, word)
        elif word.is_quoted and self._is_next_to(word):
            self._assign(self.table[self._then()], "=", word.text, word)
        else:
            self._positional(word)

    def _names_a_parameter(self, word: Word, name: str) -> bool:
        """`id=3` does, and so does a misspelt `usr=alice`; `print:3` may be a computer with something behind it."""
        return self.table.is_option(word) or "=" in word.text or bool(self.table.nearest(name))

    def _flag(self, parameter: Parameter, word: Word) -> None:
        """`--name`, or `--name value`."""
        if parameter.is_switch:
            self._assign(parameter, "=", "true", word)
            return
        following = self._following()
        if following is None or self.table.is_option(following):
            as_text = f" To say `{following.text}` as a text, put it in quotes." if following else ""
            raise self.options.wrong(f"`{word.text}` needs a value after it.{as_text}", word)
        self.position += 1
        self._assign(parameter, "=", following.text, following)

    def _following(self) -> Word | None:
        return self.words[self.position] if self.position < len(self.words) else None

    def _assignment(self, parameter: Parameter, said: tuple[str, str, str], word: Word) -> None:
        """`name=value`; a value that stands apart is not taken."""
        following = self._following()
        is_apart = following and not (said[2] or word.ends_quoted or self.table.is_option(following))
        if following and is_apart and (not parameter.is_switch or following.text.lower() in leftovers.TRUTHS):
            raise nearly.parted(self.options, said[0], word, following)
        self._assign(parameter, said[1], said[2], word)

    def _assign(self, parameter: Parameter, operator: str, text: str, word: Word) -> None:
        if self._is_behind_the_pipe(word) and self._is_selected_by(parameter):
            raise self.options.wrong(_LEFT, word)
        assign(self.options, parameter, operator, text, word)
        said = self.options.last(parameter.name)
        self.parameter, self.value = parameter, said

    def _then(self) -> str:
        return self.parameter.then if self.parameter else ""

    def _is_next_to(self, word: Word) -> bool:
        """The quoted text belongs to the value right before it: `--warn 5m "Please save"`."""
        return bool(self._then() and self.value and word.start > self.value.word.start)

    def _positional(self, word: Word) -> None:
        """A computer or an id in a word of its own; refused where it could be part of something else."""
        self._refuse_a_leftover(word)
        if not (word.is_quoted or leftovers.is_number(word) or self._names_a_computer(word)):
            error = nearly.an_option(self.options, self.table, word, self._following())
            if error:
                raise error
        if self._is_behind_the_pipe(word):
            raise self.options.wrong(_LEFT, word)
        self.options.rest.append(word)
        self.parameter = self.value = None

    def _names_a_computer(self, word: Word) -> bool:
        """A pattern is taken for one without being looked up, which costs most where somebody writes hundreds."""
        if is_pattern(word.text) and not is_dashed(word.text):
            return True
        return any(self.is_computer(name) for name in word.text.split(",") if name)

    def _is_behind_the_pipe(self, word: Word) -> bool:
        return self.pipe_at is not None and word.start > self.pipe_at

    def _is_selected_by(self, parameter: Parameter) -> bool:
        """Left of the pipe stand computers, ids or a filter of this kind already; said once more, they would widen."""
        if parameter.is_switch or parameter.is_single:
            return False
        words = self.options.rest if parameter.takes in (Takes.COMPUTERS, Takes.IDS) else []
        is_id = parameter.takes is Takes.IDS
        return bool(self.options.all(parameter.name)) or any(leftovers.is_number(word) is is_id for word in words)

    def _refuse_a_leftover(self, word: Word) -> None:
        """In quotes only a computer may stand alone, as the first word; unquoted words follow what they cannot join."""
        parameter, value, is_number = self.parameter, self.value, leftovers.is_number(word)
        if word.is_quoted and (is_number or self.position > 1):
            raise leftovers.quoted(self.options, parameter, value, word, self.is_computer)
        if parameter is None or parameter.takes is Takes.COMPUTERS:
            return
        if parameter.is_switch and not word.is_quoted and not self._names_a_computer(word):
            before, unit = self.words[self.position - 2], self._following()
            error = leftovers.after_a_switch(self.options, parameter, before, word, unit, is_chosen=self._is_chosen())
            if error:
                raise error
        if value is None or value.word.ends_quoted:
            return
        if parameter.takes is Takes.IDS and (value.text.endswith(",") or not is_number):
            return
        raise leftovers.after_a_value(self.options, parameter, value, self._run(), self.is_computer)

    def _is_chosen(self) -> bool:
        """Sessions are chosen elsewhere, so that one more number need not be an id."""
        others = [word for at, word in enumerate(self.words) if at != self.position - 1]
        named = [said[0] for word in others if (said := assignment_in(word))] + [flag_in(word) for word in others]
        fits = [self.table.fits(name) for name in named if name]
        names = {found[0].name for found in fits if len(found) == 1 and not found[0].is_single}
        return bool(names & leftovers.CHOOSES) or any(leftovers.is_number(word) for word in others)

    def _run(self) -> list[Word]:
        """The word just taken and those behind it that are no options."""
        run = [self.words[self.position - 1]]
        for word in self.words[self.position :]:
            if word.is_quoted or self.table.is_option(word):
                break
            run.append(word)
        return run
