"""The `Store` port on SQLite and PostgreSQL: requests, audit log and pause."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from adapters.sql.audit_queries import newest_text, read_entries, read_head
from adapters.sql.bookkeeping import Bookkeeping
from adapters.sql.chain_writer import ChainWriter
from adapters.sql.database import LOCK_LIMIT, PATIENCE, READS, for_one_read
from adapters.sql.documents import Asks
from adapters.sql.errors import translate_errors
from adapters.sql.pause_queries import read_pause
from adapters.sql.proof_queries import ProvingEntries
from adapters.sql.request_queries import (
    RowMoved,
    count_alone,
    count_asked,
    id_of_delivery,
    insert_request,
    is_one_statement,
    newest_ids,
    read_due,
    read_part,
    read_requests,
    save_request,
    unended_ids,
)
from bot.audit.decisions import decided, opened
from bot.audit.entry import Origin
from bot.audit.proof import misfit_of, needs_proof, not_proven
from bot.audit.record import (
    POLICY_LOADED,
    entry_for_note,
    entry_for_pause,
    entry_for_policy,
)
from bot.domain.alone import within_limit
from bot.domain.part import HEAD, WHOLE, part_for
from bot.domain.request import State
from bot.errors import Conflict, ConflictReason, Duplicate, LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from bot.audit.entry import Entry, Head
    from bot.audit.keys import SigningKeys
    from bot.domain.alone import AloneLimit
    from bot.domain.ask import Ask
    from bot.domain.events import Event, Noted
    from bot.domain.part import Part
    from bot.domain.people import Place
    from bot.domain.request import Pause, Request, WorkItem
    from bot.ports.clock import Clock

RECEIPT_LIMIT = timedelta(seconds=1.5)
"""How long `open` waits for the lock. Slack shows the requester an error after 3 seconds."""

log = structlog.get_logger()


class SqlLedger(Bookkeeping):
    """Every write is one transaction that locks the head of the audit log first, so all writers run one after another.

    `ask_types` has the type of ask for each command; `keys` sign the audit log, and each entry says the `origin`. A
    `LedgerError` on a write means that the write was not acknowledged. When the connection broke during the commit, the
    write may be there all the same, and the sweep finds it.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        keys: SigningKeys,
        ask_types: Mapping[str, type[Ask]],
        origin: Origin = Origin(),  # noqa: B008 - a frozen value
    ) -> None:
        super().__init__(engine)
        self._reader = engine.execution_options(**{READS: True})
        self._glance = for_one_read(engine)
        self._clock, self._asks = clock, Asks(ask_types)
        self._chain = ChainWriter(keys, origin)
        self._seal_key, self._proving = keys.seal_key, ProvingEntries(keys.public)

    def open(self, request: Request) -> Request:
        with self._writing(within=RECEIPT_LIMIT) as (connection, head):
            self._refuse_known(connection, request)
            insert_request(connection, request, self._asks)
            entry = self._chain.append(connection, head, opened(request), self._clock.now())
        _tell(entry, request)
        return request

    def _refuse_known(self, connection: Connection, request: Request) -> None:
        first = id_of_delivery(connection, request.delivery)
        if first is not None:
            raise Duplicate("This command arrived before.", request=self._fresh(connection, first))
        if read_part(connection, request.id, HEAD, self._asks):
            raise LedgerError(f"The number {request.id} is taken by chance. Send the command again.")

    def record(
        self, request_id: str, event: Event, *, interactive: bool = False, limit: AloneLimit | None = None
    ) -> Request:
        """As the port says. Raises `LedgerError` for an unknown id, because ids come from this database only."""
        with self._writing(RECEIPT_LIMIT if interactive else PATIENCE) as (connection, head):
            part = WHOLE if limit else part_for(event)
            before = self._fresh(connection, request_id, part)
            now = self._clock.now()  # after the lock: an event that waited past the expiry is refused
            if limit:
                event = within_limit(before, event, limit, count_alone(connection, before, now - limit.within))
            after, entry = decided(before, event, now, seal_key=self._seal_key)  # what does not follow needs no proof
            is_proven = not needs_proof(before, event) or self._proves(connection, before, part)
            if not is_proven:
                before = self._fresh(connection, request_id)
                after, entry = decided(before, not_proven(), now, seal_key=self._seal_key)
            self._save(connection, before, after)
            entry = self._chain.append(connection, head, entry, now)
        _tell(entry, after)
        if not is_proven:
            raise _not_proven(after)
        return after

    def _proves(self, connection: Connection, request: Request, part: Part) -> bool:
        try:
            entries = self._proving.read(connection, request.id, part.host)
            misfit = misfit_of(request, entries, self._seal_key, part.host)
        except LedgerError as error:
            misfit = error.message
        if misfit:
            log.error("request.not_proven", request_id=request.id, misfit=misfit)
        return not misfit

    def prove(self, request_id: str, part: Part = WHOLE) -> Request | None:
        with _reading(self._reader) as connection:
            self._chain.look(connection)
            found = read_part(connection, request_id, part, self._asks)
            if found is None or found.state is State.ENDED or self._proves(connection, found, part):
                return found
        raise _not_proven(self.record(request_id, not_proven()))

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
            entry = self._chain.append(connection, head, entry_for_note(noted, place), self._clock.now())
        _tell(entry)

    def find(self, request_id: str, part: Part = WHOLE) -> Request | None:
        with _reading(self._glance if is_one_statement(part) else self._reader) as connection:
            return read_part(connection, request_id, part, self._asks)

    def due(self, now: datetime) -> tuple[WorkItem, ...]:
        with _reading(self._reader) as connection:
            return read_due(connection, now)

    def asked_since(self, user_id: str, since: datetime) -> int:
        with _reading(self._reader) as connection:
            return count_asked(connection, user_id, since)

    def pause(self, by: str, reason: str) -> None:
        """As the port says: a second call replaces the reason, and both are in the audit log."""
        with self._writing(PATIENCE) as (connection, head):
            entry = self._chain.append(connection, head, entry_for_pause(by, reason), self._clock.now())
        _tell(entry)

    def resume(self, by: str) -> None:
        with self._writing(PATIENCE) as (connection, head):
            entry = self._chain.append(connection, head, entry_for_pause(by, None), self._clock.now())
        _tell(entry)

    def paused(self) -> Pause | None:
        with _reading(self._glance) as connection:
            return read_pause(connection)

    def load_policy(self, text: str) -> None:
        with self._writing() as (connection, head):
            if newest_text(connection, POLICY_LOADED) == text:
                return
            entry = self._chain.append(connection, head, entry_for_policy(text), self._clock.now())
        _tell(entry)

    def hand_over(self, by: str, new: SigningKeys) -> Entry:
        """Let the new key sign from now on, and return its first entry.

        Raises `KeyChanged` when this ledger's key does not sign, and `LedgerError` when requests are not over yet.
        """
        with self._writing() as (connection, head):
            if not head.seq:
                raise LedgerError(
                    "The audit log is empty, so no key has signed yet: put the new audit_key in and start."
                )
            if unended_ids(connection):
                raise LedgerError("Requests are not over yet. Stop the bot, then change the key.")
            entry = self._chain.hand_over(connection, head, by, new, self._clock.now())
        _tell(entry)
        return entry

    def unended(self) -> tuple[Request, ...]:
        """Return the requests that are not over, the oldest first."""
        with _reading(self._reader) as connection:
            return tuple(read_requests(connection, unended_ids(connection), self._asks).values())

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
            self._chain.refuse_broken()
            with self._engine.connect().execution_options(**{LOCK_LIMIT: left}) as connection, connection.begin():
                yield connection, self._chain.lock(connection)
            self._chain.keep()

    def _fresh(self, connection: Connection, request_id: str, part: Part = WHOLE) -> Request:
        found = read_part(connection, request_id, part, self._asks)
        if found is None:
            raise LedgerError(f"I know no request {request_id}. Send the command again.")
        return found


def _not_proven(request: Request) -> Conflict:
    return Conflict("The record does not say what its row says.", request=request, reason=ConflictReason.NOT_PROVEN)


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    with translate_errors(), engine.begin() as connection:
        yield connection


def _tell(entry: Entry, request: Request | None = None) -> None:
    """Log the entry after the commit. Logs on another machine then have number and hash of each entry: an anchor."""
    state = request.state.value if request else ""
    log.info(
        "request.recorded", request_id=entry.request_id, change=entry.event, state=state, seq=entry.seq, hash=entry.hash
    )
