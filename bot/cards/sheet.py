"""Rows for spreadsheets: CSV in which no cell runs, and no letter steers a terminal or turns the text.

A spreadsheet takes a cell that begins with one of a few signs for a formula, and some programs begin a cell at a
semicolon or a comma inside one. An apostrophe before the sign makes it text.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC
from typing import TYPE_CHECKING

from bot.audit.history import NO, YES
from bot.audit.values import ENTRY_FIELDS, MOMENTS
from bot.cards.text import undirected
from bot.domain.moments import in_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime, tzinfo

    from bot.audit.checked import CheckedEntry
    from bot.audit.entry import Entry
    from bot.audit.history import RequestHistory

Cell = str | int | None
LONGEST_CELL = 32_000
"""The most characters of a cell: a spreadsheet takes 32,767."""

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212\u2010"
"""What a formula begins with, also in the wide and small forms that some programs take for it."""

_BEGINS_CELL = re.compile(rf"""(^|[;,|])([\s"']*)(?=[{_SIGNS}])""")

ENTRY_HEADS = (*ENTRY_FIELDS, "command", "named", "does_not_verify")
REQUEST_HEADS = (
    "request", "asked_at", "requester", "requester_name", "command", "reason", "users", "hosts", "rules", "forced",
    "refused", "yes", "no", "outcome", "note", "sessions", "verdicts", "decision_ms", "done_ms", "does_not_verify",
)  # fmt: skip


def safe(text: str) -> str:
    """Return a text from outside as a cell that only shows it. Most cells are empty, or a word."""
    if not text or (text.isalnum() and text.isascii()):
        return text
    shown = undirected(text)
    cut = shown if len(shown) <= LONGEST_CELL else f"{shown[:LONGEST_CELL]}..."
    return _BEGINS_CELL.sub(r"\1'\2", cut)


def csv_line(cells: Iterable[Cell]) -> str:
    """Return the cells as one line of CSV (RFC 4180, but for the line end). Every text is in quotes."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow([safe(cell) if isinstance(cell, str) else "" if cell is None else int(cell) for cell in cells])
    return out.getvalue()


def entry_cells(checked: CheckedEntry, zone: tzinfo = UTC) -> Iterator[Cell]:
    """Yield the cells of one entry, in the order of `ENTRY_HEADS`."""
    entry = checked.entry
    for name in ENTRY_FIELDS:
        value = getattr(entry, name)
        yield _moment(value, zone) if name in MOMENTS else _cell(value)
    yield checked.command
    yield "; ".join(_named(entry))
    yield checked.fault


def request_cells(request: RequestHistory, zone: tzinfo = UTC) -> tuple[Cell, ...]:
    """Return the cells of one request, in the order of `REQUEST_HEADS`."""
    return (
        request.request_id,
        _moment(request.asked_at, zone),
        request.requester,
        request.requester_name,
        request.command,
        request.reason,
        "; ".join(dict.fromkeys(each.user for each in request.sessions)),
        "; ".join(request.hosts),
        "; ".join(request.rules),
        _cell(request.forced),
        _cell(request.refused),
        "; ".join(each.name or each.actor for each in request.answers if each.says == YES),
        "; ".join(each.name or each.actor for each in request.answers if each.says == NO),
        request.ending,
        request.note,
        len(request.sessions),
        "; ".join(f"{each.user} on {each.host} ({each.session_id}): {each.verdict}" for each in request.sessions),
        request.decision_ms,
        request.done_ms,
        "; ".join(request.faults),
    )


def _named(entry: Entry) -> Iterator[str]:
    for row in entry.rows:
        session = "" if row.session_id is None else f" ({row.session_id})"
        why = f": {row.why}" if row.why else ""
        yield f"{row.role} {row.user or '-'} on {row.host}{session}{why}"


def _cell(value: object) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str | int) or value is None else str(value)


def _moment(at: datetime | None, zone: tzinfo) -> str:
    return f"{in_zone(at, zone):%Y-%m-%d %H:%M:%S}" if at else ""
