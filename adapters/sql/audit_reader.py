"""The audit log for those who read it: entries and requests that a filter selects, each checked, a few at a time."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, column, text

from adapters.sql.audit_names import AuditNames, names_for
from adapters.sql.audit_queries import read_head, read_target_rows
from adapters.sql.audit_rows import WrongValue, chained_sql, entry_of, every_text, target_of
from adapters.sql.audit_where import Where, counting, entries_where, requests_where
from adapters.sql.columns import restored, storable
from adapters.sql.database import READS
from adapters.sql.errors import translate_errors
from bot.audit.chain import GENESIS
from bot.audit.checked import CheckedEntry, EntryCheck
from bot.audit.entry import AuditTarget, Entry, Head
from bot.audit.history import RequestHistory, history_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine, Row, TextualSelect

    from bot.audit.keys import PublicKey
    from bot.audit.selection import AuditFilter, Names

AT_ONCE = 500
"""How many entries are in memory at once."""

ROWS_AT_ONCE = 10_000
"""How many rows of targets are in memory at once, unless one entry alone has more."""

REQUESTS_AT_ONCE = 25
"""How many requests are in memory at once, and the entries of one of them."""

MOST_CHANGES = 2_000
"""How many entries about changes of the key are looked for."""

_NEWEST, _OLDEST = "ORDER BY at DESC, seq DESC", "ORDER BY at, seq"


class AuditReader:
    """The log as it is in one snapshot. `key` is a public half: with it signatures are checked, too."""

    def __init__(self, connection: Connection, key: PublicKey | None = None) -> None:
        self._connection, self._dialect = connection, connection.dialect.name
        self._check = EntryCheck()
        if key:
            changes = self._chained("WHERE event IN ('key_changed', 'key_taken_up') ORDER BY seq LIMIT :most")
            self._check = EntryCheck(key, [*self._checked(self._rows(changes, {"most": MOST_CHANGES}))])

    def head(self) -> Head:
        """Return the end of the log as the database marks it."""
        return read_head(self._connection)

    def names(self, wanted: AuditFilter) -> Names:
        """Return the names in the log that the filter means. Raises `LedgerError` when a pattern means too many."""
        return names_for(self._connection, wanted)

    def name_of(self, actor: str) -> str:
        """Return the name in this person's newest entry, for reading only."""
        return AuditNames(self._connection).name_of(actor)

    def count(self, wanted: AuditFilter, names: Names) -> int:
        """Return how many entries the filter selects."""
        return self._counted(entries_where(self._dialect, wanted, names))

    def count_requests(self, wanted: AuditFilter, names: Names) -> int:
        """Return how many requests the filter selects."""
        return self._counted(requests_where(self._dialect, wanted, names))

    def entries(
        self, wanted: AuditFilter, names: Names, *, limit: int | None = None, oldest_first: bool = False
    ) -> Iterator[CheckedEntry]:
        """Yield the entries that the filter selects, each with its command, the newest first."""
        where = entries_where(self._dialect, wanted, names)
        rows = self._selected(where, _OLDEST if oldest_first else _NEWEST, limit)
        for some in _portions(rows):
            yield from self._with_commands([each for _, each in self._judged_all(some)])

    def requests(self, wanted: AuditFilter, names: Names, *, limit: int | None = None) -> Iterator[RequestHistory]:
        """Yield what the entries say of each request that the filter selects, the newest first."""
        where = requests_where(self._dialect, wanted, names)
        chosen = f"SELECT request_id FROM audit_entry {where.sql} {_NEWEST} {_limited(limit)}"  # noqa: S608 - our own words
        query = text(chosen).bindparams(*where.several()).columns(column("request_id"))
        ids = (row.request_id for row in self._rows(query, where.values | _limit(limit)))
        while some := list(islice(ids, REQUESTS_AT_ONCE)):
            found = dict(self._histories(some))
            yield from (found[id_] for id_ in dict.fromkeys(some) if id_ in found)

    def _histories(self, ids: list[str]) -> Iterator[tuple[str, RequestHistory]]:
        query = self._chained("WHERE request_id IN :ids ORDER BY request_id, seq")
        rows = self._rows(query.bindparams(bindparam("ids", expanding=True)), {"ids": ids})
        judged = (pair for some in _portions(rows) for pair in self._judged_all(some))
        for id_, pairs in groupby(judged, key=itemgetter(0)):
            yield id_, history_of(restored(id_), [each for _, each in pairs])

    def segment(self, first: int, last: int) -> Iterator[CheckedEntry]:
        """Yield the entries with these numbers, the oldest first."""
        query = self._chained("WHERE seq >= :first AND seq <= :last ORDER BY seq")
        yield from self._checked(self._rows(query, {"first": first, "last": last}))

    def numbers(self, wanted: AuditFilter) -> tuple[int, int]:
        """Return the first and the last number of the entries in the time that the filter names; 0, 0 for none."""
        where = Where(self._dialect)
        where.between(wanted)
        query = text(f"SELECT min(seq), max(seq) FROM audit_entry {where.sql}")  # noqa: S608 - our own words
        first, last = self._connection.execute(query, where.values).one()
        return first or 0, last or 0

    def _counted(self, where: Where) -> int:
        return int(self._connection.execute(counting(where), where.values).scalar_one())

    def _selected(self, where: Where, order: str, limit: int | None) -> Iterator[Row[Any]]:
        query = self._chained(f"{where.sql} {order} {_limited(limit)}")
        return self._rows(query.bindparams(*where.several()), where.values | _limit(limit))

    def _chained(self, rest: str) -> TextualSelect:
        return chained_sql(self._dialect, rest)

    def _rows(self, query: TextualSelect, values: dict[str, Any]) -> Iterator[Row[Any]]:
        return iter(self._connection.execute(query, values, execution_options={"yield_per": AT_ONCE}))

    def _checked(self, rows: Iterator[Row[Any]]) -> Iterator[CheckedEntry]:
        return (each for some in _portions(rows) for _, each in self._judged_all(some))

    def _judged_all(self, some: list[Row[Any]]) -> Iterator[tuple[str, CheckedEntry]]:
        """Yield each entry behind the id of its request as the row has it, with the rows of its targets."""
        targets = read_target_rows(self._connection, some)
        return ((row.request_id, self._judged(row, targets.get(row.seq, []))) for row in some)

    def _judged(self, row: Row[Any], rows: list[Row[Any]]) -> CheckedEntry:
        before = row.hash_before if isinstance(row.hash_before, str) else GENESIS if row.seq == 1 else ""
        try:
            entry = entry_of(row, _targets_of(rows))
        except WrongValue as exc:
            return CheckedEntry(entry=_stand_in(row), fault=str(exc))
        return CheckedEntry(entry=entry, before=before, fault=self._check.fault_in(entry, before))

    def _with_commands(self, some: list[CheckedEntry]) -> Iterator[CheckedEntry]:
        """Yield the entries with the commands of their requests. What is wrong with those is wrong with these, too."""
        ids = {each.entry.request_id for each in some if each.entry.request_id}
        asked = {each.entry.request_id: each for each in some if each.entry.event == "asked"}
        if missing := sorted(ids - asked.keys()):
            query = self._chained("WHERE request_id IN :ids AND host = '' AND event = 'asked'")
            rows = self._rows(
                query.bindparams(bindparam("ids", expanding=True)), {"ids": [storable(id_) for id_ in missing]}
            )
            asked |= {each.entry.request_id: each for each in self._checked(rows)}
        return (_with_command(each, asked.get(each.entry.request_id)) for each in some)


def _portions(rows: Iterator[Row[Any]]) -> Iterator[list[Row[Any]]]:
    """Yield the rows of entries in portions that fit into memory with the rows of their targets."""
    portion: list[Row[Any]] = []
    named = 0
    for row in rows:
        portion.append(row)
        named += row.targets if type(row.targets) is int else 0
        if len(portion) >= AT_ONCE or named >= ROWS_AT_ONCE:
            yield portion
            portion, named = [], 0
    if portion:
        yield portion


def _with_command(each: CheckedEntry, asked: CheckedEntry | None) -> CheckedEntry:
    if asked is None:
        return each
    fault = each.fault
    if asked.fault and asked.entry.seq != each.entry.seq:
        fault = "; ".join(filter(None, (fault, f"its command is that of entry {asked.entry.seq}: {asked.fault}")))
    return CheckedEntry(entry=each.entry, before=each.before, fault=fault, command=asked.entry.text)


def _targets_of(rows: list[Row[Any]]) -> tuple[AuditTarget, ...]:
    if any(each.position != at for at, each in enumerate(rows, start=1)):
        raise WrongValue("of the rows of its targets one is missing")
    try:
        return tuple(map(target_of, rows))
    except WrongValue as exc:
        raise WrongValue(f"of the rows of its targets one is wrong: {exc}") from exc


def _stand_in(row: Row[Any]) -> Entry:
    """Return what can be said of a row that is no entry: its number, its request and its event."""
    seq = row.seq if type(row.seq) is int else 0
    words = (restored(each) if isinstance(each, str) else "" for each in (row.event, row.request_id))
    event, request_id = words
    return Entry(seq=seq, event=event, request_id=request_id)


def _limited(limit: int | None) -> str:
    return "" if limit is None else "LIMIT :limit"


def _limit(limit: int | None) -> dict[str, int]:
    return {} if limit is None else {"limit": limit}


@contextmanager
def reading(engine: Engine, key: PublicKey | None = None) -> Iterator[AuditReader]:
    """Open the log for one reader. Raises `LedgerError`."""
    reader = engine.execution_options(**{READS: True})
    with translate_errors(), reader.begin() as connection, every_text(connection):
        yield AuditReader(connection, key)
