"""Whether the database can be written now, without a write that stays: by a try, and by the rights alone.

On SQLite a large row is written into a table of its own and rolled back. Its pages go to the disk before that, so a
file that may not grow and a file that is gone are noticed. The file beside the database (-wal) keeps the room that it
once had, so a full disk is noticed by a file without a name. On PostgreSQL the head of the audit log is locked and let
go, which a server that only reads refuses.
"""

from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from sqlalchemy import text

from adapters.sql.database import LOCK_LIMIT
from adapters.sql.errors import translate_errors
from bot.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from adapters.sql.write_queue import FairLock

WITHIN = timedelta(seconds=3)
"""How long it waits for its turn, and for the lock of the database."""

SIZE = 128 * 1024
"""Bytes that are written. A database that has no room for these has none for the next requests."""

_SMALL_CACHE = 4
"""Pages in memory meanwhile; the others go to the disk at once."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What the system says when there is no room. Whatever else it says of a new file, the database may be written."""

_HEAD = text("SELECT seq FROM chain_head FOR UPDATE")
_RIGHTS = text(
    "SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off' "
    "AND has_table_privilege('audit_entry', 'INSERT') AND has_table_privilege('chain_head', 'UPDATE')"
)


class WriteProbe:
    """Tries to write as a worker: people who wait for an answer come first."""

    def __init__(self, engine: Engine, turns: FairLock) -> None:
        self._engine, self._turns = engine, turns
        self._filler = os.urandom(SIZE)  # a file system makes zeros small

    def __call__(self) -> None:
        """Return when the database takes writes. Nothing is left of it. Raises `LedgerError`."""
        is_file = self._engine.dialect.name == "sqlite"
        if is_file:
            _find_room(Path(os.path.realpath(str(self._engine.url.database))).parent, self._filler)
        with (
            translate_errors(),
            self._turns.take(WITHIN) as left,
            self._engine.execution_options(**{LOCK_LIMIT: left}).connect() as connection,
        ):
            if is_file:
                _probe_sqlite(connection, self._filler)
            else:
                _probe_server(connection)


def _find_room(folder: Path, filler: bytes) -> None:
    """Raise `LedgerError` when the disk has no room for so much. The file is gone with its last line here."""
    try:
        with TemporaryFile(dir=folder, buffering=0) as file:
            written = file.write(filler)
    except OSError as exc:
        if exc.errno not in _NO_ROOM:
            return
        raise LedgerError(f"The disk of my database has no room: {exc.strerror}. Tell whoever runs me.") from exc
    if written < len(filler):
        raise LedgerError("The disk of my database has no room. Tell whoever runs me.")


def _probe_server(connection: Connection) -> None:
    with connection.begin() as transaction:
        connection.execute(_HEAD)
        transaction.rollback()


def _probe_sqlite(connection: Connection, filler: bytes) -> None:
    with connection.begin() as transaction:
        kept = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in _SPILLS}
        try:
            for name, value in _SPILLS.items():
                connection.exec_driver_sql(f"PRAGMA {name} = {value}")
            connection.exec_driver_sql("CREATE TABLE health_probe (filler BLOB)")
            connection.exec_driver_sql("INSERT INTO health_probe VALUES (?)", (filler,))
        finally:
            transaction.rollback()
            driver = connection.connection.driver_connection
            for name, value in kept.items():
                if driver:
                    driver.execute(f"PRAGMA {name} = {value}")


_SPILLS = {"cache_size": _SMALL_CACHE, "cache_spill": 1}


def has_rights(connection: Connection) -> bool:
    """Return whether PostgreSQL lets this account append to the audit log. Nothing is tried."""
    return bool(connection.execute(_RIGHTS).scalar_one())


def may_write_file(path: Path) -> bool:
    """Return whether this user may write the SQLite file, and what SQLite makes beside it. Nothing is tried."""
    return os.access(path, os.R_OK | os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)
