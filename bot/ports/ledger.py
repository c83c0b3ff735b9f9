"""What the core needs of the world. These docstrings are the specification that `tests/contract` holds adapters to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from bot.audit.entry import Entry, Head
    from bot.domain.events import Event, Noted
    from bot.domain.people import Place
    from bot.domain.request import MessageRef, Pause, Request, WorkItem


class Ledger(Protocol):
    """The one place where state lives. Every change is one transaction with its audit entry; raises `LedgerError`."""

    def open(self, request: Request) -> Request:
        """Write a new request and its `asked` entry. `Duplicate` when the delivery is known: nothing is written then.

        Gives up after a short lock limit (1.5 s): a person waits for the receipt.
        """
        ...

    def record(self, request_id: str, event: Event, *, interactive: bool = False) -> Request:
        """Advance the request as it stands now and append the entry, or raise `Conflict` and change nothing.

        `interactive`: a person waits, so give up after the short lock limit, as `open` and `note` do.
        """
        ...

    def note(self, noted: Noted, place: Place) -> None:
        """An entry that belongs to no request: a usage error, a press on something unknown."""
        ...

    def find(self, request_id: str) -> Request | None: ...

    def mark_published(
        self, request_id: str, *, version: int, message_ref: MessageRef | None, due_at: datetime | None
    ) -> None:
        """The card shows this version now (it never goes back). Bookkeeping, not an event of the request."""
        ...

    def postpone(self, item: WorkItem, due_at: datetime | None) -> None:
        """Somebody has to look at it then (None: nobody). Bookkeeping."""
        ...

    def due(self, now: datetime) -> tuple[WorkItem, ...]:
        """What somebody has to look at now: due dates and expiries that have passed, drawings that are behind."""
        ...

    def asked_since(self, user_id: str, since: datetime) -> int:
        """How many requests the person has made since then."""
        ...

    def pause(self, by: str, reason: str) -> None:
        """From now on nothing new is started. Recorded as `paused`."""
        ...

    def resume(self, by: str) -> None:
        """Recorded as `resumed`."""
        ...

    def paused(self) -> Pause | None: ...

    def entries(self, *, request_id: str | None = None, after: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        """The audit log in its order."""
        ...

    def head(self) -> Head:
        """The end of the audit log as the last write marked it, kept beside the entries: a cut tail does not fit."""
        ...

    def newest(self, limit: int) -> tuple[Request, ...]:
        """The newest requests, newest first."""
        ...
