"""The known names that a mistyped host name may stand for.

A wrong suggestion is worse than none. Another number in a name means another machine, not a typing error. So one name
is suggested alone only when its letters and its numbers agree with the typed name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 5
"""The most names that are suggested."""

_NUMBER = re.compile(r"[0-9]+")
_SHORTEST_PREFIX = 2
_LONGEST = 253
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*")
_ADDRESS = re.compile(r"[0-9.:]+")
_BEFORE = re.compile(r"(?:https?:)?[\W_]*")
_BEHIND = re.compile(r"[\W_]*(?:(?:(?:session|id)[\W_]*)?[0-9]{1,5}[\W_]*)?")
_ALIKE = 0.7
_CLEARLY = 0.05


@dataclass(frozen=True, slots=True)
class Candidates:
    """The known names nearest to a mistyped one."""

    names: tuple[str, ...] = ()  # in the inventory's spelling, five at most
    is_clear: bool = False  # there is exactly one name, and its letters and numbers agree with the typed one

    @property
    def clear(self) -> str:
        """The one name that was clearly meant; empty when there is none."""
        return self.names[0] if self.is_clear else ""


def nearest_to(typed: str, known: Sequence[str]) -> Candidates:
    """Return the known names nearest to the typed one.

    A known name is near when it is the same name in another spelling, begins with the typed text, differs by a typing
    error, is an address of the same network, or has the same letters.
    """
    return _nearest(typed, tuple(known)) if len(typed) <= _LONGEST else Candidates()


@lru_cache(maxsize=64)
def _nearest(typed: str, known: tuple[str, ...]) -> Candidates:
    """Return them for one typed name, for which a command may ask many times."""
    by_lower = {name.lower(): name for name in known}
    wanted = typed.lower().strip(" .\\")
    inside = [by_lower[part] for part in _parts(wanted) if part in by_lower]
    if inside:
        return _few(inside, is_clear=_is_all(wanted, inside[0].lower()))
    several = [by_lower[label] for label in wanted.split(".") if label in by_lower]
    if len(several) > 1:
        return _few(several, is_clear=False)
    if same := [name for name in known if _is_same(wanted, name.lower())]:
        return _few(same, is_clear=True)
    if _ADDRESS.fullmatch(wanted):
        return _few([name for name in known if _is_neighbour(wanted, name)], is_clear=False)
    if longer := [name for name in known if len(wanted) >= _SHORTEST_PREFIX and name.lower().startswith(wanted)]:
        return _few(longer, is_clear=not _cuts_a_number(wanted, longer[0].lower()))
    if alike := _alike(wanted, known):
        return _few(alike, is_clear=_is_slip(wanted, alike[0].lower()))
    letters = _letters(wanted)
    return _few([name for name in known if letters and _letters(name) == letters], is_clear=False)


def _few(names: Sequence[str], *, is_clear: bool) -> Candidates:
    """Return the names as candidates; none when there are more than five, because a choice among them would mislead."""
    found = tuple(dict.fromkeys(names))
    return Candidates(found, is_clear and len(found) == 1) if len(found) <= MOST else Candidates()


def _parts(wanted: str) -> list[str]:
    """Return the whole text and the names inside it: `comp1:3`, `comp1/3`, `comp1 id=3`, `https://comp1/`."""
    return [wanted, *(part for part in re.split(r"[^\w.*?-]+", wanted) if part)]


def _is_all(wanted: str, name: str) -> bool:
    """Return whether only punctuation and an id surround the name: `comp1:3`, `https://comp1/`; not `comp1..comp3`."""
    before, _, after = wanted.partition(name)
    return bool(_BEFORE.fullmatch(before) and _BEHIND.fullmatch(after))


def _is_neighbour(wanted: str, name: str) -> bool:
    """Return whether the two are addresses of one network: all but the last number agree."""
    return bool(_ADDRESS.fullmatch(name)) and wanted.rpartition(".")[0] == name.rpartition(".")[0] != ""


def _is_same(wanted: str, name: str) -> bool:
    """Return whether two names differ only in zeros, dashes or a domain: `rds-1`, `rds-01`; `comp1.corp`, `comp1`."""
    if _spelt(wanted) == _spelt(name):
        return True
    one_is_short = ("." in wanted) != ("." in name)
    are_hosts = bool(_HOST.fullmatch(wanted)) and not (_ADDRESS.fullmatch(wanted) or _ADDRESS.fullmatch(name))
    return one_is_short and are_hosts and _spelt(wanted.partition(".")[0]) == _spelt(name.partition(".")[0])


def _spelt(name: str) -> str:
    """Return the letters and numbers of a name, the numbers without leading zeros and in brackets."""
    plain = _NUMBER.sub(lambda number: f"<{int(number[0][:18])}>", name)
    return re.sub(r"[\s._-]", "", plain)


def _letters(name: str) -> str:
    return re.sub(r"[\s\d._-]", "", name.lower())


def _numbers(name: str) -> list[int]:
    return [int(number[:18]) for number in _NUMBER.findall(name)]


def _cuts_a_number(wanted: str, name: str) -> bool:
    """Return whether the typed text ends inside a number of the name: `comp1` in `comp11`, which is another host."""
    return wanted[-1:].isdigit() and name[len(wanted) : len(wanted) + 1].isdigit()


def _alike(wanted: str, known: Sequence[str]) -> list[str]:
    """Return the names with the same numbers and nearly the same letters: the best, and those close behind it."""
    numbers = _numbers(wanted)
    ratios = {n: SequenceMatcher(None, wanted, n.lower()).ratio() for n in known if _numbers(n) == numbers}
    best = max(ratios.values(), default=0.0)
    return [n for n, ratio in ratios.items() if ratio >= max(_ALIKE, best - _CLEARLY)]


def _is_slip(wanted: str, name: str) -> bool:
    """Return whether letters inside the name are swapped, missing or doubled.

    `rds-a` for `rds-b`, or another domain, is no typing error.
    """
    if wanted.partition(".")[0] == name.partition(".")[0]:
        return False
    is_same_around = wanted[:1] == name[:1] and wanted[-1:] == name[-1:]
    return is_same_around and (sorted(wanted) == sorted(name) or abs(len(wanted) - len(name)) == 1)
