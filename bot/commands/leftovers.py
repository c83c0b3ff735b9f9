"""The errors for words that belong to nothing, with the command that was probably meant.

`--reason floor 5` could mean session 5 or a reason of two words. The bot does not guess; it asks for quotes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.commands.options import Options, wrong_at
from bot.commands.parameters import Takes
from bot.commands.spellings import IDS, names_in, unit_in
from bot.commands.tokens import quoted as in_quotes
from bot.domain.inventory import is_pattern
from bot.errors import Suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.commands.options import Value
    from bot.commands.parameters import Parameter
    from bot.commands.tokens import Word
    from bot.errors import UsageError

_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?")
_WAITS = "sync"
CHOOSES = frozenset({"id", "user", "state", "client", "ip", "session", "idle", "logon", "all"})
_DURATION = re.compile(r"[0-9]+[smhd]", re.IGNORECASE)
TRUTHS = ("true", "$true", "false", "$false", "yes", "no")
PROSE = ("reason", "say", "text", "caption")
"""Options whose value is a sentence, so that a word behind it may be part of it."""
_SAYS_AN_ID = re.compile(r"\b(id|ids|sessionid)\b", re.IGNORECASE)
_LOOKS_LIKE_AN_OPTION = re.compile(r"(--?|/)[A-Za-z]|[A-Za-z]+[=<>]")


def is_number(word: Word) -> bool:
    """Return whether the word would be read as one id or as several."""
    return bool(IDS.fullmatch(word.text))


def after_a_switch(  # noqa: PLR0913 - both neighbours say what the word may be
    options: Options, parameter: Parameter, switch: Word, word: Word, unit: Word | None, *, is_chosen: bool
) -> UsageError | None:
    """Return the error for a word behind a switch; None for a word that may stand there.

    `--sync 90` could mean session 90 or a wait, and `-Confirm $false` lacks its colon. `is_chosen`: the command has ids
    or filters elsewhere, so the number is probably the wait.
    """
    if word.text.lower() in TRUTHS:
        said = options.text[switch.start : switch.end]
        joined = f"{options.text[: switch.end]}:{options.text[word.start :]}"
        message = f"Write the value of a switch right behind it: `{said}:{word.text}`."
        return wrong_at(options, message, [word], start=switch.start, corrected=joined)
    waits = parameter.name == _WAITS
    if waits and _DURATION.fullmatch(word.text):
        message = f"`--{parameter.name}` takes no value. For a wait write `--timeout {word.text}`."
        return options.wrong(message, word, corrected=options.replaced(word, f"--timeout {word.text}"))
    if not is_number(word):
        return None
    message = f"`--{parameter.name}` takes no value. For a session write `id={word.text}` instead of `{word.text}`."
    if not (waits and word.text.isdigit()):
        return options.wrong(message, word, corrected=options.replaced(word, f"id={word.text}"))
    found = unit_in(unit.text) if unit else ""
    wait = f"--timeout {word.text}{found or 's'}"
    message = f"{message[:-1]}; for a wait write `{wait}`."
    if unit and found:
        corrected = options.text[: word.start] + wait + options.text[unit.end :]
        return wrong_at(options, message, [unit], start=word.start, corrected=corrected)
    return options.wrong(message, word, corrected=options.replaced(word, wait if is_chosen else f"id={word.text}"))


def quoted(
    options: Options,
    parameter: Parameter | None,
    value: Value | None,
    word: Word,
    is_computer: Callable[[str], bool],
) -> UsageError:
    """Return the error for a text in quotes that belongs to no option."""
    if value and parameter and value.text.endswith(",") and not parameter.is_single:
        joined = options.text[: value.word.end] + options.text[word.start :]
        message = f"Write the list behind `{parameter.name}` without a space."
        return wrong_at(options, message, [word], start=value.start, corrected=joined)
    message = "This text in quotes belongs to no option."
    is_free = not options.all("reason")
    if not word.text.strip() or not is_free:
        return options.wrong(f"{message} Leave it out.", word, corrected=options.replaced(word, "").strip())
    cure = f'For a reason write `--reason "{_shown(word.text)}"`.'
    if is_number(word):
        meant = (Suggestion(command="", text=options.replaced(word, f"id={word.text}")),)
        return options.wrong(f"{message} For a session write `id={_shown(word.text)}`. {cure}", word, choices=meant)
    if _is_computer(word, is_computer) or _LOOKS_LIKE_AN_OPTION.match(word.text):
        is_value = re.match(r"[A-Za-z]+[=<>]", word.text)
        corrected = options.replaced(word, word.text) if is_value else ""
        return options.wrong(f"{message} If it is no text, leave the quotes out. {cure}", word, corrected=corrected)
    shown = options.text[word.start : word.end]
    return options.wrong(f"{message} {cure}", word, corrected=options.replaced(word, f"--reason {shown}"))


_SHOWN = 40


def after_a_value(
    options: Options,
    parameter: Parameter,
    value: Value,
    run: Sequence[Word],
    is_computer: Callable[[str], bool],
) -> UsageError:
    """Return the error for the words of `run`, which follow an unquoted value and are no options."""
    names = [at for at, word in enumerate(run) if _is_computer(word, is_computer)]
    if parameter.takes is Takes.IDS:
        joined = options.text[: value.word.end] + "," + options.text[run[0].start :]
        message = "Ids are parted by commas, without a space."
        return wrong_at(options, message, run[:1], start=value.start, corrected=joined)
    if names and not _is_one_named(options):
        return _computer_first(options, value, run, names[0], is_computer)
    if parameter.takes is Takes.TEXT:
        return _wants_quotes(options, parameter, value, run)
    return _one_value(options, parameter, value, run)


def _is_computer(word: Word, is_computer: Callable[[str], bool]) -> bool:
    return not is_number(word) and any(is_computer(name) for name in names_in(word.text) if name)


def as_a_reason(options: Options, first: Word) -> tuple[Suggestion, ...]:
    """Return the command with the words from `first` on as its reason, where it has ids: `comp1 id=3 frozen`."""
    has_ids = bool(options.all("id")) or any(map(is_number, options.rest))
    takes_reason = options.table is not None and options.table.knows("reason") and not options.all("reason")
    if not (has_ids and takes_reason):
        return ()
    said = in_quotes(options.text[first.start :])
    return (Suggestion(command="", text=f"{options.text[: first.start]}--reason {said}"),)


def _is_one_named(options: Options) -> bool:
    return bool(options.all("computer")) or any(not is_number(word) for word in options.rest)


def _computer_first(
    options: Options, value: Value, run: Sequence[Word], first: int, is_computer: Callable[[str], bool]
) -> UsageError:
    """Return the error that moves a computer to the front: `--reason a b comp1 3` -> `comp1 3 --reason "a b"`."""
    last = first
    while last + 1 < len(run) and (is_number(run[last + 1]) or _is_computer(run[last + 1], is_computer)):
        last += 1
    text, moved = options.text, options.text[run[first].start : run[last].end]
    kept = in_quotes(text[value.start : run[first - 1].end]) if first else text[value.start : value.word.end]
    corrected = f"{moved} {text[: value.start]}{kept}{text[run[last].end :]}"
    message = (
        f"Write the computer first: behind `{_shown(text[value.start : value.word.end])}` it could be part of that."
    )
    is_all = last + 1 == len(run)
    return wrong_at(options, message, run[: last + 1], start=run[first].start, corrected=corrected if is_all else "")


def _wants_quotes(options: Options, parameter: Parameter, value: Value, run: Sequence[Word]) -> UsageError:
    text, is_prose = options.text, parameter.name in PROSE
    if not is_prose and (value.text.endswith(",") or run[0].text.startswith(",")):
        message = f"Write the list behind `{parameter.name}` without a space."
        joined = text[: value.word.end] + text[run[0].start :]
        return wrong_at(options, message, run[:1], start=value.start, corrected=joined)
    if not parameter.is_single and all(map(is_number, run)):
        ids = ",".join(word.text.rstrip(",") for word in run)
        message = (
            f"Behind `{_shown(value.text)}` stands what could be part of it. For a session write `id={ids[:_SHOWN]}`."
        )
        is_named = bool(_SAYS_AN_ID.search(text)) or any(map(is_number, options.rest))
        corrected = "" if is_named else f"{text[: run[0].start]}id={ids}{text[run[-1].end :]}"
        return wrong_at(options, message, run, start=run[0].start, corrected=corrected)
    if parameter.name == "state":
        joined = text[: value.word.end] + "," + text[run[0].start :]
        return wrong_at(
            options, "States are parted by commas, without a space.", run[:1], start=value.start, corrected=joined
        )
    if not is_prose and (lone := _lone_quotes(options)):
        message = f"Put the {lone} of the message in quotes."
        corrected = f"{text[: run[0].start]}{in_quotes(text[run[0].start : run[-1].end])}{text[run[-1].end :]}"
        return wrong_at(options, message, run, start=run[0].start, corrected=corrected)
    what = {"reason": "the reason", "say": "the text of the warning"}.get(parameter.name, f"what `{parameter.name}` is")
    message = f"Put {what} in quotes, else its words would count as computers or ids."
    whole = in_quotes(text[value.start : run[-1].end])
    corrected = text[: value.start] + whole + text[run[-1].end :] if whole else ""
    error = wrong_at(options, message, run, start=value.start, corrected=corrected)
    if parameter.name == "user" and all(word.text.isalpha() for word in run):
        people = ",".join([value.text, *(word.text for word in run)])
        listed = f"{text[: value.start]}{people}{text[run[-1].end :]}"
        error.choices = (Suggestion(command="", text=listed),)
    return error


def _lone_quotes(options: Options) -> str:
    """Return the name of the option whose text in quotes may stand alone and is not said yet; empty for none."""
    found = options.table.lone_quotes if options.table else None
    return found.name if found and not options.all(found.name) else ""


def _one_value(options: Options, parameter: Parameter, value: Value, run: Sequence[Word]) -> UsageError:
    """Return the error for words behind a duration or a date: a unit, a time of day, a warning's text, or others."""
    text, first = options.text, run[0]
    said = f"`{_shown(value.text)}`"
    if value.text.isdigit() and (unit := unit_in(first.text)):
        joined = f"{text[: value.word.end]}{unit}{text[first.end :]}"
        message = f"Write the number and its unit as one word: `{value.text}{unit}`."
        return wrong_at(options, message, run[:1], start=value.start, corrected=joined)
    if parameter.takes is Takes.MOMENT and _CLOCK.fullmatch(first.text):
        joined = f"{text[: value.word.end]}T{'0' * (first.text[1] == ':')}{text[first.start :]}"
        return wrong_at(
            options, "Write date and time as one word, with a T.", run[:1], start=value.start, corrected=joined
        )
    if parameter.then and not is_number(first) and value.text[:1].isdigit():
        whole = in_quotes(text[first.start : run[-1].end])
        corrected = text[: first.start] + whole + text[run[-1].end :] if whole else ""
        message = f"Put the text of the warning in quotes behind {said}."
        return wrong_at(options, message, run, start=first.start, corrected=corrected)
    message = f"Nothing may stand behind {said} but an option."
    if is_number(first):
        message = f"{message} For a session write `id={_shown(first.text)}`."
    return wrong_at(options, message, run[:1], start=first.start)


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def names_many(text: str) -> bool:
    """Return whether the selector may stand for several computers: a list, a pattern or a group."""
    return "," in text or "[" in text or "{" in text or is_pattern(text) or text.lower().startswith("group:")
