"""The tables: what makes them, what guards them, what finds its way through them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from procrastinate.schema import SchemaManager
from sqlalchemy import event, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from adapters.sql.database import open_database
from adapters.sql.migrate import current, newest, refuse_other, upgrade
from adapters.sql.progress_queries import read_due
from adapters.sql.sqlite_file import make
from adapters.sql.tables import audit_entry, metadata
from bot.errors import SettingsError
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from adapters.sql.ledger import SqlLedger


TABLES_OF_JOBS = "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"


@pytest.fixture
def database(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


def test_an_empty_database_has_no_revision_and_an_upgrade_brings_the_newest(empty_url: str) -> None:
    assert current(empty_url) is None
    assert upgrade(empty_url) == newest()
    assert current(empty_url) == newest()


def test_a_second_upgrade_changes_nothing(url: str, sql_ledger: SqlLedger) -> None:
    sql_ledger.open(b.request())
    upgrade(url)
    assert len(sql_ledger.entries()) == 1


def test_the_migrations_make_what_the_tables_say(database: Engine) -> None:
    options = {"compare_type": True, "compare_server_default": True, "include_name": _is_ours}
    with database.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        wanted = {index.name for table in metadata.tables.values() for index in table.indexes}
        whole = {"ix_request_asked_at", "ix_request_actor_id", "ix_request_alone"}
        whole |= {"ix_audit_entry_request_id", "ix_audit_entry_decisions", "ix_audit_entry_at", "ix_audit_entry_event"}
        whole |= {"ix_audit_entry_actor", "ix_audit_target_host", "ix_audit_target_user"}
        assert _partial_indexes(connection) == wanted - whole


def _is_ours(name: str | None, *_: object) -> bool:
    return "procrastinate" not in str(name)


def _partial_indexes(connection: Any) -> set[str]:
    """Alembic does not compare the conditions of indexes."""
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'",
        "postgresql": "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%WHERE%' AND schemaname = 'public'",
    }
    return set(filter(_is_ours, connection.execute(text(query[connection.dialect.name])).scalars()))


def test_the_tables_of_jobs_are_those_of_the_release_for_which_the_revision_was_written() -> None:
    """Another release of Procrastinate may need other tables. A revision then brings its own migrations, with this."""
    assert hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest() == TABLES_OF_JOBS


def test_jobs_are_kept_on_postgresql_alone(database: Engine) -> None:
    tables = {"procrastinate_jobs", "procrastinate_workers", "procrastinate_events", "procrastinate_periodic_defers"}
    found = {name for name in inspect(database).get_table_names() if not _is_ours(name)}
    assert found == (tables if database.dialect.name == "postgresql" else set())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'somebody else'",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE seq = 1",
        "UPDATE audit_target SET why = 'because'",
        "DELETE FROM audit_target",
    ],
)
def test_what_stands_in_the_log_cannot_be_changed(database: Engine, sql_ledger: SqlLedger, statement: str) -> None:
    sql_ledger.open(b.request())
    sql_ledger.record("TS-AAAAAA", b.surveyed())
    before = sql_ledger.entries()
    with pytest.raises(DBAPIError, match="the audit log can only grow"), database.begin() as connection:
        connection.execute(text(statement))
    assert sql_ledger.entries() == before


@pytest.mark.parametrize("table", ["audit_entry", "audit_target"])
def test_the_log_cannot_be_replaced_or_emptied_either(database: Engine, sql_ledger: SqlLedger, table: str) -> None:
    sql_ledger.open(b.request())
    sql_ledger.record("TS-AAAAAA", b.surveyed())
    before = sql_ledger.entries()
    trick = f"TRUNCATE {table}"
    if database.dialect.name == "sqlite":
        trick = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"  # noqa: S608 - our own names
    with pytest.raises(DBAPIError, match="the audit log can only grow"), database.begin() as connection:
        connection.execute(text(trick))
    assert sql_ledger.entries() == before


def test_a_number_of_the_log_is_given_once(database: Engine, sql_ledger: SqlLedger) -> None:
    sql_ledger.open(b.request())
    with database.connect() as connection:
        row = dict(connection.execute(select(audit_entry)).mappings().one())
    with pytest.raises(DBAPIError), database.begin() as connection:
        connection.execute(insert(audit_entry).values(row))


def test_the_sweep_reads_no_whole_table(tmp_path: Path) -> None:
    """However many requests there were in all the years, it looks at what is open.

    On SQLite alone: PostgreSQL chooses by the size of its tables, and these are empty.
    """
    upgrade(f"sqlite:///{tmp_path}/x.db")
    database = open_database(f"sqlite:///{tmp_path}/x.db")
    plans: list[str] = []
    with database.begin() as connection:
        statements = _statements_of_sweep(connection)
        for statement in statements:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("2026-01-01",) * statement.count("?"))
            plans += [row[3] for row in rows]
    database.dispose()
    assert [plan for plan in plans if plan.startswith("SCAN") and "USING" not in plan] == []
    used = " ".join(plans)
    for name in ("ix_request_due_at", "ix_request_expires_at", "ix_request_behind", "ix_host_survey_due_at"):
        assert name in used


def _statements_of_sweep(connection: Any) -> list[str]:
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    event.listen(connection, "before_cursor_execute", note)
    read_due(connection, b.NOW)
    event.remove(connection, "before_cursor_execute", note)
    return seen


def test_a_database_of_a_newer_release_is_left_alone(url: str, database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="A newer release made them"):
        upgrade(url)
    with pytest.raises(SettingsError, match="revision 9999, and it knows up to 0001"):
        refuse_other(url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("mysql://host/name", "mysql is not supported"),
        ("what is this", "no database URL"),
    ],
)
def test_a_database_that_cannot_be_used_is_a_fault_of_the_settings(url: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        open_database(url)


def test_commits_survive_a_power_cut_on_sqlite(tmp_path: Path) -> None:
    make(tmp_path / "x.db")
    engine = open_database(f"sqlite:///{tmp_path}/x.db")
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
