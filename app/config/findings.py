"""The faults of a file as its author reads them: each once, with its line, its key and what may be meant."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.letters import visible
from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MOST_ALIKE = 10
"""How many faults are shown that differ by a name only. The others are counted."""

MOST_TOLD = 100
"""How many lines of faults are shown, whatever they are like."""

MOST_LINES = 20
"""How many lines are named of those that are like a fault."""

_INDEX = re.compile(r"(?<![^.])\d+(?![^.])")
_NAME = re.compile(r"`[^`]*`|(?<=the environment has no )\w+")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault at one place. `kind`: what it has in common with the same fault elsewhere; empty: its message."""

    line: int
    key: str  # the keys and list indexes that lead to it; empty when it is about no key
    message: str
    kind: str = field(default="", compare=False)
    meant: str = field(default="", compare=False)  # the key that was probably meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The same fault, at one place or at several."""

    lines: tuple[int, ...]  # of each place, in their order; the message is about the first one
    key: str
    message: str
    meant: str = ""

    @property
    def sentence(self) -> str:
        said = f"{self.key}: {self.message}" if self.key else self.message
        more = len(self.lines) - 1
        if not more:
            return visible(said)
        others = sorted(set(self.lines[1:]) - {self.lines[0]})
        where = f": {_lines(others)}" if others else ""
        return visible(f"{said} (and {more} more like it{where})")


def gathered(faults: Iterable[Fault]) -> list[Finding]:
    """Return each fault once, by its first line. List indexes, and the name of a computer, make no other fault."""
    same: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for fault in sorted(set(faults)):
        same[_INDEX.sub("*", fault.key), fault.kind or fault.message].append(fault)
    firsts = [(group[0], tuple(each.line for each in group)) for group in same.values()]
    return [Finding(lines=lines, key=one.key, message=one.message, meant=one.meant) for one, lines in firsts]


def told(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield a line of text for each; of those that differ by a name only, the first, and how many more there are."""
    alike: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for each in findings:
        alike[_INDEX.sub("*", each.key).rpartition(".")[0], _NAME.sub("``", each.message)].append(each)
    shown = sorted((each for group in alike.values() for each in group[:MOST_ALIKE]), key=lambda each: each.lines[0])
    yield from (f"line {each.lines[0]}: {each.sentence}" for each in shown[:MOST_TOLD])
    if rest := shown[MOST_TOLD:]:
        yield f"and {len(rest):,} other faults, from line {rest[0].lines[0]} on. Correct these first."
    for group in list(alike.values())[:MOST_TOLD]:
        if more := group[MOST_ALIKE:]:
            first = visible(group[0].key or group[0].message)
            yield f"and {len(more):,} more like {first}: {_lines([line for each in more for line in each.lines])}"


def refusal(path: Path, faults: Iterable[Fault]) -> SettingsError:
    """Return the error with all faults of the file, each once and with its line."""
    findings = gathered(faults)
    count = f"{len(findings):,} fault{'s' if len(findings) > 1 else ''}"
    return SettingsError("\n".join([f"{path} has {count}:", *(f"  {line}" for line in told(findings))]))


def _lines(numbers: list[int]) -> str:
    word = "line" if len(numbers) == 1 else "lines"
    return f"{word} {', '.join(map(str, numbers[:MOST_LINES]))}{' ...' if len(numbers) > MOST_LINES else ''}"
