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
        make(path) if create else refuse_missing(path)
    engine = open_database(url, bounded=False)
    try:
        with translate_errors(), engine.begin() as connection:
            _queue(connection)
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
        with translate_errors(), engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def refuse_other(url: str) -> None:
    """Raise `SettingsError` unless the database has the tables of this release. Raises `LedgerError` as `current`."""
    if path := sqlite_path(url):
        refuse_missing(path)
    there = current(url)
    if there is not None and there not in _known():
        raise SettingsError(
            f"The database has the tables of another release of logoff-bot: revision {there}, and this one needs "
            f"{newest()}. Start that release again, or restore a backup from before its upgrade (docs/operations.md)."
        )
    if there != newest():
        raise SettingsError("The database is not at the tables of this release. Run: logoff-bot db upgrade")


def _known() -> set[str]:
    """Return all revisions that this release has been through."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def newest() -> str:
    """Return the revision that this release needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _queue(connection: Connection) -> None:
    """Wait for other upgrades. On SQLite the transaction already holds the write lock of the file."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADING})")
