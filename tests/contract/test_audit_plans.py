"""Every filter of the audit log, and every two of them, are answered by an index, on SQLite and on PostgreSQL.

`make deep` tries all pairs, and what PostgreSQL does by its own statistics in a log of a realistic size.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import timedelta
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from audit_year import BEGIN, Year
from sqlalchemy import event, text

from adapters.sql.audit_reader import reading
from adapters.sql.database import open_database
from bot.audit.selection import AuditFilter
from tests.support.effort import PROFILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

REQUESTS = 20_000 if PROFILE == "deep" else 300
FILTERS = {
    "since": (AuditFilter(since=BEGIN + timedelta(days=300)), "at"),
    "until": (AuditFilter(until=BEGIN + timedelta(days=30)), "at"),
    "user": (AuditFilter(user="CORP\\user00*"), "user"),
    "host": (AuditFilter(host="rds-007"), "host"),
    "actor": (AuditFilter(actor="person 7"), "actor"),
    "approver": (AuditFilter(approver="person 44"), "approver"),
    "rule": (AuditFilter(rule="leads"), "rule"),
    "event": (AuditFilter(event="stopped"), "event"),
    "verdict": (AuditFilter(verdict="no_right"), "verdict"),
    "request": (AuditFilter(request="TS-000042"), "request_id"),
    "forced": (AuditFilter(forced=True), "forced"),
    "refused": (AuditFilter(refused=True), "refused"),
}
"""Name -> filter, and the index over audit_entry that finds it."""


PAIRS = [*combinations(FILTERS, 2)] if PROFILE == "deep" else [*pairwise([*FILTERS, "since"])]
RARE = (
    AuditFilter(host="rds-007"),
    AuditFilter(user="CORP\\user0007"),
    AuditFilter(request="TS-000042"),
    AuditFilter(since=BEGIN + timedelta(days=364)),
    AuditFilter(host="rds-007", forced=True),
    AuditFilter(actor="person 7", since=BEGIN + timedelta(days=363)),
    AuditFilter(rule="leads", event="stopped", until=BEGIN + timedelta(days=2)),
)
"""Filters that select a few of the requests."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path_factory.mktemp('plans')}/year.db"
    if request.param == "postgresql":
        new_postgresql: Callable[[], str] = request.getfixturevalue("new_postgresql")
        url = new_postgresql()
    Year(url, signed=False).write(REQUESTS)
    engine = open_database(url)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("ANALYZE"))
    yield engine
    engine.dispose()


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(*arguments: Any) -> None:
        seen.append((arguments[2], arguments[3]))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def plan_of(connection: Connection, statement: str, values: Any) -> list[str]:
    if connection.dialect.name == "sqlite":
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values)]


def whole_scans(plan: list[str]) -> list[str]:
    """The steps that read all of a table, or all of an index that has every entry."""
    small = r"USING (COVERING )?INDEX ix_audit_entry_(forced|refused)\b"
    found = [step for step in plan if re.search(r"^SCAN (audit_|earlier|later)|Seq Scan on audit_", step)]
    return [step for step in found if not re.search(small, step)]


def read_all(engine: Engine, wanted: AuditFilter) -> list[str]:
    """Return the plan of every statement that a reader needs for this filter."""
    with statements_of(engine) as seen, reading(engine) as reader:
        names = reader.names(wanted)
        assert reader.count(wanted, names) > 0
        assert next(reader.entries(wanted, names)).entry.seq
        list(reader.entries(wanted, names, limit=10))
        assert reader.count_requests(wanted, names) > 0
        assert next(reader.requests(wanted, names)).request_id
    assert len(selects_in(seen)) >= 6
    return plans_of(engine, seen)


def read_some(engine: Engine, wanted: AuditFilter) -> list[tuple[str, Any]]:
    """Return every statement that a reader needs for this filter, whether it finds something or not."""
    with statements_of(engine) as seen, reading(engine) as reader:
        names = reader.names(wanted)
        reader.count(wanted, names)
        next(reader.entries(wanted, names, oldest_first=True), None)
        next(reader.entries(wanted, names, limit=1), None)
        reader.count_requests(wanted, names)
        next(reader.requests(wanted, names), None)
        next(reader.requests(wanted, names, limit=1), None)
    return seen


def selects_in(seen: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [pair for pair in seen if pair[0].startswith(("SELECT", "WITH"))]


def plans_of(engine: Engine, seen: list[tuple[str, Any]], *, by_statistics: bool = False) -> list[str]:
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql" and not by_statistics:
            # so small a table would be read whole although an index could be used
            connection.execute(text("SET enable_seqscan = off"))
        return [step for statement, values in selects_in(seen) for step in plan_of(connection, statement, values)]


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_reads_no_whole_table(database: Engine, name: str) -> None:
    wanted, index = FILTERS[name]
    plan = read_all(database, wanted)
    assert whole_scans(plan) == []
    assert f"ix_audit_entry_{index}" in " ".join(plan)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_two_filters_together_read_no_whole_table(database: Engine, pair: tuple[str, str]) -> None:
    (one, _), (other, _) = FILTERS[pair[0]], FILTERS[pair[1]]
    changes = {name: value for name in pair if (value := getattr(other if name == pair[1] else one, name))}
    assert whole_scans(plans_of(database, read_some(database, replace(one, **changes)))) == []


def test_every_option_of_the_command_line_is_a_filter_here() -> None:
    assert sorted(FILTERS) == sorted(field.name for field in fields(AuditFilter))


if PROFILE == "deep":  # in a small log PostgreSQL reads the whole table, and is right

    @pytest.mark.parametrize("wanted", RARE, ids=AuditFilter.in_words)
    def test_what_selects_little_reads_no_whole_table_by_the_statistics_either(
        database: Engine, wanted: AuditFilter
    ) -> None:
        assert whole_scans(plans_of(database, read_some(database, wanted), by_statistics=True)) == []


def test_the_rows_of_sessions_are_found_by_an_index(database: Engine) -> None:
    for wanted, index in ((AuditFilter(user="user0001"), "user"), (AuditFilter(host="rds-001"), "host")):
        with statements_of(database) as seen, reading(database) as reader:
            reader.count(wanted, reader.names(wanted))
        with database.connect() as connection:
            if database.dialect.name == "postgresql":
                connection.execute(text("SET enable_seqscan = off"))
            plan = [step for each in seen if "audit_target" in each[0] for step in plan_of(connection, *each)]
        assert f"ix_audit_target_{index}" in " ".join(plan)


def test_a_plan_that_reads_a_whole_table_is_noticed(database: Engine) -> None:
    with database.connect() as connection:
        assert whole_scans(plan_of(connection, "SELECT * FROM audit_entry WHERE note = 'x'", ()))
