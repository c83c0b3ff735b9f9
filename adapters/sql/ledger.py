"""The `Store` port on SQLite and PostgreSQL: requests, audit log and pause."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from adapters.sql.audit_queries import append, lock_head, read_entries, read_head
from adapters.sql.database import LOCK_LIMIT, PATIENCE, READS
from adapters.sql.errors import translate_errors
from adapters.sql.mapping import MAYBE_MESSAGE_REF, Asks
from adapters.sql.pause_queries import read_pause, set_pause
from adapters.sql.request_queries import (
    RowMoved,
    count_alone,
    count_asked,
    id_of_delivery,
    insert_request,
    newest_ids,
    read_due,
    read_requests,
    save_request,
    set_announced,
    set_due,
    set_listed,
    set_published,
)
from adapters.sql.write_queue import FairLock
from bot.audit.record import entry_for, entry_for_note, entry_for_opening, entry_for_pause
from bot.domain.alone import within_limit
from bot.domain.lifecycle import advance
from bot.domain.request import Pause
from bot.errors import Conflict, ConflictReason, Duplicate, LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from bot.audit.entry import Entry, Head
    from bot.domain.alone import AloneLimit
    from bot.domain.ask import Ask
    from bot.domain.events import Event, Noted
    from bot.domain.people import Place
    from bot.domain.request import MessageRef, Request, WorkItem
    from bot.ports.clock import Clock

RECEIPT_LIMIT = timedelta(seconds=1.5)
"""How long `open` waits for the lock. Slack shows the requester an error after 3 seconds."""

log = structlog.get_logger()


class SqlLedger:
    """Every write is one transaction that locks the head of the audit log first, so all writers run one after another.

    `ask_types` has the type of ask for each command; `key` seals the audit log. A `LedgerError` on a write means that
    the write was not acknowledged. When the connection broke during the commit, the write may be there all the same,
    and the sweep finds it.
    """

    def __init__(self, engine: Engine, clock: Clock, key: bytes, ask_types: Mapping[str, type[Ask]]) -> None:
        self._engine = engine
        self.turns = FairLock()  # the queue of all writers of this process
        self._reader = engine.execution_options(**{READS: True})
        self._clock, self._key, self._asks = clock, key, Asks(ask_types)

    def open(self, request: Request) -> Request:
        with self._writing(within=RECEIPT_LIMIT) as (connection, head):
            self._refuse_known(connection, request)
            insert_request(connection, request, self._asks)
            entry = self._append(connection, head, entry_for_opening(request), self._clock.now())
        _tell(entry, request)
        return request

    def _refuse_known(self, connection: Connection, request: Request) -> None:
        first = id_of_delivery(connection, request.delivery)
        if first is not None:
            raise Duplicate("This command arrived before.", request=self._fresh(connection, first))
        if read_requests(connection, [request.id], self._asks):
            raise LedgerError(f"The number {request.id} is taken by chance. Send the command again.")

    def record(
        self, request_id: str, event: Event, *, interactive: bool = False, limit: AloneLimit | None = None
    ) -> Request:
        """As the port says. Raises `LedgerError` for an unknown id, because ids come from this database only."""
        with self._writing(RECEIPT_LIMIT if interactive else PATIENCE) as (connection, head):
            before = self._fresh(connection, request_id)
            now = self._clock.now()  # after the lock: an event that waited past the expiry is refused
            if limit:
                used = count_alone(connection, before, now - limit.within)
                event = within_limit(before, event, limit, used)
            after = advance(before, event, now)
            self._save(connection, before, after)
            entry = self._append(connection, head, entry_for(before, event), now)
        _tell(entry, after)
        return after

    def _save(self, connection: Connection, before: Request, after: Request) -> None:
        """Write the changes. Raises `Conflict` when the row has changed although the head is locked.

        The lock keeps every other ledger out. The comparison catches writers that do not take the lock.
        """
        try:
            save_request(connection, before, after, self._asks)
        except RowMoved as exc:
            raise Conflict("Somebody else was faster.", request=before, reason=ConflictReason.STALE) from exc

    def note(self, noted: Noted, place: Place) -> None:
        with self._writing(RECEIPT_LIMIT) as (connection, head):
            entry = self._append(connection, head, entry_for_note(noted, place), self._clock.now())
        _tell(entry)

    def find(self, request_id: str) -> Request | None:
        with _reading(self._reader) as connection:
            return read_requests(connection, [request_id], self._asks).get(request_id)

    def mark_published(
        self, request_id: str, *, version: int, message_ref: MessageRef | None, publish_after: datetime | None
    ) -> None:
        """As the port says: with `message_ref` None the known one stays."""
        values: dict[str, Any] = {"publish_after": publish_after}
        if message_ref is not None:
            values["message_ref"] = MAYBE_MESSAGE_REF.write(message_ref)
        with self._writing() as (connection, _head):
            set_published(connection, request_id, version, values)

    def mark_announced(self, request_id: str, at: datetime) -> None:
        with self._writing() as (connection, _head):
            set_announced(connection, request_id, at)

    def mark_listed(self, request_id: str, *, content_version: int, listed: int) -> None:
        with self._writing() as (connection, _head):
            set_listed(connection, request_id, content_version, listed)

    def postpone(self, item: WorkItem, due_at: datetime | None) -> None:
        with self._writing() as (connection, _head):
            set_due(connection, item, due_at)

    def due(self, now: datetime) -> tuple[WorkItem, ...]:
        with _reading(self._reader) as connection:
            return read_due(connection, now)

    def asked_since(self, user_id: str, since: datetime) -> int:
        with _reading(self._reader) as connection:
            return count_asked(connection, user_id, since)

    def pause(self, by: str, reason: str) -> None:
        """As the port says: a second call replaces the reason, and both are in the audit log."""
        with self._writing(PATIENCE) as (connection, head):
            now = self._clock.now()
            set_pause(connection, Pause(by=by, since=now, reason=reason))
            entry = self._append(connection, head, entry_for_pause(by, reason), now)
        _tell(entry)

    def resume(self, by: str) -> None:
        with self._writing(PATIENCE) as (connection, head):
            set_pause(connection, None)
            entry = self._append(connection, head, entry_for_pause(by, None), self._clock.now())
        _tell(entry)

    def paused(self) -> Pause | None:
        with _reading(self._reader) as connection:
            return read_pause(connection)

    def entries(self, *, request_id: str | None = None, after: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        with _reading(self._reader) as connection:
            return read_entries(connection, request_id=request_id, after=after, limit=limit)

    def head(self) -> Head:
        with _reading(self._reader) as connection:
            return read_head(connection)

    def newest(self, limit: int) -> tuple[Request, ...]:
        with _reading(self._reader) as connection:
            return tuple(read_requests(connection, newest_ids(connection, limit), self._asks).values())

    @contextmanager
    def _writing(self, within: timedelta = PATIENCE) -> Iterator[tuple[Connection, Head]]:
        with translate_errors(), self.turns.take(within) as left:
            engine = self._engine.execution_options(**{LOCK_LIMIT: left})
            with engine.begin() as connection:
                yield connection, lock_head(connection)

    def _fresh(self, connection: Connection, request_id: str) -> Request:
        found = read_requests(connection, [request_id], self._asks).get(request_id)
        if found is None:
            raise LedgerError(f"I know no request {request_id}. Send the command again.")
        return found

    def _append(self, connection: Connection, head: Head, entry: Entry, at: datetime) -> Entry:
        return append(connection, head, entry, at=at, key=self._key)


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    with translate_errors(), engine.begin() as connection:
        yield connection


def _tell(entry: Entry, request: Request | None = None) -> None:
    """Log the entry after the commit. Logs on another machine then have the number and mac of each entry."""
    state = request.state.value if request else ""
    log.info(
        "request.recorded", request_id=entry.request_id, change=entry.event, state=state, seq=entry.seq, mac=entry.mac
    )
