"""`logoff-bot audit export --format html`: the report as one page."""

from __future__ import annotations

from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from adapters.clock import SystemClock
from app.cli.options import stderr
from app.wiring import open_scan
from bot.audit.overview import MOST_FAULTS, Overview, Period
from bot.audit.verify import check_log
from bot.cards.report_page import NO_CHARTS, Facts, Lists, page
from bot.cards.report_proof import Proof
from bot.cards.report_rows import forced_row, otherwise_row, refused_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from typing import IO

    from adapters.sql.audit_reader import AuditReader
    from app.cli.audit_options import Query
    from bot.audit.entry import Head
    from bot.audit.selection import Names
    from bot.audit.verify import Found
    from bot.cards.charts import DrawChart

KEPT_IN_MEMORY = 1_000_000
"""So many bytes of one list are kept in memory; what is more stands in a temporary file without a name."""


class Spool:
    """Rows that are written before the page knows how many they are."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(  # noqa: SIM115 - it is gone with the spool
            KEPT_IN_MEMORY, "w+", encoding="utf-8", errors="backslashreplace", newline=""
        )
        self.rows = 0

    def add(self, row: str) -> None:
        self._file.write(row)
        self.rows += 1

    def __iter__(self) -> Iterator[str]:
        self._file.seek(0)
        while piece := self._file.read(65_536):
            yield piece


class Lister:
    """Fills the lists of a page, in one pass over the requests and one over the entries that say no."""

    def __init__(self, query: Query) -> None:
        self._zone = query.zone
        self.forced, self.otherwise, self.refused = Spool(), Spool(), Spool()
        self.refused_faults: list[str] = []

    def count(self, reader: AuditReader, query: Query, names: Names) -> Overview:
        """Return the figures of the requests, and list those that the page names one by one."""
        overview = Overview(query.zone)
        for request in reader.requests(query.wanted, names):
            shown = request.about(query.wanted, names)
            overview.add(shown)
            if shown.forced:
                self.forced.add(forced_row(shown, self._zone))
            if shown.is_otherwise:
                self.otherwise.add(otherwise_row(shown, self._zone))
        return overview

    def list_refused(self, reader: AuditReader, query: Query, names: Names, people: dict[str, str]) -> None:
        """List the entries that say no."""
        for each in reader.entries(replace(query.wanted, refused=True), names):
            requester = each.entry.requester
            if requester not in people:
                people[requester] = reader.name_of(requester)
            self.refused.add(refused_row(each, people, self._zone))
            if each.fault and len(self.refused_faults) < MOST_FAULTS:
                self.refused_faults.append(f"{each.unverified}: {each.fault}")


def write_page(
    reader: AuditReader, names: Names, query: Query, file: IO[str], anchors: Sequence[Head], draw: DrawChart | None
) -> list[str]:
    """Write the page, and return what does not verify. Without `draw` it has tables alone."""
    now = SystemClock().now()
    period = Period.of(query.wanted, now)
    lister = Lister(query)
    overview = lister.count(reader, query, names)
    lister.list_refused(reader, query, names, overview.names())
    earlier, begins = period.before(query.zone), _beginning(reader)
    if earlier and (begins is None or begins >= earlier.until):
        earlier = None
    before = _figures(reader, query, names, earlier)
    proof = _proof(reader, query, anchors, lister, [overview, *([before] if before else [])])
    facts = Facts(
        wanted=query.wanted, period=period, zone=query.zone, made_at=now, now=overview, earlier=earlier, before=before,
        log_begins=begins, refused=lister.refused.rows, proof=proof,
    )  # fmt: skip
    lists = Lists(forced=lister.forced, refused=lister.refused, otherwise=lister.otherwise)
    file.writelines(page(facts, lists, draw))
    if draw is None:
        stderr.print(NO_CHARTS, markup=False, soft_wrap=True)
    stderr.print(f"The page is about {overview.days.total().requests} requests, times in {query.zone_name}.")
    return proof.named()


def _proof(
    reader: AuditReader, query: Query, anchors: Sequence[Head], lister: Lister, both: Sequence[Overview]
) -> Proof:
    """Return what was verified of both periods, of the entries that say no, and of the whole log."""
    return Proof(
        head=reader.head(),
        found=_check_log(query, anchors),
        faults=[*(fault for each in both for fault in each.faults), *lister.refused_faults],
        unverified=sum(each.days.total().unverified for each in both),
    )


def _beginning(reader: AuditReader) -> datetime | None:
    """Return the time of the first entry; None for an empty log."""
    first = next(reader.segment(1, 1), None)
    return first.entry.at if first else None


def _figures(reader: AuditReader, query: Query, names: Names, period: Period | None) -> Overview | None:
    if period is None:
        return None
    overview = Overview(query.zone)
    wanted = period.within(query.wanted)
    for request in reader.requests(wanted, names):
        overview.add(request.about(wanted, names))
    return overview


def _check_log(query: Query, anchors: Sequence[Head]) -> Found | None:
    """Return what the check of the whole log finds; None without a public half."""
    if query.key is None:
        return None
    with open_scan(query.url) as scan:
        return check_log(scan.rows(), scan.head(), query.key, named=scan.named_keys(), anchors=anchors)
