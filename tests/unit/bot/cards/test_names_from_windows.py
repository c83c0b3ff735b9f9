"""Names come from Windows, and whoever names a client chooses the letters: none of them may write a row of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.slack.forms import choose_view
from bot.cards import logoff_form, request_card, wording
from bot.cards.forms import choose_form
from bot.cards.model import Bold, Line
from bot.cards.text import LONGEST_NAME, outside, plain
from bot.domain.actions import Action
from bot.domain.draft import Draft
from bot.domain.request import Ending, State
from bot.domain.session import Account
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.signs import SIGNS

BREAKS = ["\n", "\r", "\t", "\x00", "\x0b", "\x0c", "\x1b", "\x1c", "\x7f", "\x85", "\u2028", "\u2029"]
DIRECTIONS = ["\u200e", "\u200f", "\u061c", *"\u202a\u202b\u202c\u202d\u202e", *"\u2066\u2067\u2068\u2069"]
UNSEEN = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\u3164", "\u2800", "\u115f", "\u034f"]
EVIL = Account(domain="CORP", user="bob\n✓ logged off\u2028CORP\\carol")
OPEN, CLOSE, LOST = "\u2068", "\u2069", "\N{REPLACEMENT CHARACTER}"


def words(line: Line) -> list[str]:
    return [part.text if isinstance(part, Bold) else part for part in line.parts if isinstance(part, Bold | str)]


@for_each("sign", [*BREAKS, *DIRECTIONS, *UNSEEN, *SIGNS])
def test_what_breaks_a_line_turns_a_direction_or_poses_as_a_mark_is_shown_as_unreadable(sign: str) -> None:
    assert outside(f"bob{sign}carol") == plain(f"bob{sign}carol") == f"bob{LOST}carol"


@for_each("name", ["josé", "山田太郎 😀", "O'Brien (RDS)", "", "Nguyễn", "नीलम", "--force", "50-50?"])
def test_a_name_of_letters_stays_as_it_is(name: str) -> None:
    assert outside(name) == plain(name) == name


@for_each(
    ("name", "shown"),
    [
        ("אב", f"{OPEN}אב{CLOSE}"),
        ("א\nב", f"{OPEN}א{LOST}ב{CLOSE}"),
        ("א\u2069ב", f"{OPEN}א{LOST}ב{CLOSE}"),
        ("\u202eecila", f"{LOST}ecila"),
        ("a\u00a0b", "a b"),
        ("a" + " " * 300 + "b", "a  ..."),
        ("… waiting for its turn", f"{LOST} waiting for its turn"),
        ("- left alone", f"{LOST} left alone"),
        ("? unknown", f"{LOST} unknown"),
        ("\u0301x", f"{LOST}x"),
        ("a \u0301x", f"a {LOST}x"),
        ("x" + "\u0301" * 5, "x" + "\u0301" * 3 + LOST * 2),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("x\ufe0f", f"x{LOST}"),
    ],
)
def test_a_name_is_one_piece_that_keeps_to_itself(name: str, shown: str) -> None:
    assert outside(name) == shown


def test_a_name_is_cut_at_256_letters_and_says_so() -> None:
    assert outside("x" * 300) == "x" * LONGEST_NAME + "..."
    assert LONGEST_NAME == 256


def test_where_nobody_said_what_came_from_outside_each_word_from_the_right_keeps_to_itself() -> None:
    assert plain("CORP\\אב on comp1 \u2067x") == f"{OPEN}CORP\\אב{CLOSE} on comp1 {LOST}x"


def test_no_name_breaks_a_row_or_the_summary() -> None:
    client = "x\n✓ logged off\nCORP"
    people = b.target(3, session=b.session(3, account=EVIL, client=client))
    nobody = b.target(4, session=b.session(4, account=Account(domain="", user=""), station="RDP\nCORP\\dan"))
    request = b.request(targets=(people, nobody), state=State.AWAITING, requirement=b.requirement())
    card = request_card.build(request)
    assert not any(sign in word for line in card.lines for word in words(line) for sign in "\n\u2028✓")
    assert not any(sign in card.summary for sign in "\n\u2028✓")


def test_no_name_breaks_the_what_if_or_the_form() -> None:
    target = b.target(3, session=b.session(3, account=EVIL))
    assert len(wording.what_if(target, Action.LOG_OFF).splitlines()) == 1
    request = b.request(targets=(target,), state=State.ENDED, ending=Ending.WHATIF)
    assert not any("\n" in word for line in request_card.build(request).lines for word in words(line))
    assert "\\n" not in str(choose_view(request, "TS-AAAAAA:1").to_dict())


@pytest.mark.parametrize("letter", ["x", "א", "😀", "x\u0301"])
def test_a_long_name_hides_neither_the_session_nor_its_state_in_a_row_that_is_ticked(letter: str) -> None:
    long = Account(domain="CORP", user=letter * 300)
    there = b.session(12, account=long)
    request = b.awaiting(b.target(session=there), b.target(session=b.session(13, account=long)))
    for row in choose_form(request, 100).rows:
        assert len(row) <= 75
        assert row.endswith(" - left 3 h ago")
    look = replace(request, state=State.ENDED)
    form = logoff_form.build(Draft(place=b.PLACE, host="comp1"), look)
    assert [row.text.split(" - ", 1)[1] for row in form.rows] == ["12 - left 3 h ago", "13 - left 3 h ago"]
    assert all(len(row.text) <= 75 for row in form.rows)
