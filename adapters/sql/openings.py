"""Opening the requests of all commands that wait at the same moment, in one transaction."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from adapters.sql.chain_writer import tell
from adapters.sql.request_queries import insert_requests, known_among, read_requests
from bot.audit.decisions import opened
from bot.domain.request import Request
from bot.errors import Duplicate, LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from adapters.sql.chain_writer import ChainWriter
    from adapters.sql.documents import Asks
    from adapters.sql.standstills import Standstills
    from bot.audit.entry import Entry, Head
    from bot.ports.clock import Clock

    Transaction = Callable[[timedelta], AbstractContextManager[tuple[Connection, Head]]]


class Openings:
    """`transaction` is one of the writer whose turn it is, with the head of the audit log locked."""

    def __init__(
        self, transaction: Transaction, chain: ChainWriter, asks: Asks, clock: Clock, standstills: Standstills
    ) -> None:
        self._transaction, self._chain, self._asks, self._clock = transaction, chain, asks, clock
        self._standstills = standstills

    def open_all(self, requests: Sequence[Request], within: timedelta) -> list[Request | Exception]:
        """Return each request that was opened, and in the place of any other why it was not.

        When the transaction fails and time is left, each request has one of its own: one spoils no other.
        """
        until = monotonic() + within.total_seconds()
        try:
            return self._open(requests, within)
        except LedgerError as error:
            failure = error
        outcomes: list[Request | Exception] = []
        for each in requests if len(requests) > 1 else ():
            if (left := until - monotonic()) <= 0:
                break
            outcomes += self.open_all([each], timedelta(seconds=left))
        return outcomes + [failure] * (len(requests) - len(outcomes))

    def _open(self, requests: Sequence[Request], within: timedelta) -> list[Request | Exception]:
        new: list[Request] = []
        entries: list[Entry] = []
        with self._transaction(within) as (connection, head):
            outcomes = first_of_each(connection, requests, self._asks)
            if new := [each for each in outcomes if isinstance(each, Request)]:
                self._standstills.refuse_to_begin()
                insert_requests(connection, new, self._asks)
                entries = self._chain.append_all(connection, head, list(map(opened, new)), self._clock.now())
        for entry, request in zip(entries, new, strict=True):
            tell(entry, request)
        return outcomes


def first_of_each(connection: Connection, new: Sequence[Request], asks: Asks) -> list[Request | Exception]:
    """Return each request that may be opened, and in the place of any other why it may not, in their order.

    A delivery that is known, or arrives twice at this moment, is one request: the first of them.
    """
    deliveries, taken = known_among(connection, new)
    known = read_requests(connection, [deliveries[d] for d in {r.delivery for r in new} & deliveries.keys()], asks)
    by_delivery = {each.delivery: each for each in known.values()}
    outcomes: list[Request | Exception] = []
    for request in new:
        if first := by_delivery.get(request.delivery):
            outcomes.append(Duplicate("This command arrived before.", request=first))
        elif request.id in taken:
            outcomes.append(LedgerError(f"The number {request.id} is taken by chance. Send the command again."))
        else:
            outcomes.append(request)
            by_delivery[request.delivery] = request
            taken.add(request.id)
    return outcomes
