"""The port behind which requests are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from bot.domain.part import WHOLE

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.alone import AloneLimit
    from bot.domain.events import Event, Noted
    from bot.domain.part import Part
    from bot.domain.people import Actor, Place
    from bot.domain.posting import MessageRef, Posting
    from bot.domain.request import Request, WorkItem
    from bot.errors import Standstill


class Remains(NamedTuple):
    """What can be read of a request whose rows cannot be read as a whole. None: not even that."""

    request_id: str
    was_open: bool  # it was not over
    version: int  # 0: unknown
    requester: str  # the user id; empty: unknown
    actor: Actor | None
    place: Place | None
    message_ref: MessageRef | None


class Ledger(Protocol):
    """The one place that keeps state. Every event is one transaction with its audit entry.

    Every method raises `LedgerError` when the database cannot be read or written, and `UnreadableRequest` when the rows
    of its one request cannot be read. Methods about many requests leave such a request out.
    """

    def open(self, request: Request) -> Request:
        """Write a new request and its `asked` entry, and return the request.

        Raises `Duplicate` when the delivery is known, and writes nothing then. Raises `LedgerError` when a lock is not
        free within 1.5 seconds, because the requester waits for the receipt.
        """
        ...

    def record(
        self, request_id: str, event: Event, *, interactive: bool = False, limit: AloneLimit | None = None
    ) -> Request:
        """Apply the event to the request as it is now, append the entry, and return the changed request.

        Only the part is read, written and returned that the event concerns (`part_for`), so that an event at one host
        costs the same in a fleet of any size.

        Raises `Conflict` when the event does not fit, and changes nothing then. `interactive`: a person waits, so the
        lock limit of `open` holds here, too.
        `limit`: count in the same transaction what the requester's other requests have used of it, and record what
        `within_limit` says in the place of an event that would take them above it.
        """
        ...

    def prove(self, request_id: str, part: Part = WHOLE) -> Request | None:
        """Return this part of the request if its signed entries prove it; None when no request has this id.

        One that they do not prove ends as failed; it raises `Conflict` then. With the part of a host the progress there
        is proven, too. `record` proves in the same way, in its transaction, before it takes an event that leads to an
        effect.
        """
        ...

    def end_unreadable(self, request_id: str) -> Remains | None:
        """End a request whose rows cannot be read, append its `failed` entry, and return what is left of it.

        Return None when it can be read, when there is none, or when nothing is left to do for it; nothing is changed
        then. A request that was over stays as it is, and no more is due for it.
        """
        ...

    def note(self, noted: Noted, place: Place) -> None:
        """Append an entry that belongs to no request: a usage error, or a press on an unknown card.

        The lock limit of `open` holds here, too.
        """
        ...

    def find(self, request_id: str, part: Part = WHOLE) -> Request | None:
        """Return this part of the request as it is now; None when no request has this id."""
        ...

    def mark_published(
        self, request_id: str, *, version: int, message_ref: MessageRef | None, publish_after: datetime | None
    ) -> None:
        """Keep which version the card shows, and the earliest time for the next drawing. No entry is written.

        The chat shows it already, so it is kept also by a process that has just lost its hold on the database: the next
        one would post the card again. The kept version never decreases. With `message_ref` None the known one stays.
        """
        ...

    def mark_posting(self, request_id: str, before: Posting, after: Posting) -> bool:
        """Keep how far one message is. Return False and keep nothing when it is no longer as `before`. Bookkeeping."""
        ...

    def postings_due(self, request_id: str, due_at: datetime | None) -> None:
        """Keep when the request's messages are looked after next; None: nothing is left of them. Bookkeeping."""
        ...

    def hurry_postings(self) -> None:
        """Make every card that is not drawn, and every message that is left, due at once. Bookkeeping."""
        ...

    def mark_listed(self, request_id: str, *, content_version: int, listed: int) -> None:
        """Keep how much of the list of the targets stands in the card's thread. Bookkeeping.

        Nothing happens when people decide about something else by now: another list is wanted then.
        """
        ...

    def postpone(self, item: WorkItem, due_at: datetime | None) -> None:
        """Keep when the next step of the item is due; None: no step is pending. No entry is written."""
        ...

    def due(self, now: datetime) -> tuple[WorkItem, ...]:
        """Return the items that are due at `now`.

        These are items whose due date has passed, requests that have expired, requests whose card is not up to
        date, and requests whose messages are to be looked after. After the clock was set back, all requests that have
        not ended are due. A scheduler asks every few seconds; a standstill of the clock ends with such a call.
        """
        ...

    def standstill(self) -> Standstill | None:
        """Return why nothing may begin now, as `NotOwner` or `ClockSetBack`; None when it may. Waits for nothing.

        `open` and `record` raise it themselves: for `NotOwner` always, for `ClockSetBack` when something may follow
        from the event. No entry is older than the one before it, whatever the clock says.
        """
        ...

    def asked_since(self, user_id: str, since: datetime) -> int:
        """Return how many requests the person has made since that time."""
        ...

    def unended(self) -> tuple[Request, ...]:
        """Return the requests that are not over, the oldest first."""
        ...

    def newest(self, limit: int) -> tuple[Request, ...]:
        """Return the newest requests, the newest first, `limit` at most."""
        ...

    def open_heads(self, limit: int) -> tuple[Request, ...]:
        """Return the heads of requests that are not over, those that expire first first, `limit` at most."""
        ...

    def newest_acts_of(self, user_id: str, limit: int) -> tuple[Request, ...]:
        """Return the person's newest requests that act on sessions, the newest first, `limit` at most.

        Only their newest fifty requests are looked at.
        """
        ...
