"""The `Store` port on SQLite and PostgreSQL: requests, audit log and pause."""

from __future__ import annotations

from contextlib import contextmanager
from copy import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Self, cast

import structlog

from adapters.sql.audit_queries import newest_text, read_entries, read_head
from adapters.sql.bookkeeping import Bookkeeping
from adapters.sql.chain_writer import ChainWriter, tell
from adapters.sql.database import FIRST, LOCK_LIMIT, PATIENCE, READS, for_one_read
from adapters.sql.documents import Asks
from adapters.sql.errors import conflict_of_proof, reading, translate_errors
from adapters.sql.home_queries import ReadsOfHomes
from adapters.sql.leases import lease_refusal, refuse_without_lease
from adapters.sql.openings import Openings
from adapters.sql.pause_queries import read_pause
from adapters.sql.progress_queries import read_due
from adapters.sql.proof_queries import ProvingEntries
from adapters.sql.recording import MOST as MOST_AT_HOSTS
from adapters.sql.recording import Happened, Recording
from adapters.sql.request_queries import (
    count_asked,
    is_one_statement,
    newest_ids,
    read_part,
    read_requests,
    unended_ids,
)
from adapters.sql.standstills import Standstills
from adapters.sql.together import Together
from adapters.sql.unreadable import end_rows
from bot.audit.entry import Origin
from bot.audit.proof import not_proven
from bot.audit.record import (
    POLICY_LOADED,
    entry_for_note,
    entry_for_pause,
    entry_for_policy,
    entry_for_unreadable,
)
from bot.domain.part import WHOLE, Extent, part_for
from bot.domain.request import State
from bot.errors import LedgerError
from bot.ports.lease import CURRENT

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
    from bot.domain.posting import Posting
    from bot.domain.request import Pause, Request, WorkItem
    from bot.errors import Standstill
    from bot.ports.clock import Clock
    from bot.ports.ledger import Remains
    from bot.ports.ownership import Ownership

RECEIPT_LIMIT = timedelta(seconds=1.5)
"""How long `open` waits for the lock. Slack shows the requester an error after 3 seconds."""

log = structlog.get_logger()


class SqlLedger(ReadsOfHomes, Bookkeeping):
    """Every write is one transaction that locks the head of the audit log first, so all writers run one after another.

    `ask_types` has the type of ask for each command; `keys` sign the audit log, and each entry says the `origin`.
    With an `ownership` it writes only while this process owns the database. A `LedgerError` on a write means that the
    write was not acknowledged. When the connection broke during the commit, the write may be there all the same, and
    the sweep finds it.
    """

    def __init__(  # noqa: PLR0913 - the database, the clock and who writes
        self,
        engine: Engine,
        clock: Clock,
        keys: SigningKeys,
        ask_types: Mapping[str, type[Ask]],
        origin: Origin = Origin(),  # noqa: B008 - a frozen value
        *,
        ownership: Ownership | None = None,
    ) -> None:
        super().__init__(engine)
        self._clock, self._asks = clock, Asks(ask_types)
        self._chain = ChainWriter(keys, origin, ownership)
        self._standstills = Standstills(self._chain.times, clock, ownership)
        self._seal_key, self._proving = keys.seal_key, ProvingEntries(keys.public)
        self._use(engine, is_front=False)

    def _use(self, engine: Engine, *, is_front: bool) -> None:
        self._engine, self._is_front = engine, is_front
        self._reader = engine.execution_options(**{READS: True, FIRST: is_front})
        self._glance = self._reader if is_front else for_one_read(engine)  # only a transaction has a limit
        openings = Openings(self._transaction, self._chain, self._asks, self._clock, self._standstills)
        self._together: Together[Request | Entry, Request | Entry] = Together(self.turns, openings.write_all)
        self._recording = Recording(
            transaction=lambda within, first: self._transaction(within, first=first),
            chain=self._chain,
            standstills=self._standstills,
            proving=self._proving,
            asks=self._asks,
            seal_key=self._seal_key,
            is_front=is_front,
        )
        self._at_hosts: Together[Happened, Request] = Together(
            self.turns, self._recording.together, first=is_front, most=MOST_AT_HOSTS
        )

    def in_front(self, engine: Engine) -> Self:
        """Return this ledger for people who wait for an answer: its writers come first, and its reads have a limit.

        `engine` has connections of its own to the same database, which no worker takes.
        """
        front = copy(self)
        front._use(engine, is_front=True)  # noqa: SLF001 - one of this very class
        return front

    def open(self, request: Request) -> Request:
        with translate_errors():
            return cast("Request", self._together.put(request, RECEIPT_LIMIT))

    def record(
        self, request_id: str, event: Event, *, interactive: bool = False, limit: AloneLimit | None = None
    ) -> Request:
        """As the port says. Raises `LedgerError` for an unknown id, because ids come from this database only."""
        what, first = Happened(request_id, event), interactive or self._is_front
        with translate_errors():
            if part_for(event).extent is Extent.HOST and not (interactive or limit):
                return self._at_hosts.put(what, RECEIPT_LIMIT if first else PATIENCE)
            with self.turns.take(RECEIPT_LIMIT if first else PATIENCE, first=first) as left:
                return self._recording.alone(what, left, first=first, limit=limit)

    def prove(self, request_id: str, part: Part = WHOLE) -> Request | None:
        with reading(self._reader) as connection:
            self._chain.look(connection)
            found = read_part(connection, request_id, part, self._asks)
            if found is None or found.state is State.ENDED or self._recording.proves(connection, found, part):
                return found
        raise conflict_of_proof(self.record(request_id, not_proven()))

    def end_unreadable(self, request_id: str) -> Remains | None:
        with self._writing() as (connection, head):
            remains = end_rows(connection, request_id, now := self._clock.now(), self._asks)
            if remains and remains.was_open:
                entry = entry_for_unreadable(request_id, remains.requester, remains.version)
                tell(self._chain.append(connection, head, entry, now))
        return remains

    def note(self, noted: Noted, place: Place) -> None:
        with translate_errors():
            self._together.put(entry_for_note(noted, place), RECEIPT_LIMIT)

    def find(self, request_id: str, part: Part = WHOLE) -> Request | None:
        with reading(self._glance if is_one_statement(part) else self._reader) as connection:
            return read_part(connection, request_id, part, self._asks)

    def mark_posting(self, request_id: str, before: Posting, after: Posting) -> bool:
        """As the port says. What stands already is kept in any case: else the next owner would post it again."""
        if after.claimed:
            self._chain.refuse_to_write()
        return super().mark_posting(request_id, before, after)

    def postpone(self, item: WorkItem, due_at: datetime | None) -> None:
        self._chain.refuse_to_write()
        super().postpone(item, due_at)

    def due(self, now: datetime) -> tuple[WorkItem, ...]:
        with reading(self._reader) as connection:
            found = read_due(connection, now, all_unended=self._standstills.sweep(now))
        self._standstills.swept(now, nothing_waits=not found)
        return found

    def standstill(self) -> Standstill | None:
        return self._standstills.refusal() or lease_refusal(self._glance)

    def asked_since(self, user_id: str, since: datetime) -> int:
        with reading(self._reader) as connection:
            return count_asked(connection, user_id, since)

    def pause(self, by: str, reason: str) -> None:
        """As the port says: a second call replaces the reason, and both are in the audit log."""
        with self._writing(PATIENCE, first=True) as (connection, head):
            entry = self._chain.append(connection, head, entry_for_pause(by, reason), self._clock.now())
        tell(entry)

    def resume(self, by: str) -> None:
        with self._writing(PATIENCE, first=True) as (connection, head):
            entry = self._chain.append(connection, head, entry_for_pause(by, None), self._clock.now())
        tell(entry)

    def paused(self) -> Pause | None:
        with reading(self._glance) as connection:
            return read_pause(connection)

    def load_policy(self, text: str) -> None:
        with self._writing() as (connection, head):
            if newest_text(connection, POLICY_LOADED) == text:
                return
            entry = self._chain.append(connection, head, entry_for_policy(text), self._clock.now())
        tell(entry)

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
        tell(entry)
        return entry

    def unended(self) -> tuple[Request, ...]:
        """Return the requests that are not over, the oldest first."""
        with reading(self._reader) as connection:
            return tuple(read_requests(connection, unended_ids(connection), self._asks).values())

    def entries(self, *, request_id: str | None = None, after: int = 0, limit: int = 1000) -> tuple[Entry, ...]:
        with reading(self._reader) as connection:
            return read_entries(connection, request_id=request_id, after=after, limit=limit)

    def head(self) -> Head:
        with reading(self._reader) as connection:
            return read_head(connection)

    def newest(self, limit: int) -> tuple[Request, ...]:
        with reading(self._reader) as connection:
            return tuple(read_requests(connection, newest_ids(connection, limit), self._asks).values())

    @contextmanager
    def _writing(self, within: timedelta | None = None, *, first: bool = False) -> Iterator[tuple[Connection, Head]]:
        """`first`: a person waits for the answer."""
        first = first or self._is_front
        within = within or (RECEIPT_LIMIT if first else PATIENCE)
        with (
            translate_errors(),
            self.turns.take(within, first=first) as left,
            self._transaction(left, first=first) as (connection, head),
        ):
            refuse_without_lease(connection, CURRENT.get())
            yield connection, head

    @contextmanager
    def _transaction(self, within: timedelta, *, first: bool = True) -> Iterator[tuple[Connection, Head]]:
        """For the writer whose turn it is."""
        with translate_errors():
            self._chain.refuse_to_write()
            engine = self._engine.execution_options(**{LOCK_LIMIT: within, FIRST: first})
            with engine.begin() as connection:
                yield connection, self._chain.lock(connection)
            self._chain.keep()
