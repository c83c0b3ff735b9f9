"""A pattern reads each letter of a text once, whatever stands in the pattern."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.conditions import Condition, Field, Operator, is_like, may_be_like
from bot.domain.wildcards import LONGEST_NAME, compiled
from tests.support import builders as b
from tests.support.cases import for_each

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    TraceFunction = Callable[[FrameType, str, object], Any]

HOSTILE = ["*a*a*a*a*b", "*a" * 500 + "b", "a?" * 300 + "*b", "*" * 1000 + "b", "?*" * 400 + "b", "*aaaaaaab*b"]


def steps(pattern: str, text: str) -> int:
    """Count the lines that the comparison runs."""
    lines = 0

    def on_line(_frame: FrameType, event: str, _arg: object) -> TraceFunction:
        nonlocal lines
        lines += event == "line"
        return on_line

    wildcard, before = compiled(pattern), sys.gettrace()
    sys.settrace(on_line)
    try:
        wildcard.fits(text)
    finally:
        sys.settrace(before)
    return lines


@for_each("pattern", HOSTILE)
def test_a_text_of_twice_the_length_takes_twice_the_steps(pattern: str) -> None:
    text = "a" * 5_000
    once, twice = steps(pattern, f"{text}b"[:-1] + "xb"), steps(pattern, f"{text * 2}xb")
    assert once <= twice <= 2 * once + 10
    assert twice <= 3 * len(text * 2) + 20


@for_each("pattern", HOSTILE)
def test_a_hostile_pattern_says_the_same_as_ever(pattern: str) -> None:
    assert is_like(pattern, pattern.replace("*", "").replace("?", "x"))
    assert not is_like(pattern, "a" * 900)


def test_what_is_longer_than_a_name_is_permitted_by_no_pattern_and_protected_by_every_one() -> None:
    at_most, above = "a" * LONGEST_NAME, "a" * (LONGEST_NAME + 1)
    assert (is_like("a*", at_most), is_like("a*", above), is_like("*", above)) == (True, False, True)
    assert (may_be_like("b*", at_most), may_be_like("b*", above)) == (False, True)


@given(
    patterns=st.lists(st.text("aB*?é\u212a\u0131", max_size=4), min_size=1, max_size=5),
    text=st.text("AbÉé\u212ak", max_size=4),
)
def test_several_patterns_fit_where_one_of_them_does(patterns: list[str], text: str) -> None:
    like = Condition(field=Field.CLIENT, operator=Operator.LIKE, values=tuple(patterns))
    assert like.holds_for(b.session(client=text)) == any(is_like(pattern, text) for pattern in patterns)


def test_a_client_with_an_endless_name_fits_no_filter() -> None:
    session = b.session(client="a" * 1_000_000)
    like = Condition(field=Field.CLIENT, operator=Operator.LIKE, values=tuple(HOSTILE))
    assert not like.holds_for(session)
