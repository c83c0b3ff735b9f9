"""A session that is picked from a list: what its reader may do with it, and nothing done by the pick itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.cards.model import CommandButton
from bot.commands.tsmessage import MessageAsk
from bot.domain.actions import Action
from bot.domain.ask import Choice
from bot.domain.session import Account
from bot.errors import LedgerError
from bot.workflow.inputs import PressCall
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.cases import for_each
from tests.support.harness import BotHarness, text_of
from tests.support.people import rule

if TYPE_CHECKING:
    from bot.cards.model import Card
    from bot.domain.people import Actor, Place
    from bot.domain.request import Request
    from bot.domain.session import Session
    from bot.workflow.response import Response

ALICE, BOB = 1, 2
"""Their places in the list of comp1: after session 0."""


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness()


def listed(harness: BotHarness, text: str = "comp1") -> str:
    return harness.ask_and_run(text, command="sessions").id


def pick(harness: BotHarness, value: str, by: Actor = b.ASKER, place: Place = b.PLACE) -> Card | str:
    response = harness.intake.press(PressCall(press="pick", value=value, actor=by, place=place, delivery="d1"))
    assert response.wake is None
    return response.card or response.text


def commands(card: Card | str) -> list[str]:
    assert not isinstance(card, str), card
    buttons = [button for button in card.buttons if isinstance(button, CommandButton)]
    assert {button.asker for button in buttons} <= {b.ASKER.user_id, b.OTHER.user_id}
    return [f"{button.label}: /{button.command} {button.text}" for button in buttons]


def test_a_pick_offers_what_its_reader_may_do_with_exactly_this_session(harness: BotHarness) -> None:
    card = pick(harness, f"{listed(harness)}:{BOB}")
    assert commands(card) == [
        "Log off: /logoff comp1 id=5 user=CORP\\bob",
        "Disconnect: /disconnect comp1 id=5 user=CORP\\bob",
        "Message...: /tsmessage comp1 id=5 user=CORP\\bob",
    ]
    assert not isinstance(card, str)
    assert card.headline == "CORP\\bob on comp1, session 5"


def test_a_pick_changes_nothing_and_each_button_asks_its_command(harness: BotHarness) -> None:
    request_id = listed(harness)
    before = (harness.events, harness.find(request_id))
    card = pick(harness, f"{request_id}:{ALICE}")
    assert (harness.events, harness.find(request_id)) == before
    assert not isinstance(card, str)
    assert [target.session.id for target in pressed(harness, card).targets] == [3]


def pressed(harness: BotHarness, card: Card) -> Request:
    """Press the first button, and return the request that it made."""
    call = PressCall(press="ask", value=card.buttons[0].value, actor=b.ASKER, place=b.PLACE, delivery="d2")
    response = harness.intake.press(call)
    assert response.wake, response.text
    harness.scheduler.wake(response.wake)
    harness.run()
    return harness.find(response.wake.request_id)


def test_another_person_in_the_session_by_then_is_not_hit(harness: BotHarness) -> None:
    card = pick(harness, f"{listed(harness)}:{ALICE}")
    assert not isinstance(card, str)
    harness.terminal = FakeTerminal({"comp1": (b.session(3, account=Account(domain="CORP", user="mallory")),)})
    assert pressed(harness, card).targets == ()


@pytest.mark.parametrize(
    ("may", "labels"),
    [
        ({Action.LIST}, []),
        ({Action.LIST, Action.DISCONNECT}, ["Disconnect"]),
        ({Action.LIST, Action.LOG_OFF}, ["Log off"]),
        ({Action.LIST, Action.MESSAGE}, ["Message..."]),
    ],
)
def test_only_what_a_rule_allows_is_offered(harness: BotHarness, may: set[Action], labels: list[str]) -> None:
    request_id = listed(harness)
    harness.change_policy(rule(may=frozenset(may)))
    card = pick(harness, f"{request_id}:{BOB}")
    assert [line.partition(":")[0] for line in commands(card)] == labels
    assert not isinstance(card, str)
    nothing = "There is nothing that you may do with this session: no rule lets you log sessions off"
    assert (nothing in text_of(card)) is (may == {Action.LIST})


def write(harness: BotHarness, text: str | None, by: Actor = b.ASKER) -> Response:
    value = f"{b.ASKER.user_id} tsmessage comp1 id=5 user=CORP\\bob"
    call = PressCall(press="write", value=value, actor=by, place=b.PLACE, delivery="d3", text=text)
    return harness.intake.press(call)


def test_the_button_for_a_message_opens_a_form_for_its_asker_alone(harness: BotHarness) -> None:
    assert write(harness, None).wants_text
    refused = write(harness, None, by=b.OTHER)
    assert (refused.wants_text, refused.wake) == (False, None)
    assert "for the person who typed the command" in refused.text


@pytest.mark.parametrize(
    "text", ["Call me", 'a "b" c', "say “hi” & <b>", "it's --force --all", "x" * 300, "-1", "日本"]
)
def test_what_was_written_is_the_text_of_the_message_and_nothing_else(harness: BotHarness, text: str) -> None:
    response = write(harness, text)
    assert response.wake
    assert response.text == ""
    ask = harness.find(response.wake.request_id).ask
    assert isinstance(ask, MessageAsk)
    assert ask.warning == text.replace("“", '"').replace("”", '"')
    assert (str(ask.ids), ask.force, ask.choice) == ("5", False, Choice.MATCHING)


def test_a_text_that_is_sent_twice_is_one_message_and_no_error_in_the_form(harness: BotHarness) -> None:
    first, second = write(harness, "Call me"), write(harness, "Call me")
    assert first.wake
    assert (second.wake, second.text) == (None, "")
    assert len(harness.ledger.newest(9)) == 1


@pytest.mark.parametrize("text", ["", " ", "x" * 301])
def test_a_text_that_no_message_may_have_is_told_in_the_form(harness: BotHarness, text: str) -> None:
    response = write(harness, text)
    assert (response.wake, bool(response.text)) == (None, True)


def test_the_list_of_another_person_offers_nothing_and_is_noted(harness: BotHarness) -> None:
    request_id = listed(harness)
    card = pick(harness, f"{request_id}:{BOB}", by=b.OTHER)
    assert commands(card) == []
    assert "for the person who asked for it" in str(card)
    entry = harness.ledger.entries()[-1]
    assert (entry.event, entry.reason_code, entry.actor) == ("noted", "outsider_press", b.OTHER.user_id)


def test_whoever_reads_a_public_list_gets_their_own_buttons(harness: BotHarness) -> None:
    request_id = listed(harness, "comp1 --here")
    card = pick(harness, f"{request_id}:{BOB}", by=b.OTHER)
    assert not isinstance(card, str)
    assert {button.asker for button in card.buttons if isinstance(button, CommandButton)} == {b.OTHER.user_id}


@pytest.mark.parametrize("place", ["0", "3", "4", "99", "-1", "", "x", "²", "1" * 9, "1:1"])
def test_a_pick_that_is_none_of_its_people_is_unknown(harness: BotHarness, place: str) -> None:
    assert (
        pick(harness, f"{listed(harness)}:{place}") == "I do not know this card any more. Ask again with the command."
    )


@pytest.mark.parametrize("value", ["", "TS-NOBODY:1", "x", ":", "U0DANA0001 logoff comp1 --all"])
def test_a_pick_from_no_list_is_unknown(harness: BotHarness, value: str) -> None:
    assert pick(harness, value) == "I do not know this card any more. Ask again with the command."


def test_a_pick_from_a_request_that_is_no_list_is_unknown(harness: BotHarness) -> None:
    request = harness.ask_and_run("comp1 id=3")
    assert pick(harness, f"{request.id}:0") == "I do not know this card any more. Ask again with the command."


ODD = [
    *["al*", "al?ce", "a,b", "[ab]", 'a"b', "a\u201cb", "a\u2018b", "a@b.c", "<!channel>", "```", "a\nb", "a\x00b"],
    *["\u202ea", "a\u200bb", " a", "a  b", "a\u00a0b", "e\u0301", "✅", "<@U0OTHER>", "&amp;", "--force", "a" * 300],
]


def on_comp1(*sessions: Session) -> BotHarness:
    return BotHarness(terminal=FakeTerminal({"comp1": sessions}), hosts=("comp1",))


@for_each("name", ODD)
def test_each_button_reads_back_as_exactly_the_session_that_was_picked(name: str) -> None:
    odd = b.session(3, account=Account(domain="CORP", user=name))
    harness = on_comp1(odd)
    card = pick(harness, f"{listed(harness)}:0")
    assert len(commands(card)) == 3
    assert not isinstance(card, str)
    assert [target.session for target in pressed(harness, card).targets] == [odd]


@pytest.mark.parametrize("name", ["al*", "al?ce", "<!channel>", "e\u0301"])
def test_a_button_for_an_odd_name_never_means_another_person_with_the_same_session_id(name: str) -> None:
    odd = b.session(3, account=Account(domain="CORP", user=name))
    harness = on_comp1(odd)
    card = pick(harness, f"{listed(harness)}:0")
    other = Account(
        domain="CORP", user="".join("x" if not each.isascii() or each in "*?<!>" else each for each in name)
    )
    harness.terminal.set("comp1", replace(odd, account=other, logon=odd.logon + 10_000_000))
    assert not isinstance(card, str)
    assert pressed(harness, card).targets == ()


def test_an_odd_name_without_a_logon_time_is_offered_nothing() -> None:
    harness = on_comp1(b.session(3, account=Account(domain="CORP", user="al*"), logon=0))
    card = pick(harness, f"{listed(harness)}:0")
    assert commands(card) == []
    assert "cannot mean exactly" in str(card)


def test_a_name_with_a_space_is_quoted() -> None:
    odd = b.session(3, account=Account(domain="CORP", user="de & la"))
    harness = BotHarness(terminal=FakeTerminal({"comp1": (odd,)}), hosts=("comp1",))
    first, *_ = commands(pick(harness, f"{listed(harness)}:0"))
    assert first == 'Log off: /logoff comp1 id=3 user="CORP\\de &amp; la"'


def test_a_database_that_does_not_answer_is_told(harness: BotHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = listed(harness)

    def fail(*_: object) -> None:
        raise LedgerError("It is away.")

    monkeypatch.setattr(harness.ledger, "find", fail)
    assert "cannot record" in str(pick(harness, f"{request_id}:1"))
