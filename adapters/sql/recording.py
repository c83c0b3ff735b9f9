"""Events of requests: each with its audit entry in one transaction, and those of hosts that wait together in one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from adapters.sql.chain_writer import tell
from adapters.sql.errors import conflict_of_proof, translate_errors
from adapters.sql.leases import refuse_without_lease
from adapters.sql.request_queries import RowMoved, count_alone, read_part, save_request
from bot.audit.decisions import decided
from bot.audit.proof import misfit_of, needs_proof, not_proven
from bot.domain.alone import within_limit
from bot.domain.part import WHOLE, part_for
from bot.errors import Conflict, ConflictReason, LedgerError, Standstill, UnreadableRequest
from bot.ports.lease import CURRENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection

    from adapters.sql.chain_writer import ChainWriter
    from adapters.sql.documents import Asks
    from adapters.sql.proof_queries import ProvingEntries
    from adapters.sql.standstills import Standstills
    from bot.audit.entry import Entry, Head
    from bot.domain.alone import AloneLimit
    from bot.domain.events import Event
    from bot.domain.part import Part
    from bot.domain.request import Request
    from bot.ports.lease import Lease

    Transaction = Callable[[timedelta, bool], AbstractContextManager[tuple[Connection, Head]]]

MOST = 16
"""The most events of hosts in one transaction: some 20 ms, for which a person who presses a button waits."""

log = structlog.get_logger()


class Spoiled(Exception):
    """One event of several keeps the others from being written with it. This exception never leaves the adapter."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a request that is to be recorded, and the hold of its step on its job."""

    request_id: str
    event: Event
    lease: Lease | None = field(default_factory=CURRENT.get)  # another step's thread may write it


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Records events for the writer whose turn it is. `transaction` is one with the head of the audit log locked."""

    transaction: Transaction
    chain: ChainWriter
    standstills: Standstills
    proving: ProvingEntries
    asks: Asks
    seal_key: bytes
    is_front: bool  # a person waits for each of its transactions

    def alone(self, what: Happened, within: timedelta, *, first: bool, limit: AloneLimit | None = None) -> Request:
        """Record the event, and return the changed request. Raises as the port says."""
        with self.transaction(within, first) as (connection, head):
            refuse_without_lease(connection, what.lease)
            part = WHOLE if limit else part_for(what.event)
            before, event = self.fresh(connection, what.request_id, part), what.event
            now = self.standstills.now_for(event)  # after the lock: an event that waited past the expiry is refused
            if limit:
                event = within_limit(before, event, limit, count_alone(connection, before, now - limit.within))
            after, entry = decided(before, event, now, seal_key=self.seal_key)  # what does not follow needs no proof
            is_proven = not needs_proof(before, event) or self.proves(connection, before, part)
            if not is_proven:
                before = self.fresh(connection, what.request_id)
                after, entry = decided(before, not_proven(), now, seal_key=self.seal_key)
            self._save(connection, before, after)
            entry = self.chain.append(connection, head, entry, now)
        tell(entry, after)
        if not is_proven:
            raise conflict_of_proof(after)
        return after

    def together(self, events: Sequence[Happened], within: timedelta) -> list[Request | Exception]:
        """Record these events in one transaction. Return each changed request, or in its place why nothing changed.

        Where one event needs more than its rows and its entry, each has a transaction of its own: one spoils no other.
        What a failed commit may have written is not written again.
        """
        until = monotonic() + within.total_seconds()
        if len(events) > 1:
            try:
                return self._in_one(events, within)
            except Spoiled:
                pass
            except LedgerError as error:
                return [error] * len(events)
        return [self._outcome(each, timedelta(seconds=until - monotonic())) for each in events]

    def _outcome(self, what: Happened, left: timedelta) -> Request | Exception:
        try:
            with translate_errors():
                if left <= timedelta():
                    raise TimeoutError("no time left to write")
                return self.alone(what, left, first=self.is_front)
        except (Conflict, LedgerError) as error:
            return error

    def _in_one(self, events: Sequence[Happened], within: timedelta) -> list[Request | Exception]:
        entries: list[Entry] = []
        with self.transaction(within, self.is_front) as (connection, head):
            now = self.standstills.now()
            try:
                with translate_errors():
                    outcomes = [self._write(connection, each, now, entries) for each in events]
                    sealed = self.chain.append_all(connection, head, entries, now) if entries else []
            except LedgerError as error:
                raise Spoiled from error
        written = [each for each in outcomes if not isinstance(each, Exception)]
        for entry, after in zip(sealed, written, strict=True):
            tell(entry, after)
        return outcomes

    def _write(
        self, connection: Connection, what: Happened, now: datetime, entries: list[Entry]
    ) -> Request | Exception:
        """Write the rows of one event and add its entry to these. Return why not, where nothing has to be written."""
        part = part_for(what.event)
        try:
            refuse_without_lease(connection, what.lease)
            before = self.fresh(connection, what.request_id, part)
            self.standstills.refuse(what.event)
            after, entry = decided(before, what.event, now, seal_key=self.seal_key)
            if needs_proof(before, what.event) and self._misfit(connection, before, part):
                raise Spoiled  # alone it is proven anew: the entry of another event of this host may not be written yet
        except (Conflict, Standstill, UnreadableRequest) as error:
            return error
        try:
            self._save(connection, before, after)
        except Conflict as error:
            raise Spoiled from error
        entries.append(entry)
        return after

    def fresh(self, connection: Connection, request_id: str, part: Part = WHOLE) -> Request:
        """Return this part as it stands. Raises `LedgerError` for an unknown id: ids come from this database only."""
        found = read_part(connection, request_id, part, self.asks)
        if found is None:
            raise LedgerError(f"I know no request {request_id}. Send the command again.")
        return found

    def proves(self, connection: Connection, request: Request, part: Part) -> bool:
        """Return whether the signed entries prove this part of the request. The log says what does not fit."""
        if misfit := self._misfit(connection, request, part):
            log.error("request.not_proven", request_id=request.id, misfit=misfit)
        return not misfit

    def _misfit(self, connection: Connection, request: Request, part: Part) -> str:
        """Return what does not fit, in words; empty when this part is proven. Raises `UnreadableRequest`."""
        try:
            entries = self.proving.read(connection, request.id, part.host)
            return misfit_of(request, entries, self.seal_key, part.host)
        except UnreadableRequest:
            raise
        except LedgerError as error:
            return error.message

    def _save(self, connection: Connection, before: Request, after: Request) -> None:
        """Write the changes. Raises `Conflict` when the row has changed although the head is locked.

        The lock keeps every other ledger out. The comparison catches writers that do not take the lock.
        """
        try:
            save_request(connection, before, after, self.asks)
        except RowMoved as exc:
            raise Conflict("Somebody else was faster.", request=before, reason=ConflictReason.STALE) from exc
