"""The form of `/logoff` as a modal: tick boxes, a menu above ten, pages above a hundred, and what it keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.slack.logoff_view import draft_of, errors_in, logoff_view, options_of, page_of
from bot.cards.logoff_form import FormField, LogoffForm, SessionRow
from bot.commands.tokens import clean, escaped, quoted, split
from bot.domain.draft import PAGE, Draft
from bot.domain.people import Place
from tests.support.cases import for_each

LONG_HOST = "h" * 150


def form_of(sessions: int, page: int = 0, ticked: frozenset[int] = frozenset()) -> LogoffForm:
    draft = Draft(
        place=Place(channel_id="C0OPS00001", name="n" * 200), host=LONG_HOST, look="TS-ABC234", page=page, ticked=ticked
    )
    shown = range(page * PAGE, min(sessions, (page + 1) * PAGE))
    rows = tuple(SessionRow(place=place, text=f"CORP\\{'u' * 90} {place}") for place in shown)
    return LogoffForm(draft=draft, note="n" * 4000, rows=rows, pages=(sessions - 1) // PAGE + 1)


def drawn(form: LogoffForm) -> dict[str, Any]:
    view: dict[str, Any] = logoff_view(form).to_dict()
    return view


def element_of(view: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(b for b in view["blocks"] if b["block_id"].startswith("form_sessions:"))["element"]
    return found


@pytest.mark.parametrize(
    ("sessions", "kind", "shown"),
    [(1, "checkboxes", 1), (10, "checkboxes", 10), (11, "multi_static_select", 11), (250, "multi_static_select", 100)],
)
def test_above_ten_a_menu_takes_the_place_of_tick_boxes(sessions: int, kind: str, shown: int) -> None:
    element = element_of(drawn(form_of(sessions)))
    assert (element["type"], len(element["options"])) == (kind, shown)
    assert all(len(option["text"]["text"]) <= 75 for option in element["options"])


def test_each_page_shows_its_own_ticks_and_keeps_those_of_the_others() -> None:
    ticked = frozenset({0, 99, 150, 249})
    view = drawn(form_of(250, page=1, ticked=ticked))
    assert [option["value"] for option in element_of(view)["initial_options"]] == ["150"]
    assert draft_of(view).ticked == ticked
    turns = next(b for b in view["blocks"] if b["type"] == "actions")["elements"]
    assert [(each["text"]["text"], each["value"]) for each in turns] == [("Previous page", "0"), ("Next page", "2")]


def test_what_the_form_keeps_is_read_back_and_stays_far_below_the_limit_of_slack() -> None:
    view = drawn(form_of(500, ticked=frozenset(range(500))))
    assert len(view["private_metadata"]) < 1000
    kept = draft_of(view)
    assert (kept.host, kept.look, kept.ticked) == (LONG_HOST, "TS-ABC234", frozenset(range(500)))


def test_an_error_at_sessions_that_are_not_there_stands_at_the_computer() -> None:
    empty = drawn(LogoffForm(draft=Draft(place=Place(channel_id="C1")), note="Choose"))
    assert errors_in(empty, {FormField.SESSIONS: "Tick one."}) == {"form_host": "Tick one."}


def test_a_name_is_cut_to_the_text_of_an_option_and_left_out_where_no_value_holds_it() -> None:
    (option,) = options_of([LONG_HOST, "h" * 151])
    assert (len(option["text"]["text"]), option["value"]) == (75, LONG_HOST)


@for_each("said", ['say "hi"', "it's", "“smart”", "<@U1> & <!channel>", "--force id=9", 'ends with "'])
def test_a_reason_stays_one_word_of_the_command_whatever_it_contains(said: str) -> None:
    word = split(clean(escaped(f"--reason {quoted(said)}")))[-1]
    assert word.text == said.replace("“", '"').replace("”", '"')


@for_each(
    "kept",
    [
        *["", "null", "{}", "[]", "TS-ABC234:1", "[1,2]", '["C", "n", "h", "l", "x", "0"]', "[" * 3000, None],
        *['["C", "n", "h", "l", 0, "zz"]', '["C", "n", "h", "l", null, "0"]', '{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}'],
    ],
)
def test_what_no_form_of_the_bot_keeps_is_an_empty_form(kept: str | None) -> None:
    draft = draft_of({"private_metadata": kept})
    assert (draft.host, draft.look, draft.ticked, draft.place.channel_id) == ("", "", frozenset(), "")


@pytest.mark.parametrize(("page", "shown"), [(-5, 0), (3, 3), (10**9, 10_000)])
def test_a_page_that_no_button_names_stays_within_bounds(page: int, shown: int) -> None:
    assert draft_of({"private_metadata": json.dumps(["C", "n", "h", "l", page, "0"])}).page == shown


@for_each(("value", "page"), [("2", 2), ("-1", 0), ("x", 0), (None, 0), ("9" * 5000, 0)])
def test_a_page_button_carries_a_number(value: str | None, page: int) -> None:
    assert page_of({"actions": [{"value": value}]}) == page
