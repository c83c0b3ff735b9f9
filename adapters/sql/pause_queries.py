"""The pause in its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from adapters.sql.tables import pause
from bot.domain.request import Pause

if TYPE_CHECKING:
    from sqlalchemy import Connection


_PAUSE = select(pause)


def read_pause(connection: Connection) -> Pause | None:
    row = connection.execute(_PAUSE).one_or_none()
    return Pause(by=row.by, since=row.since, reason=row.reason) if row else None


def set_pause(connection: Connection, wanted: Pause | None) -> None:
    """Store the pause; None: no pause. The caller has locked the head, so no two calls run at once."""
    connection.execute(delete(pause))
    if wanted:
        connection.execute(insert(pause).values(id=1, by=wanted.by, since=wanted.since, reason=wanted.reason))
