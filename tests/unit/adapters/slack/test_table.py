"""Tables as Slack takes them: its limits, as many rows as fit, and letters of one width where it takes none."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.models.blocks import Block

from adapters.slack.limits import MESSAGE_JSON, MESSAGE_TEXT, MOST_TABLE_ROWS
from adapters.slack.render import draw, draw_words
from adapters.slack.table import json_length, width
from bot.cards.model import Card
from bot.cards.shapes import shorter
from bot.cards.table import Cell, Option, Pick, Table
from rehearsal.slack import find_faults, is_too_long
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.effort import sample

if TYPE_CHECKING:
    from adapters.slack.render import Drawing


def card(number: int, name: str = "CORP\\user", columns: int = 3) -> Card:
    rows = tuple((Cell(text=f"{name}{at}"), *(Cell(text=str(at)),) * (columns - 1)) for at in range(number))
    options = tuple(Option(label=f"{name}{at}", value=f"TS-AAAAAA:{at}", row=at) for at in range(number))
    table = Table(columns=tuple(f"c{at}" for at in range(columns)), rows=rows)
    return Card(headline="People", summary="People", table=table, pick=Pick(label="Pick...", options=options))


def block(drawing: Drawing, kind: str) -> Any:
    return next((each for each in drawing.blocks if each["type"] == kind), None)


def options(drawing: Drawing) -> list[str]:
    return [each["value"] for each in block(drawing, "actions")["elements"][0]["options"]]


@for_each(
    ("number", "name", "is_aligned"),
    sample(product([1, 20, 99, 100, 300, 500], ["u", "CORP\\user", "山田" * 30, "x" * 256], [False, True]), 7),
)
def test_as_many_rows_as_fit_are_drawn_and_the_others_are_counted(number: int, name: str, is_aligned: bool) -> None:  # noqa: FBT001 - both shapes
    whole = card(number, name)
    drawing = draw(shorter(whole) if is_aligned else whole)
    assert find_faults(drawing.blocks) == ()
    assert not is_too_long(drawing.blocks)
    assert json_length(drawing.blocks) <= MESSAGE_JSON
    drawn = (
        block(drawing, "rich_text")["elements"][0]["elements"][0]["text"].count("\n")
        if is_aligned
        else len(block(drawing, "table")["rows"]) - 1
    )
    assert options(drawing) == [f"TS-AAAAAA:{at}" for at in range(drawn)]
    assert 0 < drawn <= min(number, MOST_TABLE_ROWS)
    rest = block(drawing, "context")
    said = f"and {number - drawn:,} more: narrow it with user=, state= or fewer computers"
    assert (rest["elements"][0]["text"] if rest else None) == (said if drawn < number else None)


def test_short_rows_without_a_menu_fill_the_whole_table() -> None:
    bare = card(300, "u", columns=2)
    drawing = draw(Card(headline="x", summary="x", table=bare.table))
    assert len(block(drawing, "table")["rows"]) == MOST_TABLE_ROWS + 1


def test_one_more_row_would_not_fit() -> None:
    drawing = draw(card(300))
    row = block(drawing, "table")["rows"][-1]
    option = block(drawing, "actions")["elements"][0]["options"][-1]
    assert json_length(drawing.blocks) + json_length([row]) + json_length([option]) > MESSAGE_JSON


def test_the_table_is_what_the_library_of_slack_writes_too() -> None:
    for one in draw(card(3)).blocks:
        assert Block.parse(one).to_dict() == one  # type: ignore[union-attr] # it knows the type


def test_a_time_is_shown_in_the_zone_of_the_reader() -> None:
    table = Table(columns=("person", "logged on"), rows=((Cell(text="alice"), Cell(at=b.NOW)),))
    drawing = draw(Card(headline="x", summary="x", table=table))
    assert find_faults(drawing.blocks) == ()
    (date,) = block(drawing, "table")["rows"][1][1]["elements"][0]["elements"]
    assert (date["type"], date["timestamp"]) == ("date", int(b.NOW.timestamp()))


@pytest.mark.parametrize("text", ["", " ", "\u00a0", "\t"])
def test_no_cell_is_empty(text: str) -> None:
    table = Table(columns=("a",), rows=((Cell(text=text),),))
    drawing = draw(Card(headline="x", summary="x", table=table))
    assert find_faults(drawing.blocks) == ()
    assert block(drawing, "table")["rows"][1][0]["text"].strip()


def test_letters_of_double_width_keep_the_columns() -> None:
    names = ["CORP\\bob", "CORP\\山田太郎", "e\u0301ve", "😀"]
    rows = tuple((Cell(text=name), Cell(sign="🟢", text="at work"), Cell(text="5")) for name in names)
    table = Table(columns=("person", "state", "session"), rows=rows).aligned()
    drawing = draw(Card(headline="x", summary="x", table=table))
    lines = block(drawing, "rich_text")["elements"][0]["elements"][0]["text"].split("\n")
    assert len({width(line[: line.index("🟢")]) for line in lines[1:]}) == 1
    assert len({width(line.rstrip("5").rstrip()) for line in lines[1:]}) == 1


def test_the_words_of_a_long_table_fit_and_say_how_many_are_missing() -> None:
    text = draw_words(card(300)).text
    assert len(text) <= MESSAGE_TEXT
    shown = text.count("CORP")
    assert 20 < shown < 300
    assert f"and {300 - shown} more: narrow it" in text
