"""The requests that a home shows. The caller owns the transaction of the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from adapters.sql.errors import row_faults, translate_errors
from adapters.sql.mapping import request_of
from adapters.sql.request_queries import read_requests
from adapters.sql.tables import UNENDED, request
from bot.domain.actions import FACTS
from bot.domain.request import Ending
from bot.errors import UnreadableRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from adapters.sql.documents import Asks
    from bot.domain.request import Request

LOOKED_AT = 50
"""How many requests of one person are looked at: most of them may be lists."""

_ACTS = {action.value for action, facts in FACTS.items() if not facts.only_reads}

log = structlog.get_logger()


class ReadsOfHomes:
    """The part of the ledger that homes are read from."""

    _reader: Engine
    _asks: Asks

    def open_heads(self, limit: int) -> tuple[Request, ...]:
        with translate_errors(), self._reader.begin() as connection:
            return tuple(open_heads(connection, limit, self._asks))

    def newest_acts_of(self, user_id: str, limit: int) -> tuple[Request, ...]:
        with translate_errors(), self._reader.begin() as connection:
            ids = newest_act_ids(connection, user_id, limit)
            return tuple(read_requests(connection, ids, self._asks).values())


def open_heads(connection: Connection, limit: int, asks: Asks) -> Iterator[Request]:
    """Yield the heads of requests that are not over, from the small index of those. An unreadable one is left out."""
    query = select(request).where(UNENDED).order_by(request.c.expires_at).limit(limit)
    for row in connection.execute(query):
        try:
            with row_faults(row.id):
                yield request_of(row, (), (), asks)
        except UnreadableRequest as error:
            log.warning("request.left_out", request_id=row.id, message=error.message)


def newest_act_ids(connection: Connection, user_id: str, limit: int) -> list[str]:
    """Return the ids of the person's newest requests that act, among those that they asked last.

    One that was only answered has nobody chosen: it asked who is there, as a list does.
    """
    of_them = select(request.c.id, request.c.action, request.c.ending).where(request.c.actor_id == user_id)
    rows = connection.execute(of_them.order_by(request.c.asked_at.desc()).limit(LOOKED_AT))
    return [row.id for row in rows if row.action in _ACTS and row.ending != Ending.ANSWERED][:limit]
