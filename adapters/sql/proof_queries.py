"""The entries that prove a request: those of its decisions, and all of one host."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import text

from adapters.sql.audit_queries import wrong_rows
from adapters.sql.audit_rows import chained_sql, entry_of_values, every_text
from adapters.sql.columns import storable
from adapters.sql.errors import unreadable
from bot.audit.chain import GENESIS, verify_entry
from bot.audit.proof import DECIDING_NAMES, KNOWN_NAMES
from bot.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from bot.audit.entry import Entry
    from bot.audit.keys import PublicKey

KEPT = 1_000
"""How many verified entries are kept. Each proof of a request reads its few decisions again."""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


# Each half of the query takes the index over request, host and event, however many hosts there are.
_DECISIONS = f"WHERE request_id = :request_id AND host = '' AND event NOT IN ({_listed(KNOWN_NAMES - DECIDING_NAMES)})"
_AT_HOST = "WHERE request_id = :request_id AND host = :host"


class ProvingEntries:
    """Reads the entries that prove requests. It keeps those that it has verified: an entry never changes."""

    def __init__(self, key: PublicKey) -> None:
        self._key = key
        # With `typed` a value of another type that is equal is another one: 1 and 1.0.
        self._kept = lru_cache(maxsize=KEPT, typed=True)(self._verified)

    def read(self, connection: Connection, request_id: str, host: str) -> list[Entry]:
        """Return the entries of the decisions about a request, and all of one host, in their order; empty: of no host.

        Raises `LedgerError` when one of them is not as it was signed, and `UnreadableRequest` when one is of an event
        that this release does not know: it cannot say what is decided then.
        """
        halves = (_DECISIONS, _AT_HOST) if host else (_DECISIONS,)
        values = {"request_id": storable(request_id), "host": storable(host)}
        with wrong_rows(), every_text(connection):
            rows = connection.execute(chained_sql(connection.dialect.name, *halves), values).all()
            entries = sorted((self._kept(*row) for row in rows), key=lambda entry: entry.seq)
        if any(entry.event not in KNOWN_NAMES for entry in entries):
            raise unreadable(request_id)
        return entries

    def _verified(self, hash_before: object, *values: object) -> Entry:
        """Return the entry of a row's values, which came behind this hash. The rows of its targets are not read."""
        entry = entry_of_values(values)
        before = hash_before if isinstance(hash_before, str) else GENESIS if entry.seq == 1 else ""
        if not verify_entry(entry, before, self._key):
            raise LedgerError(f"Entry {entry.seq} is not as it was signed. Run: logoff-bot audit verify")
        return entry


_FOREIGN = text(
    f"SELECT 1 FROM audit_entry WHERE request_id = :request_id AND event NOT IN ({_listed(KNOWN_NAMES)}) LIMIT 1"  # noqa: S608 - our own names
)


def has_foreign_entries(connection: Connection, request_id: str) -> bool:
    """Return whether the record has an entry about the request that this release does not know."""
    return connection.execute(_FOREIGN, {"request_id": storable(request_id)}).first() is not None
