"""Other spellings that can mean one thing only: of ids, durations, states and computers.

Each function returns what was meant, or nothing for a text that is none of its kind. Nothing is guessed: `3:5`, `1:30`
and `state=d` are answered with a sentence.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.domain.conditions import is_like
from bot.domain.durations import parse_duration
from bot.domain.inventory import MOST_HOSTS, expand, is_pattern
from bot.domain.session import KNOWN_STATES, SessionState

if TYPE_CHECKING:
    from collections.abc import Callable

IDS = re.compile(r"[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*,?")
PORTS = frozenset({22, 80, 135, 139, 443, 445, 3389, 5985, 5986})
"""Numbers behind a computer that are rather a port than a session."""

_LONGEST_NAME = 253
_AROUND = {"[": "]", "{": "}", "(": ")", "<": ">"}
_BEHIND = ".;!?:"
_SPAN = re.compile(r"(?:\.{2,}|-+>)")
_UNITS = {
    "s": ("s", "sec", "secs", "second", "seconds"),
    "m": ("m", "min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "day", "days"),
    "w": ("w", "wk", "week", "weeks"),
}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_AMOUNT = re.compile(r"([0-9]{1,5}(?:[.,][0-9]{1,3})?)[ -]?([a-z]+)[ .,]*(?:and )?", re.IGNORECASE)
_SPAN_OF_TIME = re.compile(r"(?:([0-9]{1,4})\.)?([0-9]{1,2}):([0-5][0-9]):([0-5][0-9])")
_ABBREVIATED = {"connq": SessionState.CONNECT_QUERY}
SAID_OF_STATES = {
    "left": SessionState.DISCONNECTED,
    "away": SessionState.DISCONNECTED,
    "inactive": SessionState.DISCONNECTED,
    "offline": SessionState.DISCONNECTED,
    "working": SessionState.ACTIVE,
    "work": SessionState.ACTIVE,
    "online": SessionState.ACTIVE,
}
"""Words of cards and of people for a state; a command is answered with Windows' own word."""

_PAIR = re.compile(
    r"(?:\\\\|//)?[\[(<]?([^:;/\\#@=,\s\[\](){}<>]+?)[\])>]?"  # the computer, in brackets or not
    r"[:;/\\#]+(?:(?:id|session)[=:#]?|#)?([0-9][0-9.,#-]*)",  # what parts them, and the ids
    re.IGNORECASE,
)


def ids_in(text: str) -> str:
    """Return `3,5-7` for `#3,#5..7`, `[3;5-7]` or `3.`; empty for a text that holds anything but ids."""
    text = text.strip()
    while len(text) > 1 and _AROUND.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    plain = _SPAN.sub("-", text.rstrip(_BEHIND)).replace(";", ",").replace("#", "")
    return plain if IDS.fullmatch(plain) else ""


def duration_in(text: str, *, bare: str = "") -> timedelta | None:
    """Return the length of `90s`, `5min`, `2 hours`, `1.5h`, `1h30` or `01:30:00`; None for any other text.

    `bare` is the unit of a number that has none; empty: such a number is no duration.
    """
    text = text.strip().rstrip(".")
    if (known := parse_duration(text)) is not None:
        return known
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text[:6]) * _SECONDS[bare]) if bare else None
    if parts := _SPAN_OF_TIME.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return _amounts(text)


def _amounts(text: str) -> timedelta | None:
    """Return the sum of `1 hour 30 min`; the minutes of `1h30` need no unit."""
    total, position, units = 0.0, 0, list[str]()
    while position < len(text):
        amount = _AMOUNT.match(text, position)
        if amount is None:
            rest = text[position:]
            if units == ["h"] and re.fullmatch(r"[0-5][0-9]", rest, re.ASCII):
                return timedelta(seconds=total + int(rest) * 60)
            return None
        unit = _UNIT_OF.get(amount[2].lower())
        if unit is None or unit in units:
            return None
        units.append(unit)
        total += float(amount[1].replace(",", ".")) * _SECONDS[unit]
        position = amount.end()
    return timedelta(seconds=round(total)) if units else None


def unit_in(text: str) -> str:
    """Return the short unit, `m` for `minutes`; empty for a word that is none."""
    return _UNIT_OF.get(text.lower(), "")


def states_like(text: str) -> list[SessionState]:
    """Return the states of a name, a pattern, an abbreviation or a beginning; of a beginning there may be several."""
    plain = text.strip().strip(".").lower()
    named: list[SessionState] = [
        state for state in KNOWN_STATES if state.label.lower() == plain.replace(" ", "").replace("-", "")
    ]
    if named or not plain:
        return named
    if is_pattern(plain):
        return [state for state in KNOWN_STATES if is_like(plain, state.label)]
    if plain in _ABBREVIATED:
        return [_ABBREVIATED[plain]]
    return [state for state in KNOWN_STATES if state.label.lower().startswith(plain)]


@lru_cache(maxsize=256)
def names_in(text: str) -> tuple[str, ...]:
    """Return the names of a list, `comp1,rds-[01-03],rds-[07,09]`: each once, at most one more than a range has."""
    found: dict[str, None] = {}
    for part in dict.fromkeys(_parted(text)):
        for name in _spread(part.strip()):
            found.setdefault(name)
            if len(found) > MOST_HOSTS:
                return tuple(found)
    return tuple(found)


def _parted(text: str) -> list[str]:
    """Return the items of a list; a comma in brackets parts none."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


_CHOICES = re.compile(r"^(.*?)[\[{]([0-9]+(?:(?:-|\.\.+)[0-9]+)?(?:,[0-9]+(?:(?:-|\.\.+)[0-9]+)?)*)[\]}](.*)$")


def _spread(name: str) -> list[str]:
    """Return the names of `rds-[01-03]` or `rds-[01,03]`; any other name as it is."""
    found = _CHOICES.match(name) if len(name) <= _LONGEST_NAME else None
    if not found or (not found[1] and not found[3]):
        return [name]
    names: list[str] = []
    for part in found[2].split(","):
        low, high = (re.split(r"-|\.\.+", part) * 2)[:2]
        names += list(expand(f"{found[1]}[{low}-{high}]{found[3]}"))
        if len(names) > MOST_HOSTS:
            break
    return names


def computer_in(text: str, is_computer: Callable[[str], bool]) -> str:
    """Return the known computer in `comp1.`, `(comp1)` or `https://comp1/`; empty for any other text."""
    if is_pattern(text):
        return ""
    bare = re.sub(r"^[a-z]+://", "", text, flags=re.IGNORECASE).strip(r"""<>()[]{}.,;:!/\~'"_^""")
    return bare if bare != text and bare and "," not in bare and is_computer(bare) else ""


def pair_in(text: str, is_computer: Callable[[str], bool]) -> tuple[str, str] | None:
    """Return computer and ids of `comp1:3`, `comp1/3` or `comp1#3`; None for any other text."""
    found = _PAIR.fullmatch(text)
    if not found or is_pattern(found[1]) or not is_computer(found[1]):
        return None
    ids = ids_in(found[2])
    return (found[1], ids) if ids else None
