"""The entries that prove a request: those of its decisions, and all of one host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from adapters.sql.audit_queries import wrong_rows
from adapters.sql.audit_rows import entry_of, every_text, select_entries
from adapters.sql.tables import audit_entry
from bot.audit.chain import GENESIS
from bot.audit.proof import DECIDING_NAMES
from bot.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.audit.chain import Verifier
    from bot.audit.entry import Entry


def proving_entries(connection: Connection, request_id: str, host: str, verifier: Verifier) -> list[Entry]:
    """Return the entries of the decisions about a request, and all of one host, in their order; empty: of no host.

    Raises `LedgerError` when one of them is not as it was signed.
    """
    entries = _read(connection, request_id, host)
    for entry, before in entries:
        if not verifier.holds(entry, before):
            raise LedgerError(f"Entry {entry.seq} is not as it was signed. Run: logoff-bot audit verify")
    return [entry for entry, _ in entries]


def _read(connection: Connection, request_id: str, host: str) -> list[tuple[Entry, str]]:
    """Return the entries in their order, each with the hash of the entry before it. Their rows are not read."""
    is_deciding = (audit_entry.c.host == "") & audit_entry.c.event.in_(DECIDING_NAMES)
    which = or_(is_deciding, audit_entry.c.host == host) if host else is_deciding
    query = select_entries(connection).where(audit_entry.c.request_id == request_id, which)
    with wrong_rows(), every_text(connection):
        entries = [entry_of(row) for row in connection.execute(query)]
    numbers = [entry.seq - 1 for entry in entries]
    hashes = select(audit_entry.c.seq, audit_entry.c.hash).where(audit_entry.c.seq.in_(numbers))
    before = {row.seq: row.hash for row in connection.execute(hashes)}
    return [(entry, before.get(entry.seq - 1, GENESIS if entry.seq == 1 else "")) for entry in entries]
