"""The whole audit log in one scan, from one snapshot, a few rows at a time: for its check."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from adapters.sql.audit_queries import read_head
from adapters.sql.audit_rows import WrongValue, entries_sql, entry_of, every_text, rows_sql, target_of
from adapters.sql.database import READS
from adapters.sql.errors import translate_errors
from adapters.sql.tables import audit_entry
from bot.audit.named import MOST_ROWS
from bot.audit.record import KEY_CHANGED
from bot.audit.verify import Unreadable, halves_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine, Row, TextualSelect

    from bot.audit.entry import AuditTarget, Entry, Head
    from bot.audit.keys import PublicKey

AT_ONCE = 500
"""How many rows of each table are in memory at once."""

MOST_KEYS = 1_000
"""How many changes of the key are looked for."""

_BEFORE_ALL, _AFTER_ALL = float("-inf"), float("inf")


class AuditScan:
    """The log as it is in one snapshot."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._dialect = connection, connection.dialect.name

    def head(self) -> Head:
        """Return the end of the log as the database marks it."""
        return read_head(self._connection)

    def damage(self) -> str:
        """Return what SQLite itself says of a damaged file, such as an index that leaves rows out; empty for nothing.

        What the bot looks up by an index has to be what stands in the table.
        """
        if self._dialect != "sqlite":
            return ""
        said = str(self._connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one())
        return "" if said == "ok" else said

    def count(self) -> int:
        """Return how many entries there are, whatever they say of themselves."""
        return int(self._connection.execute(select(func.count()).select_from(audit_entry)).scalar_one())

    def named_keys(self) -> tuple[PublicKey, ...]:
        """Return the public halves that entries about changes of the key name. They are not checked."""
        query = entries_sql(self._dialect, "WHERE event = :event ORDER BY seq LIMIT :most")
        rows = self._connection.execute(query, {"event": KEY_CHANGED, "most": MOST_KEYS})
        found = (_read(row, ()) for row in rows)
        halves = (halves_in(entry) for entry in found if not isinstance(entry, Unreadable))
        return tuple(half for pair in halves if pair for half in pair)

    def rows(self) -> Iterator[Entry | Unreadable]:
        """Yield every entry with its rows of targets, in the order of the numbers, and what is none as `Unreadable`."""
        targets = _Targets(self._stream(rows_sql(self._dialect, "ORDER BY seq, position")))
        for row in self._stream(entries_sql(self._dialect, "ORDER BY seq")):
            yield from targets.orphans_before(_place(row.seq))
            if type(row.seq) is not int:
                yield Unreadable(number=repr(row.seq), fault="its number is no number")
                continue
            try:
                yield _read(row, targets.of(row.seq, row.targets))
            except WrongValue as exc:
                yield Unreadable(number=str(row.seq), fault=f"of the rows of its targets one is wrong: {exc}")
        yield from targets.orphans_before(_AFTER_ALL)

    def _stream(self, query: TextualSelect) -> Iterator[Row[Any]]:
        return iter(self._connection.execute(query, execution_options={"yield_per": AT_ONCE}))


class _Targets:
    """The rows of targets, in step with the entries."""

    def __init__(self, rows: Iterator[Row[Any]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, seq: int, said: object) -> tuple[AuditTarget, ...]:
        """Return the rows of this entry: one more than it says at the most. Raises `WrongValue` for a wrong one."""
        most = min(said, MOST_ROWS) if type(said) is int else 0
        found: list[AuditTarget] = []
        while self._next is not None and self._next.seq == seq and len(found) <= most:
            row, self._next = self._next, next(self._rows, None)
            if row.position != len(found) + 1:
                raise WrongValue(f"position {row.position!r} stands where {len(found) + 1} belongs")
            found.append(target_of(row))
        return tuple(found)

    def orphans_before(self, place: float) -> Iterator[Unreadable]:
        """Yield the next row when it belongs to no entry: it comes before the entry at this place."""
        row = self._next
        if row is not None and (_place(row.seq) < place or place == _AFTER_ALL):
            yield Unreadable(number=f"{row.seq!r}", fault="there is no such entry, but a row of its targets")


def _place(seq: object) -> float:
    """Return where a number stands among all: SQLite orders nothing before numbers, and all else behind them."""
    if seq is None:
        return _BEFORE_ALL
    return seq if isinstance(seq, int | float) else _AFTER_ALL


def _read(row: Row[Any], targets: tuple[AuditTarget, ...]) -> Entry | Unreadable:
    try:
        return entry_of(row, targets)
    except WrongValue as exc:
        return Unreadable(number=str(row.seq), fault=str(exc))


@contextmanager
def scanned(engine: Engine) -> Iterator[AuditScan]:
    """Open the log for one scan. Raises `LedgerError`."""
    reader = engine.execution_options(**{READS: True})
    with translate_errors(), reader.begin() as connection, every_text(connection):
        yield AuditScan(connection)
