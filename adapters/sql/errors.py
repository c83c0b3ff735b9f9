"""The one place that translates exceptions of the database into errors of the bot."""

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


_NO_RIGHT = "42501"
"""PostgreSQL's code for a right that the account lacks (insufficient_privilege)."""

_LACKS_RIGHT = (
    "My account in the database lacks a right, so I do nothing. "
    "Tell whoever runs me to compare its grants with docs/audit.md."
)

_DAMAGED = "The file of my database is damaged, so I do nothing. Tell whoever runs me to restore a backup."


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise `LedgerError` for exceptions of SQLAlchemy and Alembic, and when the lock of writers times out."""
    try:
        yield
    except (SQLAlchemyError, TimeoutError) as exc:
        if getattr(getattr(exc, "orig", None), "sqlstate", "") == _NO_RIGHT:
            raise LedgerError(_LACKS_RIGHT) from exc
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
