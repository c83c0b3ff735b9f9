"""Bringing a database to the tables of this release, through Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from adapters.sql.database import open_database
from adapters.sql.errors import translate_errors

if TYPE_CHECKING:
    from sqlalchemy import Connection

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

UPGRADING = 7_161_402
"""The advisory lock that upgrades of one PostgreSQL database queue on; the number means nothing."""


def upgrade(url: str) -> str:
    """Bring the database to the newest revision, which is returned; safe to run from several processes at once.

    All steps are one transaction: an upgrade is done or not begun. Raises `LedgerError`.
    """
    engine = open_database(url)
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
    """The revision the database is at; None when it was never upgraded. Raises `LedgerError`."""
    engine = open_database(url)
    try:
        with translate_errors(), engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def newest() -> str:
    """The revision that this release needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _queue(connection: Connection) -> None:
    """SQLite's transaction holds the file's write lock already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADING})")
