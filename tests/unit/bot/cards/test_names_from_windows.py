"""Names come from Windows, and whoever names a client chooses the letters: none of them may write a row of its own."""

from __future__ import annotations

import pytest

from adapters.slack.forms import choose_view
from bot.cards import request_card, wording
from bot.cards.model import Bold, Line
from bot.domain.actions import Action
from bot.domain.request import Ending, State
from bot.domain.session import Account
from tests.support import builders as b

BREAKS = ["\n", "\r", "\t", "\x00", "\x0b", "\x0c", "\x1b", "\x1c", "\x7f", "\x85", "\u2028", "\u2029"]
EVIL = Account(domain="CORP", user="bob\n✓ logged off\u2028CORP\\carol")


def words(line: Line) -> list[str]:
    """The names in a line apart: what the bot says itself may break a line, at a verdict."""
    return [part.text if isinstance(part, Bold) else part for part in line.parts if isinstance(part, Bold | str)]


@pytest.mark.parametrize("sign", BREAKS)
def test_what_breaks_a_line_or_steers_a_terminal_is_shown_as_unreadable(sign: str) -> None:
    assert wording.isolate(f"bob{sign}carol") == "bob\N{REPLACEMENT CHARACTER}carol"


@pytest.mark.parametrize("name", ["josé", "山田太郎 😀", "O'Brien (RDS)", ""])
def test_a_name_of_letters_stays_as_it_is(name: str) -> None:
    assert wording.isolate(name) == name


def test_a_name_from_the_right_with_a_line_feed_stays_isolated_and_on_its_line() -> None:
    assert wording.isolate("א\nב") == "\N{FIRST STRONG ISOLATE}א\N{REPLACEMENT CHARACTER}ב\N{POP DIRECTIONAL ISOLATE}"


def test_no_name_breaks_a_row_or_the_summary() -> None:
    client = "x\n✓ logged off\nCORP"
    people = b.target(3, session=b.session(3, account=EVIL, client=client))
    nobody = b.target(4, session=b.session(4, account=Account(domain="", user=""), station="RDP\nCORP\\dan"))
    request = b.request(targets=(people, nobody), state=State.AWAITING, requirement=b.requirement())
    card = request_card.build(request)
    assert not any("\n" in word or "\u2028" in word for line in card.lines for word in words(line))
    assert "\n" not in card.summary


def test_no_name_breaks_the_what_if_or_the_form() -> None:
    target = b.target(3, session=b.session(3, account=EVIL))
    assert len(wording.what_if(target, Action.LOG_OFF).splitlines()) == 1
    request = b.request(targets=(target,), state=State.ENDED, ending=Ending.WHATIF)
    assert not any("\n" in word for line in request_card.build(request).lines for word in words(line))
    assert "\\n" not in str(choose_view(request, "TS-AAAAAA:1").to_dict())
