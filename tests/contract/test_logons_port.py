"""The `Logons` port: the same promises in memory, on SQLite and on PostgreSQL, and for several processes at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from adapters.sql.database import open_database
from adapters.sql.logons import KEEP, SqlLogons
from adapters.sql.migrate import upgrade
from adapters.sql.tables import credential
from adapters.sql.write_queue import FairLock
from bot.domain.logons import LONGEST_TURN, NEW
from bot.errors import LedgerError
from tests.contract import writers
from tests.fakes.logons import FakeLogons
from tests.support.builders import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from bot.ports.logons import Logons
    from tests.fakes.clock import SettableClock

WINDOW, TURN = timedelta(minutes=10), timedelta(seconds=8)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def logons(request: pytest.FixtureRequest, clock: SettableClock, tmp_path: object) -> Iterator[Logons]:
    """Each implementation of the port in turn."""
    if request.param == "memory":
        yield FakeLogons(clock, window=WINDOW)
        return
    url = f"sqlite:///{tmp_path}/logons.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("new_postgresql")()
    upgrade(url)
    engine = open_database(url)
    yield SqlLogons(engine, clock, FairLock(), window=WINDOW)
    engine.dispose()


def test_a_credential_that_nobody_tried_is_new(logons: Logons) -> None:
    assert logons.standing("a") == NEW


def test_one_has_the_turn_until_its_answer(logons: Logons) -> None:
    first = logons.take_turn("a", "comp1", "one", since=NOW, within=TURN)
    second = logons.take_turn("a", "comp2", "two", since=NOW, within=TURN)
    assert (first.before, first.after.turn and first.after.turn.token) == (NEW, "one")
    assert second.before == second.after == logons.standing("a") == first.after
    logons.accept("a", "comp1", "one", times_refused=0)
    assert logons.standing("a").is_proven(NOW)
    assert logons.take_turn("a", "comp2", "three", since=NOW, within=TURN).after.turn is None


def test_a_turn_without_an_answer_ends_by_itself(logons: Logons, clock: SettableClock) -> None:
    logons.take_turn("a", "comp1", "one", since=NOW, within=TURN)
    clock.move(TURN)
    turn = logons.take_turn("a", "comp2", "two", since=NOW, within=TURN).after.turn
    assert turn is not None
    assert (turn.host, turn.token, turn.until) == ("comp2", "two", NOW + 2 * TURN)


def test_turns_without_an_answer_are_refusals_and_two_suspend_the_credential(
    logons: Logons, clock: SettableClock
) -> None:
    for number in (1, 2):
        taken = logons.take_turn("a", f"comp{number}", str(number), since=NOW, within=TURN).after
        assert taken.turn is not None
        clock.move(TURN)
    change = logons.take_turn("a", "comp3", "3", since=NOW, within=TURN)
    assert (change.after.turn, change.after.suspended_until) == (None, NOW + 2 * TURN + WINDOW)
    assert change.after == logons.standing("a")
    assert [refusal.host for refusal in change.after.refusals] == ["comp1", "comp2"]


def test_no_turn_is_longer_than_the_longest(logons: Logons) -> None:
    turn = logons.take_turn("a", "comp1", "one", since=NOW, within=timedelta(hours=1)).after.turn
    assert turn is not None
    assert turn.until == NOW + LONGEST_TURN


def test_a_turn_that_is_given_back_goes_to_the_next(logons: Logons) -> None:
    logons.take_turn("a", "comp1", "one", since=NOW, within=TURN)
    assert logons.give_back("a", "of another").after.turn is not None
    assert logons.give_back("a", "one").after == NEW
    turn = logons.take_turn("a", "comp2", "two", since=NOW, within=TURN).after.turn
    assert turn is not None
    assert turn.token == "two"


def test_an_acceptance_of_an_earlier_start_does_not_count(logons: Logons, clock: SettableClock) -> None:
    logons.accept("a", "comp1", "one", times_refused=0)
    started = clock.move(timedelta(seconds=1))
    turn = logons.take_turn("a", "comp1", "two", since=started, within=TURN).after.turn
    assert turn is not None
    assert turn.token == "two"


def test_two_refusals_suspend_the_credential_and_no_other_until_the_window_is_over(
    logons: Logons, clock: SettableClock
) -> None:
    logons.refuse("a", "comp1", "one")
    change = logons.refuse("a", "comp2", "two")
    assert (change.before.suspended_until, change.after.suspended_until) == (None, NOW + WINDOW)
    assert change.after == logons.standing("a")
    assert logons.take_turn("a", "comp3", "three", since=NOW, within=TURN).after == change.after
    assert logons.take_turn("b", "comp3", "three", since=NOW, within=TURN).after.turn is not None
    clock.move(WINDOW)
    freed = logons.take_turn("a", "comp3", "four", since=NOW, within=TURN)
    assert (freed.before.suspended_until, freed.after.suspended_until) == (NOW + WINDOW, None)


def test_an_acceptance_after_a_refusal_that_it_did_not_know_proves_nothing(logons: Logons) -> None:
    known = logons.standing("a").times_refused
    logons.refuse("a", "comp1", "one")
    logons.accept("a", "comp2", "two", times_refused=known)
    assert not logons.standing("a").is_proven(NOW)
    logons.accept("a", "comp2", "three", times_refused=logons.standing("a").times_refused)
    assert logons.standing("a").is_proven(NOW)


def test_an_acceptance_that_began_before_the_refusals_ends_no_suspension(logons: Logons) -> None:
    logons.refuse("a", "comp1", "one")
    suspended = logons.refuse("a", "comp2", "two").after
    assert logons.accept("a", "slow", "zero", times_refused=0).after == suspended == logons.standing("a")


def test_a_row_that_nothing_changed_for_a_month_goes(engine: Engine, clock: SettableClock) -> None:
    logons = SqlLogons(engine, clock, FairLock(), window=WINDOW)
    logons.refuse("old", "comp1", "one")
    clock.move(KEEP + timedelta(seconds=1))
    logons.refuse("new", "comp1", "two")
    with engine.connect() as connection:
        assert connection.execute(select(credential.c.digest)).scalars().all() == ["new"]


def test_a_row_of_another_release_is_a_ledger_error(engine: Engine, clock: SettableClock) -> None:
    logons = SqlLogons(engine, clock, FairLock(), window=WINDOW)
    logons.refuse("a", "comp1", "one")
    with engine.begin() as connection:
        connection.execute(text("UPDATE credential SET standing = '[7]'"))
    with pytest.raises(LedgerError, match="another release"):
        logons.standing("a")


def test_a_database_that_is_away_is_a_ledger_error(tmp_path: object, clock: SettableClock) -> None:
    logons = SqlLogons(open_database(f"sqlite:///{tmp_path}/no/x.db"), clock, FairLock(), window=WINDOW)
    with pytest.raises(LedgerError):
        logons.standing("a")
    with pytest.raises(LedgerError):
        logons.refuse("a", "comp1", "one")


@pytest.mark.slow
def test_of_two_processes_two_logons_are_made_in_all_with_a_wrong_password(url: str, engine: Engine) -> None:
    assert sum(writers.at_once(writers.tries, url, 2)) == 2
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(credential)).scalar_one() == 1
