"""A segment of the log as lines: what goes in comes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.audit.entry import AuditTarget, Entry, Head
from bot.audit.segment import SegmentHead, head_in, line_of, rows_in
from bot.audit.verify import Unreadable
from tests.support.cases import for_each

AT = datetime(2026, 3, 2, 14, 0, 0, 123456, tzinfo=UTC)
ENTRY = Entry(
    seq=7,
    at=AT,
    event="surveyed",
    rows=(
        AuditTarget(role="target", host="comp1", session_id=3, user="CORP\\alice"),
        AuditTarget(role="no_answer", host="x"),
    ),
)
ANY_TEXT = st.text(st.characters(blacklist_categories=()))


@given(ANY_TEXT, ANY_TEXT)
def test_every_text_comes_back_letter_by_letter(text: str, user: str) -> None:
    entry = replace(ENTRY, text=text, rows=(replace(ENTRY.rows[0], user=user), ENTRY.rows[1]))
    line = line_of(entry)
    assert line.isascii()
    assert line.count("\n") == 1
    assert list(rows_in([line], 7)) == [entry]


def test_two_half_characters_do_not_become_one() -> None:
    halves = replace(ENTRY, text="\ud83d\ude00")
    (back,) = rows_in([line_of(halves)], 7)
    assert isinstance(back, Entry)
    assert [*back.text] == ["\ud83d", "\ude00"]


@for_each(
    "line",
    [
        "",
        "x",
        "{}",
        "null",
        line_of(ENTRY).replace('"seq":7', '"seq":"7"'),
        line_of(ENTRY).replace('"seq":7', '"seq":true'),
        line_of(ENTRY).replace('"session_id":3', '"session_id":3.0'),
        line_of(ENTRY).replace('"role":"target",', ""),
        line_of(ENTRY).replace('"2026-03-02', '"soon'),
        line_of(ENTRY).replace('"text":""', '"text":{"code_points":["x"]}'),
        line_of(ENTRY).replace('"text":""', '"text":{"code_points":[-1]}'),
        "[" * 100_000,
    ],
)
def test_a_line_that_is_no_entry_is_named_by_its_number(line: str) -> None:
    (found,) = rows_in([line], 7)
    assert isinstance(found, Unreadable)
    assert found.number == "7"


def test_the_head_comes_back_and_names_the_entry_before() -> None:
    head = SegmentHead(first=12, last=24, before="ab" * 32)
    assert head_in(head.line()) == head
    assert head.start == Head(11, "ab" * 32)
