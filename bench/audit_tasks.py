"""The readers that `bench/audit.py` times, and one trial of one reader in a process of its own."""

from __future__ import annotations

import io
import multiprocessing
import re
import time
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from audit_year import KEYS
from sqlalchemy import text

from adapters.reports.svg import chart_drawer
from adapters.sql.audit_reader import reading
from adapters.sql.audit_scan import scanned
from adapters.sql.database import READS, open_database
from app.cli.audit_options import Query
from app.cli.audit_page import write_page
from app.printing import json_line
from bot.audit.figures import By, Report
from bot.audit.verify import check_log
from bot.cards.sheet import csv_line, entry_cells, request_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from sqlalchemy import Engine

    from adapters.sql.audit_reader import AuditReader
    from bot.audit.selection import AuditFilter, Names

STATUS = Path("/proc/self/status")
"""Where Linux says how much memory a process has had at the most. Elsewhere memory is not measured."""


@dataclass(frozen=True, slots=True)
class Task:
    """One reader of the log, and what it may cost at the most."""

    name: str
    most: float  # in times of a plain scan
    run: Callable[[Engine, AuditFilter], object]
    megabytes: int = 24  # of memory, beside what the scan has needed before
    part: bool = False  # it reads a part of the log by an index
    most_of_small: float | None = None  # the first bound for a small log, where a fixed cost weighs more


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one run has cost."""

    seconds: float
    scan_seconds: float  # of the scans beside it: half of them before the task, half of them after
    megabytes: float | None  # how much more memory it has needed than a scan; None: the machine does not say it

    @property
    def times(self) -> float:
        return self.seconds / self.scan_seconds


def tried(url: str, task: Task, wanted: AuditFilter, rounds: int) -> list[Trial]:
    """Run a task so many times, in a process of its own: only there its peak of memory is its own."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_try, args=(there, url, task, wanted, rounds))
    process.start()
    there.close()
    try:
        found: list[Trial] = here.recv()
    except EOFError:
        raise SystemExit(f"`{task.name}` has failed, for the reason above.") from None
    finally:
        process.join()
    return found


def _try(answer: Connection, url: str, task: Task, wanted: AuditFilter, rounds: int) -> None:
    engine, found = open_database(url), list[Trial]()
    before, megabytes = scan(engine), _most_megabytes()
    for _ in range(rounds):
        began = time.perf_counter()
        task.run(engine, wanted)
        seconds, peak, after = time.perf_counter() - began, _most_megabytes(), scan(engine)
        more = None if peak is None or megabytes is None else peak - megabytes
        found.append(Trial(seconds=seconds, scan_seconds=(before + after) / 2, megabytes=more))
        before = after
    engine.dispose()
    answer.send(found)


def scan(engine: Engine) -> float:
    """Return how many seconds it takes to read every row of both tables."""
    began = time.perf_counter()
    with engine.execution_options(**{READS: True}).begin() as connection:
        for table, order in (("audit_entry", "seq"), ("audit_target", "seq, position")):
            query = text(f"SELECT * FROM {table} ORDER BY {order}")  # noqa: S608 - our own names
            for _ in connection.execute(query, execution_options={"yield_per": 500}):
                pass
    return time.perf_counter() - began


def _most_megabytes() -> float | None:
    if not STATUS.exists():
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB", STATUS.read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1]) / 1024 if found else None


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


def _export_requests(engine: Engine, wanted: AuditFilter) -> int:
    with _reader(engine, wanted) as (reader, names):
        return sum(len(csv_line(request_cells(each))) for each in reader.requests(wanted, names))


class _Letters(io.StringIO):
    """Counts what is written, and keeps none of it."""

    count = 0

    def write(self, text: str) -> int:
        self.count += len(text)
        return len(text)


def _page(engine: Engine, wanted: AuditFilter, *, charts: bool) -> int:
    file, draw = _Letters(), chart_drawer() if charts else None
    query = Query(wanted=wanted, zone=UTC, key=None, url=engine.url.render_as_string(hide_password=False))
    with _reader(engine, wanted) as (reader, names), redirect_stderr(io.StringIO()):
        if faults := write_page(reader, names, query, file, (), draw):
            raise SystemExit(f"The log does not hold: {faults[0]}")
    return file.count


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


CHARTS = "HTML with charts, everything"
EVERY = (
    Task("list, one host", 0.5, _list, part=True),
    Task("requests, one user", 0.5, _requests, part=True),
    Task("report, the last day", 0.5, _report, part=True),
    Task("HTML, the last day", 0.5, partial(_page, charts=False), part=True),
    Task("HTML, everything", 45, partial(_page, charts=False), megabytes=96),
    Task(CHARTS, 45, partial(_page, charts=True), megabytes=160, most_of_small=400),
    Task("verify", 60, _verify),
    Task("report, everything", 30, _report),
    Task("list, everything", 30, _list),
    Task("export, everything", 40, _export),
    Task("export of requests, everything", 30, _export_requests),
)


def tasks() -> tuple[Task, ...]:
    """Return the readers that can run here: charts need matplotlib, the extra `reports`."""
    return EVERY if find_spec("matplotlib") else tuple(task for task in EVERY if task.name != CHARTS)
