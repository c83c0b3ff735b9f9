"""Words to the bot that are no slash command: one sentence, and buttons that ask what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.workflow.inputs import PressCall, SaidCall
from tests.support import builders as b
from tests.support.harness import BotHarness

if TYPE_CHECKING:
    from bot.domain.people import Actor


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness()


def labels(harness: BotHarness, text: str) -> list[str]:
    card = harness.intake.said(SaidCall(text=text, actor=b.ASKER, place=b.PLACE))
    assert card
    assert card.summary.startswith("I take commands")
    return [button.label for button in card.buttons]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("<@U0BOT00001> who is on comp1?", ["/sessions comp1"]),
        ("log alice off comp1 please", ["/logoff comp1 user=alice"]),
        ("/logoff comp1 id=3", ["/logoff comp1 id=3"]),
        ("sessions comp1", ["/sessions comp1"]),
        ("disconnect comp1 3", ["/disconnect comp1 id=3"]),
        ("alice", ["/sessions user=alice"]),
        ("hello", []),
        ("<@U0BOT00001>", []),
        ("", []),
        ("x" * 5000, []),
    ],
)
def test_words_are_answered_with_the_commands_that_may_be_meant(
    harness: BotHarness, text: str, meant: list[str]
) -> None:
    assert labels(harness, text) == [*meant, "Help"]
    assert harness.events == []


def pressed(harness: BotHarness, value: str, by: Actor = b.ASKER, delivery: str = "d1") -> str:
    call = PressCall(press="ask", value=value, actor=by, place=b.PLACE, delivery=delivery)
    response = harness.intake.press(call)
    assert response.text
    return response.text


def test_a_press_asks_the_command_as_its_presser(harness: BotHarness) -> None:
    text = pressed(harness, f"{b.ASKER.user_id} logoff comp1 id=3")
    assert text == f"{harness.request.id}: looking at comp1"
    assert (harness.request.actor, harness.request.text, harness.events) == (b.ASKER, "comp1 id=3", ["asked"])


def test_the_same_press_delivered_twice_is_one_request(harness: BotHarness) -> None:
    value = f"{b.ASKER.user_id} logoff comp1 id=3"
    assert pressed(harness, value) == pressed(harness, value)
    assert len(harness.ledger.newest(10)) == 1


def test_only_the_asker_may_press(harness: BotHarness) -> None:
    text = pressed(harness, f"{b.ASKER.user_id} logoff comp1 id=3 --force", by=b.OTHER)
    assert "for the person who typed the command" in text
    (entry,) = harness.ledger.entries()
    assert (entry.event, entry.reason_code, entry.actor) == ("noted", "outsider_press", b.OTHER.user_id)


@pytest.mark.parametrize("value", ["", "U0", "U0 nothing comp1", "logoff comp1", f"{b.ASKER.user_id} rm -rf", "\x00"])
def test_a_value_that_no_button_has_is_noted_and_asks_nothing(harness: BotHarness, value: str) -> None:
    assert "I do not know this card" in pressed(harness, value)
    assert (harness.ledger.newest(10), harness.events) == ((), ["noted"])


def test_a_value_that_is_too_long_asks_nothing(harness: BotHarness) -> None:
    pressed(harness, f"{b.ASKER.user_id} logoff comp1 id=3 --reason {'x' * 2000}")
    assert harness.ledger.newest(10) == ()


def test_what_a_button_carries_is_parsed_again(harness: BotHarness) -> None:
    assert "I know no computer" in pressed(harness, f"{b.ASKER.user_id} logoff evil.example.com id=3")
    assert harness.ledger.newest(10) == ()


def test_the_buttons_of_an_answer_ask_what_they_say(harness: BotHarness) -> None:
    response = harness.ask("comp1 alice")
    assert response.card
    button = response.card.buttons[0]
    pressed(harness, button.value)
    assert (f"/logoff {harness.request.text}", harness.request.ask.hosts) == (button.label, ("comp1",))
