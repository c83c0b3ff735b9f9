"""The recorded requests of a database, without a key and without the rest of the bot."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from adapters.sql import migrate
from adapters.sql.database import open_database
from adapters.sql.recorded import Recorded
from bot.commands import ASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def open_recorded(url: str) -> Iterator[Recorded]:
    """Open the requests of this database. Raises `LedgerError`, and `SettingsError` for tables of another release."""
    migrate.refuse_other(url)
    engine = open_database(url, bounded=False)
    try:
        yield Recorded(engine=engine, ask_types=ASK_TYPES)
    finally:
        engine.dispose()
