"""The reader of one command: it takes the words in their order and refuses words that belong to nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.commands import leftovers, nearly
from bot.commands.joining import joined
from bot.commands.options import Options, Value, assign, find
from bot.commands.parameters import Table, Takes, assignment_in, flag_in, is_dashed
from bot.commands.spellings import PORTS, computer_in, ids_in, names_in, pair_in
from bot.commands.tokens import Word
from bot.domain.inventory import is_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.commands.parameters import Parameter
    from bot.errors import Suggestion


def read(
    words: Sequence[Word],
    parameters: Iterable[Parameter],
    *,
    text: str,
    is_computer: Callable[[str], bool],
    pipe_at: int | None = None,
) -> Options:
    """Return the words as options. Raises `UsageError` with the place, and with a corrected command where there is one.

    `is_computer` says whether the inventory has a name. `pipe_at` is the position of the pipe between the words;
    computers and ids have to be left of it.
    """
    table = Table(parameters)
    reader = _Reader(
        options=Options(text=text, table=table),
        table=table,
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
    known: dict[str, bool] = field(default_factory=dict)  # a word -> whether it names a computer
    value: Value | None = field(default=None)  # of the last option; None after a switch or a positional word

    def take(self, word: Word) -> None:
        """Read one word, and the value behind it where it needs one. Raises `UsageError`."""
        self.position += 1
        if not self._is_prose_open():
            found = joined(self.words, self.position - 1, self.table)
            word, self.position = found.word, self.position + found.used
        if name := flag_in(word):
            self._flag(find(self.options, self.table, name, word), word)
        elif (said := assignment_in(word)) and said[0].lower() != "group" and self._names_a_parameter(word, said[0]):
            self._assignment(find(self.options, self.table, said[0], word), said, word)
        elif word.is_quoted and self._is_next_to(word):
            self._assign(self.table[self._then()], "=", word.text, word)
        elif word.is_quoted and (parameter := self._free_for(word)):
            self._assign(parameter, "=", word.text, word)
        else:
            self._positional(word)

    def _free_for(self, word: Word) -> Parameter | None:
        """Return the option whose value a text in quotes may be that stands alone; None when it has one already."""
        found = self.table.lone_quotes
        if found is None or self.options.all(found.name) or (self.position == 1 and self._names_a_computer(word)):
            return None
        return found

    def _is_prose_open(self) -> bool:
        """Return whether the words here could still be part of a text without quotes."""
        is_prose = self.parameter is not None and self.parameter.name in leftovers.PROSE
        return bool(is_prose and self.value and not self.value.word.ends_quoted)

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
        if parameter.name == "session" and (ids := ids_in(text)):
            parameter, text = self.table["id"], ids  # no station is named by a number
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
        if not word.is_quoted and (ids := ids_in(word.text)):
            word = replace(word, text=ids)
        self._refuse_a_leftover(word)
        if not (word.is_quoted or leftovers.is_number(word) or self._names_a_computer(word)):
            if self._is_other_spelling(word):
                return
            error = nearly.an_option(self.options, self.table, word, self._following())
            if error:
                error.choices = (*error.choices, *self._as_a_reason())
                raise error
        self._append(word)
        self.parameter = self.value = None

    def _as_a_reason(self) -> tuple[Suggestion, ...]:
        """Return the command with the words that mean nothing as its reason, where the word just read ends them."""
        if self._following() or not self.options.rest:
            return ()
        before = self.options.rest[-1]
        is_free = not (before.is_quoted or leftovers.is_number(before) or self._names_a_computer(before))
        return leftovers.as_a_reason(self.options, before) if is_free else ()

    def _append(self, word: Word) -> None:
        if self._is_behind_the_pipe(word):
            raise self.options.wrong(_LEFT, word)
        self.options.rest.append(word)

    def _is_other_spelling(self, word: Word) -> bool:
        """Read `id3`, `(comp1)` and `comp1:3`, and return whether the word was one of these. Raises `UsageError`."""
        if ids := nearly.glued_ids(word):
            self._assign(self.table["id"], "=", ids, word)
            return True
        if name := computer_in(word.text, self.is_computer):
            self._append(replace(word, text=name))
            self.parameter = self.value = None
            return True
        pair = pair_in(word.text, self.is_computer)
        if pair is None:
            return False
        name, ids = pair
        if ids.isdigit() and int(ids) in PORTS:
            meant = self.options.replaced(word, name)
            message = f"`{ids}` behind the computer looks like a port. For the session write `id={ids}`."
            raise self.options.wrong(message, word, corrected=meant)
        self._append(replace(word, text=name))
        self._append(Word(ids, word.start, word.end))
        self.options.pairs.append(word)
        self.parameter, self.value = self.table["id"], Value(text=ids, operator="=", word=word)
        return True

    def _names_a_computer(self, word: Word) -> bool:
        """Return whether the word names a computer. A pattern counts without a look-up, which is slow for hundreds."""
        if is_pattern(word.text) and not is_dashed(word.text):
            return True
        if word.text not in self.known:
            self.known[word.text] = any(self.is_computer(name) for name in names_in(word.text) if name)
        return self.known[word.text]

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
