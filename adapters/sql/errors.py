"""The one place where the database's exceptions become the bot's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOREIGN = (
    "My database was written by another release of me, so I do nothing. "
    "Tell whoever runs me to compare it with `logoff-bot db upgrade`."
)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raises `LedgerError` for whatever SQLAlchemy or Alembic raise, and when the turn to write does not come."""
    try:
        yield
    except (SQLAlchemyError, TimeoutError) as exc:
        raise LedgerError(
            "I cannot reach my database, so I do nothing. Try again in a minute; if it stays so, tell whoever runs me."
        ) from exc
    except CommandError as exc:
        raise LedgerError(_FOREIGN) from exc


@contextmanager
def row_faults() -> Iterator[None]:
    """Raises `LedgerError` for rows that do not fit their values: pydantic and enums say so with `ValueError`."""
    try:
        yield
    except ValueError as exc:
        raise LedgerError(_FOREIGN) from exc
