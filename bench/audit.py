"""What reading the audit log costs, in times of a plain scan of the same rows in the same run.

    .venv/bin/python bench/audit.py [--quick] [--check] [--json] [--keep FOLDER]

A million entries of an invented year, on SQLite and on PostgreSQL. The scan reads every row of both tables and looks at
none. Each reader selects, checks and writes what the command of that name does. What has a filter reads a small part of
the log by an index, so it costs a small part of a scan. Compare ratios between machines and releases, not seconds.
Memory is what a reader needs beside the scan: its bound is the same for a log of any length. `--keep` leaves the
databases there for a later run. `--check` exits with 1 when a bound is missed, and with 2 when PostgreSQL is not here.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from audit_tasks import Task, Trial, tasks, tried
from audit_year import Year, digest
from frame import Bound, databases, ended, options
from rich.table import Table
from sqlalchemy import text

from adapters.sql.database import open_database
from bot.audit.selection import AuditFilter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

REQUESTS, QUICK = 131_500, 1_300
"""A request has between seven and eight entries."""

SMALL, PART_OF_SMALL = 100_000, 3.0
"""A log with fewer entries is small: there the search for the names takes as long as a scan, so more is allowed."""

HOST, USER = "rds-007", "CORP\\user0007"


@dataclass(frozen=True, slots=True)
class Cost:
    """What each run of one task has cost."""

    task: Task
    trials: Sequence[Trial]

    @property
    def best(self) -> Trial:
        """The run in which the task cost the fewest scans: a busy machine hits both alike."""
        return min(self.trials, key=lambda trial: trial.times)

    @property
    def megabytes(self) -> float | None:
        return self.trials[-1].megabytes

    def in_words(self) -> str:
        """Return a line for whoever waits: with a million entries it takes a quarter of an hour."""
        memory = "" if self.megabytes is None else f", {self.megabytes:.1f} MB beside the scan"
        return f"{self.task.name}: {self.best.seconds:.2f} s, {self.best.times:.2f} scans{memory}"

    def most(self, entries: int) -> float:
        if entries < SMALL:
            return PART_OF_SMALL if self.task.part else self.task.most_of_small or self.task.most
        return self.task.most


def measured(url: str, requests: int, rounds: int) -> tuple[int, list[Cost]]:
    """Return how many entries there are, and the cost of each task."""
    written = Year(url).written(requests)
    engine = open_database(url)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("ANALYZE"))
    engine.dispose()
    filters = filters_of(written.end)
    costs: list[Cost] = []
    for task in tasks():
        wanted = filters.get(task.name.partition(", ")[2], AuditFilter())
        costs.append(Cost(task, tried(url, task, wanted, rounds)))
        sys.stderr.write(f"{engine.dialect.name}: {costs[-1].in_words()}\n")
    return written.entries, costs


def filters_of(end: datetime) -> dict[str, AuditFilter]:
    return {
        "one host": AuditFilter(host=HOST),
        "one user": AuditFilter(user=USER),
        "the last day": AuditFilter(since=end - timedelta(days=1), until=end),
    }


def as_rows(database: str, entries: int, costs: Sequence[Cost]) -> list[dict[str, object]]:
    return [
        {
            "database": database,
            "entries": entries,
            "task": cost.task.name,
            "seconds": round(cost.best.seconds, 4),
            "scan_seconds": round(cost.best.scan_seconds, 4),
            "times_scan": round(cost.best.times, 3),
            "most": cost.most(entries),
            "megabytes": None if cost.megabytes is None else round(cost.megabytes, 1),
            "most_megabytes": cost.task.megabytes,
            "held": all(bound.held for bound in bounds_of(database, entries, [cost])),
        }
        for cost in costs
    ]


def bounds_of(database: str, entries: int, costs: Sequence[Cost]) -> list[Bound]:
    bounds: list[Bound] = []
    for cost in costs:
        times = f"{cost.task.name}, in times of a plain scan"
        bounds.append(Bound(database, times, cost.most(entries), round(cost.best.times, 3)))
        if cost.megabytes is not None:
            memory = f"{cost.task.name}, megabytes of memory beside the scan"
            bounds.append(Bound(database, memory, cost.task.megabytes, round(cost.megabytes, 1)))
    return bounds


def main() -> int:
    parser = options(__doc__, quick="some ten thousand entries, under a minute")
    parser.add_argument("--requests", type=int, help="so many requests, one round")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the databases there, and use those that are there")
    asked = parser.parse_args()
    requests, rounds = (QUICK, 2) if asked.quick else (REQUESTS, 1)
    requests, rounds = (asked.requests, 1) if asked.requests else (requests, rounds)
    with databases(asked.only, kept_in(asked.keep, requests)) as urls:
        costs = {name: measured(url, requests, rounds) for name, url in urls.items()}
    rows = [row for name, each in costs.items() for row in as_rows(name, *each)]
    table = Table(
        "database", "entries", "task", "seconds", "a scan", "times a scan", "at most", "MB", "at most", "held"
    )
    for row in rows:
        table.add_row(*map(str, row.values()))
    return ended(
        asked, {"rows": rows}, table, [bound for name, each in costs.items() for bound in bounds_of(name, *each)]
    )


def kept_in(folder: str | None, requests: int) -> Path | None:
    """Return the folder for databases of this year and these tables; None: they are thrown away."""
    return Path(folder) / f"{requests}-{digest()}" if folder else None


if __name__ == "__main__":
    sys.exit(main())
