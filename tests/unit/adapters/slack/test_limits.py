"""Whatever its size, what is drawn is within Slack's limits, and goes through Slack's own models and back unchanged."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from adapters.slack import limits
from adapters.slack.forms import choose_view, form_view, reason_view
from adapters.slack.home import draw_home
from adapters.slack.limits import escape_within
from adapters.slack.logoff_view import draft_of, logoff_view
from adapters.slack.message_form import message_view
from adapters.slack.render import draw, draw_text, draw_words
from adapters.slack.view_answers import answer_view
from bot.cards import forms
from bot.cards.home import Home, HomeRow, Section
from bot.cards.message_form import WRITE
from bot.cards.model import LONGEST_VALUE, Button, Card, CommandButton, Line, Press, Tone
from bot.cards.table import Cell, Option, Pick, Table
from bot.domain.people import Place
from bot.domain.session import Account
from bot.workflow.inputs import PressCall
from rehearsal.slack import find_faults, is_too_long
from rehearsal.slack.block_kit.blocks import find_view_faults
from rehearsal.slack.block_kit.views import BIGGEST_VIEW, check_view
from tests.support import builders as b
from tests.support import extremes, samples
from tests.support.cases import for_each
from tests.support.effort import examples, sample

if TYPE_CHECKING:
    from adapters.slack.render import Drawing
    from bot.cards.logoff_form import LogoffForm

ADDRESS = "https://example.slack.com/"
GROUP_IDS = {"@leads": "S0LEADS"}


def assert_same_after_the_models(blocks: list[dict[str, Any]]) -> None:
    parsed = Block.parse_all(blocks)
    for each in parsed:
        each.validate_json()
    assert [each.to_dict() for each in parsed] == blocks


def assert_slack_takes(drawing: Drawing) -> None:
    blocks: list[Any] = drawing.blocks
    assert find_faults(blocks) == ()
    assert not is_too_long(blocks)
    assert 0 < len(drawing.text) <= 4000
    assert_same_after_the_models(blocks)


def assert_slack_takes_view(view: View) -> dict[str, Any]:
    body = view.to_dict()
    assert check_view(body, view.type) == []
    assert find_view_faults(body["blocks"], view.type) == ()
    assert len(json.dumps(body)) <= BIGGEST_VIEW
    again = View(**body)
    again.validate_json()
    assert again.to_dict() == body
    assert_same_after_the_models(body["blocks"])
    return body


@pytest.mark.slow
@settings(max_examples=examples(0.3))
@given(card=extremes.cards)
def test_a_card_of_any_size_is_within_the_limits(card: Card) -> None:
    assert_slack_takes(draw(card, GROUP_IDS))
    assert_slack_takes_view(answer_view(draw(card.in_letters(), GROUP_IDS)))


@pytest.mark.slow
@settings(max_examples=examples(1))
@given(card=extremes.cards)
def test_the_words_of_a_card_of_any_size_are_within_the_limits(card: Card) -> None:
    drawing = draw_words(card, GROUP_IDS)
    assert 0 < len(drawing.text) <= limits.MESSAGE_TEXT
    assert_slack_takes_view(answer_view(drawing))


@pytest.mark.slow
@settings(max_examples=examples(0.3))
@given(home=extremes.homes)
def test_a_home_of_any_size_is_within_the_limits(home: Home) -> None:
    for address in ("", ADDRESS):
        assert_slack_takes_view(draw_home(home, GROUP_IDS, address))


@pytest.mark.slow
@settings(max_examples=examples(1))
@given(form=extremes.logoff_forms)
def test_the_form_of_logoff_of_any_size_is_within_the_limits(form: LogoffForm) -> None:
    body = assert_slack_takes_view(logoff_view(form))
    assert draft_of(body) == form.draft


@settings(max_examples=examples(1))
@given(text=extremes.texts)
def test_the_form_of_a_message_of_any_size_is_within_the_limits(text: str) -> None:
    value = f"U0ASKER tsmessage {text}"[:LONGEST_VALUE]
    place = Place(channel_id="C0OPS00001", name="n" * 80)
    call = PressCall(press=WRITE, value=value, actor=b.ASKER, place=place)
    body = assert_slack_takes_view(message_view(call))
    assert body["private_metadata"].endswith(value)


@settings(max_examples=examples(1))
@given(text=extremes.texts)
def test_a_sentence_of_any_size_is_within_the_limits_and_no_escape_is_cut_open(text: str) -> None:
    assert len(draw_text(text)) <= limits.MESSAGE_TEXT
    escaped = escape_within(text, limits.MESSAGE_TEXT)
    assert len(escaped) <= limits.MESSAGE_TEXT
    assert escaped.count("&") == sum(escaped.count(sign) for sign in ("&amp;", "&lt;", "&gt;"))


@for_each(("letter", "number"), sample(product(extremes.LETTERS, [1, 100, 101, 500]), 11))
def test_a_form_of_any_size_is_within_the_limits(number: int, letter: str) -> None:
    account = Account(domain=letter * 255, user=letter * 255)
    targets = [b.target(session=b.session(place, account=account)) for place in range(1, number + 1)]
    body = assert_slack_takes_view(choose_view(b.awaiting(*targets), "TS-AAAAAA:2"))
    kept = [option["value"] for block in body["blocks"] for option in block["element"]["options"]]
    assert kept == [str(place) for place in range(len(kept))]
    assert ("are taken out" in json.dumps(body)) is (number > len(kept))
    assert len(kept) >= min(number, limits.MOST_OPTIONS)
    asked = replace(samples.asked(), reason_asked=(letter * 4000,))
    assert_slack_takes_view(reason_view(asked, "TS-AAAAAA:2"))


def test_a_form_whose_words_are_too_long_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    long = forms.TextForm(title="t" * 99, submit="s" * 99, close="c" * 99, label="l" * 9999, hint="h" * 9999, longest=9)
    monkeypatch.setattr("adapters.slack.forms.reason_form", lambda _: long)
    body = assert_slack_takes_view(form_view(replace(samples.asked(), reason_asked=()), Press.REASON, "TS-AAAAAA:2"))
    assert [len(body[name]["text"]) for name in ("title", "submit", "close")] == [24, 24, 24]


# What is left out is counted


def shown(card: Card) -> str:
    return json.dumps(draw(card).blocks, ensure_ascii=False)


def test_lines_and_small_print_and_buttons_that_do_not_fit_are_counted() -> None:
    line = Line(parts=("x" * 100,))
    assert "and 890 more lines" in shown(Card(headline="x", summary="x", lines=(line,) * 1000))
    quiet = Line(parts=("small",), tone=Tone.QUIET)
    last = Line(parts=("TS-AAAAAA, asked by Dana",), tone=Tone.QUIET)
    small = shown(Card(headline="x", summary="x", lines=(*[quiet] * 100, last)))
    assert "and 61 more lines" in small
    assert "TS-AAAAAA, asked by Dana" in small
    ask = CommandButton(label="b", asker="U1", command="logoff", text="comp1")
    assert "and 5 more buttons" in shown(Card(headline="x", summary="x", buttons=(ask,) * 30))


def elements(card: Card) -> list[dict[str, Any]]:
    drawing = draw(card)
    assert_slack_takes(drawing)
    blocks: list[Any] = [block for block in drawing.blocks if block["type"] == "actions"]
    return [each for block in blocks for each in block["elements"]]


def test_a_menu_counts_among_the_buttons_and_what_has_no_room_in_either_is_counted() -> None:
    asks = [CommandButton(label=f"b{at}", asker="U1", command="logoff", text=f"comp{at}") for at in range(32)]
    card = Card(headline="x", summary="x", buttons=tuple(asks[:24]), menu=tuple(asks[24:]))
    drawn = elements(card)
    assert [each["type"] for each in drawn] == [*["button"] * 24, "overflow"]
    assert len(drawn[-1]["options"]) == limits.MOST_FOLDED
    assert "and 3 more buttons" in shown(card)
    last = Line(parts=("TS-AAAAAA, asked by Dana",), tone=Tone.QUIET)
    assert draw(replace(card, lines=(last,))).blocks[-2]["elements"] == [
        {"type": "plain_text", "text": "TS-AAAAAA, asked by Dana", "emoji": False}
    ]


def test_the_columns_and_the_rows_of_a_table_that_have_no_room_are_counted() -> None:
    wide = Table(columns=tuple(f"c{at}" for at in range(23)), rows=((Cell(text="x"),) * 23,))
    assert "and 3 more columns" in shown(Card(headline="x", summary="x", table=wide))
    beside = tuple(Line(parts=("x" * 250,)) for _ in range(35))
    rows = Table(columns=("person",) * 20, rows=((Cell(text="日" * 80),) * 20,) * 7)
    card = Card(headline="x", summary="x", table=rows, lines=beside)
    assert_slack_takes(draw(card))
    assert "and 7 more: narrow it" in shown(card)


def test_a_menu_without_a_table_has_as_many_options_as_fit_and_counts_the_others() -> None:
    options = tuple(Option(label=f"user{at}", value=f"TS-AAAAAA:{at}", row=at) for at in range(130))
    card = Card(headline="x", summary="x", pick=Pick(label="Pick...", options=options))
    (menu,) = elements(card)
    assert len(menu["options"]) == limits.MOST_OPTIONS
    assert "and 30 more to pick" in shown(card)
    crowded = replace(card, lines=tuple(Line(parts=("x" * 250,)) for _ in range(34)))
    (menu,) = elements(crowded)
    assert 0 < len(menu["options"]) < limits.MOST_OPTIONS
    assert f"and {130 - len(menu['options'])} more to pick" in shown(crowded)


def test_a_button_that_can_carry_no_such_command_is_counted_too() -> None:
    long = CommandButton(label="b", asker="U1", command="logoff", text="x" * 2000)
    own = Button(press=Press.CANCEL, label="", request_id="TS-AAAAAA", version=1)
    said = shown(Card(headline="", summary="", buttons=(long, own)))
    assert "and 1 more buttons" in said
    assert "press_cancel" in said


def test_what_a_text_alone_has_no_room_for_is_counted() -> None:
    text = draw_words(Card(headline="x", summary="x", lines=(Line(parts=("y" * 70,)),) * 100)).text
    assert text.endswith(f"and {101 - text.count(chr(10))} more lines")


def test_a_section_of_a_home_counts_the_rows_that_have_no_room() -> None:
    rows = Section(title="Running (300)", rows=(HomeRow(line=Line(parts=("row",))),) * 290, more=10)
    view = assert_slack_takes_view(draw_home(Home(sections=(rows,))))
    left = 300 - json.dumps(view).count('"row"')
    assert f"and {left} more" in json.dumps(view)
