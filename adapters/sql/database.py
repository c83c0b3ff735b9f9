"""Opening the two databases: durability, isolation and lock time-outs."""

from __future__ import annotations

import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from adapters.sql.database_url import NO_DRIVER, read_url
from adapters.sql.sqlite_file import SqliteFile, prepare
from bot.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

PATIENCE = timedelta(seconds=30)
"""How long a write waits for the lock when no person waits for the answer."""

KEPT = 20
"""How many connections a process keeps open; on PostgreSQL it has no more than these."""

MOST = 32
"""How many connections to a SQLite file a process has at most, those of people among them."""

BESIDE = 4
"""How many of them stand beside the pools of workers and of people: one with which the process became the owner, and
one for each of the three engines, so that SQLite never takes its own file away (`sqlite_file.py`)."""

FOR_PEOPLE = 8
"""How many connections are kept for people who wait for an answer. No worker takes them, however many there are."""

PEOPLE_WAIT = 1.5
"""How many seconds they wait for one. A transaction takes milliseconds; after this time the database itself hangs."""

CONNECTION_WITHIN = 10.0
"""How many seconds a worker waits for one of the connections that all workers share. After it the disk itself hangs."""

READ_LIMIT = timedelta(seconds=1)
"""How long a read may take, or wait for a lock, while a person waits for the answer."""

LOCK_LIMIT = "lock_limit"
"""Execution option: how long this transaction may wait for the lock, a timedelta."""

FIRST = "first"
"""Execution option: a person waits for this transaction. On SQLite it asks for the lock all the time.

SQLite has no queue. A writer that finds the file locked sleeps, up to a tenth of a second, and a busy process has the
lock again by then. The few milliseconds between two transactions are found only by who looks at every one.
"""

READS = "reads"
"""Execution option: this transaction only reads, from one snapshot."""

_ONCE = "once"
"""Execution option: nothing but one statement that reads, which is a snapshot of its own and needs no transaction."""


def open_database(url: str, *, for_people: bool = False, bounded: bool = True) -> Engine:
    """Return an engine for a SQLite file or for PostgreSQL, without connecting.

    `for_people`: it has the few connections of those who wait for an answer, beside the engine of the workers.
    `bounded`: no answer of PostgreSQL is waited for longer than some seconds, as the running bot needs it. An upgrade
    and a check of the whole log take what they take. Raises `SettingsError` for any other URL, and when the driver for
    PostgreSQL is not installed.
    """
    where = read_url(url)
    if where.get_backend_name() == "sqlite":
        return _sqlite(where, for_people=for_people)
    return _postgresql(where, for_people=for_people, bounded=bounded)


def sqlite_path(url: str) -> Path | None:
    """Return the absolute path of a SQLite file; None for PostgreSQL. Raises `SettingsError` as `open_database`."""
    where = read_url(url)
    return Path(str(where.database)).absolute() if where.get_backend_name() == "sqlite" else None


def for_one_read(engine: Engine) -> Engine:
    """Return this engine for single statements that only read. They begin no transaction, which saves round trips."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(**{_ONCE: True}, isolation_level="AUTOCOMMIT")
    return engine.execution_options(**{_ONCE: True})  # the driver begins nothing by itself


def _sqlite(where: URL, *, for_people: bool) -> Engine:
    # Connections are kept, because each new one reads the tables anew.
    # Parameters are texts of people. They belong in rows, and not in the message of an exception.
    engine = sqlalchemy.create_engine(
        where,
        pool_size=FOR_PEOPLE if for_people else KEPT,
        max_overflow=0 if for_people else MOST - KEPT - FOR_PEOPLE - BESIDE,
        pool_timeout=PEOPLE_WAIT if for_people else CONNECTION_WITHIN,
        pool_use_lifo=True,  # the newest has the pages in its cache that the others would read again
        hide_parameters=True,
    )
    file = SqliteFile(Path(str(where.database)).absolute())

    def connect(_dialect: object, _record: object, _args: list[Any], options: dict[str, Any]) -> sqlite3.Connection:
        return file.connect(**options)

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        prepare(connection, patience_ms=_milliseconds(PATIENCE))

    def check(_connection: Connection) -> None:
        file.check()

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", check)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "commit", check)
    event.listen(engine, "engine_disposed", lambda _engine: file.close())
    return engine


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction. A write takes the lock at once, because a later one may fail as "locked" without waiting."""
    options = connection.get_execution_options()
    if options.get(_ONCE):
        return
    limit = options.get(LOCK_LIMIT, READ_LIMIT if options.get(FIRST) else PATIENCE)
    if options.get(FIRST) and not options.get(READS):
        _begin_first(connection, until=time.monotonic() + limit.total_seconds())
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {_milliseconds(limit)}")
    connection.exec_driver_sql("BEGIN" if options.get(READS) else "BEGIN IMMEDIATE")


def _begin_first(connection: Connection, *, until: float) -> None:
    connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    while time.monotonic() < until:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as exc:
            if getattr(exc.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(0.001)
        else:
            return
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # the last try tells what stands in the way


def _postgresql(where: URL, *, for_people: bool, bounded: bool) -> Engine:
    try:
        engine = sqlalchemy.create_engine(
            where,
            pool_size=FOR_PEOPLE if for_people else KEPT,
            max_overflow=0,
            pool_timeout=PEOPLE_WAIT if for_people else CONNECTION_WITHIN,
            pool_pre_ping=True,
            hide_parameters=True,  # as above
            connect_args={} if bounded else {"connect_timeout": 10},
        )
    except ModuleNotFoundError as exc:
        raise SettingsError(NO_DRIVER) from exc
    if bounded:
        _bound(engine)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _bound(engine: Engine) -> None:
    """Give the connections of this engine their limits: short ones for a sign of life, longer ones in transactions."""
    from adapters import postgresql  # noqa: PLC0415 - the driver is an extra

    def connect(_dialect: object, _record: object, _args: list[Any], options: dict[str, Any]) -> object:
        return postgresql.connect(**options)

    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        driver: object = connection.connection.dbapi_connection
        if isinstance(driver, postgresql.BoundedConnection) and not options.get(_ONCE):
            waits = timedelta(0) if options.get(READS) else postgresql.LOCK_MOST
            driver.answer_within = postgresql.STATEMENT_WITHIN + postgresql.ANSWER_WITHIN + waits
        _begin_postgresql(connection, lock_most=postgresql.LOCK_MOST)

    def checked_in(driver: object, _record: object) -> None:
        if isinstance(driver, postgresql.BoundedConnection):
            driver.answer_within = postgresql.ANSWER_WITHIN

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "begin", begin)
    event.listen(engine, "checkin", checked_in)


def _begin_postgresql(connection: Connection, lock_most: timedelta = PATIENCE) -> None:
    options = connection.get_execution_options()
    if options.get(_ONCE):
        return
    if options.get(READS):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if options.get(FIRST):
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_milliseconds(READ_LIMIT)}")
    else:
        limit = _milliseconds(min(options.get(LOCK_LIMIT, PATIENCE), lock_most))
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {limit}")


def _milliseconds(duration: timedelta) -> int:
    """Return the duration in milliseconds, at least 1. For PostgreSQL 0 would mean no time-out."""
    return max(1, int(duration / timedelta(milliseconds=1)))
