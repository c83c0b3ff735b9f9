"""Whatever hosts and people call things: as many lines, marks and buttons as with harmless names, and no direction.

Every text of a request that comes from outside is replaced, in every sample, then everything that a person can read
of it is drawn: cards, notices, forms, lists, replies, and the same on a terminal.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING, TypeVar
from unicodedata import bidirectional, category

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from adapters.slack.forms import choose_view
from adapters.slack.render import draw, draw_reply
from app.cli.tables import Letters
from app.printing import json_text
from bot.cards import notices, request_card, target_list, troubles, wording
from bot.cards.forms import choose_form
from bot.cards.model import Bold, Break, Card, Group, Line, Mark, mention
from bot.cards.request_card import LONGEST_MESSAGE
from bot.cards.shapes import shorter
from bot.cards.table import EMPTY
from bot.cards.text import outside, plain
from bot.domain.people import Actor
from bot.domain.request import Pause
from bot.domain.session import Account
from bot.errors import Conflict, ConflictReason, UsageError
from rehearsal.slack import find_faults, is_too_long
from tests.support import builders as b
from tests.support import samples
from tests.support.cases import for_each
from tests.support.effort import PROFILE, examples, sample
from tests.support.signs import SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adapters.slack.render import Drawing
    from bot.domain.request import Request

T = TypeVar("T")
STEERING = (
    "\n\r\t\x00\x1b\x0b\x0c\x85\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
)
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u3164\ufe0f\U000e0041\u0301\u0489\u05b8"
LETTERS = "ab 12.,:;()<>&*_~`@#!|\\/-?'\"אبé日✓✗⚠…-?✅🟢😀" + STEERING + UNSEEN
HOSTILE = st.one_of(st.text(st.sampled_from(LETTERS), max_size=40), st.text(max_size=40)).map(lambda text: f"x{text}")
AT_THE_START = st.one_of(
    HOSTILE, st.text(st.sampled_from(LETTERS), min_size=1, max_size=20).map(lambda text: f"{text}x")
)
FAKE_ROW = "x\n✓ CORP\\ceo  vault session 9, logged off"
OVERRIDE = "\u202egnp.ceo\u2069\u2066"
TOWER = "x" + "\u0301\u0489" * 200
MARKS = frozenset(SIGNS)
UNSEEN_KINDS = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
OPEN, CLOSE = "\u2068", "\u2069"
OURS = frozenset({"host", "id", "code", "failure_reference", "command", "delivery", "user_id", "team_id", "channel_id"})
"""Fields that come from the configuration, from the bot, or from Slack's own numbering."""

SAMPLES = samples.of_all_kinds() | {"many": samples.surveyed(samples.asked(), *map(b.session, range(1, 61)))}


def with_texts(value: T, text: str) -> T:
    """The value with every text from outside replaced, however deep it lies."""
    if isinstance(value, tuple):
        return tuple(with_texts(each, text) for each in value)  # type: ignore[return-value] # a tuple of the same
    if isinstance(value, Account):
        return replace(value, domain=text if value.domain else "", user=text if value.user else "")
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed: dict[str, object] = {}
    for field in fields(value):
        inner = getattr(value, field.name)
        if field.name in OURS or field.name.endswith("_ref") or field.name in ("requirement", "place"):
            continue
        if type(inner) is str:
            changed[field.name] = text if inner else inner
        elif field.name == "conditions":
            changed[field.name] = tuple(replace(each, values=(text,)) for each in inner if each.field == "user")
        else:
            changed[field.name] = with_texts(inner, text)
    return replace(value, **changed)


def verbose(request: Request) -> Request:
    return replace(request, ask=replace(request.ask, verbose=True))


def cards_of(request: Request, text: str) -> Iterator[Card]:
    """Everything that is drawn of a request, in one order."""
    yield request_card.build(request)
    yield request_card.build(verbose(request))
    yield notices.break_glass(request)
    yield troubles.waits(request)
    yield troubles.bare(request_card.build(request))
    yield shorter(request_card.build(request))
    yield troubles.nobody_asked(request, "C0APPROVE", text)
    yield troubles.not_shown(request, text)
    yield troubles.not_announced(request, "C0APPROVE", text)
    yield troubles.not_listed(request, text)
    yield troubles.outcome(request, text)
    yield troubles.broken(request, text)
    yield troubles.ended_in_words(request, text)
    yield notices.ended_elsewhere(request)
    for said in (notices.outcome_line(request), notices.reminder(request), notices.receipt(request)):
        yield Card(headline=said, summary=said, lines=(Line(parts=(said,)),))
    clashes = [Conflict("", request=request, reason=reason) for reason in ConflictReason]
    for said in (*map(wording.clash, clashes), wording.paused(Pause(by=text, since=b.NOW, reason=text))):
        yield Card(headline=said, summary=said)


def rows_of(messages: Iterable[Card]) -> list[Line]:
    """The rows of the list in the thread: long names take more messages, and no other number of rows."""
    lines = [line for card in messages for line in card.lines]
    return [line for line in lines if not isinstance(line.parts[0], Bold)]


def texts_of(card: Card) -> Iterator[str]:
    yield from (card.headline, card.summary)
    for line in card.lines:
        yield from (
            part.text if isinstance(part, Bold) else part for part in line.parts if isinstance(part, str | Bold)
        )
    yield from (button.label for button in card.pressable)
    for row in card.table.rows if card.table else ():
        yield from (cell.text for cell in row if cell.text != EMPTY)
    yield from (option.label for option in (card.pick.options if card.pick else ()))


def shape_of(card: Card) -> tuple[object, ...]:
    """Lines with their marks, and buttons: what no name may change."""
    lines = [(line.tone, *(part for part in line.parts if isinstance(part, Break | Mark))) for line in card.lines]
    signs = tuple(tuple(cell.sign for cell in row) for row in card.table.rows) if card.table else ()
    picked = tuple((option.value, option.row) for option in card.pick.options) if card.pick else ()
    return (tuple(lines), tuple((button.press, button.label) for button in card.pressable), signs, picked)


def assert_keeps_to_itself(text: str) -> None:
    """One line; directions only in whole isolates that hold none; nothing unseen; no letter that poses as a mark."""
    without = re.sub(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}", r"\1", text)
    assert not any(category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for letter in set(without)), ascii(
        text
    )
    assert not set(without) & MARKS, ascii(text)
    assert not without.startswith("…"), ascii(text)
    assert not re.search(r"[\u0300-\u036f\u0483-\u0489]{4}", without), ascii(text)
    outside_isolates = re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", "", text)
    assert not any(bidirectional(letter) in ("R", "AL") for letter in set(outside_isolates)), ascii(text)


@cache
def harmless_shapes(name: str) -> list[tuple[object, ...]]:
    return [shape_of(card) for card in cards_of(with_texts(SAMPLES[name], "x"), "x")]


def assert_changes_nothing_but_letters(name: str, text: str) -> None:
    wild = with_texts(SAMPLES[name], text)
    hostile, messages = list(cards_of(wild, text)), target_list.messages(wild)
    assert [shape_of(card) for card in hostile] == harmless_shapes(name), name
    assert len(rows_of(messages)) == len(wild.targets)
    for said in {said for card in (*hostile, *messages) for said in texts_of(card)}:
        assert_keeps_to_itself(said)


@given(name=st.sampled_from(sorted(SAMPLES)), text=AT_THE_START)
@settings(max_examples=examples(2))
def test_no_text_from_outside_makes_a_line_a_mark_a_button_or_a_direction(name: str, text: str) -> None:
    assert_changes_nothing_but_letters(name, text)


ALL_SIGNS = "x" + "".join(SIGNS)
KNOWN = [FAKE_ROW, OVERRIDE, TOWER, "… waiting for its turn", "✓ logged off", "א" * 300, "x" * 600, ALL_SIGNS]


@for_each("text", KNOWN, ids=["row", "override", "tower", "turn", "mark", "right", "long", "signs"])
def test_known_tricks_work_on_no_card(text: str) -> None:
    share = 8 if PROFILE == "quick" else 1  # each trick on some of the cards, each card with some of the tricks
    for name in sorted(SAMPLES)[KNOWN.index(text) % share :: share]:
        assert_changes_nothing_but_letters(name, text)


@cache
def harmless_drawings(name: str) -> list[Drawing]:
    return [draw(card) for card in cards_of(with_texts(SAMPLES[name], "x"), "x")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["awaiting-left-out", "acting-one-done", "ended-approved-by-others", "many"])
@given(text=HOSTILE)
@example(text=FAKE_ROW)
@example(text=OVERRIDE)
@example(text="א" * 3000)
@example(text=":white_check_mark: *b* <!channel>")
def test_what_slack_draws_of_it_has_no_more_lines_and_stays_within_the_limits(name: str, text: str) -> None:
    request = with_texts(SAMPLES[name], text)
    for card in target_list.messages(request):
        drawing = draw(card)
        assert_fits_a_message(drawing)
        assert str(drawing.blocks).count("\\n") == len(card.lines)
    hostile = [draw(card) for card in cards_of(request, text)]
    for tame, wild in zip(harmless_drawings(name), hostile, strict=True):
        assert_fits_a_message(wild)
        assert str(wild.blocks).count("\\n") == str(tame.blocks).count("\\n")
        assert [block["type"] for block in wild.blocks] == [block["type"] for block in tame.blocks]


@pytest.mark.slow
@given(text=HOSTILE)
@example(text=FAKE_ROW)
@example(text=OVERRIDE)
@example(text="א" * 3000)
def test_a_table_has_a_row_a_session_whatever_it_is_called(text: str) -> None:
    request = with_texts(SAMPLES["ended-listed"], text)
    for card in (request_card.build(request), request_card.build(verbose(request))):
        for drawing in (draw(card), draw(shorter(card))):
            assert_fits_a_message(drawing)
        (table,) = [block for block in draw(card).blocks if block["type"] == "table"]
        assert len(table["rows"]) == len(card.table.rows) + 1 if card.table else False  # type: ignore[arg-type] # rows
        assert "\\n" not in str(table)


def assert_fits_a_message(drawing: Drawing) -> None:
    assert find_faults(drawing.blocks) == ()
    assert not is_too_long(drawing.blocks)
    assert str(drawing.blocks).count(OPEN) == str(drawing.blocks).count(CLOSE)
    assert not re.search(r":[\w+'-]+:", drawing.text)


@given(text=AT_THE_START)
@example(text=FAKE_ROW)
@example(text=OVERRIDE)
def test_the_form_has_one_row_a_person(text: str) -> None:
    request = with_texts(SAMPLES["awaiting-left-out"], text)
    form = choose_form(request, 100)
    for row in form.rows:
        assert_keeps_to_itself(row)
    (block,) = choose_view(request, "TS-AAAAAA:2").to_dict()["blocks"]
    assert [option["value"] for option in block["element"]["options"]] == ["0", "1"]


@given(text=HOSTILE)
@example(text=FAKE_ROW)
@example(text="\u202e x\nDid you mean /logoff comp1 --all --force?")
def test_what_was_typed_is_shown_back_on_its_line(text: str) -> None:
    tame, wild = (
        notices.usage(
            UsageError(f"`{each}` is no computer.", text=each, start=0, end=1, candidates=(each,)),
            notices.Asked(command="logoff", asker="U0DANA0001"),
        )
        for each in ("x", text)
    )
    assert shape_of(tame) == shape_of(wild)
    for said in texts_of(wild):
        assert_keeps_to_itself(said)


@given(text=HOSTILE)
@example(text=FAKE_ROW)
@example(text=OVERRIDE)
def test_a_reply_in_the_thread_is_one_line_that_is_never_parsed(text: str) -> None:
    drawing = draw_reply(("U0DANA", "@leads"), f"Denied by {text}")
    (block,) = drawing.blocks
    parts = re.findall(r"'type': '(\w+)'", str(block))
    assert str(block).count("\\n") == 1
    assert set(parts) == {"rich_text", "rich_text_section", "user", "text"}
    assert "\n" not in drawing.text


def cell_of(text: str) -> str:
    """Return the text as a table of the command line shows it, which takes one line for it."""
    console = Console(file=StringIO(), width=100_000, color_system=None)
    table = Letters("text", narrow=1, least_width=0)
    table.add_texts(text)
    table.print(console)
    assert isinstance(console.file, StringIO)
    _, cell, end = console.file.getvalue().split("\n")
    assert end == ""
    return cell.rstrip(" ")


@given(text=st.one_of(HOSTILE, AT_THE_START))
@example(text=FAKE_ROW)
@example(text="\x1b[2J\u009b31m[bold]x[/bold]")
@example(text="…אx")
def test_a_terminal_shows_letters(text: str) -> None:
    assert_keeps_to_itself(
        re.sub(f"^({OPEN}?)…+", r"\1", cell_of(text))
    )  # a terminal has no row that waits for its turn
    shown = json_text({"reason": text})
    assert shown.count("\n") == 2
    assert all(letter.isprintable() or letter == "\n" for letter in shown)


@given(text=st.text(st.sampled_from(LETTERS), max_size=60))
@example(text=" \u0301א")
def test_cleaning_twice_is_cleaning_once_and_a_place_in_a_text_stays_that_place(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert plain(outside(text)) == outside(text)
    kept = plain(text.replace(OPEN, "").replace(CLOSE, ""))
    assert len(kept.replace(OPEN, "").replace(CLOSE, "")) == len(text.replace(OPEN, "").replace(CLOSE, ""))


def test_a_group_that_nobody_could_resolve_is_text_too() -> None:
    (part,) = Line(parts=(mention("@leads\n✓ yes"),)).parts
    assert part == Group("@leads\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} yes")


def test_harmless_samples_have_nothing_unreadable_in_them() -> None:
    for request in SAMPLES.values():
        for card in cards_of(request, "Slack cannot be reached."):
            assert not any("\N{REPLACEMENT CHARACTER}" in said for said in texts_of(card))


def test_no_name_on_any_card_is_longer_than_it_is_cut_to() -> None:
    for request in sample(SAMPLES.values(), 3):
        for card in cards_of(with_texts(request, "x" * 5000), "why"):
            longest = max((len(run) for said in texts_of(card) for run in re.findall("x+", said)), default=0)
            assert longest <= LONGEST_MESSAGE
    account = Account(domain="CORP", user="x" * 5000)
    long = samples.surveyed(samples.asked(verbose=True), b.session(account=account, client="x" * 5000))
    for card in cards_of(long, "why"):
        assert not any(re.search("x{257}", said) for said in texts_of(card))


def test_every_text_of_a_request_is_replaced() -> None:
    """The test itself forgets no field: a new one is hostile as soon as a sample fills it."""
    actor = with_texts(Actor(user_id="U0", name="n"), "evil")
    assert (actor.user_id, actor.name) == ("U0", "evil")
    changed = with_texts(SAMPLES["awaiting-left-out"], "evil")
    assert {excluded.why for excluded in changed.excluded} == {"evil"}
    assert changed.ask.hosts == SAMPLES["awaiting-left-out"].ask.hosts
    assert changed.targets[0].session.account == Account(domain="evil", user="evil")
