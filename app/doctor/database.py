"""The checks of the database. It is read and never written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import humanize

from adapters.sql import inspection, migrate
from adapters.sql.database import sqlite_path
from adapters.sql.inspection import inspecting
from adapters.sql.sqlite_file import refuse_missing
from adapters.sql.write_probe import may_write_file
from app.doctor.check import Area, Reporter, is_green
from bot.errors import LedgerError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

    from adapters.sql.inspection import Disk, Inspection
    from adapters.sql.owner import Holder
    from app.config.settings import Settings
    from app.doctor.check import Check
    from bot.ports.clock import Clock

THERE, TABLES, DURABILITY, WRITABLE = "reachable", "tables", "durability", "writable"
KEY, OWNER, DISK = "audit key", "owner", "disk"

LEAST_FREE = 200 * 1024 * 1024
"""Bytes: some hundred thousand entries of the audit log, and the file beside the database that SQLite writes first."""

UPGRADE = "Run: logoff-bot db upgrade"
_REPORT = Reporter(area=Area.DATABASE)
_CONNECT = (
    "Look whether the server runs and lets this machine connect, and compare `database` in app.yaml with its name, "
    "port, account and password."
)
_SERVER_SETTINGS = "Set them to `on` for this database: an acknowledged entry has to survive a power cut."
_GRANTS = "Grant the bot's account its rights (docs/audit.md), on a server that takes writes."


class DatabaseChecks:
    """Yields the checks. `is_sound` says afterwards whether the database keeps what hosts say of passwords."""

    def __init__(self, settings: Settings) -> None:
        self._url, self._keys = settings.database.get_secret_value(), settings.signing_keys
        self.is_sound = False
        self.has_owner = False
        self.ahead: timedelta | None = None
        """How far the clock of PostgreSQL is ahead of this machine's; None: it has no clock of its own."""

    def run(self, clock: Clock) -> Iterator[Check]:
        """Yield the checks. `clock` is this machine's."""
        try:
            path = sqlite_path(self._url)
            if path:
                refuse_missing(path)
            is_outside_wal, revision = inspection.revision_outside_wal(path) if path else (False, None)
            revision = revision if is_outside_wal else migrate.current(self._url)
        except SettingsError as error:
            yield _REPORT.refused(THERE, error, also="Then call logoff-bot doctor again.")
        except LedgerError as error:
            yield _REPORT.failed(THERE, _said(error), _remedy(path, error))
        else:
            yield _REPORT.ok(THERE, str(path) if path else "PostgreSQL")
            yield from self._tables(path, revision, clock, is_outside_wal=is_outside_wal)
            return
        yield from _REPORT.skipped((TABLES, DURABILITY, WRITABLE, KEY, OWNER), "the database is not reachable")

    def _tables(
        self, path: Path | None, revision: str | None, clock: Clock, *, is_outside_wal: bool
    ) -> Iterator[Check]:
        if revision == migrate.newest():
            yield _REPORT.ok(TABLES, f"revision {revision}")
            yield from _outside_wal() if is_outside_wal else self._open(path, clock)
            return
        if revision and not migrate.knows(revision):
            found = f"They are of revision {revision}, which this release does not know: a newer one made them."
            yield _REPORT.failed(TABLES, found, "Install the release that made them, or restore the backup of before.")
        else:
            found = (
                f"They are of revision {revision}."
                if revision
                else "There are none of the bot's, or none with a revision."
            )
            yield _REPORT.failed(TABLES, f"{found} This release needs {migrate.newest()}.", UPGRADE)
        yield from _REPORT.skipped((DURABILITY, WRITABLE, KEY, OWNER), "the tables are of another release")

    def _open(self, path: Path | None, clock: Clock) -> Iterator[Check]:
        try:
            with inspecting(self._url) as opened:
                checks = list(_of_file(path) if path else _of_server(opened))
                yield from checks
                yield (key := self._key(opened))
                yield self._owner(inspection.file_holder(path) if path else opened.session_holder())
                if path is None:
                    self.ahead = opened.now() - clock.now()
                self.is_sound = is_green([key, *(each for each in checks if each.name == WRITABLE)])
        except LedgerError as error:
            yield _REPORT.failed(KEY, _said(error), "Run: logoff-bot audit verify")

    def _key(self, opened: Inspection) -> Check:
        head, mine = opened.head(), self._keys.key_id
        if head.key_id not in ("", mine):
            found = f"The audit log takes entries of the key {head.key_id} alone, and audit_key is {mine}."
            return _REPORT.failed(KEY, found, "Set audit_key to the key that signed the log (docs/running.md).")
        if not opened.is_signed_by(self._keys.public):
            found = f"The newest entry, {head.seq}, is not as the audit key has signed it."
            return _REPORT.failed(KEY, found, "Run: logoff-bot audit verify")
        return _REPORT.ok(KEY, f"{mine} signed the newest entry, {head.seq}" if head.seq else "the log is empty")

    def _owner(self, holder: Holder | None) -> Check:
        self.has_owner = holder is not None
        return _REPORT.ok(OWNER, f"a bot runs: {holder}" if holder else "no bot runs")


def _outside_wal() -> Iterator[Check]:
    found = "The file is not in WAL mode, so a reader holds the bot up, and the bot a reader."
    yield _REPORT.failed(DURABILITY, found, f"{UPGRADE}, which switches the file to WAL.")
    yield from _REPORT.skipped((WRITABLE, KEY, OWNER), "the file is not in WAL mode")


def _of_file(path: Path) -> Iterator[Check]:
    disk = inspection.disk_of(path)
    if disk.file_system in inspection.NETWORK:
        found = f"The file is on {disk.file_system}, where its locks are not to be trusted."
        yield _REPORT.failed(DURABILITY, found, "Move it to a disk of this machine, or use PostgreSQL.")
    else:
        yield _REPORT.ok(DURABILITY, f"WAL, synchronous FULL, on {disk.file_system or 'an unknown file system'}")
    if may_write_file(path):
        yield _REPORT.ok(WRITABLE, "the file and its folder")
    else:
        found = "This user may not write the file, or not in its folder."
        yield _REPORT.failed(WRITABLE, found, f"Run the bot as the owner of {path}, or give it to the bot's user.")
    yield disk_check(disk)


def disk_check(disk: Disk) -> Check:
    """Return the check of the space that is left."""
    free = f"{humanize.naturalsize(disk.free, binary=True)} free"
    if disk.free >= LEAST_FREE:
        return _REPORT.ok(DISK, free)
    needed = humanize.naturalsize(LEAST_FREE, binary=True)
    return _REPORT.failed(DISK, f"{free}: too little.", f"Make room: the database wants {needed}, or it stops.")


def _of_server(opened: Inspection) -> Iterator[Check]:
    if weak := opened.weak_settings():
        found = ", ".join(f"{name} is {value}" for name, value in weak.items())
        yield _REPORT.failed(DURABILITY, f"{found}.", _SERVER_SETTINGS)
    else:
        yield _REPORT.ok(DURABILITY, ", ".join(inspection.DURABLE) + " are on")
    if opened.may_write():
        yield _REPORT.ok(WRITABLE, "the audit log takes entries of this account")
    else:
        yield _REPORT.failed(WRITABLE, "This account may not append to the audit log.", _GRANTS)


def _said(error: LedgerError) -> str:
    return inspection.cause_of(error) or error.message


def _remedy(path: Path | None, error: LedgerError) -> str:
    if path is None:
        return _GRANTS if inspection.lacks_right(error) else _CONNECT
    return f"Look whether {path} is a file that this user may read and write; if it is damaged, restore a backup."
