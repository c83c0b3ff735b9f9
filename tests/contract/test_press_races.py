"""Two hundred presses on one card at once: one decision, of exactly the people it takes, and everybody is told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from bot.commands import ASK_TYPES
from bot.domain.request import State
from tests.contract.pressers import PEOPLE, PRESSES, Outcome, lay_card, press_all
from tests.contract.writers import KEY, at_once
from tests.fakes.clock import SettableClock
from tests.support import builders as b
from tests.support import people as c
from tests.support.chains import first_fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow
NEEDED = {"self": 1, "1 of": 1, "2 of": 2}
KIND = pytest.mark.parametrize("kind", NEEDED)


@KIND
def test_from_three_processes_on_postgresql_one_decision_comes_of_it(
    kind: str, new_postgresql: Callable[[], str]
) -> None:
    check(kind, new_postgresql(), processes=3)


@KIND
def test_from_one_process_on_sqlite_one_decision_comes_of_it(kind: str, tmp_path: Path) -> None:
    check(kind, f"sqlite:///{tmp_path}/logoff.db", processes=1)


def check(kind: str, url: str, *, processes: int) -> None:
    upgrade(url)
    database = open_database(url)
    ledger = SqlLedger(database, SettableClock(b.NOW), KEY, ASK_TYPES)
    lay_card(ledger, kind)
    work = partial(press_all, kind, processes)
    answers = [work(url, 0)] if processes == 1 else at_once(work, url, processes)
    assert all(isinstance(answer, list) for answer in answers), answers
    outcomes: list[Outcome] = [outcome for answer in answers for outcome in answer]
    check_decision(kind, ledger, outcomes)
    check_told(kind, outcomes, ledger)
    check_audit(kind, ledger)
    database.dispose()


def check_decision(kind: str, ledger: SqlLedger, outcomes: list[Outcome]) -> None:
    request = ledger.find("TS-AAAAAA")
    assert request
    names = [actor.user_id for actor in request.counted]
    assert request.state is State.READY
    assert len(names) == len(set(names)) == NEEDED[kind]
    assert request.decided_by == request.counted[-1]
    assert sorted(who for who, _, changed in outcomes if changed) == sorted(names)
    assert request.version == 2 + NEEDED[kind]


def check_told(kind: str, outcomes: list[Outcome], ledger: SqlLedger) -> None:
    """Nobody is left without an answer: whose press changed something sees it on the card, all others are told."""
    request = ledger.find("TS-AAAAAA")
    assert request
    assert request.decided_by
    assert len(outcomes) == PRESSES
    assert {who for who, _, _ in outcomes} == {one.user_id for one in PEOPLE[kind]}
    won = f"{request.decided_by.name} approved this at 2026-03-02 14:00 UTC. Your press changed nothing."
    known = {won, "Only the person who asked can press this."}
    for who, text, changed in outcomes:
        assert changed == (not text)
        assert changed or text in known or text.startswith("You have said yes already.")
        assert kind != "self" or who == c.DANA.user_id or text.startswith("Only the person who asked")


def check_audit(kind: str, ledger: SqlLedger) -> None:
    entries = ledger.entries(limit=10_000)
    events = [entry.event for entry in entries]
    assert first_fault(entries, KEY.public) is None
    assert events.count("approved") == 1
    assert events.count("counted") == NEEDED[kind] - 1
    assert events.count("noted") == PRESSES - NEEDED[kind]
    assert len(events) == 2 + PRESSES
