"""The SQLite file: who makes it, how it is opened, and whether it is still the one that was opened."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from threading import Lock
from typing import Any
from urllib.parse import quote

import structlog

from bot.errors import LedgerError, SettingsError

_FOR_ITS_OWNER = 0o600
"""The mode of a new file. SQLite gives its files beside it (-wal, -shm) the mode of the database."""

_KEPT_WAITS_MS = 2_000
"""How long the connection that is kept waits for a lock while it is opened."""

CACHE_KIB = 256
"""How much of the file each connection keeps in memory, in KiB. The system keeps the rest for all of them together.

SQLite's own default is 2,000, which the many connections of a bot fill one after the other, for days.
"""

_Identity = tuple[int, int]
"""Device and number of a file."""

log = structlog.get_logger()


def is_missing(path: Path) -> bool:
    """Return whether there is no database yet: no file, or an empty one, in a folder that is there.

    Raises `SettingsError` for a pipe or a device: SQLite would wait for what it has to say, without an end.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return path.parent.is_dir()
    except OSError:
        return False  # opening it says why
    if not (S_ISREG(found.st_mode) or S_ISDIR(found.st_mode)):
        raise SettingsError(f"The database {path} is a pipe or a device. Name a file on a disk in database.")
    return found.st_size == 0


def make(path: Path) -> None:
    """Make an empty file, for its owner alone from the first moment. One that is there stays as it is.

    Raises `LedgerError` when it cannot be made.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, _FOR_ITS_OWNER))
    except FileExistsError:
        is_missing(path)
    except OSError as exc:
        raise LedgerError(f"I cannot make the file of the database, {path}: {exc.strerror}.") from exc


def refuse_missing(path: Path) -> None:
    """Raise `SettingsError` when there is no database in this file: a new one is made only when somebody says so."""
    if is_missing(path):
        what = "is empty" if os.path.lexists(path) else "is not there"
        raise SettingsError(
            f"The file of the database, {path}, {what}. If it was there before, restore it: a new one knows of no "
            "request and has an empty audit log. To make a new one, run: logoff-bot db upgrade --create"
        )


class SqliteFile:
    """The file behind a pool of connections. It has to stay the very file that the first connection opened.

    Whoever deletes, moves or replaces it leaves open connections that write where nobody will ever read. The same is
    true of the file beside it (-wal), in which every write stands first. One connection is kept open beside the pool:
    SQLite itself takes that file away when the last connection is closed.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._log = path, path
        self._opened: _Identity | None = None  # of the file that was opened
        self._written: _Identity | None = None  # of the one beside it
        self._kept: sqlite3.Connection | None = None
        self._guard = Lock()
        self._is_told = False

    def connect(self, **options: Any) -> sqlite3.Connection:
        """Open the file; never make one. Raises `LedgerError` when it is no longer the one that was opened."""
        self.check()
        with self._guard:
            if self._kept is None:
                self._keep()
        return self._open(**options)

    def close(self) -> None:
        """Close the connection that is kept. Whoever connects later keeps another one."""
        with self._guard:
            kept, self._kept, self._written = self._kept, None, None
        if kept:
            kept.close()

    def check(self) -> None:
        """Raise `LedgerError` when the files are no longer those that were opened. The first time, the log says so."""
        lost = self._lost()
        if lost is None:
            self._is_told = False
            return
        with self._guard:
            is_first, self._is_told = not self._is_told, True
        if is_first:
            log.critical("database.gone", file=str(lost), is_replaced=_identity_of(lost) is not None)
        raise LedgerError(
            "The file of my database was deleted, moved or replaced while I ran, so I do nothing. Tell whoever runs me "
            "to stop me, put the file back, and start me again."
        )

    def _lost(self) -> Path | None:
        opened, written = self._opened, self._written
        if opened and _identity_of(self._path) != opened:
            return self._path
        return self._log if written and _identity_of(self._log) != written else None

    def _keep(self) -> None:
        kept = self._open(check_same_thread=False)
        try:
            prepare(kept, patience_ms=_KEPT_WAITS_MS)
            kept.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()  # only this opens the file beside it
        except sqlite3.Error:
            kept.close()
            raise
        self._log = Path(f"{os.path.realpath(self._path)}-wal")
        self._kept, self._written = kept, _identity_of(self._log)
        self._opened = self._opened or _identity_of(self._path)

    def _open(self, **options: Any) -> sqlite3.Connection:
        where = f"file:{quote(str(self._path))}?mode=rw"
        connection: sqlite3.Connection = sqlite3.connect(where, **options | {"uri": True})
        return connection


def _identity_of(path: Path) -> _Identity | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def prepare(connection: sqlite3.Connection, *, patience_ms: int) -> None:
    """Set up a new connection. `synchronous = FULL`: an acknowledged commit survives a power cut.

    The driver must not begin transactions by itself.
    """
    connection.isolation_level = None
    # A text that is no UTF-8 is a fault of its row (`UnicodeDecodeError`). The driver's own error would blame the file.
    connection.text_factory = bytes.decode
    connection.execute(f"PRAGMA busy_timeout = {patience_ms}")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


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
