"""The SQLite file: made only when told, for its owner alone, and the very file that was opened until the end."""

from __future__ import annotations

import shutil
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from adapters.sql.database import BESIDE, FOR_PEOPLE, MOST, open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import current, newest, upgrade
from adapters.sql.sqlite_file import CACHE_KIB
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.errors import LedgerError, SettingsError
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from tests.fakes.clock import SettableClock

KEY = SigningKeys("key")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "lib"
    folder.mkdir()
    return folder / "bot.db"


@pytest.fixture
def database(file: Path) -> Iterator[Engine]:
    upgrade(f"sqlite:///{file}")
    engine = open_database(f"sqlite:///{file}")
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(database: Engine, clock: SettableClock) -> SqlLedger:
    return SqlLedger(database, clock, KEY, ASK_TYPES)


def replace(file: Path) -> None:
    """Another database of this release takes its place, as after a restore."""
    upgrade(f"sqlite:///{file.parent}/other.db")
    (file.parent / "other.db").replace(file)


def begin_anew(file: Path) -> Path:
    file.unlink()
    return file


def beside(file: Path, end: str = "-wal") -> Path:
    return file.with_name(f"{file.name}{end}")


def lose_both(file: Path) -> None:
    beside(file).unlink()
    beside(file, "-shm").unlink()


LOSSES: dict[str, Callable[[Path], object]] = {
    "deleted": lambda file: file.unlink(),
    "replaced": replace,
    "moved": lambda file: file.rename(file.with_name("old.db")),
    "folder moved": lambda file: file.parent.rename(file.parent.with_name("old")),
    "folder deleted": lambda file: shutil.rmtree(file.parent),
    "a folder in its place": lambda file: begin_anew(file).mkdir(),
    "an empty one in its place": lambda file: begin_anew(file).touch(),
    "the one beside it deleted": lambda file: beside(file).unlink(),
    "both beside it deleted": lose_both,
    "the one beside it moved": lambda file: beside(file).rename(file.with_name("old-wal")),
    "an empty one in the place of the one beside it": lambda file: begin_anew(beside(file)).touch(),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_file_that_is_lost_under_the_bot_stops_every_call_and_is_told_once(
    ledger: SqlLedger, file: Path, loss: str
) -> None:
    ledger.open(b.request())
    LOSSES[loss](file)
    calls: list[Callable[[], object]] = [
        lambda: ledger.due(b.NOW),
        lambda: ledger.find("TS-AAAAAA"),
        lambda: ledger.prove("TS-AAAAAA"),
        lambda: ledger.open(b.request("TS-BBBBBB")),
        lambda: ledger.record("TS-AAAAAA", e.Refused(rule="r", message="no")),
        lambda: ledger.mark_published("TS-AAAAAA", version=1, message_ref=None, publish_after=None),
        ledger.paused,
        ledger.head,
    ]
    with capture_logs() as said:
        for call in calls:
            with pytest.raises(LedgerError, match="deleted, moved or replaced"):
                call()
    assert [line["log_level"] for line in said if line["event"] == "database.gone"] == ["critical"]


def test_a_file_that_is_lost_within_a_write_takes_no_commit(ledger: SqlLedger, database: Engine, file: Path) -> None:
    def lose(*_: Any) -> None:
        file.rename(file.with_name("old.db"))

    event.listen(database, "after_cursor_execute", lose, once=True)
    with pytest.raises(LedgerError, match="deleted, moved or replaced"):
        ledger.open(b.request())
    file.with_name("old.db").rename(file)
    assert ledger.newest(9) == ()


def test_a_file_that_is_put_back_is_used_again(ledger: SqlLedger, file: Path) -> None:
    ledger.open(b.request())
    away = file.parent.rename(file.parent.with_name("away"))
    with pytest.raises(LedgerError):
        ledger.due(b.NOW)
    away.rename(file.parent)
    assert ledger.find("TS-AAAAAA") == b.request()


def test_the_file_beside_it_that_sqlite_takes_away_itself_is_no_loss(
    ledger: SqlLedger, database: Engine, file: Path
) -> None:
    ledger.open(b.request())
    for _ in range(3):
        for connection in [database.connect() for _ in range(5)]:
            connection.invalidate()  # the pool is empty now
            connection.close()
        assert ledger.find("TS-AAAAAA") == b.request()
        database.dispose()
        assert not beside(file).exists()
        assert ledger.find("TS-AAAAAA") == b.request()
    ledger.open(b.request("TS-BBBBBB"))
    assert len(ledger.newest(9)) == 2


def test_a_link_to_the_file_is_followed_to_the_one_beside_it(file: Path, clock: SettableClock) -> None:
    link = file.parent / "link.db"
    upgrade(f"sqlite:///{file}")
    link.symlink_to(file)
    engine = open_database(f"sqlite:///{link}")
    ledger = SqlLedger(engine, clock, KEY, ASK_TYPES)
    ledger.open(b.request())
    beside(file).unlink()
    with pytest.raises(LedgerError, match="deleted, moved or replaced"):
        ledger.find("TS-AAAAAA")
    engine.dispose()


def test_a_connection_that_is_opened_later_makes_no_file(database: Engine, file: Path) -> None:
    with database.connect():
        pass
    file.unlink()
    database.dispose()
    with pytest.raises(LedgerError), database.connect():
        pass
    assert not file.exists()


def test_nobody_makes_a_file_but_who_is_told_to(file: Path) -> None:
    url = f"sqlite:///{file}"
    assert current(url) is None
    with pytest.raises(SettingsError, match=r"is not there.*db upgrade --create"):
        upgrade(url, create=False)
    assert list(file.parent.iterdir()) == []
    assert upgrade(url, create=True) == newest()
    assert upgrade(url, create=False) == newest()


def test_options_of_the_driver_in_the_url_are_kept(file: Path) -> None:
    upgrade(f"sqlite:///{file}")
    engine = open_database(f"sqlite:///{file}?timeout=7&uri=true")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM chain_head").scalar_one() == 1
    engine.dispose()


def test_an_empty_file_is_no_database_either(file: Path) -> None:
    file.touch()
    with pytest.raises(SettingsError, match=r"is empty.*db upgrade --create"):
        upgrade(f"sqlite:///{file}", create=False)
    assert file.stat().st_size == 0
    assert upgrade(f"sqlite:///{file}") == newest()


@pytest.mark.parametrize("name", ["bot.db", "a b.db", "per%25cent.db", "hash#tag.db", "q&a=b;c.db", "ünï.db"])
def test_the_files_are_for_their_owner_alone(file: Path, name: str, clock: SettableClock) -> None:
    path = file.with_name(name)
    url = f"sqlite:///{str(path).replace('%', '%25')}"
    upgrade(url)
    engine = open_database(url)
    SqlLedger(engine, clock, KEY, ASK_TYPES).open(b.request())
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    engine.dispose()
    assert modes == dict.fromkeys((name, f"{name}-wal", f"{name}-shm"), 0o600)


def test_a_process_has_a_bounded_number_of_connections(database: Engine, file: Path, ledger: SqlLedger) -> None:
    opened: list[object] = []
    event.listen(database, "connect", lambda connection, _record: opened.append(connection))
    everybody = threading.Barrier(100)

    def read() -> None:
        everybody.wait()
        for _ in range(5):
            ledger.find("TS-AAAAAA")

    ledger.open(b.request())
    threads = [threading.Thread(target=read) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < len(opened) <= MOST == 32
    assert sum(each.samefile(file) for each in Path("/proc/self/fd").iterdir() if each.exists()) <= MOST


def test_a_connection_keeps_little_of_the_file_in_memory(database: Engine) -> None:
    with database.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar_one() == -CACHE_KIB == -256


def test_who_waits_in_vain_for_a_connection_is_told_so(database: Engine, ledger: SqlLedger) -> None:
    database.pool._timeout = 0.01  # type: ignore[attr-defined] # a test need not wait as long as people do
    held = [database.connect() for _ in range(MOST - FOR_PEOPLE - BESIDE)]
    with pytest.raises(LedgerError, match="All my connections to the database are in use"):
        ledger.find("TS-AAAAAA")
    for each in held:
        each.close()
    assert ledger.find("TS-AAAAAA") is None


@pytest.mark.parametrize("beside", ["-wal", "-shm", "-journal", ".tmp", ".lock"])
@pytest.mark.parametrize("half", [b"", b"\x00" * 100, b"half a wri", b"\x37\x7f\x06\x82" + b"\xff" * 5000])
def test_what_a_crash_left_beside_the_file_stops_no_start(
    file: Path, beside: str, half: bytes, clock: SettableClock
) -> None:
    url = f"sqlite:///{file}"
    upgrade(url)
    file.with_name(file.name + beside).write_bytes(half)
    engine = open_database(url)
    ledger = SqlLedger(engine, clock, KEY, ASK_TYPES)
    assert ledger.open(b.request()) == ledger.find("TS-AAAAAA")
    engine.dispose()
