"""One process at a time owns a database: the locks, who holds them, and what a process does that has lost its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.owner import Owner
from adapters.sql.owner_file import FileLock
from adapters.sql.owner_session import OWNING, SessionLock
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.errors import LedgerError, NotOwner, OwnedByAnother
from rehearsal_testing.waiting import wait_until
from tests.support import builders as b
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from tests.fakes.clock import SettableClock

pytestmark = pytest.mark.slow
KEY = SigningKeys("the key of the tests")
AT_ONCE = timedelta(0)
SOON = timedelta(milliseconds=20)
HOLDS = """
import sys
from tests.contract.test_owner import lock_of, open_database
from adapters.sql.owner import Owner
Owner(lock_of(open_database(sys.argv[1]))).take()
print("taken", flush=True)
sys.stdin.read()
"""


def lock_of(engine: Engine) -> FileLock | SessionLock:
    return SessionLock(engine) if engine.dialect.name == "postgresql" else FileLock(engine)


def owner_of(engine: Engine, *, patience: timedelta = AT_ONCE) -> Owner:
    return Owner(lock_of(engine), patience=patience, look_every=SOON)


def ledger_of(engine: Engine, clock: SettableClock, owner: Owner) -> SqlLedger:
    return SqlLedger(engine, clock, KEY, ASK_TYPES, ownership=owner)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


@contextmanager
def held_elsewhere(url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that owns the database until it is killed."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", HOLDS, url],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert "taken\n" in iter(process.stdout.readline, "")
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_second_learns_who_the_first_is_and_ends(url: str, engine: Engine) -> None:
    with held_elsewhere(url) as first, pytest.raises(OwnedByAnother) as caught:
        owner_of(engine).take()
    host = os.uname().nodename
    assert f"process {first.pid} on {host[:20]}" in caught.value.message
    assert "since 20" in caught.value.message


def test_the_second_waits_for_the_first_to_go(url: str, engine: Engine) -> None:
    owner = owner_of(engine, patience=timedelta(seconds=50))
    with held_elsewhere(url) as first:
        first.kill()
        owner.take()
    assert owner.refusal() is None
    owner.stop()


def test_two_owners_of_one_process_exclude_each_other_too(engine: Engine) -> None:
    first, second = owner_of(engine), owner_of(engine)
    first.take()
    with pytest.raises(OwnedByAnother):
        second.take()
    assert isinstance(second.refusal(), NotOwner)
    assert first._lock.look().is_held  # the second is told, and no more
    first.stop()
    assert isinstance(first.refusal(), NotOwner)
    second.take()
    second.stop()


def test_who_does_not_own_the_database_writes_nothing(engine: Engine, clock: SettableClock) -> None:
    owner = owner_of(engine)
    ledger = ledger_of(engine, clock, owner)
    for write in (lambda: ledger.open(b.request()), lambda: ledger.load_policy("p"), lambda: ledger.pause("o", "r")):
        with pytest.raises(NotOwner):
            write()
    assert isinstance(ledger.standstill(), NotOwner)
    assert ledger.entries() == ()
    owner.take()
    assert ledger.standstill() is None
    ledger.open(b.request())
    owner.stop()


def test_who_lost_the_lock_without_noticing_writes_nothing_once_another_took_over(
    engine: Engine, clock: SettableClock
) -> None:
    """As behind a network that was cut: the server has given the lock to another process, and the first goes on."""
    cut = owner_of(engine)
    cut.take()
    ledger = ledger_of(engine, clock, cut)
    ledger.open(b.request())
    before = ledger.entries()
    take_lock_away(engine)
    another = owner_of(engine, patience=timedelta(seconds=50))
    another.take()
    assert cut.refusal() is None  # it does not know
    with pytest.raises(NotOwner):
        ledger.record("TS-AAAAAA", b.surveyed())
    with pytest.raises(NotOwner):
        ledger.open(b.request("TS-BBBBBB"))
    assert isinstance(cut.refusal(), NotOwner)
    assert ledger.entries() == before
    ledger_of(engine, clock, another).record("TS-AAAAAA", e.Refused(rule="r", message="no"))
    for owner in (cut, another):
        owner.stop()


def take_lock_away(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        Path(f"{engine.url.database}.owner").unlink()
        return
    held = (
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = :key "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with engine.begin() as connection:
        assert connection.execute(text(held), {"key": OWNING}).scalar_one()


def test_a_lock_that_was_lost_is_taken_again(engine: Engine) -> None:
    owner, ended = owner_of(engine, patience=timedelta(seconds=50)), Event()
    owner.take()
    take_lock_away(engine)
    taken = owner._good_until
    owner.when_displaced(ended.set)
    owner.start()
    wait_until(lambda: owner._good_until > taken)
    assert owner.refusal() is None
    with pytest.raises(OwnedByAnother):
        owner_of(engine).take()
    assert not ended.is_set()
    owner.stop()


def test_a_lock_that_another_has_taken_meanwhile_ends_the_process(engine: Engine) -> None:
    owner, ended = owner_of(engine), Event()
    owner.take()
    take_lock_away(engine)
    another = owner_of(engine)
    another.take()
    owner.when_displaced(ended.set)
    owner.start()
    assert ended.wait(50)
    assert owner.displaced_by
    assert f"process {os.getpid()}" in owner.displaced_by.message
    assert isinstance(owner.refusal(), NotOwner)
    another.stop()
    owner.stop()


def test_other_programs_of_the_bot_need_no_ownership(engine: Engine, sql_ledger: SqlLedger) -> None:
    owner = owner_of(engine)
    owner.take()
    sql_ledger.pause("operator", "change freeze")
    sql_ledger.resume("operator")
    assert [entry.event for entry in sql_ledger.entries()] == ["paused", "resumed"]
    owner.stop()


# The file beside SQLite


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "logoff.db.owner"


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    from adapters.sql.migrate import upgrade  # noqa: PLC0415 - only here

    upgrade(url := f"sqlite:///{tmp_path}/logoff.db")
    engine = open_database(url)
    yield engine
    engine.dispose()


def test_only_its_user_can_read_the_file(sqlite: Engine, file: Path) -> None:
    file.touch(0o644)
    owner = owner_of(sqlite)
    owner.take()
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["pid"] == os.getpid()
    owner.stop()


@pytest.mark.parametrize(
    "left", [b"", b"{", b'{"pid": "x"}', b"\xff\xfe", b"[" * 5000, b'{"host": 1, "pid": [], "since": 2}']
)
def test_a_file_that_a_crash_left_half_written_stops_nobody(sqlite: Engine, file: Path, left: bytes) -> None:
    file.write_bytes(left)
    first = owner_of(sqlite)
    first.take()
    file.write_bytes(left)  # as if it had died while it wrote, and its child lives
    with pytest.raises(OwnedByAnother, match="a process that does not say which"):
        owner_of(sqlite).take()
    first.stop()
    owner_of(sqlite).take()


@pytest.mark.parametrize("kind", ["link", "broken link", "folder", "pipe"])
def test_anything_but_a_plain_file_is_refused_and_left_as_it_is(
    sqlite: Engine, file: Path, tmp_path: Path, kind: str
) -> None:
    treasure = tmp_path / "treasure"
    match kind:
        case "link":
            treasure.write_text("keep me")
            file.symlink_to(treasure)
        case "broken link":
            file.symlink_to(treasure)
        case "folder":
            file.mkdir()
        case "pipe":
            os.mkfifo(file)
    with pytest.raises(LedgerError, match=r"logoff\.db\.owner"):
        owner_of(sqlite).take()
    assert treasure.exists() is (kind == "link")
    assert kind != "link" or treasure.read_text() == "keep me"


def test_a_link_to_the_database_leads_to_the_same_lock(sqlite: Engine, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "bot.db").symlink_to(tmp_path / "logoff.db")
    other = open_database(f"sqlite:///{tmp_path}/elsewhere/bot.db")
    first = owner_of(sqlite)
    first.take()
    with pytest.raises(OwnedByAnother):
        owner_of(other).take()
    first.stop()
    other.dispose()


# The session in PostgreSQL


def test_a_server_that_is_silent_is_noticed(new_postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    from adapters.sql import owner_session  # noqa: PLC0415 - only here
    from adapters.sql.migrate import upgrade  # noqa: PLC0415 - the same

    monkeypatch.setattr(owner_session, "HANGS", 0.3)
    monkeypatch.setattr(owner_session, "_LOOK", text("SELECT clock_timestamp(), pg_sleep(4) IS NULL AND :key > 0"))
    upgrade(url := new_postgresql())
    engine = open_database(url)
    lock = SessionLock(engine)
    owner = Owner(lock, patience=AT_ONCE, look_every=SOON)
    owner.take()
    assert not lock.look().is_held
    engine.dispose()


def test_a_session_that_this_process_lost_sight_of_is_ended_and_the_lock_taken_again(
    new_postgresql: Callable[[], str],
) -> None:
    """The server believes that the old session lives: its network was cut on this side alone."""
    from adapters.sql.migrate import upgrade  # noqa: PLC0415 - only here

    upgrade(url := new_postgresql())
    engine = open_database(url)
    lock = SessionLock(engine)
    owner = Owner(lock, patience=timedelta(seconds=50), look_every=SOON)
    owner.take()
    zombie, lock._connection = lock._connection, None
    owner.take()
    assert lock.look().is_held
    assert zombie
    engine.dispose()
    owner.stop()
