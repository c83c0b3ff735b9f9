"""A request whose rows cannot be read: it is ended column by column, and what is left of it says whom to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select, update

from adapters.sql.documents import ACTOR, MAYBE_MESSAGE_REF, PLACE
from adapters.sql.errors import row_faults
from adapters.sql.proof_queries import has_foreign_entries
from adapters.sql.request_queries import read_part
from adapters.sql.tables import BEHIND, UNENDED, host_survey, request
from bot.domain.part import WHOLE
from bot.domain.request import Ending, State
from bot.errors import UnreadableRequest
from bot.ports.ledger import Remains

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Column, Connection

    from adapters.sql.documents import Asks


def end_rows(connection: Connection, request_id: str, now: datetime, asks: Asks) -> Remains | None:
    """End the request without reading it as a whole, and return what can be read of it.

    None when there is no such request, when it can be read after all, or when it has been ended like this before;
    nothing is changed then.
    """
    if not _is_unreadable(connection, request_id, asks):
        return None
    dates = (each.is_not(None) for each in (request.c.due_at, request.c.postings_due_at))
    wants = or_(UNENDED, BEHIND, *dates)
    if not connection.execute(select(wants).where(request.c.id == request_id)).scalar():
        return None
    remains = _remains(connection, request_id)
    # The version may be anything. The same in both columns means that no card is behind.
    dates_over = dict.fromkeys(("due_at", "publish_after", "postings_due_at"))
    ended: dict[str, Any] = {"state": State.ENDED.value, "published_version": request.c.version, **dates_over}
    if remains.was_open:
        ended |= {"ending": Ending.FAILED.value, "ended_at": now}
    connection.execute(update(request).where(request.c.id == request_id).values(ended))
    connection.execute(update(host_survey).where(host_survey.c.request_id == request_id).values(due_at=None))
    return remains


def _is_unreadable(connection: Connection, request_id: str, asks: Asks) -> bool:
    try:
        read_part(connection, request_id, WHOLE, asks)
    except UnreadableRequest:
        return True
    return has_foreign_entries(connection, request_id)


def _remains(connection: Connection, request_id: str) -> Remains:
    def read(column: Column[Any], value_of: Callable[[Any], Any]) -> Any:
        """Return the value of one column; None when it cannot be read either."""
        try:
            with row_faults(request_id):
                stored = connection.execute(select(column).where(request.c.id == request_id)).scalar_one()
                return value_of(stored) if stored is not None else None
        except UnreadableRequest:
            return None

    was_open = connection.execute(select(UNENDED).where(request.c.id == request_id)).scalar_one()
    return Remains(
        request_id=request_id,
        was_open=bool(was_open),
        version=read(request.c.version, int) or 0,
        requester=read(request.c.actor_id, str) or "",
        actor=read(request.c.actor, ACTOR.read),
        place=read(request.c.place, PLACE.read),
        message_ref=read(request.c.message_ref, MAYBE_MESSAGE_REF.read),
    )
