"""A command that names a computer and no session offers the sessions there, and a press asks for that one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.cards.choosing import MOST_OFFERED
from bot.cards.model import ASK, CommandButton
from bot.cards.table import PICK
from bot.domain.actions import Action
from bot.domain.request import State
from bot.domain.session import Account
from bot.policy.model import Rule
from bot.workflow.inputs import PressCall
from bot.workflow.picking import NOT_THEIRS
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.harness import ONCALL, BotHarness

if TYPE_CHECKING:
    from bot.domain.people import Actor
    from bot.workflow.response import Response


def offered(harness: BotHarness, text: str, command: str = "logoff") -> list[CommandButton]:
    harness.ask_and_run(text, command=command)
    return [each for each in harness.chat.told[-1].card.buttons if isinstance(each, CommandButton)]


def test_each_session_is_a_button_that_asks_for_just_that_one() -> None:
    harness = BotHarness()
    buttons = offered(harness, 'comp1 --reason "floor 5" --sync')
    assert [button.label for button in buttons] == ["CORP\\bob, session 5", "CORP\\alice, session 3"]
    call = PressCall(press=ASK, value=buttons[0].value, actor=b.ASKER, place=b.PLACE, delivery="a press")
    response = harness.intake.press(call)
    assert response.wake
    harness.scheduler.wake(response.wake)
    harness.run()
    request = harness.find(response.wake.request_id)
    assert (request.state, [target.key for target in request.targets]) == (State.AWAITING, [("comp1", 5)])
    assert request.ask.reason == "floor 5"
    assert harness.terminal.touched == []


@pytest.mark.parametrize(
    ("text", "command"), [("comp1", "sessions"), ("comp1 --all", "logoff"), ("comp1 id=3", "logoff")]
)
def test_where_the_command_chooses_nobody_is_offered(text: str, command: str) -> None:
    harness = BotHarness()
    harness.ask_and_run(text, command=command)
    cards = [*harness.chat.shown, *(told.card for told in harness.chat.told)]
    assert [button for card in cards for button in card.buttons if isinstance(button, CommandButton)] == []


def test_of_several_computers_the_button_says_which() -> None:
    labels = [button.label for button in offered(BotHarness(), "comp1,comp2", "disconnect")]
    assert labels == [f"CORP\\{user}, session {number} on {host}"
                      for host in ("comp1", "comp2") for user, number in (("bob", 5), ("alice", 3))]  # fmt: skip


def test_who_may_not_be_touched_or_seen_is_not_offered() -> None:
    harness = BotHarness()
    harness.change_policy(Rule(name="alice", who=ONCALL, may=frozenset(Action), users=("alice",)))
    assert [button.label for button in offered(harness, "comp1")] == ["CORP\\alice, session 3"]


def crowd(number: int) -> BotHarness:
    sessions = [b.session(3 + place, account=Account(domain="CORP", user=f"user{place}")) for place in range(number)]
    return BotHarness(terminal=FakeTerminal({"comp1": sessions}), hosts=("comp1",))


@pytest.mark.parametrize("number", [1, MOST_OFFERED, MOST_OFFERED + 1, 40])
def test_more_sessions_than_a_row_of_buttons_has_are_a_menu(number: int) -> None:
    harness = crowd(number)
    buttons = offered(harness, "comp1")
    pick = harness.chat.told[-1].card.pick
    if number <= MOST_OFFERED:
        assert (len(buttons), pick) == (number, None)
    else:
        assert (buttons, pick and len(pick.options)) == ([], number)


def test_a_pick_offers_what_was_asked_with_its_options_and_a_press_asks_for_that_one() -> None:
    harness = crowd(40)
    request = harness.ask_and_run('comp1 --reason "floor 5" --sync')
    pick = harness.chat.told[-1].card.pick
    assert pick
    option = next(each for each in pick.options if each.label == "CORP\\user7, session 10")
    answered = press(harness, PICK, option.value)
    assert answered.card
    (button,) = answered.card.buttons
    assert (button.label, answered.wake) == ("Log off", None)
    response = press(harness, ASK, button.value)
    assert response.wake
    harness.scheduler.wake(response.wake)
    harness.run()
    asked = harness.find(response.wake.request_id)
    assert (asked.state, [target.key for target in asked.targets]) == (State.AWAITING, [("comp1", 10)])
    assert (asked.ask.reason, asked.ask.wait) == ("floor 5", request.ask.wait)
    assert harness.terminal.touched == []


def test_a_pick_from_the_card_of_another_person_offers_nothing() -> None:
    harness = crowd(40)
    request = harness.ask_and_run("comp1")
    answered = press(harness, PICK, f"{request.id}:0", by=b.OTHER)
    assert answered.card
    assert (answered.card.headline, answered.card.buttons) == (NOT_THEIRS, ())


def press(harness: BotHarness, kind: str, value: str, by: Actor = b.ASKER) -> Response:
    call = PressCall(press=kind, value=value, actor=by, place=b.PLACE, delivery=f"a {kind}")
    return harness.intake.press(call)
