"""The port to the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.audit.entry import Entry, Head


class AuditLog(Protocol):
    """The entries of the audit log. The ledger writes each of them in the transaction of its change."""

    def entries(self, *, request_id: str | None = None, after: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        """Return the entries with a number above `after`, in ascending order, `limit` at most.

        `request_id` keeps the entries of one request; None keeps all. Raises `LedgerError`.
        """
        ...

    def load_policy(self, text: str) -> None:
        """Append an entry with the text of the policy that the bot has loaded, unless the newest such entry has it.

        Raises `LedgerError`.
        """
        ...

    def head(self) -> Head:
        """Return number, hash and key of the newest entry, as the last write marked them. Raises `LedgerError`.

        The mark is kept beside the entries, so a log whose newest entries were removed does not fit it.
        """
        ...
