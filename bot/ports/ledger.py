"""Where requests live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.alone import AloneLimit
    from bot.domain.events import Event, Noted
    from bot.domain.people import Place
    from bot.domain.request import MessageRef, Request, WorkItem


class Ledger(Protocol):
    """The one place where state lives. Every change is one transaction with its audit entry; raises `LedgerError`."""

    def open(self, request: Request) -> Request:
        """Write a new request and its `asked` entry. `Duplicate` when the delivery is known: nothing is written then.

        Gives up after a short lock limit (1.5 s): a person waits for the receipt.
        """
        ...

    def record(
        self, request_id: str, event: Event, *, interactive: bool = False, limit: AloneLimit | None = None
    ) -> Request:
        """Advance the request as it stands now and append the entry, or raise `Conflict` and change nothing.

        `interactive`: a person waits, so give up after the short lock limit, as `open` and `note` do.
        `limit`: count in the same transaction what the requester's other requests have used of it, and record what
        `within_limit` says in the place of an event that would take them above it.
        """
        ...

    def note(self, noted: Noted, place: Place) -> None:
        """Append an entry that belongs to no request: a usage error, a press on something unknown."""
        ...

    def find(self, request_id: str) -> Request | None:
        """Return the request as it stands now; None when there is none of that id."""
        ...

    def mark_published(
        self, request_id: str, *, version: int, message_ref: MessageRef | None, publish_after: datetime | None
    ) -> None:
        """Keep that the card shows this version (it never goes back), and the earliest moment for the next.

        Bookkeeping, not an event of the request. Without a `message_ref` the one that is known stays.
        """
        ...

    def mark_announced(self, request_id: str, at: datetime) -> None:
        """Keep that break-glass was announced, or could not be for good. Bookkeeping."""
        ...

    def postpone(self, item: WorkItem, due_at: datetime | None) -> None:
        """Keep when somebody has to look at the item (None: nobody). Bookkeeping."""
        ...

    def due(self, now: datetime) -> tuple[WorkItem, ...]:
        """Return what somebody has to look at now: due dates and expiries that have passed, cards that are behind."""
        ...

    def asked_since(self, user_id: str, since: datetime) -> int:
        """Return how many requests the person has made since then."""
        ...

    def newest(self, limit: int) -> tuple[Request, ...]:
        """Return the newest requests, newest first."""
        ...
