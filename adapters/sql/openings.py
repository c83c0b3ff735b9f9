"""What becomes of all commands that wait at the same moment, in one transaction: requests, and notes of mistakes."""

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

    def write_all(self, new: Sequence[Request | Entry], within: timedelta) -> list[Request | Entry | Exception]:
        """Return each request that was opened and each note that was appended, or in its place why it was not.

        When the transaction fails and time is left, each has one of its own: one spoils no other.
        """
        until = monotonic() + within.total_seconds()
        try:
            return self._write(new, within)
        except LedgerError as error:
            failure = error
        outcomes: list[Request | Entry | Exception] = []
        for each in new if len(new) > 1 else ():
            if (left := until - monotonic()) <= 0:
                break
            outcomes += self.write_all([each], timedelta(seconds=left))
        return outcomes + [failure] * (len(new) - len(outcomes))

    def _write(self, new: Sequence[Request | Entry], within: timedelta) -> list[Request | Entry | Exception]:
        with self._transaction(within) as (connection, head):
            checked = first_of_each(connection, [each for each in new if isinstance(each, Request)], self._asks)
            if any(isinstance(each, Request) for each in checked):
                self._standstills.refuse_to_begin()
            insert_requests(connection, [each for each in checked if isinstance(each, Request)], self._asks)
            rest = iter(checked)
            outcomes = [next(rest) if isinstance(each, Request) else each for each in new]
            written = [each for each in outcomes if not isinstance(each, Exception)]
            entries = [opened(each) if isinstance(each, Request) else each for each in written]
            sealed = self._chain.append_all(connection, head, entries, self._clock.now()) if entries else []
        for entry, each in zip(sealed, written, strict=True):
            tell(entry, each if isinstance(each, Request) else None)
        return outcomes


def first_of_each(connection: Connection, new: Sequence[Request], asks: Asks) -> list[Request | Exception]:
    """Return each request that may be opened, and in the place of any other why it may not, in their order.

    A delivery that is known, or arrives twice at this moment, is one request: the first of them.
    """
    if not new:
        return []
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
