"""A part of the log in a file of its own, which a public half verifies: a head, and then a line for each entry.

The last entry's signature covers all entries before it, so a segment can be kept when the database is gone. Each line
is JSON in ASCII, so nothing in it steers a terminal.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from bot.audit.chain import GENESIS
from bot.audit.entry import AuditTarget, Entry, Head
from bot.audit.record import KEY_CHANGED
from bot.audit.values import MOMENTS, values_of
from bot.audit.verify import Checker, Unreadable, clock_in_words, halves_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.audit.keys import PublicKey
    from bot.audit.verify import Found

FORM = 1
"""The number of this form. A reader refuses another one."""

LONGEST_LINE = 16_000_000
"""The most characters of one line: an entry has at most 5,000 rows."""

MOST_KEYS = 1_000
"""How many changes of the key are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentHead:
    """What a segment says of itself."""

    first: int  # the number of its first entry
    last: int  # the number of its last entry
    before: str = GENESIS  # the hash of the entry before the first one

    @property
    def start(self) -> Head:
        """The entry before the first one."""
        return Head(self.first - 1, self.before)

    def line(self) -> str:
        """Return the first line of the file."""
        return _line({"segment": FORM, "first": self.first, "last": self.last, "before": self.before})


def line_of(entry: Entry) -> str:
    """Return the line of an entry."""
    return _line(_packed(values_of(entry)))


def head_in(line: str) -> SegmentHead:
    """Return what the first line says. Raises `ValueError` for any other line."""
    said = json.loads(line)
    if not isinstance(said, dict) or said.get("segment") != FORM:
        raise ValueError("it is no segment that I can read")
    first, last, before = said.get("first"), said.get("last"), said.get("before")
    if type(first) is not int or type(last) is not int or not isinstance(before, str) or not 1 <= first <= last:
        raise ValueError("it does not say which entries it has")
    return SegmentHead(first=first, last=last, before=before)


def check_segment(
    head: SegmentHead,
    rows: Iterable[Entry | Unreadable],
    key: PublicKey,
    *,
    named: Sequence[PublicKey] = (),
    anchors: Sequence[Head] = (),
) -> Found:
    """Return the first fault of a segment, or what it holds."""
    checker = Checker(key=key, named=named, anchors=anchors, start=head.start)
    for row in rows:
        if fault := checker.take(row):
            return checker.found(fault)
    return checker.finish_segment(head.last)


def named_in(rows: Iterable[Entry | Unreadable]) -> tuple[PublicKey, ...]:
    """Return the public halves that entries about changes of the key name. They are not checked."""
    changes = (row for row in rows if isinstance(row, Entry) and row.event == KEY_CHANGED)
    return tuple(half for pair in map(halves_in, islice(changes, MOST_KEYS)) if pair for half in pair)


def in_words(head: SegmentHead, found: Found) -> str:
    """Return what a segment that holds proves, and what it does not."""
    last = f"{found.last.seq}:{found.last.hash}"
    proven = (
        f"Entries {head.first} to {head.last}, and the segment holds. Proven: none is missing between them, and all "
        f"are in their order, unchanged, with the sessions that they name, signed with {', '.join(found.keys)}."
    ) + clock_in_words(found)
    behind = f" It follows entry {head.start.seq}:{head.before}: compare the last one of the segment before it."
    return (
        f"{proven}{behind if head.start.seq else ''}\nNot proven: what stands behind entry {head.last}. The segment or "
        f"the log that has it proves that: audit verify --anchor {last}\nThe last is {last}"
    )


def rows_in(lines: Iterable[str], first: int) -> Iterator[Entry | Unreadable]:
    """Yield the entries of the lines behind the first one, and what is none as `Unreadable`."""
    for number, line in enumerate(lines, start=first):
        try:
            yield _entry(json.loads(line))
        except (ValueError, TypeError, RecursionError) as exc:
            said = str(exc) if isinstance(exc, _WrongLine) else "its line is no entry"
            yield Unreadable(number=str(number), fault=said)


class _WrongLine(ValueError):
    """A value is not of the type of its field. The message is a part of a sentence."""


_TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "int | None": (int, type(None)),
    "datetime | None": (str, type(None)),
}
_OF_ENTRY = {field.name: _TYPES[str(field.type)] for field in fields(Entry) if field.name != "rows"}
_OF_TARGET = {field.name: _TYPES[str(field.type)] for field in fields(AuditTarget)}


def _entry(said: object) -> Entry:
    values = _typed(said, {**_OF_ENTRY, "rows": (list,)})
    rows = values.pop("rows")
    targets = tuple(AuditTarget(**_typed(row, _OF_TARGET)) for row in rows) if isinstance(rows, list) else ()  # type: ignore[arg-type] # `_typed` has compared them
    values |= {name: _moment(values[name]) for name in MOMENTS}
    return Entry(**values, rows=targets)  # type: ignore[arg-type] # the same


def _typed(said: object, types: Mapping[str, tuple[type, ...]]) -> dict[str, object]:
    if not isinstance(said, dict) or said.keys() != types.keys():
        raise _WrongLine("its line has other fields than an entry")
    values = {str(name): _unpacked(value) for name, value in said.items()}
    for name, value in values.items():
        if type(value) not in types[name]:
            raise _WrongLine(f"its field {name} does not hold what the bot writes there")
    return values


def _moment(written: object) -> datetime | None:
    return datetime.fromisoformat(written).astimezone(UTC) if isinstance(written, str) else None


def _packed(value: object) -> object:
    """Return the value with each text that has half characters as its code points. JSON would join two of them."""
    if isinstance(value, dict):
        return {name: _packed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_packed(each) for each in value]
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        return {"code_points": [ord(letter) for letter in value]}
    return value


def _unpacked(value: object) -> object:
    if isinstance(value, dict) and value.keys() == {"code_points"} and isinstance(value["code_points"], list):
        return "".join(map(chr, value["code_points"]))
    return value


def _line(value: object) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"
