"""The SQLite file: who makes it, how it is opened, and whether it is still the one that was opened."""

from __future__ import annotations

import os
import sqlite3
import time
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import structlog

from bot.errors import LedgerError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

_FOR_ITS_OWNER = 0o600
"""The mode of a new file. SQLite gives its files beside it (-wal, -shm) the mode of the database."""

log = structlog.get_logger()


def is_missing(path: Path) -> bool:
    """Return whether there is no database yet: no file, or an empty one, in a folder that is there."""
    try:
        return path.stat().st_size == 0
    except FileNotFoundError:
        return path.parent.is_dir()
    except OSError:
        return False  # opening it says why


def make(path: Path) -> None:
    """Make an empty file, for its owner alone from the first moment. One that is there stays as it is.

    Raises `LedgerError` when it cannot be made.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, _FOR_ITS_OWNER))
    except FileExistsError:
        pass
    except OSError as exc:
        raise LedgerError(f"I cannot make the file of the database, {path}: {exc.strerror}.") from exc


def refuse_missing(path: Path) -> None:
    """Raise `SettingsError` when there is no database in this file: a new one is made only when somebody says so."""
    if is_missing(path):
        what = "is empty" if path.exists() else "is not there"
        raise SettingsError(
            f"The file of the database, {path}, {what}. If it was there before, restore it: a new one knows of no "
            "request and has an empty audit log. To make a new one, run: logoff-bot db upgrade --create"
        )


class SqliteFile:
    """The file behind a pool of connections. It has to stay the very file that the first connection opened.

    Whoever deletes, moves or replaces it leaves open connections that write where nobody will ever read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: tuple[int, int] | None = None  # device and number of the file that was opened
        self._guard = Lock()
        self._is_told = False

    def connect(self, **options: Any) -> sqlite3.Connection:
        """Open the file; never make one. Raises `LedgerError` when it is no longer the one that was opened."""
        self.check()
        connection: sqlite3.Connection = sqlite3.connect(
            f"file:{quote(str(self._path))}?mode=rw", **options | {"uri": True}
        )
        with self._guard:
            self._opened = self._opened or self._here()
        return connection

    def check(self) -> None:
        """Raise `LedgerError` when the file is no longer the one that was opened. The first time, the log says so."""
        if self._opened is None or self._here() == self._opened:
            self._is_told = False
            return
        with self._guard:
            is_first, self._is_told = not self._is_told, True
        if is_first:
            log.critical("database.gone", file=str(self._path), is_replaced=self._here() is not None)
        raise LedgerError(
            "The file of my database was deleted, moved or replaced while I ran, so I do nothing. Tell whoever runs me "
            "to stop me, put the file back, and start me again."
        )

    def _here(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
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
