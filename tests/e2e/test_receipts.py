"""Beside its card a command has one message, whatever becomes of it and wherever the card stands."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.workflow import patience, receipts
from bot.workflow.receipts import RECEIPT_AFTER

if TYPE_CHECKING:
    from app.rehearse.environment import Rehearsal

OPS, PARTNERS, WAR_ROOM, DIRECT = "#ops", "#partners", "#war-room", "@logoffbot"
SHARED = "this channel is shared with another organisation."


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No busy machine makes a person wait so long that they get the receipt before the card, or are told to wait."""
    monkeypatch.setattr(receipts, "RECEIPT_AFTER", timedelta(minutes=5))
    monkeypatch.setattr(patience, "SILENT_FOR", timedelta(minutes=5))


def ask(stage: Rehearsal, text: str, channel: str, person: str = "dana") -> tuple[list[str], list[str]]:
    """Type the command. Return where its cards stand, and what else its sender reads of it."""
    visitor = stage.visitor(person)
    before = {(message.channel, message.ts) for message in visitor.messages()}
    asked = visitor.command(text, channel)
    assert asked.ok, asked
    assert asked.acked_after is not None
    stage.wait_until_still()
    new = [message for message in visitor.messages() if (message.channel, message.ts) not in before]
    cards = [message.channel_name for message in new if not message.ephemeral and not message.thread_ts]
    return cards, [message.text for message in new if message.ephemeral]


TYPED = {
    "/logoff comp1 id=3 --sync": (OPS, 1),
    "/logoff comp2 --all": (OPS, 1),
    "/disconnect comp1 id=3": (DIRECT, 1),
    '/tsmessage comp1 id=5 "Please save"': (OPS, 1),
    "/logoff rds-31 id=3 --sync": (OPS, 1),
    "/logoff comp1 id=3 --whatif": (OPS, 2),  # the receipt, and the answer
    "/logoff comp3": (OPS, 2),
    "/sessions comp1": (DIRECT, 2),
    "/logoff comp1 id=99": (OPS, 2),
}
"""What is typed, where, and how many messages its sender alone reads at most."""


@pytest.mark.usefixtures("patient")
def test_a_command_has_one_message_beside_its_card_or_its_private_answer(stage: Rehearsal) -> None:
    """Once where nothing is known of the channel yet, and once where it is."""
    dana, told = stage.visitor("dana"), dict[str, list[str]]()
    for text, (channel, _) in [*TYPED.items(), *TYPED.items()]:
        assert dana.command(text, channel).ok
    stage.wait_until_still()
    for request in stage.bot.ledger.newest(100):
        of_it = [each for each in dana.messages() if request.id in each.text and not each.thread_ts]
        told[request.id] = [each.text for each in of_it if each.ephemeral]
        most = TYPED[f"/{request.command} {request.text}"][1]
        assert len(of_it) - len(told[request.id]) == (most == 1), of_it
        assert of_it
        assert len(told[request.id]) <= most, told[request.id]
    assert len(told) == 2 * len(TYPED)


def test_a_command_that_is_no_command_has_its_answer_alone(stage: Rehearsal) -> None:
    cards, (told,) = ask(stage, "/logoff comp1 nonsense", OPS)
    assert (cards, "nonsense" in told) == ([], True)


@pytest.mark.parametrize("channel", [PARTNERS, WAR_ROOM])
@pytest.mark.usefixtures("patient")
def test_where_no_card_can_stand_the_one_message_says_where_it_is_and_why(stage: Rehearsal, channel: str) -> None:
    for _ in range(2):
        cards, (told,) = ask(stage, "/logoff comp1 id=3 --sync", channel)
        assert cards == ["@logoffbot"]
        assert "to our direct messages: " in told
        assert channel != PARTNERS or told.endswith(SHARED)


@pytest.mark.usefixtures("patient")
def test_a_receipt_that_knows_of_the_channel_comes_with_the_ack(stage: Rehearsal) -> None:
    dana = stage.visitor("dana")
    assert dana.command("/logoff comp1 id=3 --sync", OPS).reply == ""
    stage.wait_until_still()
    assert dana.command("/logoff comp1 id=3 --sync", OPS).reply.endswith(": looking at comp1")
    stage.wait_until_still()
    assert dana.command("/logoff comp1 id=3 --sync", PARTNERS).reply == ""
    stage.wait_until_still()
    reply = dana.command("/logoff comp1 id=3 --sync", PARTNERS).reply
    assert reply.endswith(f": looking at comp1. A card of it comes to our direct messages: {SHARED}")


@pytest.mark.parametrize(("channel", "card"), [(PARTNERS, "@logoffbot"), (OPS, "#ops")])
def test_a_host_that_is_slow_lets_the_receipt_come_first_and_it_says_all(
    stage: Rehearsal, channel: str, card: str
) -> None:
    seconds = 2 * RECEIPT_AFTER.total_seconds()
    stage.farm.set_behaviour("comp1", "slow", seconds=seconds)
    cards, (told,) = ask(stage, "/logoff comp1 id=3 --sync", channel)
    assert (cards, "looking at comp1" in told, told.endswith(SHARED)) == ([card], True, channel == PARTNERS)


@pytest.mark.usefixtures("patient")
def test_who_is_asked_in_another_channel_is_the_one_message(stage: Rehearsal) -> None:
    for _ in range(2):
        cards, (told,) = ask(stage, "/logoff rds-31 id=3 --sync", OPS)
        assert cards == ["#ts-approvals"]
        assert "waits for somebody else's yes" in told


@pytest.mark.usefixtures("patient")
def test_a_refusal_and_force_have_one_message_too(stage: Rehearsal) -> None:
    cards, told = ask(stage, "/logoff comp1 id=3 --sync", OPS, "oli")
    assert (cards, len(told)) == ([], 1)
    cards, told = ask(stage, "/logoff rds-01 id=3 --force --reason frozen", PARTNERS)
    assert cards.count("@logoffbot") == 1
    assert len(told) == 1
