"""Rows of the audit log, read strictly: a value that the bot would not have written is a fault of its row.

The columns are read as the driver gives them. Read through the types of the tables, two different rows could become
the same entry, and the hash would not tell them apart.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, Integer, column, text

from adapters.sql.columns import Moment, Words, restored, storable
from adapters.sql.tables import audit_entry, audit_target
from bot.audit.entry import AuditTarget, Entry
from bot.audit.values import ENTRY_FIELDS, TARGET_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy import Column, Connection, Row, RowMapping, Table, TextualSelect

Value = Any
_SQLITE_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", re.ASCII)
_POSTGRESQL_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}) AD", re.ASCII)
_SAID = {
    Words: "text as the bot writes it",
    Moment: "a time as the bot writes it",
    BigInteger: "a number",
    Integer: "a number",
    Boolean: "yes or no",
}


class WrongValue(ValueError):
    """A column holds what the bot does not write there. The message is a part of a sentence."""


@cache
def entries_sql(dialect: str, rest: str) -> TextualSelect:
    """Return the query of entries, with each column as the driver gives it. `rest` is what follows the table."""
    return _as_given(_select(audit_entry, dialect, rest), audit_entry.c.keys())


@cache
def rows_sql(dialect: str, rest: str) -> TextualSelect:
    """Return the query of rows of targets, as above."""
    return _as_given(_select(audit_target, dialect, rest), audit_target.c.keys())


@cache
def chained_sql(dialect: str, *rests: str) -> TextualSelect:
    """Return the query of the entries of all these rests, as above, each behind the hash of the entry before it."""
    selects = [_select(audit_entry, dialect, rest, first=_HASH_BEFORE) for rest in rests]
    return _as_given(" UNION ALL ".join(selects), ("hash_before", *audit_entry.c.keys()))


_HASH_BEFORE = "(SELECT earlier.hash FROM audit_entry earlier WHERE earlier.seq = audit_entry.seq - 1) AS hash_before, "


def _as_given(query: str, names: Iterable[str]) -> TextualSelect:
    """SQLAlchemy keeps the form of a row for columns that are named; otherwise it reckons it for each execution."""
    return text(query).columns(*map(column, names))


def entry_of(row: Row[Any], rows: tuple[AuditTarget, ...] = ()) -> Entry:
    """Return the entry of a row. Raises `WrongValue` for a row that the bot did not write."""
    return Entry(**_values_of(row._mapping, audit_entry, ENTRY_FIELDS), rows=rows)  # noqa: SLF001 - its public name


def entry_of_values(values: tuple[Value, ...]) -> Entry:
    """Return the entry of a row's values in the order of the table, as above."""
    return Entry(**_values_of(dict(zip(audit_entry.c.keys(), values, strict=True)), audit_entry, ENTRY_FIELDS))


def target_of(row: Row[Any]) -> AuditTarget:
    """Return the session of a row of targets. Raises `WrongValue` for a row that the bot did not write."""
    return AuditTarget(**_values_of(row._mapping, audit_target, TARGET_FIELDS))  # noqa: SLF001 - as above


@contextmanager
def every_text(connection: Connection) -> Iterator[None]:
    """Inside the block a text of SQLite that is no UTF-8 is read, with what is wrong in it as half characters.

    The driver would raise an error for it. No entry has such a text: the bot writes half characters another way.
    """
    driver = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite" or driver is None:
        yield
        return
    before, driver.text_factory = driver.text_factory, _any_text
    try:
        yield
    finally:
        driver.text_factory = before


def _any_text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _select(table: Table, dialect: str, rest: str, *, first: str = "") -> str:
    """SQLAlchemy would spend a millisecond on building it for each entry that is written."""
    columns = ", ".join(_raw(each, dialect) for each in table.c)
    return f"SELECT {first}{columns} FROM {table.name} {rest}"  # noqa: S608 - our own names


def _raw(of: Column[Any], dialect: str) -> str:
    """PostgreSQL has times that Python has not, so there they are read as texts."""
    name = f'"{of.name}"'
    if dialect == "sqlite" or not isinstance(of.type, Moment):
        return name
    said = f"to_char(timezone('UTC', {name}), 'YYYY-MM-DD HH24:MI:SS.US AD')"
    return f"CASE WHEN isfinite({name}) THEN {said} ELSE CAST({name} AS text) END AS {name}"


def _values_of(raw: Mapping[str, Value] | RowMapping, table: Table, names: tuple[str, ...]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, read, is_nullable, said in _readers(table, names):
        value = raw[name]
        try:
            values[name] = None if value is None and is_nullable else read(value)
        except ValueError:
            raise WrongValue(f"its column {name} does not hold {said}") from None
    return values


@cache
def _readers(table: Table, names: tuple[str, ...]) -> tuple[tuple[str, Callable[[Value], Value], bool, str], ...]:
    """Return how each column is read. SQLAlchemy's columns take long to ask, and there are 36 of them in an entry."""
    columns = [table.c[name] for name in names]
    return tuple((each.name, _READ[type(each.type)], bool(each.nullable), _SAID[type(each.type)]) for each in columns)


def _text(raw: Value) -> str:
    if type(raw) is not str:
        raise ValueError
    if raw.isascii() and "\x00" not in raw:
        return raw
    said = restored(raw)
    if storable(said) != raw:
        raise ValueError
    return said


def _number(raw: Value) -> int:
    if type(raw) is not int:
        raise ValueError
    return raw


def _switch(raw: Value) -> bool:
    """SQLite has no booleans; there they are 0 and 1."""
    if type(raw) is bool or (type(raw) is int and raw in (0, 1)):
        return bool(raw)
    raise ValueError


def _moment(raw: Value) -> datetime:
    found = isinstance(raw, str) and (_SQLITE_TIME.fullmatch(raw) or _POSTGRESQL_TIME.fullmatch(raw))
    if not found:
        raise ValueError
    return datetime.fromisoformat(found[0].removesuffix(" AD")).replace(tzinfo=UTC)


_READ: dict[type, Callable[[Value], Value]] = {
    Words: _text,
    Moment: _moment,
    BigInteger: _number,
    Integer: _number,
    Boolean: _switch,
}
