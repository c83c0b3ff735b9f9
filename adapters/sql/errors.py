"""The one place that translates exceptions of the database into errors of the bot."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.util.exc import CommandError
from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

from bot.errors import Conflict, ConflictReason, LedgerError, UnreadableRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from bot.domain.request import Request

_FOREIGN = (
    "My database was written by another release of me, so I do nothing. "
    "Tell whoever runs me to compare it with logoff-bot db upgrade."
)


_BUSY = (
    "All my connections to the database are in use, so I do nothing now. Try again in a minute; if it stays so, tell "
    "whoever runs me."
)

NO_RIGHT = "42501"
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
    except NoConnection as exc:  # each connection of the pool is in use, and none came back in time
        raise LedgerError(_BUSY) from exc
    except (SQLAlchemyError, TimeoutError) as exc:
        if getattr(getattr(exc, "orig", None), "sqlstate", "") == NO_RIGHT:
            raise LedgerError(_LACKS_RIGHT) from exc
        raise LedgerError(
            "I cannot reach my database, so I do nothing. Try again in a minute; if it stays so, tell whoever runs me."
        ) from exc
    except UnicodeDecodeError as exc:  # the driver could not even read what SQLite says of the file
        raise LedgerError(_DAMAGED) from exc
    except CommandError as exc:
        raise LedgerError(_FOREIGN) from exc


_OF_ROWS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, DataError)
"""How drivers, JSON, pydantic and enumerations report a value that does not fit."""


@contextmanager
def row_faults(request_id: str) -> Iterator[None]:
    """Raise `UnreadableRequest` for rows of this request that do not fit the values of this release."""
    try:
        yield
    except _OF_ROWS as exc:
        raise unreadable(request_id) from exc


def unreadable(request_id: str) -> UnreadableRequest:
    """Return the error of a request that this release does not know as a whole."""
    return UnreadableRequest(
        f"I cannot read {request_id}: another release of me wrote it, or it is damaged. I do nothing for it. "
        "While I am upgraded, try again in a minute; if it stays so, ask with a new command, and tell whoever runs me.",
        request_id=request_id,
    )


@contextmanager
def standing_faults() -> Iterator[None]:
    """Raise `LedgerError` for the row of a credential that does not fit."""
    try:
        yield
    except _OF_ROWS as exc:
        raise LedgerError(_FOREIGN) from exc


def conflict_of_proof(request: Request) -> Conflict:
    """Return the conflict of a request that its signed entries do not prove."""
    return Conflict("The record does not say what its row says.", request=request, reason=ConflictReason.NOT_PROVEN)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Have a connection for reads inside the block. Raises `LedgerError`."""
    with translate_errors(), engine.begin() as connection:
        yield connection
