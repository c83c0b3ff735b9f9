"""The owner's lock beside a SQLite file: `flock` of the file `<database>.owner`, which is never deleted."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import update

from adapters.sql.errors import translate_errors
from adapters.sql.owner import Holder, Look
from adapters.sql.tables import chain_head
from bot.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

MOST_READ = 1_000
"""So many bytes of what a holder wrote are read."""


class FileLock:
    """The kernel lets the lock go when the process ends, however it ends. What stands in the file is for people."""

    advice = "Stop it, or wait until it has gone; then start again."
    good_for = timedelta(minutes=5)  # nobody else gets it but by another file in its place, which a write notices

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._descriptor: int | None = None
        self.token = ""

    def take(self, me: Holder, token: str) -> Holder | None:
        self.leave()
        path = self._path()
        with _file_errors(path):
            descriptor = _opened(path)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _write(descriptor, me)
            except BlockingIOError:
                holder = read_holder(descriptor)
                os.close(descriptor)
                return holder
            except OSError:
                os.close(descriptor)
                raise
        self._descriptor = descriptor
        if not self.look().is_held:  # somebody has put another file in its place since it was opened
            return Holder()
        with translate_errors(), self._engine.begin() as connection:
            connection.execute(update(chain_head).values(owner=token))
        self.token = token
        return None

    def look(self) -> Look:
        """Look whether the file that this process has locked is still the one that others would lock."""
        if self._descriptor is None:
            return Look(is_held=False)
        try:
            there, mine = self._path().lstat(), os.fstat(self._descriptor)
        except OSError:
            return Look(is_held=False)
        return Look(is_held=os.path.samestat(there, mine))

    def leave(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _path(self) -> Path:
        """Return the lock's file: beside the database itself, whatever links lead to it."""
        return Path(f"{os.path.realpath(str(self._engine.url.database))}.owner")


def _opened(path: Path) -> int:
    """Open the lock's file for this user alone. Raises `OSError` for a link, or for anything but a plain file."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    descriptor = os.open(path, flags, 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("no plain file")
    with suppress(PermissionError):  # of another user who lets this one write
        os.fchmod(descriptor, 0o600)
    return descriptor


def _write(descriptor: int, me: Holder) -> None:
    """Say who holds the lock. A full disk, or a death in the middle, leaves a lock all the same."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(me)).encode(), 0)


def read_holder(descriptor: int) -> Holder:
    """Return who holds the lock, as far as it can be read."""
    try:
        said = json.loads(os.pread(descriptor, MOST_READ, 0))
        return Holder(host=str(said["host"])[:100], pid=int(said["pid"]), since=str(said["since"])[:30])
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return Holder()


@contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise LedgerError(
            f"I cannot use {path}, by which one bot at a time owns its database: {exc.strerror or exc}. It has to be a "
            "plain file that I may write, and no link. Remove what is there while no bot runs, and start again."
        ) from exc
