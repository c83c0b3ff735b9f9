"""What reading the audit log costs, in times of a plain scan of the same rows in the same run.

    .venv/bin/python bench/audit.py [--quick] [--check] [--json]

A million entries of an invented year, on SQLite and on PostgreSQL. The scan reads every row of both tables and looks at
none. Each reader selects, checks and writes what the command of that name does. What has a filter reads a small part of
the log by an index, so it costs a small part of a scan. Compare ratios between machines and releases, not seconds.
`--check` exits with 1 when a bound is missed, and with 2 when PostgreSQL is not here.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from audit_year import KEYS, Year
from frame import Bound, databases, ended, options
from rich.table import Table
from sqlalchemy import text

from adapters.sql.audit_reader import reading
from adapters.sql.audit_scan import scanned
from adapters.sql.database import READS, open_database
from app.printing import json_line
from bot.audit.figures import By, Report
from bot.audit.selection import AuditFilter, Names
from bot.audit.verify import check_log
from bot.cards.sheet import csv_line, entry_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Engine

    from adapters.sql.audit_reader import AuditReader

REQUESTS, QUICK = 131_000, 1_300
"""A request has between seven and eight entries."""

SMALL, PART_OF_SMALL = 100_000, 3.0
"""A log with fewer entries is small: there the search for the names takes as long as a scan, so more is allowed."""

HOST, USER = "rds-007", "CORP\\user0007"


@dataclass(frozen=True, slots=True)
class Task:
    """One reader of the log, and how many times a plain scan it may cost at the most."""

    name: str
    most: float
    run: Callable[[Engine, AuditFilter], int]
    part: bool = False  # it reads a part of the log by an index


def _list(engine: Engine, wanted: AuditFilter) -> int:
    with _reader(engine, wanted) as (reader, names):
        return sum(len(json_line(each.values())) for each in reader.entries(wanted, names))


def _requests(engine: Engine, wanted: AuditFilter) -> int:
    with _reader(engine, wanted) as (reader, names):
        return sum(len(json_line(each.values())) for each in reader.requests(wanted, names))


def _report(engine: Engine, wanted: AuditFilter) -> int:
    report = Report(By.USER)
    with _reader(engine, wanted) as (reader, names):
        for each in reader.requests(wanted, names):
            report.add(each.about(wanted, names))
    return report.total().requests


def _export(engine: Engine, wanted: AuditFilter) -> int:
    with _reader(engine, wanted) as (reader, names):
        return sum(len(csv_line(entry_cells(each))) for each in reader.entries(wanted, names, oldest_first=True))


def _verify(engine: Engine, _: AuditFilter) -> int:
    with scanned(engine) as scan:
        found = check_log(scan.rows(), scan.head(), KEYS.public, named=scan.named_keys())
    if found.fault:
        raise SystemExit(f"The log does not hold: {found.fault}")
    return found.last.seq


@contextmanager
def _reader(engine: Engine, wanted: AuditFilter) -> Iterator[tuple[AuditReader, Names]]:
    with reading(engine) as reader:
        yield reader, reader.names(wanted)


TASKS = (
    Task("list, everything", 30, _list),
    Task("report, everything", 30, _report),
    Task("export, everything", 40, _export),
    Task("verify", 60, _verify),
    Task("list, one host", 0.5, _list, part=True),
    Task("requests, one user", 0.5, _requests, part=True),
    Task("report, the last day", 0.5, _report, part=True),
)


@dataclass(slots=True)
class Cost:
    """Seconds of one task, each with those of a scan beside it: half of them before the task, half of them after."""

    task: Task
    seconds: list[tuple[float, float]] = field(default_factory=list)

    @property
    def best(self) -> tuple[float, float]:
        """The run in which the task cost the fewest scans: a busy machine hits both alike."""
        return min(self.seconds, key=lambda pair: pair[0] / pair[1])

    @property
    def times(self) -> float:
        seconds, scan = self.best
        return seconds / scan

    def most(self, entries: int) -> float:
        return PART_OF_SMALL if self.task.part and entries < SMALL else self.task.most


def scan(engine: Engine) -> float:
    """Return how many seconds it takes to read every row of both tables."""
    began = time.perf_counter()
    with engine.execution_options(**{READS: True}).begin() as connection:
        for table, order in (("audit_entry", "seq"), ("audit_target", "seq, position")):
            query = text(f"SELECT * FROM {table} ORDER BY {order}")  # noqa: S608 - our own names
            for _ in connection.execute(query, execution_options={"yield_per": 500}):
                pass
    return time.perf_counter() - began


def measured(url: str, requests: int, rounds: int) -> tuple[int, list[Cost]]:
    """Return how many entries there are, and the cost of each task. Runs take turns."""
    written = Year(url).write(requests)
    engine = open_database(url)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("ANALYZE"))
    filters = {
        "list, one host": AuditFilter(host=HOST),
        "requests, one user": AuditFilter(user=USER),
        "report, the last day": AuditFilter(since=written.end - timedelta(days=1)),
    }
    costs, before = [Cost(task) for task in TASKS], scan(engine)
    for _ in range(rounds):
        for cost in costs:
            began = time.perf_counter()
            cost.task.run(engine, filters.get(cost.task.name, AuditFilter()))
            seconds, after = time.perf_counter() - began, scan(engine)
            cost.seconds.append((seconds, (before + after) / 2))
            before = after
    engine.dispose()
    return written.entries, costs


def as_rows(database: str, entries: int, costs: Sequence[Cost]) -> list[dict[str, object]]:
    return [
        {
            "database": database,
            "entries": entries,
            "task": cost.task.name,
            "seconds": round(cost.best[0], 4),
            "scan_seconds": round(cost.best[1], 4),
            "times_scan": round(cost.times, 3),
            "most": cost.most(entries),
            "held": round(cost.times, 3) <= cost.most(entries),
        }
        for cost in costs
    ]


def bounds_of(database: str, entries: int, costs: Sequence[Cost]) -> list[Bound]:
    says = "{}, in times of a plain scan"
    return [Bound(database, says.format(cost.task.name), cost.most(entries), round(cost.times, 3)) for cost in costs]


def main() -> int:
    parser = options(__doc__, quick="some ten thousand entries, under a minute")
    parser.add_argument("--requests", type=int, help="so many requests, one round")
    asked = parser.parse_args()
    requests, rounds = (QUICK, 2) if asked.quick else (REQUESTS, 1)
    requests, rounds = (asked.requests, 1) if asked.requests else (requests, rounds)
    with databases(asked.only) as urls:
        costs = {name: measured(url, requests, rounds) for name, url in urls.items()}
    rows = [row for name, each in costs.items() for row in as_rows(name, *each)]
    table = Table("database", "entries", "task", "seconds", "a scan", "times a scan", "at most", "held")
    for row in rows:
        table.add_row(*map(str, row.values()))
    return ended(
        asked, {"rows": rows}, table, [bound for name, each in costs.items() for bound in bounds_of(name, *each)]
    )


if __name__ == "__main__":
    sys.exit(main())
