"""The audit log in its tables: lock the head, append an entry, read entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from adapters.sql.errors import row_faults
from adapters.sql.mapping import entry_of, row_of_entry
from adapters.sql.tables import audit_entry, chain_head
from bot.audit.chain import seal
from bot.audit.entry import Head

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.audit.entry import Entry

_HEAD = select(chain_head.c.seq, chain_head.c.mac)


def lock_head(connection: Connection) -> Head:
    """Lock the head until the transaction ends, and return it. All other writers wait for this lock.

    On SQLite the transaction itself (`BEGIN IMMEDIATE`) is the lock.
    """
    return Head(*connection.execute(_HEAD.with_for_update()).one())


def read_head(connection: Connection) -> Head:
    return Head(*connection.execute(_HEAD).one())


def append(connection: Connection, head: Head, entry: Entry, *, at: datetime, key: bytes) -> Entry:
    """Append the entry behind the locked head, move the head, and return the sealed entry."""
    sealed = seal(entry, seq=head.seq + 1, at=at, before=head.mac, key=key)
    connection.execute(insert(audit_entry).values(row_of_entry(sealed)))
    connection.execute(update(chain_head).values(seq=sealed.seq, mac=sealed.mac))
    return sealed


def read_entries(connection: Connection, *, request_id: str | None, after: int, limit: int) -> tuple[Entry, ...]:
    query = select(audit_entry).where(audit_entry.c.seq > after).order_by(audit_entry.c.seq).limit(limit)
    if request_id is not None:
        query = query.where(audit_entry.c.request_id == request_id)
    with row_faults():
        return tuple(entry_of(row) for row in connection.execute(query))
