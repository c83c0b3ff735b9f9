"""Reading the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.audit.entry import Entry, Head


class AuditLog(Protocol):
    """The entries in their order. The ledger writes them, each in the transaction of its change."""

    def entries(self, *, request_id: str | None = None, after: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        """Return the entries behind number `after`, of one request or of all. Raises `LedgerError`."""
        ...

    def head(self) -> Head:
        """Return the end of the log as the last write marked it, kept beside the entries: a cut tail does not fit."""
        ...
