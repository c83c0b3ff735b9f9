"""What could not be read is never taken for an answer: times that no session can have, and sessions after an order."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.conditions import Condition, Field, Operator
from bot.domain.session import EARLIEST, LATEST, Account, SessionState, filetime_to_datetime, known_ticks
from tests.support import builders as b
from tests.support.cases import for_each

COMPARISONS = (Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST)
ODD = (-1, -(2**63), 0, 1, 36_000_000_000, EARLIEST - 1, LATEST, 2_650_467_744_000_000_000, 2**63 - 1, 10**30)


@given(st.integers())
@example(EARLIEST)
@example(LATEST - 1)
def test_any_number_of_ticks_is_a_time_of_these_two_centuries_or_none(ticks: int) -> None:
    time = filetime_to_datetime(ticks)
    assert (time is not None) is (known_ticks(ticks) != 0) is (EARLIEST <= ticks < LATEST)
    assert time is None or 2000 <= time.year < 2200


@for_each("ticks", ODD)
@for_each("name", ["logon", "connect", "disconnect", "input", "now"])
@for_each("state", [SessionState.ACTIVE, SessionState.DISCONNECTED])
def test_an_odd_time_is_unknown_and_meets_no_filter(name: str, ticks: int, state: SessionState) -> None:
    values: dict[str, Any] = {"state": state, "input": b.LOGON, "disconnect": b.LOGON}
    seen = b.session(**(values | {name: ticks}))
    assert getattr(seen, name) == 0
    shows_idle = {"input": state is SessionState.ACTIVE, "disconnect": state is SessionState.DISCONNECTED, "now": True}
    if shows_idle.get(name):
        assert (seen.idle, seen.said_since) == (None, 0)
    else:
        assert seen.idle is not None
    fields = [Field.LOGON] if name == "logon" else [Field.IDLE] if shows_idle.get(name) else []
    for field, operator, value in product(fields, COMPARISONS, ("0", str(2**62))):
        assert not Condition(field=field, operator=operator, values=(value,)).holds_for(seen)


@for_each(("name", "state"), [("input", SessionState.ACTIVE), ("disconnect", SessionState.DISCONNECTED)])
@for_each("before", [1, 20_000_000, b.LOGON - EARLIEST])
def test_a_time_before_the_logon_is_at_most_as_old_as_the_logon(name: str, state: SessionState, before: int) -> None:
    hour = 36_000_000_000
    seen = b.session(state=state, now=b.LOGON + hour, **{"input": 0, "disconnect": 0, name: b.LOGON - before})
    assert (seen.idle, seen.said_since) == (timedelta(hours=1), b.LOGON)
    long = Condition(field=Field.IDLE, operator=Operator.MORE, values=(str(8 * 3600),))
    assert not long.holds_for(seen)


def test_a_session_that_is_not_listed_is_gone() -> None:
    assert b.target().is_gone_from(None)


@for_each(
    ("changes", "is_left"),
    [
        ({}, True),
        ({"state": SessionState.ACTIVE}, False),
        ({"error": 5}, False),
        ({"logon": 0}, False),
        ({"account": Account(domain="CORP", user="mallory")}, False),
    ],
)
def test_only_the_same_person_seen_disconnected_was_disconnected(
    changes: dict[str, Any],
    is_left: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert b.target().is_left_in(b.session(**changes)) is is_left
