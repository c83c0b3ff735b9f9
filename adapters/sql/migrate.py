"""Upgrading a database to the tables of this release, with Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from adapters.sql.database import open_database, sqlite_path
from adapters.sql.errors import translate_errors
from adapters.sql.reported import place_of, reported
from adapters.sql.sqlite_file import is_missing, make, refuse_missing
from bot.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import Connection

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

UPGRADING = 7_161_402
"""The id of the advisory lock that upgrades of one PostgreSQL database take. The number has no meaning."""


def upgrade(url: str, *, create: bool = True) -> str:
    """Upgrade the database to the newest revision and return that revision. Raises `LedgerError`.

    All steps are one transaction. Several processes may call it at once. `create`: a SQLite file that is not there is
    made; otherwise it raises `SettingsError`.
    """
    if path := sqlite_path(url):
        with reported(url):
            make(path) if create else refuse_missing(path)
    engine = open_database(url, bounded=False)
    try:
        with reported(url), translate_errors(), engine.begin() as connection:
            _queue(connection)
            _refuse_unknown(url, MigrationContext.configure(connection).get_current_revision())
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
    return newest()


def current(url: str) -> str | None:
    """Return the revision of the database; None when it was never upgraded. Raises `LedgerError`. It makes no file."""
    path = sqlite_path(url)
    if path and is_missing(path):
        return None
    engine = open_database(url)
    try:
        with reported(url), translate_errors(), engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def refuse_other(url: str) -> None:
    """Raise `SettingsError` unless the database has the tables of this release. Raises `LedgerError` as `current`."""
    if path := sqlite_path(url):
        refuse_missing(path)
    found = current(url)
    if found == newest():
        return
    _refuse_unknown(url, found)
    place = _place(url)
    if found is None:
        raise SettingsError(f"{place} has no tables of the bot yet. Make them: logoff-bot db upgrade")
    raise SettingsError(
        f"{place} has the tables of an older release: revision {found}, and this one needs {newest()}. "
        "Stop the bot, take a backup, then run: logoff-bot db upgrade"
    )


def _refuse_unknown(url: str, found: str | None) -> None:
    """Raise `SettingsError` for tables that this release cannot upgrade."""
    if found is not None and found not in _known():
        raise SettingsError(
            f"{_place(url)} has tables that this release does not know: revision {found}, and it knows up to "
            f"{newest()}. A newer release made them. Start that release (logoff-bot --version prints the revision of "
            "each), or restore the backup from before its upgrade. Nothing was changed."
        )


def _place(url: str) -> str:
    place = place_of(url)
    return place[:1].upper() + place[1:]


def _known() -> set[str]:
    """Return all revisions that this release has been through."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def newest() -> str:
    """Return the revision that this release needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def knows(revision: str) -> bool:
    """Return whether this release has the revision."""
    return any(each.revision == revision for each in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _queue(connection: Connection) -> None:
    """Wait for other upgrades. On SQLite the transaction already holds the write lock of the file."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADING})")
