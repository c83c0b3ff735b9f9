"""The words of `/logoff-audit`: filters, times and groups, as `user=alice`, `--user alice` or `user alice`."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.audit.figures import By
from bot.commands.parameters import Parameter, Table, Takes, assignment_in, flag_in
from bot.commands.tokens import split
from bot.domain.actions import FACTS
from bot.domain.durations import parse_duration
from bot.domain.verdicts import Verdict
from bot.errors import Suggestion, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.commands.tokens import Word

VERDICTS = tuple(verdict.value for verdict in Verdict)
LONGEST_TIME = timedelta(days=3660)
"""How far back a command may look; without a time it reads the whole log."""

REFERENCE = re.compile(r"#?(TS-[A-Z0-9]{6})[.!?]?", re.IGNORECASE)
"""The id of a request as people write it, also at the end of a sentence."""

_PERSON = re.compile(r"@?([UW][A-Z0-9]{6,})")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
_UNITS |= {"month": timedelta(days=30), "year": timedelta(days=365)}
_SAID = {**_UNITS, **{f"{unit}s": length for unit, length in _UNITS.items()}}


def _filter(names: tuple[str, ...], shape: str, about: str) -> Parameter:
    return Parameter(names=names, topic="filters", shape=shape, about=about)


PARAMETERS = (
    Parameter(names=("last",), topic="times", shape="last 7d", about="so long before now: 24h, 7d, week, 3 months"),
    Parameter(names=("since",), topic="times", shape="since=2026-11-01", about="from this day on, in UTC"),
    Parameter(names=("until",), topic="times", shape="until=2026-11-30", about="up to this day, in UTC"),
    Parameter(names=("by", "group-by"), topic="groups", shape="by user", about=f"count by {', '.join(By)}"),
    _filter(("user", "account"), "user=alice", "the account of the session; `*` and `?` stand for letters"),
    _filter(("host", "computer"), "host=comp1", "the computer, or a pattern"),
    _filter(("actor", "requester"), "actor=@dana", "who asked, by name or id; `me`"),
    _filter(("approver",), "approver=@bo", "who said yes or no to another person's request"),
    _filter(("rule",), "rule=on-call", "a rule that decided, by its whole name"),
    _filter(("verdict",), "verdict=gone", "what came of a session"),
    _filter(("request",), "TS-7K3QXM", "one request"),
    Parameter(names=("forced",), takes=Takes.NOTHING, topic="filters", shape="forced", about="what asked nobody"),
    Parameter(
        names=("refused",), takes=Takes.NOTHING, topic="filters", shape="refused", about="where somebody was told no"
    ),
)
TABLE = Table(PARAMETERS)


def values_in(text: str, *, is_computer: Callable[[str], bool]) -> dict[str, object]:
    """Return the fields of the ask that the cleaned text says. Raises `UsageError`."""
    words = split(text)
    if not words:
        raise UsageError("Say what to look for in the audit log.")
    values: dict[str, object] = {}
    for name, word, said in _pairs(words, text, is_computer):
        for field, value in _value(name, said, word, text):
            if field in values:
                raise _at(word, text, f"`{name}` is there twice, or contradicts a word before it. Leave one out.")
            values[field] = value
    _check(values, text)
    return values


def _check(values: dict[str, object], text: str) -> None:
    since, until = values.get("since"), values.get("until")
    if isinstance(since, datetime) and isinstance(until, datetime) and since >= until:
        raise UsageError("That ends before it begins: `since` has to be before `until`.", text=text)
    if "last" in values and since:
        raise UsageError("Say `last` or `since`, not both.", text=text)
    if "request" in values and "by" in values:
        raise UsageError(
            "One request makes no groups. Leave `by` out.", text=text, corrected=str(values["request"]), end=len(text)
        )


def _pairs(words: Sequence[Word], text: str, is_computer: Callable[[str], bool]) -> Iterator[tuple[str, Word, str]]:
    """Yield the name of each option, the word or words that say it, and its value."""
    place = 0
    while place < len(words):
        word, place = words[place], place + 1
        if not word.is_quoted and (reference := REFERENCE.fullmatch(word.text)):
            yield "request", word, reference[1]
            continue
        name, value = _option(word, text)
        if not name:
            raise _unknown(word, text, is_computer)
        if TABLE[name].is_switch:
            if value:
                raise _at(word, text, f"`{name}` has no value.", name)
        elif not value:
            if place == len(words):
                raise _at(word, text, f"`{name}` lacks its value, for example `{TABLE[name].shape}`.")
            word, value, place = replace(word, end=words[place].end), words[place].text, place + 1
            if value.isdecimal() and place < len(words) and words[place].text.lower() in _SAID:
                word, value, place = replace(word, end=words[place].end), f"{value} {words[place].text}", place + 1
        yield name, word, value


def _option(word: Word, text: str) -> tuple[str, str]:
    """Return the option's own name and its value, which may come behind it; an empty name for another word."""
    if word.is_quoted:
        return "", ""
    if found := assignment_in(word):
        name, operator, value = found
        fits = TABLE.fits(name)
        if len(fits) == 1 and operator not in ("=", ":"):
            shown = f"{fits[0].name}={value}"
            raise _at(word, text, f"`{fits[0].name}` is compared with `=` alone.", shown)
        return (fits[0].name, value) if len(fits) == 1 else ("", "")
    said = flag_in(word) or (word.text if TABLE.knows(word.text) else "")
    fits = TABLE.fits(said) if said else []
    return (fits[0].name, "") if len(fits) == 1 else ("", "")


def _value(name: str, said: str, word: Word, text: str) -> Iterator[tuple[str, object]]:
    """Yield the field of the ask and its value."""
    match name:
        case "forced" | "refused":
            yield name, True
        case "last":
            yield "last", _length(said, word, text)
        case "since" if _length_of(said):
            yield "last", _length(said, word, text)
        case "since" | "until":
            yield name, _moment(name, said, word, text)
        case "by":
            yield name, By(_one_of(name, said, tuple(By), word, text))
        case "verdict":
            yield name, _one_of(name, said, VERDICTS, word, text)
        case "request":
            if not (reference := REFERENCE.fullmatch(said)):
                raise _at(word, text, "A request is named by its id, such as `TS-7K3QXM`.")
            yield name, reference[1].upper()
        case "actor" | "approver":
            found = _PERSON.fullmatch(said)
            yield name, found[1] if found else said
        case _:
            yield name, said


def _length_of(said: str) -> timedelta | None:
    number, _, unit = said.strip().lower().partition(" ")
    if unit in _SAID and number.isdecimal() and len(number) < 5:
        return int(number) * _SAID[unit]
    return _SAID.get(said.lower()) or parse_duration(said)


def _length(said: str, word: Word, text: str) -> timedelta:
    length = _length_of(said)
    if length is None:
        raise _at(word, text, "Write a length of time, such as `24h`, `7d` or `month`.", "last 7d")
    if not timedelta() < length <= LONGEST_TIME:
        raise _at(word, text, "I look back between a second and ten years. Leave the time out for the whole log.")
    return length


def _moment(name: str, said: str, word: Word, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(said)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        at += timedelta(days=name == "until" and _DATE.fullmatch(said) is not None)
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise _at(word, text, f"Write a day, `{TABLE[name].shape}`, or a time, `2026-11-01T08:00`.") from exc


def _one_of(name: str, said: str, known: Sequence[str], word: Word, text: str) -> str:
    if said.lower() in known:
        return said.lower()
    near = [each for each in known if each.startswith(said.lower()[:3])] if said else []
    corrected = f"{name} {near[0]}" if len(near) == 1 else ""
    raise _at(word, text, f"`{name}` takes {', '.join(known)}.", corrected)


def _unknown(word: Word, text: str, is_computer: Callable[[str], bool]) -> UsageError:
    """Return the error for a word that says nothing here, with what may be meant by it."""
    shown, low = text[word.start : word.end], word.text.lower()
    if other := next((each.command for each in FACTS.values() if each.cmdlet and each.cmdlet.lower() == low), ""):
        return _at(
            word, text, f"`{shown}` is another command: type it behind `/{other}`. This one reads the log alone."
        )
    if word.is_quoted:
        return _meant(word, text, "Say what the text in quotes is.", [f"user={shown}", f"rule={shown}"])
    if _length_of(low):
        return _meant(word, text, f"`{shown}` is a time. Say from when.", [f"last {shown}"])
    if low in tuple(By):
        return _meant(word, text, f"Do you mean groups? Write `by {low}`.", [f"by {low}"])
    if low in VERDICTS:
        return _meant(word, text, f"`{shown}` is a verdict.", [f"verdict={low}"])
    if is_computer(word.text):
        return _meant(word, text, f"`{shown}` is a computer.", [f"host={shown}"])
    if (slip := TABLE.slip(word.text.lstrip("-/"))) and "=" not in shown:
        return _meant(word, text, f"I do not know `{shown}`. Do you mean `{slip}`?", [slip])
    if not word.text.replace("\\", "").replace("-", "").replace(".", "").isalnum() or word.text.startswith("-"):
        return _at(word, text, f"I do not know `{shown}` here. `help` shows the words that I know.")
    sentence = f"I do not know what `{shown}` is: a person on a computer, a computer, or who asked?"
    return _meant(word, text, sentence, [f"user={shown}", f"host={shown}", f"actor={shown}"])


def _meant(word: Word, text: str, message: str, instead: Sequence[str]) -> UsageError:
    error = _at(word, text, message)
    texts = [f"{text[: word.start]}{each}{text[word.end :]}" for each in instead]
    error.choices = tuple(Suggestion(command="", text=each) for each in texts)
    return error


def _at(word: Word, text: str, message: str, instead: str = "") -> UsageError:
    corrected = f"{text[: word.start]}{instead}{text[word.end :]}" if instead else ""
    return UsageError(message, text=text, start=word.start, end=word.end, corrected=corrected)
