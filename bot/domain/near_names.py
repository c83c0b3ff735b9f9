"""Which known names a mistyped computer name may stand for.

A wrong name that is suggested with confidence is worse than none: a number in a name is another machine, not a slip of
the finger. So one name is suggested alone only where letters and numbers agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 5
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
    """`names` in the inventory's spelling, five at most; `is_clear`: there is one, and letters and numbers agree."""

    names: tuple[str, ...] = ()
    is_clear: bool = False

    @property
    def clear(self) -> str:
        """The name that was clearly meant, or nothing."""
        return self.names[0] if self.is_clear else ""


def nearest_to(typed: str, known: Sequence[str]) -> Candidates:
    """Return the names nearest to what was typed: the same name spelt differently, a prefix, a slip, a neighbour."""
    if len(typed) > _LONGEST:
        return Candidates()
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
    """More than a handful is no help, and neither is any choice of five among them."""
    found = tuple(dict.fromkeys(names))
    return Candidates(found, is_clear and len(found) == 1) if len(found) <= MOST else Candidates()


def _parts(wanted: str) -> list[str]:
    """The names inside a text: `comp1:3`, `comp1/3`, `comp1 id=3`, `https://comp1/`."""
    return [wanted, *(part for part in re.split(r"[^\w.*?-]+", wanted) if part)]


def _is_all(wanted: str, name: str) -> bool:
    """Around the name stands nothing but punctuation and an id: `comp1:3`, `https://comp1/`; not `comp1..comp3`."""
    before, _, after = wanted.partition(name)
    return bool(_BEFORE.fullmatch(before) and _BEHIND.fullmatch(after))


def _is_neighbour(wanted: str, name: str) -> bool:
    """An address of the same network: all but the last number agree."""
    return bool(_ADDRESS.fullmatch(name)) and wanted.rpartition(".")[0] == name.rpartition(".")[0] != ""


def _is_same(wanted: str, name: str) -> bool:
    """Alike but for zeros, dashes and a domain: `rds-1` and `rds-01`, `comp1.corp.example` and `comp1`."""
    if _spelt(wanted) == _spelt(name):
        return True
    one_is_short = ("." in wanted) != ("." in name)
    are_hosts = bool(_HOST.fullmatch(wanted)) and not (_ADDRESS.fullmatch(wanted) or _ADDRESS.fullmatch(name))
    return one_is_short and are_hosts and _spelt(wanted.partition(".")[0]) == _spelt(name.partition(".")[0])


def _spelt(name: str) -> str:
    """Letters and numbers alone, the numbers without leading zeros and held apart."""
    plain = _NUMBER.sub(lambda number: f"<{int(number[0][:18])}>", name)
    return re.sub(r"[\s._-]", "", plain)


def _letters(name: str) -> str:
    return re.sub(r"[\s\d._-]", "", name.lower())


def _numbers(name: str) -> list[int]:
    return [int(number[:18]) for number in _NUMBER.findall(name)]


def _cuts_a_number(wanted: str, name: str) -> bool:
    """`comp1` begins `comp11`, but means another computer."""
    return wanted[-1:].isdigit() and name[len(wanted) : len(wanted) + 1].isdigit()


def _alike(wanted: str, known: Sequence[str]) -> list[str]:
    """Names with the same numbers and nearly the same letters; the best, and those that are hardly worse."""
    numbers = _numbers(wanted)
    ratios = {n: SequenceMatcher(None, wanted, n.lower()).ratio() for n in known if _numbers(n) == numbers}
    best = max(ratios.values(), default=0.0)
    return [n for n, ratio in ratios.items() if ratio >= max(_ALIKE, best - _CLEARLY)]


def _is_slip(wanted: str, name: str) -> bool:
    """Letters swapped, missing or doubled inside the name; `rds-a` for `rds-b`, or another domain, is no slip."""
    if wanted.partition(".")[0] == name.partition(".")[0]:
        return False
    is_same_around = wanted[:1] == name[:1] and wanted[-1:] == name[-1:]
    return is_same_around and (sorted(wanted) == sorted(name) or abs(len(wanted) - len(name)) == 1)
