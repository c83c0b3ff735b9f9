"""How far the card and the messages of a request are, and when its steps are due. The caller owns the transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select, union_all, update

from adapters.sql.tables import BEHIND, UNENDED, host_survey, request
from bot.domain.request import State, WorkItem

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def set_published(connection: Connection, request_id: str, version: int, values: dict[str, Any]) -> None:
    """Store the version that the card shows, unless a newer one is stored."""
    statement = update(request).where(request.c.id == request_id, request.c.published_version <= version)
    connection.execute(statement.values(published_version=version, **values))


def read_postings(connection: Connection, request_id: str) -> str | None:
    """Return the text of the request's postings, and let nobody else change them until the transaction ends."""
    these = select(request.c.postings).where(request.c.id == request_id).with_for_update()
    return connection.execute(these).scalar_one_or_none()


def set_postings(connection: Connection, request_id: str, values: dict[str, Any]) -> None:
    connection.execute(update(request).where(request.c.id == request_id).values(**values))


def hurry_postings(connection: Connection) -> None:
    """Make all that is not drawn, and all that waits to be told, due at once."""
    connection.execute(update(request).where(BEHIND, request.c.publish_after.is_not(None)).values(publish_after=None))
    waits = request.c.postings_due_at.is_not(None)
    connection.execute(update(request).where(waits).values(postings_due_at=request.c.asked_at))


def set_listed(connection: Connection, request_id: str, content_version: int, listed: int) -> None:
    this = and_(request.c.id == request_id, request.c.content_version == content_version)
    connection.execute(update(request).where(this).values(listed=listed))


def set_due(connection: Connection, item: WorkItem, due_at: datetime | None) -> None:
    if item.host:
        this = and_(host_survey.c.request_id == item.request_id, host_survey.c.host == item.host)
        connection.execute(update(host_survey).where(this).values(due_at=due_at))
    else:
        connection.execute(update(request).where(request.c.id == item.request_id).values(due_at=due_at))


def read_due(connection: Connection, now: datetime, *, all_unended: bool = False) -> tuple[WorkItem, ...]:
    """Return the items that are due, requests first. Each of the four conditions has a small index of its own.

    `all_unended`: every request that is not over is due, whatever its dates say.
    """
    reasons = (
        request.c.due_at <= now,
        UNENDED if all_unended else and_(UNENDED, request.c.expires_at <= now),
        and_(BEHIND, or_(request.c.publish_after.is_(None), request.c.publish_after <= now)),
        request.c.postings_due_at <= now,
    )
    ids = connection.execute(union_all(*(select(request.c.id).where(reason) for reason in reasons))).scalars()
    hosts = connection.execute(
        select(host_survey.c.request_id, host_survey.c.host)
        .join(request, request.c.id == host_survey.c.request_id)
        .where(host_survey.c.due_at <= now, request.c.state == State.ACTING.value)
        .order_by(host_survey.c.due_at, host_survey.c.position)
    )
    items = [WorkItem(request_id=id_) for id_ in dict.fromkeys(ids)]
    return (*items, *(WorkItem(request_id=row.request_id, host=row.host) for row in hosts))
