"""The pause, as the audit log has it: the newest of the entries that pause and resume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, text

from adapters.sql.tables import audit_entry
from bot.audit.record import PAUSED
from bot.domain.request import Pause

if TYPE_CHECKING:
    from sqlalchemy import Connection

_columns = audit_entry.c
# In these very words, so that SQLite takes the index of these entries. A row behind the marked end is none of the log.
_OF_THE_LOG = text("event IN ('paused', 'resumed') AND seq <= (SELECT seq FROM chain_head)")
_NEWEST = (
    select(_columns.event, _columns.actor, _columns.at, _columns.reason)
    .where(_OF_THE_LOG)
    .order_by(_columns.seq.desc())
    .limit(1)
)


def read_pause(connection: Connection) -> Pause | None:
    """Return the pause; None when the newest entry resumes, or there is none."""
    row = connection.execute(_NEWEST).one_or_none()
    return Pause(by=row.actor, since=row.at, reason=row.reason) if row and row.event == PAUSED else None
