"""The reader of one command: it takes the words in their order and refuses words that belong to nothing."""

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
    """Return the words as options. Raises `UsageError` with the place, and with a corrected command where there is one.

    `is_computer` says whether the inventory has a name. `pipe_at` is the position of the pipe between the words;
    computers and ids have to be left of it.
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
    """The state between two words of a command."""

    options: Options  # filled word by word
    table: Table
    words: Sequence[Word]
    is_computer: Callable[[str], bool]
    pipe_at: int | None
    position: int = 0  # the index of the next word
    parameter: Parameter | None = field(default=None)  # of the last option; None after a positional word
    value: Value | None = field(default=None)  # of the last option; None after a switch or a positional word

    def take(self, word: Word) -> None:
        """Read one word, and the value behind it where it needs one. Raises `UsageError`."""
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
        """Return whether the word is meant as an option: `id=3` and a misspelt `usr=alice` are.

        `print:3` is not, because it may be a computer with an id.
        """
        return self.table.is_option(word) or "=" in word.text or bool(self.table.nearest(name))

    def _flag(self, parameter: Parameter, word: Word) -> None:
        """Read `--name` or `--name value`. Raises `UsageError` when the value is missing."""
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
        """Read `name=value`. Raises `UsageError` when a space stands before the value."""
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
        """Return whether the quoted text belongs to the value right before it: `--warn 5m "Please save"`."""
        return bool(self._then() and self.value and word.start > self.value.word.start)

    def _positional(self, word: Word) -> None:
        """Read a computer or an id. Raises `UsageError` when the word could be part of something else."""
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
        """Return whether the word names a computer. A pattern counts without a look-up, which is slow for hundreds."""
        if is_pattern(word.text) and not is_dashed(word.text):
            return True
        return any(self.is_computer(name) for name in word.text.split(",") if name)

    def _is_behind_the_pipe(self, word: Word) -> bool:
        return self.pipe_at is not None and word.start > self.pipe_at

    def _is_selected_by(self, parameter: Parameter) -> bool:
        """Return whether the part left of the pipe already has a selection of this kind, which another would widen."""
        if parameter.is_switch or parameter.is_single:
            return False
        words = self.options.rest if parameter.takes in (Takes.COMPUTERS, Takes.IDS) else []
        is_id = parameter.takes is Takes.IDS
        return bool(self.options.all(parameter.name)) or any(leftovers.is_number(word) is is_id for word in words)

    def _refuse_a_leftover(self, word: Word) -> None:
        """Raise `UsageError` for a positional word that could belong to the option before it.

        A quoted word may only be a computer, and only the first word of the command.
        """
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
        """Return whether another word of the command chooses sessions, so that this number is probably no id."""
        others = [word for at, word in enumerate(self.words) if at != self.position - 1]
        named = [said[0] for word in others if (said := assignment_in(word))] + [flag_in(word) for word in others]
        fits = [self.table.fits(name) for name in named if name]
        names = {found[0].name for found in fits if len(found) == 1 and not found[0].is_single}
        return bool(names & leftovers.CHOOSES) or any(leftovers.is_number(word) for word in others)

    def _run(self) -> list[Word]:
        """Return the word just read and the unquoted words behind it that are no options."""
        run = [self.words[self.position - 1]]
        for word in self.words[self.position :]:
            if word.is_quoted or self.table.is_option(word):
                break
            run.append(word)
        return run
