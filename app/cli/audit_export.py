"""`logoff-bot audit export`: entries, requests, or a segment of the log, in a file."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.reports.svg import chart_drawer
from app.cli.audit_options import Query, moment_of, queried, tell_unverified
from app.cli.audit_page import write_page
from app.cli.audit_verify import Anchors, anchor_in
from app.cli.options import stderr
from app.printing import json_line, letters
from bot.audit.chain import GENESIS
from bot.audit.segment import SegmentHead, line_of
from bot.audit.selection import AuditFilter
from bot.cards.sheet import ENTRY_HEADS, REQUEST_HEADS, csv_line, entry_cells, request_cells
from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO

    from adapters.sql.audit_reader import AuditReader
    from app.cli.audit_entries import Found
    from bot.audit.entry import Head
    from bot.audit.selection import Names
    from bot.cards.sheet import Cell


class Format(StrEnum):
    """The form of a file."""

    CSV = "csv"
    JSON = "json"
    HTML = "html"


Form = Annotated[
    Format, typer.Option("--format", help="csv for spreadsheets; json: one object a line; html: a report.")
]
Output = Annotated[Path, typer.Option("--output", help="A new file; - is standard output.")]
Before = Annotated[
    str | None, typer.Option(metavar="DATE", help="A segment: every entry before then, for audit verify --file.")
]
Whole = Annotated[bool, typer.Option("--requests", help="One line a request instead of one an entry.")]


@queried
def export(
    query: Query,
    output: Output,
    format_: Form = Format.CSV,
    before: Before = None,
    by_request: Whole = False,
    anchor: Anchors = None,
) -> None:
    """Write what the filters select into a file, oldest first; requests newest first. Nothing leaves the database.

    With --before the file is a segment of the log: every entry, as JSON, which the public half verifies by itself.

    With --format html it is a report for people. --since gives it a period before to compare with; --key has it verify
    the whole log, too.
    """
    anchors = _anchors(query, anchor, format_, by_request=by_request)
    with query.reader() as (reader, names), writing(output) as file:
        if format_ is Format.HTML and not before:
            faults = write_page(reader, names, query, file, anchors, chart_drawer())
        elif before:
            faults = _segment(reader, query, before, file, format_, by_request=by_request)
        elif by_request:
            faults = _requests(reader, names, query, file, format_)
        else:
            faults = _entries(reader, names, query, file, format_)
    tell_unverified(faults, query)


def _anchors(query: Query, given: list[str] | None, form: Format, *, by_request: bool) -> list[Head]:
    """Return the anchors. Raises when options stand beside each other that belong to different files."""
    if form is Format.HTML and by_request:
        raise typer.BadParameter("A report has requests and entries: leave --requests out.", param_hint="--requests")
    if given and (form is not Format.HTML or query.key is None):
        hint = "An anchor is compared with the whole log of a report: write --format html and --key PUBLIC, too."
        raise typer.BadParameter(hint, param_hint="--anchor")
    return [anchor_in(text) for text in given or ()]


def _entries(reader: AuditReader, names: Names, query: Query, file: IO[str], form: Format) -> list[str]:
    found = reader.entries(query.wanted, names, oldest_first=True)
    count, unverified = _write(found, ENTRY_HEADS, lambda each: entry_cells(each, query.zone), file, form)
    stderr.print(f"{count} {'entry' if count == 1 else 'entries'}, times in {_zone(query, form)}.")
    return unverified


def _requests(reader: AuditReader, names: Names, query: Query, file: IO[str], form: Format) -> list[str]:
    found = reader.requests(query.wanted, names)
    count, unverified = _write(found, REQUEST_HEADS, lambda each: request_cells(each, query.zone), file, form)
    stderr.print(f"{count} {'request' if count == 1 else 'requests'}, times in {_zone(query, form)}.")
    return unverified


def _write(
    found: Iterable[Found],
    heads: Iterable[str],
    cells_of: Callable[[Found], Iterable[Cell]],
    file: IO[str],
    form: Format,
) -> tuple[int, list[str]]:
    """Write a line for each. Return how many they are, and what does not verify."""
    count, unverified, is_csv = 0, list[str](), form is Format.CSV
    file.write(csv_line(heads) if is_csv else "")
    for each in found:
        count += 1
        unverified += filter(None, [each.unverified])
        file.write(csv_line(cells_of(each)) if is_csv else json_line(each.values()))
    return count, unverified


def _zone(query: Query, form: Format) -> str:
    return query.zone_name if form is Format.CSV else "UTC"


def _segment(
    reader: AuditReader, query: Query, before: str, file: IO[str], form: Format, *, by_request: bool
) -> list[str]:
    """Write every entry from --since on, or from the first one, up to the last one before the date."""
    asked = AuditFilter(since=query.wanted.since)
    if query.wanted != asked or by_request or form is not Format.JSON:
        hint = "A segment has every entry, as json: leave all filters out but --since, and write --format json."
        raise typer.BadParameter(hint, param_hint="--before")
    until = moment_of(before, query.zone, "--before")
    last = reader.numbers(AuditFilter(until=until))[1]
    first = reader.numbers(asked)[0] if asked.since else 1
    if not 1 <= first <= last:
        raise SettingsError("No entry stands in that time, so there is no segment. Name a later --before.")
    faults = _write_segment(reader, first, last, file)
    verify = "logoff-bot audit verify --file FILE --key PUBLIC"
    stderr.print(f"The segment has the entries {first} to {last}. Verify it: {verify}")
    return faults


def _write_segment(reader: AuditReader, first: int, last: int, file: IO[str]) -> list[str]:
    unverified = list[str]()
    for each in reader.segment(first, last):
        if each.entry.seq == first:
            file.write(SegmentHead(first=first, last=last, before=each.before or GENESIS).line())
        file.write(line_of(each.entry))
        unverified += filter(None, [each.unverified])
    return unverified


@contextmanager
def writing(output: Path) -> Iterator[IO[str]]:
    """Open a new file that is there only when all of it was written, and that its owner alone may read.

    Raises `SettingsError` when there is such a file, or it cannot be made.
    """
    if str(output) == "-":
        yield sys.stdout
        return
    try:
        if output.exists():
            raise SettingsError(f"{output} is there already, and I replace nothing. Name a new file with --output.")
        with NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", newline="", dir=output.parent, delete=False
        ) as file:
            made = Path(file.name)
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                made.rename(output)
            finally:
                made.unlink(missing_ok=True)  # what was not written whole; a whole one has its name by now
    except OSError as exc:
        raise SettingsError(letters(f"{output} cannot be written: {exc.strerror or exc}.").plain) from exc
