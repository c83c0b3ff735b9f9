"""What a text behind a slash command means: an ask of that command, of another one that reads, or an answer.

Nothing is guessed into an act. A text that would act by another command, or that may be meant in one way or another,
is answered with commands; a person presses the one that they mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.commands import BY_NAME
from bot.commands.english import meant_by
from bot.commands.foreign import translated
from bot.commands.house_style import written
from bot.commands.tokens import LONGEST, clean, escaped, split, unescaped
from bot.domain.actions import FACTS, Action, facts_of
from bot.errors import Suggestion, UsageError

if TYPE_CHECKING:
    from bot.commands.command import Command
    from bot.commands.foreign import Foreign
    from bot.domain.ask import Ask
    from bot.domain.inventory import Inventory

A_SENTENCE = "I read commands, no sentences. Do you mean this?"
_MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^<>]*)?>")
MOST_CHOICES = 4
"""The most commands of one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """An ask, and the command that it belongs to."""

    command: Command
    ask: Ask


def understand(name: str, text: str, inventory: Inventory) -> Understood:
    """Return what the text behind the slash command of this name means. Raises `UsageError`.

    The error's commands can be parsed; it has none where nothing was clearly meant.
    """
    command = BY_NAME[name]
    try:
        return _understood(command, text, inventory)
    except UsageError as error:
        reads_log = command.action is Action.AUDIT  # whose words are not those of the other commands
        if not (error.is_certain or reads_log) and (
            meant := _readable(meant_by(unescaped(text), command.action, inventory), name, inventory)
        ):
            raise UsageError(A_SENTENCE, text=error.text, choices=tuple(meant)) from error
        if error.incomplete:
            error.choices = (*error.choices, *_without_computer(error, error.command or name))
        error.choices = tuple(_readable(error.choices, error.command or name, inventory))
        raise


def suggest(text: str, inventory: Inventory) -> list[Suggestion]:
    """Return the commands that words to the bot may mean, which are no slash command; none when nothing is clear."""
    said = " ".join(_MENTION.sub(" ", text).split()) if len(text) <= LONGEST else ""
    if not said:
        return []
    default = BY_NAME[facts_of(Action.LOG_OFF).command]
    try:
        found = _understood(default, said, inventory)
    except UsageError as error:
        meant = meant_by(unescaped(said), Action.LIST, inventory)
        first = (Suggestion(command=error.command, text=error.corrected),) if error.corrected else ()
        return _readable(meant or (*first, *error.choices), default.name, inventory)
    return [Suggestion(command=found.command.name, text=written(found.ask))]


def _understood(command: Command, text: str, inventory: Inventory) -> Understood:
    cleaned = clean(text)
    foreign = _foreign(cleaned, inventory)
    if foreign is None:
        return Understood(command=command, ask=command.parse(text, inventory))
    facts = facts_of(foreign.action)
    if foreign.action is command.action and (facts.only_reads or not foreign.is_windows):
        return Understood(command=command, ask=command.parse(escaped(foreign.text), inventory))
    other = BY_NAME.get(facts.command)
    if other is None:
        raise UsageError(f"I have no command for `{facts.cmdlet or facts.command}`.", text=cleaned, end=len(cleaned))
    if facts.only_reads:
        return _read_by(other, foreign, inventory)
    raise _acts(other, foreign, cleaned, inventory, is_same=other is command)


def _foreign(cleaned: str, inventory: Inventory) -> Foreign | None:
    """Return the text as a command of another program; None where its first word is a computer, or has no end."""
    try:
        first = [word.text for word in split(cleaned)[:1]]
    except UsageError:
        first = []  # the command's own parser says it, with a correction, unless it is a script
        if not cleaned.lower().startswith("get-"):
            return None
    return None if any(map(inventory.stands_for_something, first)) else translated(cleaned)


def _read_by(other: Command, foreign: Foreign, inventory: Inventory) -> Understood:
    try:
        return Understood(command=other, ask=other.parse(escaped(foreign.text), inventory))
    except UsageError as error:
        error.command = other.name
        raise


def _acts(other: Command, foreign: Foreign, cleaned: str, inventory: Inventory, *, is_same: bool) -> UsageError:
    """Return the answer to a text that acts by another command, or by this one in the words of Windows."""
    try:
        ask = other.parse(escaped(foreign.text), inventory)
    except UsageError as error:
        error.command = other.name
        return error
    end = len(cleaned.split(" ", 1)[0])
    what = "That is how Windows says it" if is_same else "That is another command"
    message = f"{what}, which would {FACTS[other.action].right}. Press it if you mean it."
    choices = (Suggestion(command=other.name, text=written(ask)),)
    return UsageError(message, text=cleaned, start=0, end=end, choices=choices, is_certain=True)


def _without_computer(error: UsageError, name: str) -> tuple[Suggestion, ...]:
    """Return what is right but for its computer: as a list of all computers where it only chooses people or states."""
    return (
        Suggestion(command=facts_of(Action.LIST).command, text=error.incomplete),
        Suggestion(command=name, text=error.incomplete),
    )


def _readable(choices: tuple[Suggestion, ...], name: str, inventory: Inventory) -> list[Suggestion]:
    """Return the commands that can be parsed, each once, with the name of their command."""
    found: dict[tuple[str, str], Suggestion] = {}
    for choice in choices:
        command = BY_NAME.get(choice.command or name)
        text = _corrected(command, choice.text, inventory) if command else ""
        if command and text:
            found.setdefault((command.name, text), Suggestion(command=command.name, text=text))
    return list(found.values())[:MOST_CHOICES]


def _corrected(command: Command, text: str, inventory: Inventory) -> str:
    """Return the text, or its correction; empty when it has none."""
    try:
        command.parse(escaped(text), inventory)
    except UsageError as error:
        return text if error.lacks_computer else error.corrected
    return text
