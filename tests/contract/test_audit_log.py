"""Whoever may write the database and has no key: every change, deletion, insertion and reordering is found."""

from __future__ import annotations

import tracemalloc
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, insert, text, update
from sqlalchemy.exc import IntegrityError

from adapters.sql.audit_scan import scanned
from adapters.sql.database import open_database
from adapters.sql.mapping import row_of_entry
from adapters.sql.migrate import upgrade
from adapters.sql.tables import audit_entry, chain_head
from bot.audit.chain import GENESIS, seal
from bot.audit.entry import Entry, Head
from bot.audit.keys import SigningKeys
from bot.errors import LedgerError
from tests.contract import logs
from tests.support import builders as b
from tests.support.effort import PROFILE, examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from bot.audit.verify import Unreadable
    from tests.contract.logs import Log

LENGTH = 500 if PROFILE == "deep" else 40
"""How many entries the log has in which every column of every row is changed."""

TABLES = ("audit_entry", "audit_target")
NUMBERS = ("seq", "session_id", "logon", "code", "took_ms", "version", "left_out", "targets", "position")
MAY_BE_NULL = {
    "audit_entry": ("session_id", "logon", "took_ms", "expires_at"),
    "audit_target": ("session_id",),
}


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    yield from whole_log(f"sqlite:///{tmp_path_factory.mktemp('log')}/log.db", LENGTH)


@pytest.fixture(scope="module")
def postgresql(new_postgresql: Callable[[], str]) -> Iterator[Log]:
    yield from whole_log(new_postgresql(), 40)


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest) -> Log:
    made: Log = request.getfixturevalue(request.param)
    return made


def whole_log(url: str, length: int) -> Iterator[Log]:
    upgrade(url)
    made = logs.written(url, length)
    assert len(made.entries) == length
    yield made
    made.engine.dispose()


def rows_of(connection: Connection, table: str) -> list[dict[str, Any]]:
    order = "seq" if table == "audit_entry" else "seq, position"
    return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY {order}")).mappings()]


def is_row(table: str) -> str:
    return "seq = :seq" if table == "audit_entry" else "seq = :seq AND position = :position"


def names_of(row: dict[str, Any], table: str) -> dict[str, Any]:
    return {name: row[name] for name in ("seq", "position")[: 1 + (table == "audit_target")]}


def changes_of(table: str, column: str, value: Any) -> Iterator[Any]:
    """Yield other values than the one that stands there, of the same type."""
    if value is not None and column in MAY_BE_NULL[table]:
        yield None
    if column in ("at", "expires_at"):
        yield "2031-01-01 00:00:00.000000"
    elif column == "forced":
        yield not value
    elif column in NUMBERS:
        yield (value or 0) + 100_000
    else:
        yield f"{value}x"
        if value:
            yield ""


def put(connection: Connection, table: str, row: dict[str, Any], column: str, value: Any) -> None:
    statement = text(f'UPDATE {table} SET "{column}" = :value WHERE {is_row(table)}')
    if connection.dialect.name == "postgresql" and column in ("at", "expires_at"):
        statement = text(f'UPDATE {table} SET "{column}" = CAST(:value AS timestamptz) WHERE {is_row(table)}')
    assert connection.execute(statement, {"value": value, **names_of(row, table)}).rowcount == 1


def fault_after(log: Log, connection: Connection, *anchors: Head) -> str:
    return logs.checked(connection, log.half, anchors).fault


def bad_entry(fault: str) -> int:
    return int(fault.removeprefix("Entry ").partition(" ")[0].rstrip(":"))


def test_a_log_that_nobody_touched_holds(log: Log) -> None:
    found = logs.verified(log.engine, log.half)
    assert (found.fault, found.last.seq, found.keys) == ("", len(log.entries), (log.half.key_id,))
    assert {entry.event for entry in log.entries} >= {"asked", "surveyed", "noted", "approved", "target_ended"}
    assert sum(entry.targets for entry in log.entries) > 5


def every_cell(connection: Connection) -> Iterator[tuple[str, dict[str, Any], str]]:
    for table in TABLES:
        columns = logs.columns_of(table)
        for row in rows_of(connection, table):
            yield from ((table, row, column) for column in columns)


def changed_one_by_one(log: Log, step: int) -> None:
    """Change every `step`th cell, each alone: the check has to name the entry to which it belongs."""
    unnoticed, elsewhere = [], []
    with log.engine.connect() as connection, connection.begin() as changes:
        logs.unguarded(connection)
        for table, row, column in list(every_cell(connection))[::step]:
            for value in changes_of(table, column, row[column]):
                with connection.begin_nested() as change:
                    put(connection, table, row, column, value)
                    fault = fault_after(log, connection)
                    change.rollback()
                where = (table, names_of(row, table), column, value, fault)
                if not fault:
                    unnoticed.append(where)
                elif bad_entry(fault) != row["seq"]:
                    elsewhere.append(where)
        changes.rollback()
    assert unnoticed == []
    assert [where for where in elsewhere if where[2] != "seq"] == []


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_every_change_of_any_column_of_any_row_is_found_and_named(sqlite: Log) -> None:
    changed_one_by_one(sqlite, 1)


@pytest.mark.slow
def test_changes_of_columns_are_found_on_postgresql_too(postgresql: Log) -> None:
    """By sample: 29 shares no factor with the number of columns, so every column comes up."""
    changed_one_by_one(postgresql, 29)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_every_deletion_is_found(log: Log) -> None:
    with log.meddling() as connection:
        for table in TABLES:
            for row in rows_of(connection, table):
                with connection.begin_nested() as change:
                    connection.execute(text(f"DELETE FROM {table} WHERE {is_row(table)}"), names_of(row, table))
                    fault = fault_after(log, connection)
                    change.rollback()
                assert "its tail was cut" in fault or bad_entry(fault) == row["seq"], (table, row)


def test_every_pair_of_neighbours_that_changed_places_is_found(log: Log) -> None:
    swap = text("UPDATE audit_entry SET seq = :into WHERE seq = :seq")
    with log.meddling() as connection:
        for seq in range(1, min(len(log.entries), 60)):
            with connection.begin_nested() as change:
                for old, new in ((seq, 900_000), (seq + 1, seq), (900_000, seq + 1)):
                    connection.execute(swap, {"seq": old, "into": new})
                assert bad_entry(fault_after(log, connection)) == seq
                change.rollback()


def test_sessions_that_changed_places_are_found(log: Log) -> None:
    seq = next(entry.seq for entry in log.entries if entry.targets > 1)
    swap = text("UPDATE audit_target SET position = :into WHERE seq = :seq AND position = :position")
    with log.meddling() as connection:
        for old, new in ((1, 900), (2, 1), (900, 2)):
            connection.execute(swap, {"seq": seq, "position": old, "into": new})
        assert "its targets were changed" in fault_after(log, connection)


def copied(connection: Connection, table: str, row: dict[str, Any], **changes: Any) -> None:
    """Insert a copy of a row with these changes."""
    values = row | changes
    names, marks = ", ".join(f'"{name}"' for name in values), ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


@pytest.mark.parametrize("seq", [0, -1, -(2**63)])
@pytest.mark.parametrize("table", TABLES)
def test_a_row_with_a_number_that_no_entry_has_is_found(log: Log, table: str, seq: int) -> None:
    with log.meddling() as connection:
        copied(connection, table, rows_of(connection, table)[0], seq=seq)
        assert str(seq) in fault_after(log, connection)


def test_an_entry_behind_the_last_one_is_found(log: Log) -> None:
    with log.meddling() as connection:
        last = rows_of(connection, "audit_entry")[-1]
        copied(connection, "audit_entry", last, seq=last["seq"] + 1)
        assert bad_entry(fault_after(log, connection)) == last["seq"] + 1


def test_an_entry_that_is_there_twice_is_found_where_nothing_keeps_numbers_apart(postgresql: Log) -> None:
    with postgresql.meddling() as connection:
        copied(connection, "audit_entry", rows_of(connection, "audit_entry")[4])
        assert fault_after(postgresql, connection) == "Entry 5 is there twice."


@pytest.mark.parametrize("entry", ["more than it says", "none of its own", "no entry"])
def test_a_session_that_was_put_in_is_found(log: Log, entry: str) -> None:
    with log.meddling() as connection:
        row = rows_of(connection, "audit_target")[-1]
        seq = {"more than it says": row["seq"], "none of its own": 1, "no entry": 700_000}[entry]
        copied(connection, "audit_target", row, seq=seq, position=row["position"] + 1)
        fault = fault_after(log, connection)
        assert bad_entry(fault) == seq
        assert ("no such entry" in fault) == (entry == "no entry")


@pytest.mark.parametrize(
    ("table", "column", "value", "says"),
    [
        ("audit_entry", "code", "'five'", "Entry 3: its column code does not hold a number"),
        ("audit_entry", "session_id", "3.5", "its column session_id does not hold a number"),
        ("audit_entry", "at", "'soon'", "its column at does not hold a time"),
        ("audit_entry", "at", "''", "its column at does not hold a time"),
        ("audit_entry", "at", "0", "its column at does not hold a time"),
        ("audit_entry", "at", "'2026-03-02 14:00:00'", "its column at does not hold a time as the bot writes it"),
        ("audit_entry", "at", "'2026-13-02 14:00:00.000000'", "its column at does not hold a time"),
        ("audit_entry", "expires_at", "'never'", "its column expires_at does not hold a time"),
        ("audit_entry", "forced", "2", "its column forced does not hold yes or no"),
        ("audit_entry", "forced", "'maybe'", "its column forced does not hold yes or no"),
        ("audit_entry", "actor", "x'5530'", "its column actor does not hold text"),
        ("audit_entry", "actor", "CAST(x'ff' AS TEXT)", "its column actor does not hold text as the bot writes it"),
        ("audit_entry", "hash", "x'00'", "its column hash does not hold text"),
        ("audit_target", "logon", "'then'", "its column logon does not hold a number"),
        ("audit_target", "why", "CAST(x'c328' AS TEXT)", "its column why does not hold text"),
    ],
)
def test_what_is_no_value_of_its_column_is_found_and_said_in_words(
    sqlite: Log, table: str, column: str, value: str, says: str
) -> None:
    with sqlite.meddling() as connection:
        seq = 3 if table == "audit_entry" else connection.execute(text("SELECT max(seq) FROM audit_target")).scalar()
        done = connection.execute(text(f"UPDATE {table} SET {column} = {value} WHERE seq = {seq}"))
        assert done.rowcount
        assert says in fault_after(sqlite, connection)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"seq": "seven"}, "'seven': its number is no number"),
        ({"seq": b"7"}, "b'7': its number is no number"),
        ({"seq": 2.5}, "2.5: its number is no number"),
    ],
)
def test_an_entry_whose_number_is_none_is_found(sqlite: Log, changes: dict[str, Any], says: str) -> None:
    with sqlite.meddling() as connection:
        copied(connection, "audit_entry", rows_of(connection, "audit_entry")[-1], **changes)
        assert says in fault_after(sqlite, connection)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"position": "first"}, "position 'first' stands where 4 belongs"),
        ({"position": -4}, "position -4 stands where 1 belongs"),
        ({"seq": "x"}, "'x': there is no such entry, but a row of its targets"),
        ({"seq": b""}, "b'': there is no such entry, but a row of its targets"),
        ({"seq": 2.5}, "2.5: there is no such entry, but a row of its targets"),
    ],
)
def test_a_session_of_no_entry_or_of_no_position_is_found(sqlite: Log, changes: dict[str, Any], says: str) -> None:
    with sqlite.meddling() as connection:
        copied(connection, "audit_target", rows_of(connection, "audit_target")[2], **changes)
        assert says in fault_after(sqlite, connection)


@pytest.mark.parametrize("raw", ["U0\ue0000041", "U0\ue00000e9", "\ue000e000\ue000"])
def test_another_spelling_of_the_same_text_is_found(sqlite: Log, raw: str) -> None:
    """Two texts of a column could mean one name; the bot writes one of them."""
    with sqlite.meddling() as connection:
        connection.execute(text("UPDATE audit_entry SET actor = :raw WHERE seq = 3"), {"raw": raw})
        assert "Entry 3: its column actor does not hold text as the bot writes it" in fault_after(sqlite, connection)


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "4000-01-01 00:00:00 BC", "20260-01-01 00:00:00"])
def test_a_time_that_python_does_not_have_is_found_on_postgresql(postgresql: Log, moment: str) -> None:
    with postgresql.meddling() as connection:
        connection.execute(text(f"UPDATE audit_entry SET at = '{moment}' WHERE seq = 3"))
        assert "Entry 3: its column at does not hold a time" in fault_after(postgresql, connection)


@pytest.mark.slow
def test_every_cut_tail_is_found_with_an_anchor_and_without_its_mark_by_nothing_else(log: Log) -> None:
    last = log.entries[-1]
    anchor = Head(last.seq, last.hash)
    for kept in range(min(len(log.entries), 60)):
        with log.meddling() as connection:
            for table in TABLES:
                connection.execute(text(f"DELETE FROM {table} WHERE seq > {kept}"))
            assert "its tail was cut" in fault_after(log, connection)
            mark = log.entries[kept - 1].hash if kept else "0" * 64
            moved = text("UPDATE chain_head SET seq = :seq, hash = :hash")
            connection.execute(moved, {"seq": kept, "hash": mark})
            assert fault_after(log, connection) == ""
            assert f"Entry {last.seq} of the anchor is not among the {kept} entries" in fault_after(
                log, connection, anchor
            )


def test_an_anchor_that_is_there_is_found_wherever_it_stands(log: Log) -> None:
    for entry in (log.entries[0], log.entries[20], log.entries[-1]):
        found = logs.verified(log.engine, log.half, [Head(entry.seq, entry.hash)])
        assert (found.fault, found.anchors) == ("", (Head(entry.seq, entry.hash),))
    wrong = Head(5, log.entries[5].hash)
    assert "Entry 5 has another hash than the anchor" in logs.verified(log.engine, log.half, [wrong]).fault


@pytest.mark.slow
def test_a_long_log_is_checked_with_the_memory_of_some_hundred_rows(tmp_path: Path, sqlite: Log) -> None:
    """Twelve million characters of text pass through a fraction of that memory."""
    long = _made(tmp_path)
    engine, last = open_database(long), Head(0, GENESIS)
    with engine.begin() as connection:
        for number in range(1, 3001):
            entry = seal(Entry(event="noted", text="x" * 4000), seq=number, at=b.NOW, before=last.hash, keys=logs.KEYS)
            connection.execute(insert(audit_entry), row_of_entry(entry))
            last = Head(number, entry.hash, entry.key_id)
        connection.execute(update(chain_head).values(last._asdict()))
    tracemalloc.start()
    try:
        found = logs.verified(engine, sqlite.half)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        engine.dispose()
    assert (found.fault, found.last) == ("", last)
    assert peak < 6_000_000


def test_what_was_signed_again_with_the_key_is_found_with_an_anchor_alone(tmp_path: Path, sqlite: Log) -> None:
    """Whoever has the key itself can write another past: only what is kept elsewhere tells."""
    another = logs.written(_made(tmp_path), 5)
    assert logs.verified(another.engine, sqlite.half).fault == ""
    later = next(entry for entry in sqlite.entries if entry not in another.entries)
    fault = logs.verified(another.engine, sqlite.half, [Head(later.seq, later.hash)]).fault
    another.engine.dispose()
    assert "of the anchor" in fault


@pytest.mark.parametrize(
    "mark", ["seq = seq - 1", "seq = 0", "seq = seq + 1", "hash = upper(hash)", "key_id = 'x'", "key_id = ''"]
)
def test_a_mark_of_the_end_that_was_moved_is_found(log: Log, mark: str) -> None:
    with log.meddling() as connection:
        connection.execute(text(f"UPDATE chain_head SET {mark}"))
        assert fault_after(log, connection)


def test_a_log_that_somebody_wrote_with_a_key_of_their_own_is_found(tmp_path: Path, sqlite: Log) -> None:
    forged = logs.written(_made(tmp_path), 5, SigningKeys("another key"))
    found = logs.verified(forged.engine, sqlite.half)
    assert "Entry 1: it is signed with the key" in found.fault
    forged.engine.dispose()


def _made(folder: Path) -> str:
    url = f"sqlite:///{folder}/log.db"
    upgrade(url)
    return url


@settings(max_examples=examples(2), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_byte_of_a_row_counts(sqlite: Log, data: st.DataObject) -> None:
    """Any byte of any value, also where it makes no text and no number of it."""
    table = data.draw(st.sampled_from(TABLES))
    column = data.draw(st.sampled_from(logs.columns_of(table)))
    with sqlite.meddling() as connection:
        row = data.draw(st.sampled_from(rows_of(connection, table)))
        read = text(f'SELECT typeof("{column}"), CAST("{column}" AS BLOB) FROM {table} WHERE {is_row(table)}')
        kind, raw = connection.execute(read, names_of(row, table)).one()
        value = data.draw(st.binary(max_size=20).filter(lambda each: each != raw))
        if raw and data.draw(st.booleans()):
            place = data.draw(st.integers(0, len(raw) - 1))
            value = raw[:place] + bytes([raw[place] ^ data.draw(st.integers(1, 255))]) + raw[place + 1 :]
        cast = data.draw(st.sampled_from(["CAST(:value AS TEXT)", ":value"]))
        write = text(f'UPDATE {table} SET "{column}" = {cast} WHERE {is_row(table)}')
        try:
            connection.execute(write.bindparams(bindparam("value", value)), names_of(row, table))
        except IntegrityError:
            return  # another row has this number: the database itself refuses
        now = connection.execute(read, names_of(row, table)).all()
        assert now == [(kind, raw)] or fault_after(sqlite, connection)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, Log]:
    """A log in one file, with nothing of it in a journal."""
    path = tmp_path_factory.mktemp("file") / "log.db"
    upgrade(f"sqlite:///{path}")
    made = logs.written(f"sqlite:///{path}", 12)
    with closing(made.engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    made.engine.dispose()
    return path, path.read_bytes(), made


@settings(max_examples=examples(2), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_byte_of_the_file_is_refused_or_found_or_not_of_the_log(
    file: tuple[Path, bytes, Log], tmp_path: Path, data: st.DataObject
) -> None:
    _, whole, made = file
    place = data.draw(st.integers(100, len(whole) - 1))
    copy = tmp_path / "copy.db"
    for each in tmp_path.glob("copy.db*"):
        each.unlink()
    copy.write_bytes(whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :])
    engine = open_database(f"sqlite:///{copy}")
    try:
        fault = logs.verified(engine, made.half).fault
        assert fault or entries_in(engine) == made.entries
    except LedgerError:
        pass
    finally:
        engine.dispose()


def test_a_file_whose_damage_cannot_even_be_said_is_refused(file: tuple[Path, bytes, Log], tmp_path: Path) -> None:
    """SQLite names the broken word in its error, and the driver cannot read it."""
    _, whole, made = file
    copy = tmp_path / "copy.db"
    copy.write_bytes(whole.replace(b"CREATE TABLE audit_target", b"CREATE T\xc5BLE audit_target"))
    engine = open_database(f"sqlite:///{copy}")
    with pytest.raises(LedgerError, match="damaged"):
        logs.verified(engine, made.half)
    engine.dispose()


def entries_in(engine: Engine) -> tuple[Entry | Unreadable, ...]:
    with scanned(engine) as scan:
        return tuple(scan.rows())
