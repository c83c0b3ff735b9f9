"""The database alone, for commands that write to the audit log beside a running bot."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from adapters.sql.reported import reported
from app.cli.options import settings_of_log
from app.wiring import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.config.settings import Settings
    from bot.ports.store import SignedStore


@contextmanager
def store_of(settings: Settings) -> Iterator[SignedStore]:
    """Open the database of these settings. What is wrong with it is said to whoever runs the command."""
    with reported(settings.database.get_secret_value()):
        yield open_store(settings)


@contextmanager
def store_at(config: Path, database: str) -> Iterator[SignedStore]:
    """Open the database of the file, or the one that is named instead."""
    with store_of(settings_of_log(config, database)) as store:
        yield store
