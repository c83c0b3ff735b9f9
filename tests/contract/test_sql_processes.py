"""Several processes on one database: replicas, and the command line beside a running bot."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from adapters.sql.database import open_database
from adapters.sql.migrate import UPGRADING, current, newest, upgrade
from bot.domain import events as e
from bot.domain.verdicts import Verdict
from tests.contract import writers
from tests.support import builders as b
from tests.support.chains import first_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.sql.ledger import SqlLedger

pytestmark = pytest.mark.slow


def test_processes_that_upgrade_at_once_do_it_once(empty_url: str) -> None:
    assert writers.at_once(writers.upgrades, empty_url, 4) == [newest()] * 4
    assert current(empty_url) == newest()


@pytest.mark.timeout(600)  # on a machine with much else to do
def test_eight_processes_write_one_chain_without_a_gap(url: str, sql_ledger: SqlLedger) -> None:
    assert writers.at_once(writers.appends, url, 8) == [250] * 8
    entries = sql_ledger.entries(limit=3000)
    assert [entry.seq for entry in entries] == list(range(1, 2001))
    assert first_fault(entries, writers.KEY.public) is None


def test_of_two_processes_one_decides_and_the_other_learns_who(url: str, sql_ledger: SqlLedger) -> None:
    sql_ledger.open(b.request())
    sql_ledger.record("TS-AAAAAA", b.surveyed())
    answers = writers.at_once(writers.approves, url, 2)
    (winner,) = (who for who, how, _ in answers if how == "won")
    assert sorted(how for _, how, _ in answers) == ["decided", "won"]
    assert {said for _, _, said in answers} == {winner}
    assert [entry.event for entry in sql_ledger.entries()] == ["asked", "surveyed", "approved"]


def test_the_last_verdicts_of_two_hosts_at_once_leave_no_target_open(sql_ledger: SqlLedger) -> None:
    targets = [b.target(number, host=f"host{number}") for number in range(8)]
    sql_ledger.open(b.request())
    for event in (b.surveyed(*targets), b.approved(), b.started()):
        sql_ledger.record("TS-AAAAAA", event)
    ends = [e.TargetEnded(key=target.key, verdict=Verdict.GONE) for target in targets]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda event: sql_ledger.record("TS-AAAAAA", event), ends))
    found = sql_ledger.find("TS-AAAAAA")
    assert found is not None
    assert (found.open_targets, found.due_at, found.version) == ((), b.NOW, 12)
    assert sql_ledger.record("TS-AAAAAA", e.Ended()).open_targets == ()


def test_fifty_commands_at_once_are_all_taken(sql_ledger: SqlLedger) -> None:
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda number: sql_ledger.open(b.request(f"TS-{number}")), range(50)))
    assert len(sql_ledger.newest(100)) == 50
    assert first_fault(sql_ledger.entries(), writers.KEY.public) is None


def test_an_upgrade_waits_for_another_one(new_postgresql: Callable[[], str]) -> None:
    """On PostgreSQL two at once would both see no tables; SQLite has one writer at any time."""
    url = new_postgresql()
    engine = open_database(url)
    waiting = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as holder:
            holder.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADING})")
            other = pool.submit(upgrade, url)
            while not other.done() and holder.execute(waiting).scalar_one() == 0:
                pass
            assert not other.done()
        assert other.result() == newest()
    engine.dispose()
