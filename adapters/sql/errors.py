"""The one place that translates exceptions of the database into errors of the bot."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

from bot.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOREIGN = (
    "My database was written by another release of me, so I do nothing. "
    "Tell whoever runs me to compare it with `logoff-bot db upgrade`."
)


_BUSY = (
    "All my connections to the database are in use, so I do nothing now. Try again in a minute; if it stays so, tell "
    "whoever runs me."
)

_DAMAGED = "The file of my database is damaged, so I do nothing. Tell whoever runs me to restore a backup."


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise `LedgerError` for exceptions of SQLAlchemy and Alembic, and when the lock of writers times out."""
    try:
        yield
    except NoConnection as exc:  # each connection of the pool is in use, and none came back in time
        raise LedgerError(_BUSY) from exc
    except (SQLAlchemyError, TimeoutError) as exc:
        raise LedgerError(
            "I cannot reach my database, so I do nothing. Try again in a minute; if it stays so, tell whoever runs me."
        ) from exc
    except UnicodeDecodeError as exc:  # the driver could not even read what SQLite says of the file
        raise LedgerError(_DAMAGED) from exc
    except CommandError as exc:
        raise LedgerError(_FOREIGN) from exc


@contextmanager
def row_faults() -> Iterator[None]:
    """Raise `LedgerError` for rows that do not fit the values of this release.

    Pydantic and enumerations report such a row as `ValueError`.
    """
    try:
        yield
    except ValueError as exc:
        raise LedgerError(_FOREIGN) from exc
