"""What homes are read from: open requests and one person's acts, within bounds, on every ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import event

from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.domain.actions import Action
from bot.domain.request import Counts, Ending
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import KEYS
from tests.support import builders as b

if TYPE_CHECKING:
    from pathlib import Path

    from bot.ports.store import Store


def test_open_requests_come_as_heads_those_that_expire_first_first(ledger: Store) -> None:
    for number in range(3):
        ledger.open(b.request(f"TS-{number}", expires_at=b.NOW + timedelta(minutes=9 - number)))
    ledger.record("TS-0", b.surveyed(b.target(3), b.target(5)))
    ledger.record("TS-1", e.Failed(reference="r", code="bug"))
    found = ledger.open_heads(10)
    assert [head.id for head in found] == ["TS-2", "TS-0"]
    assert (found[1].targets, found[1].surveys, found[1].counts) == ((), (), Counts(targets=2, open=2))
    assert [head.id for head in ledger.open_heads(1)] == ["TS-2"]


def test_the_acts_of_one_person_come_newest_first_with_their_targets_and_without_lists(ledger: Store) -> None:
    for number in range(4):
        action = Action.LIST if number == 2 else Action.LOG_OFF
        at = b.NOW + timedelta(minutes=number)
        ledger.open(b.request(f"TS-{number}", action=action, asked_at=at))
    ledger.open(b.request("TS-OTHERS", actor=b.OTHER))
    ledger.record("TS-3", b.surveyed(b.target(3)))
    found = ledger.newest_acts_of(b.ASKER.user_id, 2)
    assert [request.id for request in found] == ["TS-3", "TS-1"]
    assert found[0] == ledger.find("TS-3")
    assert [request.id for request in ledger.newest_acts_of(b.OTHER.user_id, 9)] == ["TS-OTHERS"]
    assert ledger.newest_acts_of("U0NOBODY", 9) == ()


def test_an_act_that_was_only_answered_with_who_is_there_is_none_of_them(ledger: Store) -> None:
    ledger.open(b.request("TS-ACT"))
    ledger.open(b.request("TS-LOOK", asked_at=b.NOW + timedelta(minutes=1)))
    ledger.record("TS-LOOK", b.surveyed(b.target(3), ending=Ending.ANSWERED, requirement=None))
    assert [request.id for request in ledger.newest_acts_of(b.ASKER.user_id, 9)] == ["TS-ACT"]


def test_only_a_persons_newest_fifty_requests_are_looked_at(ledger: Store) -> None:
    ledger.open(b.request("TS-ACT"))
    for number in range(49):
        ledger.open(b.request(f"TS-{number}", action=Action.LIST, asked_at=b.NOW + timedelta(seconds=1 + number)))
    assert [request.id for request in ledger.newest_acts_of(b.ASKER.user_id, 5)] == ["TS-ACT"]
    ledger.open(b.request("TS-LAST", action=Action.LIST, asked_at=b.NOW + timedelta(minutes=1)))
    assert ledger.newest_acts_of(b.ASKER.user_id, 5) == ()


def test_an_index_finds_both_and_no_table_is_read_as_a_whole(tmp_path: Path) -> None:
    """On SQLite; PostgreSQL reads a table of few rows as a whole, whatever its indexes."""
    upgrade(url := f"sqlite:///{tmp_path}/plans.db")
    engine, seen = open_database(url), list[tuple[str, tuple[object, ...]]]()
    event.listen(engine, "before_cursor_execute", lambda *sent: seen.append((sent[2], sent[3])))
    ledger = SqlLedger(engine, SettableClock(b.NOW), KEYS, ASK_TYPES)
    seen.clear()
    ledger.open_heads(9)
    ledger.newest_acts_of("U1", 9)
    asked = [each for each in seen if each[0].startswith("SELECT")]
    with engine.connect() as connection:
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values).all() for query, values in asked]
    engine.dispose()
    said = [str(row[-1]) for plan in plans for row in plan]
    assert len(asked) == 2
    assert [sum(f"ix_request_{index}" in each for each in said) for index in ("expires_at", "actor_id")] == [1, 1]
    assert all("INDEX" in each for each in said)
