"""The audit log in its tables: read the head and entries."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from adapters.sql.audit_rows import WrongValue, entries_sql, entry_of, every_text, rows_sql, target_of
from adapters.sql.columns import storable
from adapters.sql.tables import audit_entry, chain_head
from bot.audit.entry import Entry, Head
from bot.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Row

HEAD = select(chain_head.c.seq, chain_head.c.hash, chain_head.c.key_id)


def read_head(connection: Connection) -> Head:
    """Return the mark of the end. Raises `LedgerError` when it is none."""
    return head_of(connection.execute(HEAD).one_or_none())


def head_of(row: Row[int, str, str] | None) -> Head:
    """Return the head of its row. Raises `LedgerError` for a row that the bot did not write, or for none."""
    if row is None or type(row.seq) is not int or row.seq < 0:
        raise LedgerError("The mark of the end of my audit log, chain_head, is gone or no number. Restore it.")
    return Head(row.seq, row.hash, row.key_id)


def read_entries(connection: Connection, *, request_id: str | None, after: int, limit: int) -> tuple[Entry, ...]:
    """Return entries with the sessions that they name. Raises `LedgerError` for a row that is no entry."""
    only = "AND request_id = :request_id" if request_id is not None else ""
    query = entries_sql(connection.dialect.name, f"WHERE seq > :after {only} ORDER BY seq LIMIT :limit")
    values = {"after": after, "limit": limit, "request_id": storable(request_id or "")}
    with wrong_rows(), every_text(connection):
        return tuple(_entries_of(connection, connection.execute(query, values).all()))


def read_entry(connection: Connection, seq: int) -> Entry | None:
    """Return one entry with the sessions that it names; None when there is none, or the row is none."""
    return next(iter(read_run(connection, seq, seq)), None)


def read_run(connection: Connection, first: int, last: int) -> list[Entry]:
    """Return the entries from one number to another with the sessions that they name; none when a row is no entry."""
    with every_text(connection):
        query = entries_sql(connection.dialect.name, "WHERE seq BETWEEN :first AND :last ORDER BY seq")
        found = connection.execute(query, {"first": first, "last": last}).all()
        try:
            return _entries_of(connection, found)
        except WrongValue:
            return []


def newest_text(connection: Connection, event: str) -> str | None:
    """Return the text of the newest entry of this event; None when there is none."""
    query = select(audit_entry.c.text).where(audit_entry.c.event == event).order_by(audit_entry.c.seq.desc()).limit(1)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def _entries_of(connection: Connection, found: Sequence[Row[Any]]) -> list[Entry]:
    """Return the entries of these rows with the sessions that they name. Raises `WrongValue`."""
    targets = read_target_rows(connection, found)
    return [entry_of(row, tuple(map(target_of, targets.get(row.seq, ())))) for row in found]


def read_target_rows(connection: Connection, found: Sequence[Row[Any]]) -> dict[int, list[Row[Any]]]:
    """Return the rows of the sessions that the entries of these rows name, by the number of their entry."""
    targets: dict[int, list[Row[Any]]] = defaultdict(list)
    if numbers := [row.seq for row in found if row.targets]:
        query = rows_sql(connection.dialect.name, "WHERE seq IN :numbers ORDER BY seq, position")
        for row in connection.execute(query.bindparams(bindparam("numbers", numbers, expanding=True))):
            targets[row.seq].append(row)
    return targets


@contextmanager
def wrong_rows() -> Iterator[None]:
    try:
        yield
    except WrongValue as exc:
        raise LedgerError(f"My audit log has a row that I did not write: {exc}. Run: logoff-bot audit verify") from exc
