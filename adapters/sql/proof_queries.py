"""The entries that prove a request: those of its decisions, and all of one host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from adapters.sql.audit_queries import wrong_rows
from adapters.sql.audit_rows import entries_sql, entry_of, every_text
from adapters.sql.columns import storable
from adapters.sql.tables import audit_entry
from bot.audit.chain import GENESIS
from bot.audit.proof import DECIDING_NAMES
from bot.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.audit.chain import Verifier
    from bot.audit.entry import Entry


# Two queries without an order: each takes the index over request, host and event, however many hosts there are.
_NAMES = ", ".join(f"'{name}'" for name in sorted(DECIDING_NAMES))
_DECISIONS = f"WHERE request_id = :request_id AND host = '' AND event IN ({_NAMES})"
_AT_HOST = "WHERE request_id = :request_id AND host = :host"


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
    values = {"request_id": storable(request_id), "host": storable(host)}
    queries = (_DECISIONS, _AT_HOST) if host else (_DECISIONS,)
    with wrong_rows(), every_text(connection):
        found = [
            entry_of(row)
            for where in queries
            for row in connection.execute(entries_sql(connection.dialect.name, where), values)
        ]
    entries = sorted(found, key=lambda entry: entry.seq)
    hashes = select(audit_entry.c.seq, audit_entry.c.hash).where(
        audit_entry.c.seq.in_([entry.seq - 1 for entry in entries])
    )
    before = {row.seq: row.hash for row in connection.execute(hashes)}
    return [(entry, before.get(entry.seq - 1, GENESIS if entry.seq == 1 else "")) for entry in entries]
