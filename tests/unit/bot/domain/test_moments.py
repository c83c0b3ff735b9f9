"""A time in a sentence is written once and found again, and nothing else is taken for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.moments import FIRST, LAST, in_zone, said_at, with_moments
from tests.support.cases import for_each

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
MINUTES = st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


def test_a_minute_is_written_in_utc_whatever_its_zone() -> None:
    assert said_at(AT) == "2026-03-02 14:00 UTC"
    assert said_at(AT.astimezone(timezone(timedelta(hours=-8)))) == "2026-03-02 14:00 UTC"


@given(before=st.text(alphabet="ab .(:", max_size=5), moment=MINUTES, after=st.text(alphabet=" .)-", max_size=5))
def test_what_was_written_is_found(before: str, moment: datetime, after: str) -> None:
    minute = moment.replace(second=0, microsecond=0)
    found = list(with_moments(f"{before}{said_at(moment)}{after}"))
    assert found == [each for each in (before, minute, after) if each]


@given(st.text())
def test_no_letter_is_lost(text: str) -> None:
    assert "".join(each if isinstance(each, str) else said_at(each) for each in with_moments(text)) == text


def test_several_times_stand_in_their_order() -> None:
    assert list(with_moments("at 2026-03-02 14:00 UTC, not before 2026-03-02 14:10 UTC.")) == [
        "at ",
        AT,
        ", not before ",
        AT + timedelta(minutes=10),
        ".",
    ]


@for_each(
    "text",
    [
        "2026-02-30 14:00 UTC",
        "2026-03-02 25:00 UTC",
        "2026-03-02 14:60 UTC",
        "0001-01-01 00:00 UTC",
        "1969-12-31 23:59 UTC",
        "9999-12-31 23:59 UTC",
        "12026-03-02 14:00 UTC",
        "2026-03-02 14:00 UTC2",
        "2026-03-02 14:00 UTCX",
        "2026-03-02 14:00:05 UTC",
        "2026-03-02T14:00 UTC",
        "2026-03-02 14:00 CET",
        "\u0662026-03-02 14:00 UTC",
        "202\u0666-03-02 14:00 UTC",
    ],
)
def test_what_is_no_such_minute_stays_text(text: str) -> None:
    assert list(with_moments(text)) == [text]


def test_a_time_that_the_zone_cannot_say_is_said_in_utc() -> None:
    west, east = timezone(timedelta(hours=-12)), timezone(timedelta(hours=14))
    for end, beyond, within in ((FIRST, west, east), (LAST, east, west)):
        assert (in_zone(end, beyond), in_zone(end, beyond).tzinfo) == (end, UTC)
        assert (in_zone(end, within), in_zone(end, within).tzinfo) == (end, within)
