"""Whether the database can be written now, without a write that stays.

On SQLite a large row is written into a table of its own and rolled back. Its pages go to the disk before that, so a
full disk, a file that may not grow and a file that is gone are noticed. On PostgreSQL the head of the audit log is
locked and let go, which a server that only reads refuses.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from adapters.sql.database import LOCK_LIMIT
from adapters.sql.errors import translate_errors

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from adapters.sql.write_queue import FairLock

WITHIN = timedelta(seconds=3)
"""How long it waits for its turn, and for the lock of the database."""

SIZE = 128 * 1024
"""Bytes that are written. A database that has no room for these has none for the next requests."""

_SMALL_CACHE = 4
"""Pages in memory meanwhile; the others go to the disk at once."""

_HEAD = text("SELECT seq FROM chain_head FOR UPDATE")


class WriteProbe:
    """Tries to write as a worker: people who wait for an answer come first."""

    def __init__(self, engine: Engine, turns: FairLock) -> None:
        self._engine, self._turns = engine, turns

    def __call__(self) -> None:
        """Return when the database takes writes. Nothing is left of it. Raises `LedgerError`."""
        with translate_errors(), self._turns.take(WITHIN) as left:
            engine = self._engine.execution_options(**{LOCK_LIMIT: left})
            with engine.connect() as connection:
                if engine.dialect.name == "sqlite":
                    _probe_sqlite(connection)
                else:
                    with connection.begin() as transaction:
                        connection.execute(_HEAD)
                        transaction.rollback()


def _probe_sqlite(connection: Connection) -> None:
    with connection.begin() as transaction:
        kept = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in _SPILLS}
        try:
            for name, value in _SPILLS.items():
                connection.exec_driver_sql(f"PRAGMA {name} = {value}")
            connection.exec_driver_sql("CREATE TABLE health_probe (filler BLOB)")
            connection.exec_driver_sql("INSERT INTO health_probe VALUES (zeroblob(?))", (SIZE,))
        finally:
            transaction.rollback()
            driver = connection.connection.driver_connection
            for name, value in kept.items():
                if driver:
                    driver.execute(f"PRAGMA {name} = {value}")


_SPILLS = {"cache_size": _SMALL_CACHE, "cache_spill": 1}
