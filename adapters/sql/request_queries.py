"""Requests in their three tables. The caller owns the transaction of the connection."""

from __future__ import annotations

from collections import defaultdict, namedtuple
from typing import TYPE_CHECKING, Any, assert_never

import structlog
from sqlalchemy import and_, bindparam, delete, false, func, insert, or_, select, update

from adapters.sql.errors import row_faults
from adapters.sql.mapping import (
    changes_of_look,
    changes_of_request,
    changes_of_target,
    request_of,
    row_of_look,
    row_of_request,
    row_of_target,
)
from adapters.sql.tables import UNENDED, host_survey, request, target
from bot.domain.alone import TOUCHED
from bot.domain.part import WHOLE, Extent
from bot.domain.request import UNSURE_VERDICTS, Request, Target
from bot.domain.verdicts import Verdict
from bot.errors import UnreadableRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, CursorResult, Row, Select, Table

    from adapters.sql.documents import Asks
    from bot.domain.part import Part


log = structlog.get_logger()


class RowMoved(Exception):
    """A row has changed since it was read. This exception never leaves the adapter."""


def read_requests(connection: Connection, ids: Sequence[str], asks: Asks) -> dict[str, Request]:
    """Return the requests that exist, by id, in the order of `ids`. One that cannot be read is left out, and logged."""
    if not ids:
        return {}  # each command asks so, for its own delivery
    try:
        with row_faults(""):
            rows = {row.id: row for row in connection.execute(select(request).where(request.c.id.in_(ids)))}
            targets = _by_request(connection, target, target.c.request_id.in_(ids))
            surveys = _by_request(connection, host_survey, host_survey.c.request_id.in_(ids))
            return {id_: request_of(rows[id_], targets[id_], surveys[id_], asks) for id_ in ids if id_ in rows}
    except UnreadableRequest:
        found = ((id_, _readable(connection, id_, asks)) for id_ in ids)
        return {id_: each for id_, each in found if each}


def _readable(connection: Connection, request_id: str, asks: Asks) -> Request | None:
    try:
        return read_part(connection, request_id, WHOLE, asks)
    except UnreadableRequest as error:
        log.warning("request.left_out", request_id=request_id, message=error.message)
        return None


def read_part(connection: Connection, request_id: str, part: Part, asks: Asks) -> Request | None:
    """Return this part of the request; None when there is none. Raises `UnreadableRequest`."""
    with row_faults(request_id):
        if part.extent is Extent.HOST:
            head, surveys, targets = _rows_at(connection, request_id, part.host)
        else:
            head = connection.execute(_ROW, {"of": request_id}).one_or_none()
            surveys, targets = (list(_rows_of(connection, table, request_id, part)) for table in (host_survey, target))
        return request_of(head, targets, surveys, asks) if head else None


def is_one_statement(part: Part) -> bool:
    """Return whether `read_part` reads this part with one statement."""
    return part.extent in (Extent.HEAD, Extent.HOST)


def _rows_at(connection: Connection, request_id: str, host: str) -> tuple[Any, list[Any], list[Any]]:
    """Return head, survey and targets of one host, which every event there needs, from one statement."""
    rows = connection.execute(_ROWS_AT, {"of": request_id, "at": host}).all()
    if not rows:
        return None, [], []
    heads = len(request.c)
    targets = heads + len(host_survey.c)
    head, survey = _HEAD(*rows[0][:heads]), _SURVEY(*rows[0][heads:targets])
    found = [_TARGET(*row[targets:]) for row in rows]
    return head, [each for each in (survey,) if each.host], [each for each in found if each.host]


def _rows_of(connection: Connection, table: Table, request_id: str, part: Part) -> Sequence[Row[Any]]:
    """Return the rows of the hosts in this part, in the order of the card."""
    if part.extent is Extent.HEAD:
        return ()
    return connection.execute(_ROWS[table, part.extent], {"of": request_id, "at": part.host}).all()


def _query(table: Table, extent: Extent) -> Select[Any]:
    where: ColumnElement[bool]
    this = table.c.request_id == bindparam("of")
    match extent:
        case Extent.HEAD:
            where = false()
        case Extent.WHOLE:
            where = this
        case Extent.HOST:
            where = and_(this, table.c.host == bindparam("at"))
        case Extent.UNSURE:
            unsure = target.c.verdict.in_([verdict.value for verdict in UNSURE_VERDICTS])
            hosts = select(target.c.host).where(target.c.request_id == bindparam("of"), unsure)
            where = and_(this, table.c.host.in_(hosts))
        case _:
            assert_never(extent)
    return select(table).where(where).order_by(table.c.position)


def _form(table: Table) -> Any:
    """Return a type for the columns of this table, as a part of a row of several tables."""
    return namedtuple(table.name, table.c.keys())  # noqa: PYI024 - the table says which fields


def _at(table: Table) -> ColumnElement[bool]:
    return and_(table.c.request_id == request.c.id, table.c.host == bindparam("at"))


# Statements of every step at a host are built once: building one costs more than running it.
_ROW = select(request).where(request.c.id == bindparam("of"))
_ROWS = {(table, extent): _query(table, extent) for table in (target, host_survey) for extent in Extent}
_ROWS_AT = (
    select(request, host_survey, target)
    .select_from(request.outerjoin(host_survey, _at(host_survey)).outerjoin(target, _at(target)))
    .where(request.c.id == bindparam("of"))
    .order_by(target.c.position)
)
_KNOWN = select(request.c.id, request.c.delivery).where(
    or_(
        request.c.id.in_(bindparam("ids", expanding=True)),
        request.c.delivery.in_(bindparam("deliveries", expanding=True)),
    )
)
_HEAD, _SURVEY, _TARGET = (_form(table) for table in (request, host_survey, target))


def _by_request(connection: Connection, table: Table, where: ColumnElement[bool]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(select(table).where(where).order_by(table.c.position)):
        found[row.request_id].append(row)
    return found


def known_among(connection: Connection, new: Sequence[Request]) -> tuple[dict[str, str], set[str]]:
    """Return the ids of the requests that have one of these deliveries, by delivery, and the ids that are taken."""
    ids, deliveries = [each.id for each in new], [each.delivery for each in new]
    rows = connection.execute(_KNOWN, {"ids": ids, "deliveries": deliveries}).all()
    return {row.delivery: row.id for row in rows}, {row.id for row in rows}


def newest_ids(connection: Connection, limit: int) -> list[str]:
    query = select(request.c.id).order_by(request.c.asked_at.desc(), request.c.id.desc()).limit(limit)
    return list(connection.execute(query).scalars())


def unended_ids(connection: Connection) -> list[str]:
    """Return the ids of the requests that are not over, the oldest first."""
    return list(connection.execute(select(request.c.id).where(UNENDED).order_by(request.c.asked_at)).scalars())


def count_asked(connection: Connection, user_id: str, since: datetime) -> int:
    query = select(func.count()).where(request.c.actor_id == user_id, request.c.asked_at >= since)
    return int(connection.execute(query).scalar_one())


def count_alone(connection: Connection, but: Request, since: datetime) -> int:
    """`sessions_alone` over the other requests of the same requester, in one query.

    A verdict that another release gave, and this one does not know, counts.
    """
    touched = target.c.verdict.not_in([verdict.value for verdict in Verdict if verdict not in TOUCHED])
    is_open = request.c.ended_at.is_(None)
    query = (
        select(func.count())
        .select_from(target.join(request, request.c.id == target.c.request_id))
        .where(
            request.c.actor_id == but.actor.user_id,
            request.c.id != but.id,
            request.c.alone,
            or_(and_(is_open, or_(touched, target.c.verdict.is_(None))), and_(request.c.ended_at >= since, touched)),
        )
    )
    return int(connection.execute(query).scalar_one())


def insert_requests(connection: Connection, new: Sequence[Request], asks: Asks) -> None:
    _insert_all(connection, request, (row_of_request(each, asks) for each in new))
    targets = (row_of_target(each.id, at, part) for each in new for at, part in enumerate(each.targets))
    _insert_all(connection, target, targets)
    looks = (row_of_look(each.id, at, look) for each in new for at, look in enumerate(each.surveys))
    _insert_all(connection, host_survey, looks)


def _insert_all(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    values = list(rows)
    if values:
        connection.execute(insert(table), values)


def save_request(connection: Connection, before: Request, after: Request, asks: Asks) -> None:
    """Write the difference between the two. Raises `RowMoved` when a row is no longer as `before` has it.

    A column that the event does not change is not written: `mark_published` may write it at the same moment.
    """
    if after == before:
        return
    was = {"of": before.id, "was_version": before.version, "was_state": before.state.value}
    changed = changes_of_request(after, asks, since=before) or {"version": after.version}
    _one(connection.execute(_SAVE_REQUEST, changed | was))
    _save_targets(connection, before, after)
    _save_looks(connection, before, after)


def _save_targets(connection: Connection, before: Request, after: Request) -> None:
    old = {part.key: part for part in before.targets}
    new = {part.key: part for part in after.targets}
    for key in old.keys() - new.keys():
        connection.execute(_DROP_TARGET, _row_of(before.id, old[key]))
    for key in old.keys() & new.keys():
        if new[key] != old[key]:
            _one(connection.execute(_SAVE_TARGET, changes_of_target(new[key]) | _row_of(before.id, old[key])))
    added = ((at, part) for at, part in enumerate(after.targets) if part.key not in old)
    _insert_all(connection, target, (row_of_target(after.id, at, part) for at, part in added))


def _row_of(request_id: str, old: Target) -> dict[str, Any]:
    """Return the values that find the row of this target with the verdict that was read."""
    session = old.session
    return {"of": request_id, "at": session.host, "number": session.id, "was": old.verdict and old.verdict.value}


def _save_looks(connection: Connection, before: Request, after: Request) -> None:
    old = {look.host: look for look in before.surveys}
    changed = [look for look in after.surveys if look.host in old and look != old[look.host]]
    if changed:
        rows = [changes_of_look(look) | {"of": before.id, "at": look.host} for look in changed]
        _all(connection.execute(_SAVE_LOOK, rows), len(rows))
    added = ((at, look) for at, look in enumerate(after.surveys) if look.host not in old)
    _insert_all(connection, host_survey, (row_of_look(after.id, at, look) for at, look in added))


_IS_TARGET = (
    target.c.request_id == bindparam("of"),
    target.c.host == bindparam("at"),
    target.c.session_id == bindparam("number"),
    target.c.verdict.is_not_distinct_from(bindparam("was")),
)
_SAVE_REQUEST = update(request).where(
    request.c.id == bindparam("of"),
    request.c.version == bindparam("was_version"),
    request.c.state == bindparam("was_state"),
)
_SAVE_TARGET = update(target).where(*_IS_TARGET)
_DROP_TARGET = delete(target).where(*_IS_TARGET)
_SAVE_LOOK = update(host_survey).where(
    host_survey.c.request_id == bindparam("of"), host_survey.c.host == bindparam("at")
)


def _one(result: CursorResult[Any]) -> None:
    _all(result, 1)


def _all(result: CursorResult[Any], rows: int) -> None:
    """Raise `RowMoved` when the statement did not find each of its rows."""
    if result.rowcount != rows:
        raise RowMoved
