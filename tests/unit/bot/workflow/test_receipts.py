"""What the first words to a command are, and when they are said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.posting import Posting
from bot.domain.requirement import Need
from bot.errors import ChatError, LedgerError
from bot.policy.model import Policy, Rule
from bot.workflow.inputs import CommandCall
from bot.workflow.notifying import SENT_DIRECTLY
from bot.workflow.receipts import RECEIPT_AFTER, Receipts
from tests.support import builders as b
from tests.support.harness import ON_CALL, POLICY, BotHarness

if TYPE_CHECKING:
    from bot.workflow.response import Response

SHARED = "This channel is shared with another organisation."
LEADS = replace(
    ON_CALL,
    name="leads decide",
    need=Need(count=1, of=frozenset({"@ts-leads"}), rule="leads decide"),
    approve_in="C0LEADS001",
)
ANNOUNCED = replace(ON_CALL, approve_in="C0LEADS001")
THREE = "comp1 id=3 --sync"


class Asked:
    """A bot whose receipts are those of production, with one command on its way."""

    def __init__(self, text: str = THREE, *rules: Rule, known: str | None = "", command: str = "logoff") -> None:
        self.harness = BotHarness(policy=Policy(rules=rules) if rules else POLICY)
        self.harness.chat.known[self.harness.place.channel_id] = known
        self.receipts = Receipts(courier=self.harness.courier, authorizer=self.harness.authorizer)
        self.response = self.ask(text, command)

    def ask(self, text: str, command: str = "logoff", delivery: str = "one") -> Response:
        intake = replace(self.harness.intake, receipt=self.receipts.at_ack)
        who, where = self.harness.asker, self.harness.place
        return intake.ask(CommandCall(command=command, text=text, actor=who, place=where, delivery=delivery))

    def step(self) -> None:
        assert self.response.wake
        self.harness.scheduler.wake(self.response.wake)
        self.harness.run()

    def look(self, after: timedelta = RECEIPT_AFTER) -> list[str]:
        """Let time pass; return what was said at the command."""
        self.receipts.look()
        self.harness.clock.move(after)
        self.receipts.look()
        return [card.summary for _, card in self.harness.chat.answers]


@pytest.mark.parametrize(
    ("text", "rules", "known"),
    [
        (THREE, (), None),
        (THREE, (LEADS,), ""),
        ("comp1 --all", (ANNOUNCED,), ""),  # too many for one person would be asked of others
        ("comp1 id=1-11", (ANNOUNCED,), ""),
        ("comp1,comp2 id=1-6", (ANNOUNCED,), ""),
        ("comp1 user=alice", (ANNOUNCED,), ""),
        (THREE, (replace(LEADS, computers=("comp9",)), LEADS), SHARED),
    ],
)
def test_the_ack_says_nothing_while_the_place_of_the_card_is_unknown(
    text: str, rules: tuple[Rule, ...], known: str | None
) -> None:
    asked = Asked(text, *rules, known=known)
    assert (asked.response.text, asked.response.is_taken) == ("", True)


@pytest.mark.parametrize(
    ("text", "rules", "known"),
    [
        (THREE, (), ""),
        (THREE, (ANNOUNCED,), ""),
        ("comp1 id=1-10", (ANNOUNCED,), ""),
        (THREE, (replace(LEADS, computers=("comp9",)), ON_CALL), ""),
        (THREE, (replace(LEADS, approve_in=b.PLACE.channel_id),), ""),
        (THREE, (replace(LEADS, where=frozenset({"C0OTHER001"})), ON_CALL), ""),
        ("comp1", (LEADS,), None),  # a list, for its reader alone
        (f"{THREE} --whatif", (LEADS,), None),
    ],
)
def test_the_ack_is_the_receipt_when_the_place_of_the_card_is_known(
    text: str, rules: tuple[Rule, ...], known: str | None
) -> None:
    asked = Asked(text, *rules, known=known)
    assert asked.response.wake
    assert asked.response.text == f"{asked.response.wake.request_id}: looking at comp1"


def test_a_receipt_that_says_where_the_card_comes_is_the_only_pointer() -> None:
    asked = Asked(known=SHARED)
    assert asked.response.text.endswith(
        ": looking at comp1. A card of it comes to our direct messages: this channel is shared with another "
        "organisation."
    )
    asked.harness.chat.closed.add(asked.harness.place.channel_id)
    asked.receipts.after_ack(asked.response)
    asked.step()
    assert asked.harness.request.posting(SENT_DIRECTLY) == Posting(key=SENT_DIRECTLY, is_over=True)
    assert (asked.look(), asked.harness.chat.told) == ([], [])


@pytest.mark.parametrize("shared", ["", SHARED])
def test_who_has_heard_nothing_for_a_while_gets_the_receipt_and_it_says_what_is_known_by_then(shared: str) -> None:
    asked = Asked(known=None)
    asked.harness.chat.facts[asked.harness.place.channel_id] = shared
    asked.receipts.after_ack(asked.response)
    assert asked.look(RECEIPT_AFTER - timedelta(seconds=0.1)) == []
    (said,) = asked.look(timedelta(seconds=0.1))
    assert ": looking at comp1" in said
    assert ("direct messages" in said) == bool(shared)
    if shared:
        asked.harness.chat.closed.add(asked.harness.place.channel_id)
    asked.step()
    assert len(asked.look(timedelta(minutes=1))) == 1
    assert asked.harness.chat.told == []


def test_a_card_that_stands_in_time_is_the_answer_and_no_receipt_follows() -> None:
    asked = Asked(known=None)
    asked.receipts.after_ack(asked.response)
    asked.step()
    assert asked.look() == []


def test_a_card_that_came_to_direct_messages_in_time_has_its_pointer_alone() -> None:
    asked = Asked(known=None)
    asked.harness.chat.closed.add(asked.harness.place.channel_id)
    asked.receipts.after_ack(asked.response)
    asked.step()
    (said,) = asked.look()
    assert "I sent the card to our direct messages" in said


def test_a_receipt_does_not_promise_direct_messages_where_others_may_be_asked_elsewhere() -> None:
    asked = Asked(THREE, LEADS, known=SHARED)
    asked.receipts.after_ack(asked.response)
    (said,) = asked.look()
    assert said.endswith(": looking at comp1")


def test_a_chat_that_says_nothing_of_the_channel_delays_no_receipt() -> None:
    asked = Asked(known=None)
    asked.receipts.after_ack(asked.response)
    asked.harness.chat.fail_next(ChatError("Slack cannot be reached.", retryable=True))
    assert len(asked.look()) == 1


def test_what_cannot_be_kept_after_the_ack_breaks_nothing() -> None:
    asked = Asked(known=SHARED)

    def fail(*_: object) -> bool:
        raise LedgerError("The database is locked.")

    asked.harness.ledger.mark_posting = fail  # type: ignore[method-assign,assignment] # the file is locked
    asked.receipts.after_ack(asked.response)
    del asked.harness.ledger.mark_posting
    asked.step()
    assert len(asked.harness.chat.cards) == 1


def test_a_second_delivery_is_answered_as_the_first_was() -> None:
    asked = Asked(known=None)
    again = asked.ask(THREE)
    assert (again.text, again.is_taken, again.wake) == ("", True, None)
    asked.harness.chat.known[asked.harness.place.channel_id] = ""
    assert asked.ask(THREE).text.endswith(": looking at comp1")


def test_a_clock_that_is_set_back_keeps_no_receipt_waiting() -> None:
    asked = Asked(known=None)
    asked.receipts.after_ack(asked.response)
    asked.harness.clock.move(timedelta(hours=-1))
    assert len(asked.look()) == 1
