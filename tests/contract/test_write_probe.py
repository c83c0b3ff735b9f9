"""Whether the database can be written is found out on a real one, and nothing is left of it."""

from __future__ import annotations

import errno
import os
import resource
import sqlite3
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import make_url

from adapters import postgresql
from adapters.scheduler.ticker import Ticker
from adapters.sql import write_probe
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from adapters.sql.write_probe import WriteProbe
from app.health import database as watching
from app.health.database import DatabaseWatch
from app.health.signs import WriteNews
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.errors import LedgerError
from rehearsal_testing.waiting import wait_until
from tests.contract.test_dead_connections import stopped
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from tests.fakes.clock import SettableClock


@pytest.fixture
def database(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "lib" / "bot.db"
    file.parent.mkdir()
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite(file: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{file}")
    yield engine
    engine.dispose()


def ledger_on(database: Engine, clock: SettableClock) -> SqlLedger:
    return SqlLedger(database, clock, SigningKeys("key"), ASK_TYPES)


def tables_of(database: Engine) -> set[str]:
    with database.connect() as connection:
        return set(database.dialect.get_table_names(connection))


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_probe, "WITHIN", timedelta(seconds=0.2))


def test_a_look_changes_nothing_and_the_ledger_writes_on(database: Engine, clock: SettableClock) -> None:
    ledger = ledger_on(database, clock)
    probe, tables = WriteProbe(database, ledger.turns), tables_of(database)
    ledger.open(b.request())
    head = ledger.head()
    for _ in range(5):
        probe()
    assert (ledger.head(), tables_of(database)) == (head, tables)
    ledger.open(b.request("TS-BBBBBB"))
    assert ledger.head().seq == head.seq + 1
    assert ledger.turns.holder() is None


def test_the_connection_is_as_before(sqlite: Engine, clock: SettableClock) -> None:
    """It goes back to the pool, and the ledger needs its cache."""

    def kept() -> list[object]:
        with sqlite.connect() as connection:
            return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("cache_size", "cache_spill")]

    before = kept()
    probe = WriteProbe(sqlite, ledger_on(sqlite, clock).turns)
    probe()
    assert kept() == before
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))
    try:
        with pytest.raises(LedgerError):
            probe()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert kept() == before


def test_a_full_disk_is_seen_and_room_again_too(sqlite: Engine, clock: SettableClock) -> None:
    """The system lets no file of this process grow, as a full disk does."""
    ledger = ledger_on(sqlite, clock)
    ledger.open(b.request())
    probe = WriteProbe(sqlite, ledger.turns)
    probe()
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))
    try:
        for _ in range(2):
            with pytest.raises(LedgerError):
                probe()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    probe()
    ledger.open(b.request("TS-BBBBBB"))


@pytest.mark.parametrize(
    ("code", "is_seen"),
    [
        *((code, True) for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)),
        *((code, False) for code in (errno.EACCES, errno.EPERM, errno.EOPNOTSUPP)),
    ],
)
def test_a_disk_without_room_is_seen_also_where_the_database_has_kept_some(
    sqlite: Engine,
    clock: SettableClock,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    is_seen: bool,  # noqa: FBT001 - a case
) -> None:
    """A folder in which no new file may be made says nothing of the database."""

    def refuse(**_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(write_probe, "TemporaryFile", refuse)
    probe = WriteProbe(sqlite, ledger_on(sqlite, clock).turns)
    if not is_seen:
        probe()
        return
    with pytest.raises(LedgerError, match=f"has no room: {os.strerror(code)}"):
        probe()


def test_no_file_stays_beside_the_database(file: Path, sqlite: Engine, clock: SettableClock) -> None:
    probe = WriteProbe(sqlite, ledger_on(sqlite, clock).turns)
    probe()
    size, names = file.stat().st_size, sorted(each.name for each in file.parent.iterdir())
    for _ in range(20):
        probe()
    assert sorted(each.name for each in file.parent.iterdir()) == names
    assert file.stat().st_size == size


def test_what_sqlite_calls_a_full_disk_is_seen(sqlite: Engine, clock: SettableClock) -> None:
    """SQLITE_FULL, by a limit that SQLite itself holds."""
    is_full = [True]

    def limit(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver
        pages = driver.execute("PRAGMA page_count").fetchone()[0]
        driver.execute(f"PRAGMA max_page_count = {pages if is_full[0] else 1_000_000}")

    event.listen(sqlite, "begin", limit)
    probe = WriteProbe(sqlite, ledger_on(sqlite, clock).turns)
    with pytest.raises(LedgerError) as caught:
        probe()
    cause = caught.value.__cause__
    assert getattr(cause, "orig", None) is not None
    assert getattr(cause.orig, "sqlite_errorname", "") == "SQLITE_FULL"  # type: ignore[union-attr] # asked above
    is_full[0] = False
    probe()


def test_a_file_that_is_moved_is_seen_and_one_that_is_back_too(
    file: Path, sqlite: Engine, clock: SettableClock
) -> None:
    probe = WriteProbe(sqlite, ledger_on(sqlite, clock).turns)
    probe()
    away = file.with_name("away.db")
    file.rename(away)
    with pytest.raises(LedgerError, match="deleted, moved or replaced"):
        probe()
    away.rename(file)
    probe()


@pytest.mark.usefixtures("_short")
def test_a_file_that_somebody_holds_is_seen_and_waited_for_no_longer_than_it_may(
    file: Path, sqlite: Engine, clock: SettableClock
) -> None:
    probe = WriteProbe(sqlite, ledger_on(sqlite, clock).turns)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError):
        probe()
    other.execute("ROLLBACK")
    other.close()
    probe()


@pytest.mark.usefixtures("_short")
def test_it_waits_for_its_turn_behind_people_and_gives_up(sqlite: Engine, clock: SettableClock) -> None:
    ledger = ledger_on(sqlite, clock)
    probe = WriteProbe(sqlite, ledger.turns)
    failed: list[LedgerError] = []

    def look() -> None:
        try:
            probe()
        except LedgerError as error:
            failed.append(error)

    with ledger.turns.take(timedelta(seconds=5), first=True):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(30)
    assert len(failed) == 1
    probe()


def test_a_server_that_only_reads_is_seen(new_postgresql: Callable[[], str], clock: SettableClock) -> None:
    url = new_postgresql()
    upgrade(url)
    engine = open_database(url)
    probe = WriteProbe(engine, ledger_on(engine, clock).turns)
    probe()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = make_url(url).database
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    engine.dispose()
    with pytest.raises(LedgerError):
        probe()
    engine.dispose()


@pytest.mark.slow
def test_a_server_that_stands_still_is_red_and_green_again_by_itself(
    new_postgresql: Callable[[], str], clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "ANSWERS_WITHIN", 1.0)
    monkeypatch.setattr(watching, "PROBE_EVERY", 0.2)
    monkeypatch.setattr(postgresql.BoundedConnection, "answer_within", timedelta(seconds=2))
    monkeypatch.setattr(postgresql, "ANSWER_WITHIN", timedelta(seconds=2))
    url = new_postgresql()
    upgrade(url)
    engine = open_database(url)
    ledger = ledger_on(engine, clock)
    watch = DatabaseWatch(WriteProbe(engine, ledger.turns), ledger.paused, WriteNews())
    ticker = Ticker("watch", watch.look, timedelta(seconds=0.1))
    ticker.start()
    try:
        wait_until(lambda: not watch.fault())
        with stopped(url):
            wait_until(lambda: bool(watch.fault()), 60)
        wait_until(lambda: not watch.fault(), 60)
    finally:
        ticker.stop()
        engine.dispose()


def test_a_database_that_is_not_there_is_seen(clock: SettableClock) -> None:
    engine = open_database("postgresql://127.0.0.1:9/logoff")
    with pytest.raises(LedgerError):
        WriteProbe(engine, ledger_on(engine, clock).turns)()
