"""A command that names a computer and no session offers the sessions there, and a press asks for that one."""

from __future__ import annotations

import pytest

from bot.cards.choosing import MOST_OFFERED
from bot.cards.model import ASK, CommandButton
from bot.domain.actions import Action
from bot.domain.request import State
from bot.domain.session import Account
from bot.policy.model import Rule
from bot.workflow.inputs import PressCall
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.harness import ONCALL, BotHarness


def offered(harness: BotHarness, text: str, command: str = "logoff") -> list[CommandButton]:
    harness.ask_and_run(text, command=command)
    return [each for each in harness.chat.told[-1].card.buttons if isinstance(each, CommandButton)]


def test_each_session_is_a_button_that_asks_for_just_that_one() -> None:
    harness = BotHarness()
    buttons = offered(harness, 'comp1 --reason "floor 5" --sync')
    assert [button.label for button in buttons] == ["CORP\\alice, session 3", "CORP\\bob, session 5"]
    call = PressCall(press=ASK, value=buttons[1].value, actor=b.ASKER, place=b.PLACE, delivery="a press")
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
    assert labels == [f"CORP\\{user}, {host} session {number}"
                      for host in ("comp1", "comp2") for user, number in (("alice", 3), ("bob", 5))]  # fmt: skip


def test_who_may_not_be_touched_or_seen_is_not_offered() -> None:
    harness = BotHarness()
    harness.change_policy(Rule(name="alice", who=ONCALL, may=frozenset(Action), users=("alice",)))
    assert [button.label for button in offered(harness, "comp1")] == ["CORP\\alice, session 3"]


def test_of_many_the_first_are_offered() -> None:
    sessions = [b.session(3 + place, account=Account(domain="CORP", user=f"user{place}")) for place in range(40)]
    harness = BotHarness(terminal=FakeTerminal({"comp1": sessions}), hosts=("comp1",))
    assert len(offered(harness, "comp1")) == MOST_OFFERED
