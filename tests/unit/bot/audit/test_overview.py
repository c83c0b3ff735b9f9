"""The figures of one report: what is otherwise, how long it took, and which period came before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from bot.audit.figures import Spread
from bot.audit.history import RequestHistory, SessionOutcome
from bot.audit.overview import MOST_FAULTS, Overview, Period
from bot.audit.selection import AuditFilter
from tests.support.cases import for_each

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def request(ending: str, *verdicts: str) -> RequestHistory:
    sessions = tuple(
        SessionOutcome(host="comp1", session_id=number, user="CORP\\alice", verdict=verdict)
        for number, verdict in enumerate(verdicts)
    )
    return RequestHistory(request_id="TS-1", asked_at=NOW, ending=ending, sessions=sessions, hosts=("comp1",))


@for_each(
    ("asked", "is_otherwise"),
    [
        (request("done", "gone"), False),
        (request("done", "gone", "disconnected", "sent"), False),
        (request("done", "gone", "taken_out"), False),
        (request("done", "gone", "changed"), True),
        (request("done", "already_gone"), True),
        (request("done", "gone", "not_begun"), True),
        (request("failed", "gone"), True),
        (request("refused"), True),
        (request("denied", ""), True),
        (request("expired", ""), True),
        (request("cancelled", ""), True),
        (request("answered"), False),
        (request("whatif", ""), False),
        (request("nothing_to_do"), False),
        (request("", "gone", "failed"), False),
    ],
)
def test_a_request_ended_otherwise_when_it_was_to_act_and_not_all_of_it_was_done(
    asked: RequestHistory, *, is_otherwise: bool
) -> None:
    assert asked.is_otherwise is is_otherwise


def test_an_overview_counts_each_request_once_in_each_figure() -> None:
    overview = Overview()
    for each in (request("done", "gone"), request("done", "changed"), request("", "")):
        overview.add(each)
    assert (overview.days.total().requests, overview.otherwise) == (3, 1)
    assert overview.endings == {"done": 2, "": 1}
    assert [each.group for each in overview.hosts.groups()] == ["comp1"]


def test_what_does_not_verify_is_counted_whole_and_named_up_to_a_bound() -> None:
    overview = Overview()
    for number in range(MOST_FAULTS + 5):
        overview.add(replace(request("done", "gone"), request_id=f"TS-{number}", faults=("entry 1: its hash",)))
    assert overview.days.total().unverified == MOST_FAULTS + 5
    assert (len(overview.faults), overview.faults[0]) == (MOST_FAULTS, "TS-0: entry 1: its hash")


def test_times_are_in_the_part_that_ends_with_them() -> None:
    spread = Spread()
    for ms in (0, 60_000, 60_001, 300_000, 900_000, 3_600_000, 3_600_001, None):
        spread.add(ms)
    assert (len(spread), spread.parts()) == (7, (2, 2, 1, 1, 1))


def test_within_a_share_is_the_shortest_time_that_so_many_needed() -> None:
    spread = Spread()
    assert spread.within(0.9) is None
    for ms in range(1000, 11_000, 1000):
        spread.add(ms)
    assert [spread.within(share) for share in (0, 0.5, 0.9, 0.91, 1)] == [1000, 5000, 9000, 10_000, 10_000]


def at(*parts: int, zone: tzinfo = UTC) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type,misc] # year, month, day, hour


@pytest.mark.parametrize(
    ("wanted", "zone", "begin"),
    [
        (AuditFilter(since=at(2026, 2, 1), until=at(2026, 2, 8)), UTC, at(2026, 1, 25)),
        (AuditFilter(since=NOW - timedelta(days=7)), UTC, NOW - timedelta(days=14)),
        (AuditFilter(since=at(2026, 3, 1), until=at(2026, 4, 1)), UTC, at(2026, 3, 1) - timedelta(hours=38)),
        # The clocks were set on 2025-03-30: the days before have 24 hours, one of the period has 23.
        (AuditFilter(since=at(2025, 3, 30, zone=BERLIN), until=at(2025, 4, 1, zone=BERLIN)), BERLIN,
         at(2025, 3, 28, zone=BERLIN)),
    ],
)  # fmt: skip
def test_the_period_before_is_as_long_by_the_clock_and_ends_where_this_one_begins(
    wanted: AuditFilter, zone: tzinfo, begin: datetime
) -> None:
    before = Period.of(wanted, NOW).before(zone)
    assert before
    assert (before.since, before.until) == (begin, wanted.since)
    assert before.within(replace(wanted, actor="dana")) == AuditFilter(since=begin, until=wanted.since, actor="dana")


@pytest.mark.parametrize(
    "wanted",
    [
        AuditFilter(),
        AuditFilter(until=NOW),
        AuditFilter(since=NOW + timedelta(days=1)),
        AuditFilter(since=datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_period_without_a_beginning_a_length_or_a_calendar_has_none_before(wanted: AuditFilter) -> None:
    assert Period.of(wanted, NOW).before(UTC) is None
