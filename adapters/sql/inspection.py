"""What the doctor asks of the database. Nothing here writes, or makes a file."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.sql.audit_queries import read_entry, read_head
from adapters.sql.database import READS, open_database
from adapters.sql.errors import NO_RIGHT, translate_errors
from adapters.sql.owner_file import read_holder
from adapters.sql.owner_session import holder_of
from adapters.sql.write_probe import has_rights
from bot.audit.chain import GENESIS, verify_entry
from bot.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from adapters.sql.owner import Holder
    from bot.audit.entry import Head
    from bot.audit.keys import PublicKey

WAL = 2
"""The version in the header of a SQLite file that is in WAL mode: https://sqlite.org/fileformat2.html."""

_MAGIC = b"SQLite format 3\0"
_AT = 18
"""Where the header has these two bytes."""

NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs", "gfs2", "lustre", "ncpfs"}
    | {"nfs", "nfs4", "ocfs2", "smb3", "smbfs"}
)
"""File systems on which the lock of a SQLite file is not to be trusted."""

DURABLE = {"fsync": ("on",), "full_page_writes": ("on",), "synchronous_commit": ("on", "remote_apply")}
"""What these settings of PostgreSQL have to say, so that an acknowledged commit survives a power cut."""

_SETTINGS = text("SELECT name, setting FROM pg_settings")
_NOW = text("SELECT clock_timestamp()")
_LOOKING = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The disk of a SQLite file."""

    free: int  # bytes that the bot's user may still write
    file_system: str  # as the kernel names it: `ext4`, `nfs4`; empty: unknown


class Inspection:
    """The open database. Each method raises `LedgerError`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translate_errors(), self._engine.execution_options(**{READS: True}).begin() as connection:
            yield connection

    def head(self) -> Head:
        with self._reading() as connection:
            return read_head(connection)

    def is_signed_by(self, key: PublicKey) -> bool:
        """Return whether this key signed the newest entry as it stands; a log without entries fits every key."""
        with self._reading() as connection:
            head = read_head(connection)
            newest, before = read_entry(connection, head.seq), read_entry(connection, head.seq - 1)
        return not head.seq or bool(newest and verify_entry(newest, before.hash if before else GENESIS, key))

    def weak_settings(self) -> dict[str, str]:
        """Return the settings of PostgreSQL that do not keep what was acknowledged, with their values."""
        with self._reading() as connection:
            found = {str(name): str(value) for name, value in connection.execute(_SETTINGS)}
        return {name: found.get(name, "unknown") for name, good in DURABLE.items() if found.get(name) not in good}

    def may_write(self) -> bool:
        """Return whether PostgreSQL lets this account append to the audit log."""
        with self._reading() as connection:
            return has_rights(connection)

    def session_holder(self) -> Holder | None:
        """Return who holds the lock of the owner in PostgreSQL; None: nobody."""
        with self._reading() as connection:
            return holder_of(connection)

    def now(self) -> datetime:
        """Return the time of PostgreSQL."""
        with self._reading() as connection:
            found: datetime = connection.execute(_NOW).scalar_one()
        return found


@contextmanager
def inspecting(url: str) -> Iterator[Inspection]:
    """Open a database that is there and of this release."""
    engine = open_database(url)
    try:
        yield Inspection(engine)
    finally:
        engine.dispose()


def lacks_right(error: LedgerError) -> bool:
    """Return whether PostgreSQL refused because the account lacks a right."""
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and getattr(cause.orig, "sqlstate", "") == NO_RIGHT


def cause_of(error: LedgerError) -> str:
    """Return what the driver said, in its first line; empty where it said nothing.

    The bot's own sentence is for people in Slack. A driver names server, port, database and account, and no password.
    """
    cause = error.__cause__
    said = str(cause.orig) if isinstance(cause, DBAPIError) else str(cause) if isinstance(cause, sqlite3.Error) else ""
    return next((line.strip() for line in said.splitlines() if line.strip()), "")


def revision_outside_wal(path: Path) -> tuple[bool, str | None]:
    """Return whether the SQLite file is in another mode than WAL, and the revision of its tables then.

    The bot itself would switch such a file to WAL when it opens it. Raises `LedgerError`.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_AT + 2)
        if not header.startswith(_MAGIC) or header[_AT:] == bytes((WAL, WAL)):
            return False, None
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone() if there else None
    except OSError:
        return False, None  # opening it in the usual way says why
    except sqlite3.Error as exc:
        raise LedgerError("The file cannot be read.") from exc
    return True, found[0] if found else None


def file_holder(path: Path) -> Holder | None:
    """Return who holds the lock of the owner beside a SQLite file; None: nobody.

    The lock is tried for a moment, together with others who look. An owner that starts just then tries again.
    """
    try:
        descriptor = os.open(f"{os.path.realpath(path)}.owner", _LOOKING)
    except OSError:
        return None  # no bot ever ran here, or its file is no lock
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return read_holder(descriptor)
    finally:
        os.close(descriptor)
    return None


def disk_of(path: Path) -> Disk:
    """Return the disk of the SQLite file. Raises `OSError`."""
    found = os.statvfs(path.parent)
    mounts = Path("/proc/self/mountinfo")
    told = mounts.read_text(encoding="utf-8", errors="surrogateescape") if mounts.exists() else ""
    return Disk(free=found.f_bavail * found.f_frsize, file_system=file_system_in(told, Path(os.path.realpath(path))))


def file_system_in(mounts: str, path: Path) -> str:
    """Return the file system of the path by the text of /proc/self/mountinfo: that of the deepest mount above it."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        place, _, more = line.partition(" - ")
        words = place.split(" ")
        if len(words) < 5 or not more:
            continue
        mounted = Path(words[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        if path.is_relative_to(mounted) and len(mounted.parts) >= best:
            best, kind = len(mounted.parts), more.split(" ")[0]
    return kind
