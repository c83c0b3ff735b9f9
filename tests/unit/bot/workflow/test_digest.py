"""When the weekly digest is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.workflow.digest import LATE, DigestPlan
from tests.support.cases import for_each
from tests.support.harness import BotHarness

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY_8 = DigestPlan(channel="C0APPROVE1", weekday=0, hour=8, zone=BERLIN)


@for_each(
    ("now", "due"),
    [
        ("2026-03-02T07:00:00", "2026-03-02T07:00:00"),  # a Monday, 8 o'clock in Berlin
        ("2026-03-02T06:59:59", "2026-02-23T07:00:00"),
        ("2026-03-08T23:00:00", "2026-03-02T07:00:00"),
        ("2026-03-30T06:00:00", "2026-03-30T06:00:00"),  # the day after the clocks were set to summer
        ("2026-10-26T07:30:00", "2026-10-26T07:00:00"),  # and back
    ],
)
def test_it_is_due_at_its_hour_by_the_clocks_of_its_zone(now: str, due: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert MONDAY_8.last_due(at) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_its_week_begins_at_the_same_hour_whatever_the_clocks_did() -> None:
    due = MONDAY_8.last_due(datetime(2026, 3, 30, 12, tzinfo=UTC))
    assert MONDAY_8.week_before(due) == datetime(2026, 3, 23, 7, tzinfo=UTC)
    assert due - MONDAY_8.week_before(due) == timedelta(days=7)  # on the wall; an hour less went by


@pytest.mark.parametrize(("late", "sent"), [(timedelta(), 1), (LATE, 1), (LATE + timedelta(seconds=1), 0)])
def test_one_that_is_a_day_late_is_not_sent(late: timedelta, sent: int) -> None:
    harness = BotHarness()
    harness.clock.move(MONDAY_8.last_due(harness.clock.now()) + timedelta(days=7) + late - harness.clock.now())
    harness.digest(MONDAY_8).look()
    assert len(harness.ledger.entries()) == sent


def test_it_is_looked_after_at_once_and_asked_for_once() -> None:
    harness = BotHarness()
    for _ in range(2):
        harness.digest(MONDAY_8).look()
        harness.scheduler.run_all()
    assert harness.events == ["asked", "refused"]  # this bot cannot read its log


def test_while_nothing_may_begin_it_is_not_asked_for() -> None:
    harness = BotHarness()
    harness.ask_and_run("comp1 id=3")
    harness.clock.move(-timedelta(hours=1))
    harness.digest(MONDAY_8).look()
    assert harness.events.count("asked") == 1
    harness.wait(timedelta(hours=1, minutes=1))
    harness.digest(MONDAY_8).look()
    assert harness.events.count("asked") == 2
