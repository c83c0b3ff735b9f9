"""The times of entries never go back, and a clock that was set back is noticed once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.timeline import SWEEPS_AT_MOST, TOLERATED, Timeline
from bot.errors import ClockSetBack
from tests.support.builders import NOW

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


class Ticks:
    """The steady clock of a machine."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def times(ticks: Ticks) -> Timeline:
    times = Timeline(ticks)
    times.learn(NOW)
    return times


def test_no_entry_is_older_than_the_newest_one(times: Timeline) -> None:
    times.learn(NOW - HOUR)
    assert times.of_entry(NOW - 20 * SECOND) == NOW
    assert times.of_entry(NOW + SECOND) == NOW + SECOND
    assert Timeline().of_entry(NOW) == NOW


@pytest.mark.parametrize(
    ("back", "stands_still"), [(0 * SECOND, False), (TOLERATED, False), (TOLERATED + SECOND, True)]
)
def test_more_than_the_tolerated_time_behind_the_newest_entry_nothing_begins(
    times: Timeline, back: timedelta, *, stands_still: bool
) -> None:
    assert isinstance(times.refusal(NOW - back), ClockSetBack) is stands_still


def test_it_stands_still_until_the_clock_is_at_the_newest_entry_again(times: Timeline) -> None:
    first = times.refusal(NOW - HOUR)
    assert first
    assert "1 hour" in first.message
    assert "14:00 UTC" in first.message
    for now in (NOW - HOUR, NOW - 20 * SECOND, NOW - SECOND):
        assert not times.has_come_again(now, nothing_waits=True)
        assert times.refusal(now) is first
    assert times.has_come_again(NOW, nothing_waits=True)
    assert times.refusal(NOW) is None
    assert not times.has_come_again(NOW, nothing_waits=True)


def test_a_second_jump_is_a_new_one(times: Timeline) -> None:
    first = times.refusal(NOW - HOUR)
    assert times.has_come_again(NOW, nothing_waits=True)
    second = times.refusal(NOW - 2 * HOUR)
    assert second
    assert second is not first


def test_it_waits_for_what_has_to_end_but_not_for_ever(times: Timeline) -> None:
    times.refusal(NOW - HOUR)
    for _ in range(SWEEPS_AT_MOST):
        assert not times.has_come_again(NOW, nothing_waits=False)
        times.sweep(NOW)
    assert times.has_come_again(NOW, nothing_waits=False)


def test_a_jump_that_ends_after_the_newest_entry_is_noticed_by_the_steady_clock(times: Timeline, ticks: Ticks) -> None:
    times.sweep(NOW + 14 * 60 * SECOND)
    ticks.seconds += 5
    times.sweep(NOW + 60 * SECOND)
    refusal = times.refusal(NOW + 60 * SECOND)
    assert refusal
    assert "13 minutes and 5 seconds" in refusal.message
    assert not times.has_come_again(NOW + 61 * SECOND, nothing_waits=False)
    assert times.has_come_again(NOW + 62 * SECOND, nothing_waits=True)


def test_a_jump_forward_and_a_machine_that_slept_are_no_standstill(times: Timeline, ticks: Ticks) -> None:
    times.sweep(NOW)
    ticks.seconds += 5
    times.sweep(NOW + HOUR)
    assert times.refusal(NOW + HOUR) is None
    ticks.seconds += 25
    times.sweep(NOW + HOUR)  # the clock was held for less than is tolerated
    assert times.refusal(NOW + HOUR) is None


def test_a_database_without_entries_has_no_time_to_be_behind() -> None:
    assert Timeline().refusal(NOW - HOUR) is None
