"""Opening the two databases: durability, isolation and lock time-outs."""

from __future__ import annotations

import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

PATIENCE = timedelta(seconds=30)
"""How long a write waits for the lock when no person waits for the answer."""

KEPT = 20
"""How many connections a process keeps open; on PostgreSQL it has no more than these."""

LOCK_LIMIT = "lock_limit"
"""Execution option: how long this transaction may wait for the lock, a timedelta."""

READS = "reads"
"""Execution option: this transaction only reads, from one snapshot."""

_ONCE = "once"
"""Execution option: nothing but one statement that reads, which is a snapshot of its own and needs no transaction."""


def open_database(url: str) -> Engine:
    """Return an engine for a SQLite file or for PostgreSQL, without connecting.

    Raises `SettingsError` for any other URL, and when the driver for PostgreSQL is not installed.
    """
    try:
        where = make_url(url)
    except ArgumentError as exc:
        raise SettingsError(
            "database: this is no database URL. Write sqlite:///file or postgresql://host/name."
        ) from exc
    match where.get_backend_name():
        case "sqlite":
            return _sqlite(where)
        case "postgresql":
            return _postgresql(where)
        case other:
            raise SettingsError(f"database: {other} is not supported. Use sqlite:///file or postgresql://host/name.")


def is_missing(url: str) -> bool:
    """Return whether the URL names an SQLite file that is not there, which a connection would make. Raises as above."""
    where = open_database(url).url
    file = where.database or ""
    return where.get_backend_name() == "sqlite" and not file.startswith("file:") and not Path(file).exists()


def for_one_read(engine: Engine) -> Engine:
    """Return this engine for single statements that only read. They begin no transaction, which saves round trips."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(**{_ONCE: True}, isolation_level="AUTOCOMMIT")
    return engine.execution_options(**{_ONCE: True})  # the driver begins nothing by itself


def _sqlite(where: URL) -> Engine:
    if where.database in (None, "", ":memory:"):
        raise SettingsError("database: the audit log needs a file. Write sqlite:///file.")
    # Other modules limit the threads that use them. Connections are kept, because each new one reads the tables anew.
    # Parameters are texts of people. They belong in rows, and not in the message of an exception.
    engine = sqlalchemy.create_engine(
        where.set(drivername="sqlite+pysqlite"),
        pool_size=KEPT,
        max_overflow=-1,
        pool_use_lifo=True,  # the newest has the pages in its cache that the others would read again
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Set up a new connection. `synchronous = FULL`: an acknowledged commit survives a power cut.

    The driver must not begin transactions by itself.
    """
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {_milliseconds(PATIENCE)}")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL. Raises `sqlite3.OperationalError` when the file stays locked for two seconds.

    The switch needs the file alone and does not wait for it, so it is tried again here.
    """
    for _ in range(100):
        try:
            if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal":
                return
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        time.sleep(0.02)
    raise sqlite3.OperationalError("the file stays locked by somebody who does not use WAL")


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction. A write takes the lock at once, because a later one may fail as "locked" without waiting."""
    options = connection.get_execution_options()
    if options.get(_ONCE):
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {_milliseconds(options.get(LOCK_LIMIT, PATIENCE))}")
    connection.exec_driver_sql("BEGIN" if options.get(READS) else "BEGIN IMMEDIATE")


def _postgresql(where: URL) -> Engine:
    try:
        engine = sqlalchemy.create_engine(
            where.set(drivername="postgresql+psycopg"),
            pool_size=KEPT,
            max_overflow=0,
            pool_timeout=1.5,  # a transaction takes milliseconds; after this time the database itself hangs
            pool_pre_ping=True,
            hide_parameters=True,  # as above
            connect_args={"connect_timeout": 2},
        )
    except ModuleNotFoundError as exc:
        raise SettingsError("database: for PostgreSQL install the driver: uv sync --extra postgres") from exc
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(_ONCE):
        return
    if options.get(READS):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    else:
        limit = _milliseconds(options.get(LOCK_LIMIT, PATIENCE))
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {limit}")


def _milliseconds(duration: timedelta) -> int:
    """Return the duration in milliseconds, at least 1. For PostgreSQL 0 would mean no time-out."""
    return max(1, int(duration / timedelta(milliseconds=1)))
