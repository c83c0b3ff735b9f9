"""The clock is set back under a ledger: nothing begins, what ends is recorded, and no entry is older than another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from adapters.sql.clock import DatabaseClock
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.domain.note_kind import NoteKind
from bot.domain.request import Ending, WorkItem
from bot.errors import ClockSetBack
from tests.support import builders as b
from tests.support.chains import first_fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.ports.store import Store
    from tests.fakes.clock import SettableClock

KEY = SigningKeys("the key of the tests")
BACK = timedelta(hours=1)
SECOND = timedelta(seconds=1)
ITEM = WorkItem(request_id="TS-AAAAAA")
WHY = e.Expired(why="The clock was set back.")


@pytest.fixture
def waiting(ledger: Store) -> Store:
    """A card that waits for its press."""
    ledger.open(b.request())
    ledger.record("TS-AAAAAA", b.surveyed())
    return ledger


def test_nothing_begins_and_nothing_is_written_of_it(waiting: Store, clock: SettableClock) -> None:
    before = waiting.entries()
    clock.move(-BACK)
    assert isinstance(waiting.standstill(), ClockSetBack)
    with pytest.raises(ClockSetBack, match="1 hour"):
        waiting.open(b.request("TS-BBBBBB"))
    with pytest.raises(ClockSetBack):
        waiting.record("TS-AAAAAA", b.approved())
    assert waiting.entries() == before


def test_all_that_waits_is_due_and_ends_as_expired(waiting: Store, clock: SettableClock) -> None:
    clock.move(-BACK)
    assert ITEM in waiting.due(clock.now())
    after = waiting.record("TS-AAAAAA", WHY)
    assert (after.ending, after.message) == (Ending.EXPIRED, "The clock was set back.")
    assert ITEM not in [item for item in waiting.due(clock.now()) if not _is_behind(waiting)]


def _is_behind(ledger: Store) -> bool:
    found = ledger.find("TS-AAAAAA")
    return bool(found and found.published_version < found.version)


def test_what_ends_stops_or_is_a_fact_is_recorded_with_a_time_that_does_not_go_back(
    waiting: Store, clock: SettableClock
) -> None:
    clock.move(-BACK)
    waiting.record("TS-AAAAAA", e.Noted(kind=NoteKind.LATE_PRESS, by=b.OTHER))
    waiting.record("TS-AAAAAA", e.Denied(by=b.OTHER, on_version=2))
    waiting.pause("operator", "the clock")
    waiting.resume("operator")
    entries = waiting.entries()
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries if entry.at)
    assert first_fault(entries, KEY.public) is None


def test_it_is_over_when_the_clock_has_come_again(waiting: Store, clock: SettableClock) -> None:
    clock.move(-BACK)
    assert waiting.due(clock.now())
    waiting.record("TS-AAAAAA", WHY)
    waiting.mark_published("TS-AAAAAA", version=99, message_ref=None, publish_after=None)
    clock.move(BACK - SECOND)
    waiting.due(clock.now())
    assert waiting.standstill()
    clock.move(SECOND)
    waiting.due(clock.now())
    assert waiting.standstill() is None
    waiting.open(b.request("TS-BBBBBB"))


def test_half_a_minute_back_is_borne(waiting: Store, clock: SettableClock) -> None:
    clock.move(-30 * SECOND)
    assert waiting.standstill() is None
    after = waiting.record("TS-AAAAAA", b.approved())
    assert after.decided_at == b.NOW


def test_a_process_that_starts_after_the_jump_notices_it_too(
    url: str, sql_ledger: SqlLedger, clock: SettableClock
) -> None:
    sql_ledger.open(b.request())
    clock.move(-BACK)
    engine = open_database(url)
    fresh = SqlLedger(engine, clock, KEY, ASK_TYPES)
    fresh.load_policy("the first that a process writes")
    assert isinstance(fresh.standstill(), ClockSetBack)
    assert ITEM in fresh.due(clock.now())
    engine.dispose()


def test_a_date_that_somebody_wrote_into_the_log_holds_nobody_up(
    url: str, sql_ledger: SqlLedger, clock: SettableClock
) -> None:
    sql_ledger.open(b.request())
    engine = open_database(url)
    with engine.begin() as connection:
        drop = "DROP TRIGGER audit_entry_no_update"
        if engine.dialect.name == "postgresql":
            drop = "DROP TRIGGER audit_entry_no_change ON audit_entry"
        connection.execute(text(drop))
        connection.execute(text("UPDATE audit_entry SET at = '2099-01-01 00:00:00.000000'"))
    fresh = SqlLedger(engine, clock, KEY, ASK_TYPES)
    fresh.load_policy("p")
    assert fresh.standstill() is None
    engine.dispose()


def test_the_time_of_postgresql_is_the_servers_whatever_this_machine_says(new_postgresql: Callable[[], str]) -> None:
    engine, ticks = open_database(new_postgresql()), [5.0]
    clock = DatabaseClock.of(engine)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    still = DatabaseClock(b.NOW, lambda: ticks[0])
    ticks[0] += 90
    assert still.now() == b.NOW + 90 * SECOND
    still.learn(b.NOW - BACK)
    assert still.now() == b.NOW - BACK
    engine.dispose()
