from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.conditions import Condition, Field, Ids, Operator, is_like
from bot.domain.letters import python_upper
from bot.domain.session import Account, SessionState
from tests.support import builders as b
from tests.support.cases import for_each

if TYPE_CHECKING:
    from bot.domain.session import Session

TICKS = 10_000_000
"""FILETIME ticks of a second."""

NOW = b.LOGON + 100_000 * TICKS


def condition(field: Field, operator: Operator, *values: str) -> Condition:
    return Condition(field=field, operator=operator, values=values)


def like(field: Field, *patterns: str) -> Condition:
    return condition(field, Operator.LIKE, *patterns)


@for_each(
    ("pattern", "text", "fits"),
    [
        ("alice", "alice", True),
        ("ALICE", "alice", True),
        ("alice", "alice2", False),
        ("alice", "", False),
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("*", "anybody", True),
        ("?", "", False),
        ("?", "a", True),
        ("al?ce", "alice", True),
        ("a*e", "alice", True),
        ("a*e", "alices", False),
        ("*ab", "aab", True),
        ("*ab*ab", "abxab", True),
        ("*ab*ab", "ab", False),
        ("a**b", "ab", True),
        ("?*?", "a", False),
        ("*?", "ab", True),
        ("*", "*", True),
        ("a?b", "a*b", True),
        ("[a]", "a", False),
        ("[a]", "[A]", True),
        ("a.c", "abc", False),
        ("JOSÉ", "josé", True),
        ("jose", "josé", False),
        ("straße", "STRASSE", False),
        ("straße", "STRAßE", True),
        ("日*", "日本", True),
    ],
)
def test_patterns(pattern: str, text: str, fits: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_like(pattern, text) is fits


@given(pattern=st.text("aB*?é", max_size=8), text=st.text("AbcÉ*", max_size=10))
def test_patterns_fit_as_the_same_regular_expression(pattern: str, text: str) -> None:
    parts = {"*": ".*", "?": "."}
    expression = "".join(parts.get(letter, re.escape(letter)) for letter in python_upper(pattern))
    assert is_like(pattern, text) == bool(re.fullmatch(expression, python_upper(text), re.DOTALL))


def test_a_hostile_pattern_takes_no_time() -> None:
    """A pattern of many stars is where naive matching takes for ever; the run's own limit would end this test."""
    assert not is_like("*a" * 200 + "b", "a" * 5_000)


@for_each("pattern", ["alice", "CORP\\alice", "corp\\*", "*\\ALICE", "*"])
def test_a_user_is_found_with_and_without_the_domain(pattern: str) -> None:
    assert like(Field.USER, pattern).holds_for(b.session())


@for_each("pattern", ["bob", "OTHER\\alice", "corp", "CORP", "alice\\CORP", "alice@corp"])
def test_another_user_is_not(pattern: str) -> None:
    assert not like(Field.USER, pattern).holds_for(b.session())


def test_one_of_several_patterns_is_enough() -> None:
    assert like(Field.USER, "bob", "al*").holds_for(b.session())
    assert not like(Field.USER, "bob", "carol").holds_for(b.session())


def test_a_session_of_nobody_is_no_user() -> None:
    nobody = b.session(account=Account(domain="", user=""))
    assert not like(Field.USER, "alice").holds_for(nobody)
    assert not like(Field.USER, "?*").holds_for(nobody)


@pytest.mark.parametrize(
    ("field", "pattern"), [(Field.CLIENT, "laptop-*"), (Field.ADDRESS, "10.0.4.*"), (Field.STATION, "rdp-tcp#?")]
)
def test_each_text_is_looked_for_in_its_own_field(field: Field, pattern: str) -> None:
    session = b.session(client="LAPTOP-7", address="10.0.4.17", station="RDP-Tcp#3")
    assert like(field, pattern).holds_for(session)
    assert not like(field, pattern).holds_for(b.session())
    for other in {Field.CLIENT, Field.ADDRESS, Field.STATION, Field.USER} - {field}:
        assert not like(other, pattern).holds_for(session)


def test_a_state_is_one_of_those_named() -> None:
    asked = condition(Field.STATE, Operator.IN, "4", "5")
    assert asked.holds_for(b.session(state=SessionState.DISCONNECTED))
    assert not asked.holds_for(b.session(state=SessionState.ACTIVE))


def idle_for(seconds: int) -> Session:
    return b.session(state=SessionState.DISCONNECTED, disconnect=NOW - seconds * TICKS, now=NOW)


@pytest.mark.parametrize(
    ("operator", "fits"),
    [
        (Operator.LESS, (True, False, False)),
        (Operator.AT_MOST, (True, True, False)),
        (Operator.MORE, (False, False, True)),
        (Operator.AT_LEAST, (False, True, True)),
    ],
)
def test_idle_is_compared_in_whole_seconds(operator: Operator, fits: tuple[bool, ...]) -> None:
    asked = condition(Field.IDLE, operator, "7200")
    assert tuple(asked.holds_for(idle_for(seconds)) for seconds in (7199, 7200, 7201)) == fits


def test_a_part_of_a_second_is_cut() -> None:
    session = b.session(state=SessionState.ACTIVE, input=NOW - 7200 * TICKS - TICKS + 1, now=NOW)
    assert not condition(Field.IDLE, Operator.MORE, "7200").holds_for(session)


@pytest.mark.parametrize("operator", [Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST])
def test_what_is_not_known_fits_nothing(operator: Operator) -> None:
    unknown_idle = b.session(state=SessionState.CONNECTED)
    assert not condition(Field.IDLE, operator, "0").holds_for(unknown_idle)
    assert not condition(Field.LOGON, operator, str(b.LOGON)).holds_for(b.session(logon=0))


def test_a_host_whose_clock_went_back_knows_no_negative_idle() -> None:
    assert condition(Field.IDLE, Operator.AT_MOST, "0").holds_for(idle_for(-60))


def test_a_logon_is_compared_to_the_tick() -> None:
    before = condition(Field.LOGON, Operator.LESS, str(b.LOGON + 1))
    assert before.holds_for(b.session(logon=b.LOGON))
    assert not before.holds_for(b.session(logon=b.LOGON + 1))


def test_ids_are_single_ones_and_ranges_with_both_ends() -> None:
    ids = Ids(((3, 3), (7, 9)))
    assert [number for number in range(12) if number in ids] == [3, 7, 8, 9]
    assert str(ids) == "3,7-9"
    assert "3" not in ids


def test_no_id_is_not_every_id() -> None:
    assert not Ids()
    assert 0 not in Ids()
    assert Ids(((0, 0),))
