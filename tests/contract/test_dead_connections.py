"""PostgreSQL that dies without a word: every call ends by itself, and the next ones work when the server is back."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from adapters import postgresql
from adapters.scheduler import heartbeat
from adapters.scheduler.shared_jobs import Place
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.errors import LedgerError
from rehearsal_testing.waiting import wait_until
from tests.support import builders as b
from tests.support.silent_proxy import proxy_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from tests.fakes.clock import SettableClock
    from tests.support.silent_proxy import SilentProxy

KEY = SigningKeys("key")
SHORT = timedelta(seconds=1)


@pytest.fixture
def url(new_postgresql: Callable[[], str]) -> str:
    url = new_postgresql()
    upgrade(url)
    return url


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of the bot are made for people; a test need not wait as long."""
    monkeypatch.setattr(postgresql.BoundedConnection, "answer_within", SHORT)
    monkeypatch.setattr(postgresql, "ANSWER_WITHIN", SHORT)
    monkeypatch.setattr(postgresql, "STATEMENT_WITHIN", SHORT)
    monkeypatch.setattr(postgresql, "LOCK_MOST", SHORT)
    idle = "'idle_in_transaction_session_timeout', '15000'"
    assert idle in postgresql._SET
    monkeypatch.setattr(postgresql, "_SET", postgresql._SET.replace(idle, idle.replace("15000", "1000")))


@pytest.fixture
def proxy(url: str) -> Iterator[SilentProxy]:
    with proxy_to(socket_of(url)) as proxy:
        yield proxy


@pytest.fixture
def database(url: str, proxy: SilentProxy) -> Iterator[Engine]:
    where = make_url(url).set(host="127.0.0.1", port=proxy.port, query={})
    engine = open_database(where.render_as_string(hide_password=False))
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(database: Engine, clock: SettableClock) -> SqlLedger:
    return SqlLedger(database, clock, KEY, ASK_TYPES)


def socket_of(url: str) -> Path:
    folder = Path(str(make_url(url).query["host"]))
    (found,) = folder.glob(".s.PGSQL.*[0-9]")
    return found


def processes_of(url: str) -> list[int]:
    """The server and its children."""
    first = int((socket_of(url).parent / "postmaster.pid").read_text().splitlines()[0])
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [first, *map(int, children)]


@contextmanager
def stopped(url: str) -> Iterator[None]:
    pids = processes_of(url)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def works(ledger: SqlLedger, request_id: str) -> bool:
    try:
        ledger.open(b.request(request_id))
    except LedgerError:
        return False
    return True


@pytest.mark.usefixtures("_short")
def test_connections_that_fell_silent_are_given_up_and_new_ones_work(ledger: SqlLedger, proxy: SilentProxy) -> None:
    ledger.open(b.request("TS-AAAAAA"))
    proxy.fall_silent()
    for call in (lambda: ledger.find("TS-AAAAAA"), lambda: ledger.due(b.NOW), lambda: ledger.open(b.request("TS-B"))):
        with pytest.raises(LedgerError, match="I cannot reach my database"):
            call()
    proxy.recover()
    wait_until(lambda: works(ledger, "TS-CCCCCC"))
    assert ledger.find("TS-AAAAAA") == b.request("TS-AAAAAA")


@pytest.mark.usefixtures("_short")
def test_a_writer_whose_connection_falls_silent_in_its_transaction_frees_the_log(
    ledger: SqlLedger, database: Engine, proxy: SilentProxy
) -> None:
    """Its lock on the head of the log is the server's to end: nobody else could write before."""
    ledger.open(b.request("TS-AAAAAA"))
    with suppress(DBAPIError), database.begin() as connection:
        connection.execute(text("UPDATE chain_head SET seq = seq"))
        proxy.fall_silent()
        connection.execute(text("SELECT 1"))
        pytest.fail("a silent server has answered")
    proxy.recover()
    wait_until(lambda: works(ledger, "TS-BBBBBB"))


@pytest.mark.usefixtures("_short")
def test_a_server_that_stands_still_stops_no_caller_and_is_found_again(
    ledger: SqlLedger, url: str, proxy: SilentProxy
) -> None:
    assert proxy.port
    ledger.open(b.request("TS-AAAAAA"))
    with stopped(url):
        threads = [threading.Thread(target=works, args=(ledger, f"TS-{number}")) for number in range(3)]
        for thread in threads:
            thread.start()
        with pytest.raises(LedgerError):
            ledger.record("TS-AAAAAA", e.Refused(rule="r", message="no"))
        for thread in threads:
            thread.join()
        assert ledger.turns.holder() is None
    wait_until(lambda: works(ledger, "TS-BBBBBB"))


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("from_the_start", [False, True])
def test_a_heartbeat_that_nobody_answers_says_so_and_beats_again(
    url: str, proxy: SilentProxy, monkeypatch: pytest.MonkeyPatch, *, from_the_start: bool
) -> None:
    """A silent server is worse than one that is away: a heartbeat that waited for it would never begin again."""
    monkeypatch.setattr(heartbeat, "EVERY", 0.1)
    where = make_url(url).set(drivername="postgresql", host="127.0.0.1", port=proxy.port, query={})
    lost, beats = threading.Event(), list[None]()

    def ids() -> list[int]:
        beats.append(None)
        return [0]

    if from_the_start:
        proxy.fall_silent()
    beating = heartbeat.Heartbeat(Place(where.render_as_string(hide_password=False)), ids, lost.set)
    beating.start()
    if not from_the_start:
        wait_until(lambda: len(beats) > 1)
        assert not lost.is_set()
        proxy.fall_silent()
    assert lost.wait(50)
    proxy.recover()
    wait_until(lambda: beating._connection is not None)
    beating.stop()


def test_the_bots_connections_have_limits_and_those_of_an_upgrade_have_none(url: str) -> None:
    shown: dict[bool, list[str]] = {}
    names = ("statement_timeout", "idle_in_transaction_session_timeout")
    for bounded in (True, False):
        engine = open_database(url, bounded=bounded)
        with engine.connect() as connection:
            shown[bounded] = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]
        engine.dispose()
    assert "0" not in shown[True]
    assert shown[False] == ["0", "0"]


def test_what_the_url_says_of_a_limit_counts_more(url: str) -> None:
    where = make_url(url).update_query_dict({"tcp_user_timeout": "7000", "keepalives_idle": "77"})
    engine = open_database(where.render_as_string(hide_password=False))
    with engine.connect() as connection:
        parameters = connection.connection.dbapi_connection.info.get_parameters()  # type: ignore[union-attr]
    engine.dispose()
    assert (parameters["tcp_user_timeout"], parameters["keepalives_idle"]) == ("7000", "77")
    assert parameters["keepalives_count"] == "3"
