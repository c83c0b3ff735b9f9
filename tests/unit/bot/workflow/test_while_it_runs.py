"""What a card and its thread say while hosts work and after it, and where the requester finds the card."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.request import Ending, WorkItem
from tests.support.harness import BotHarness, text_of
from tests.unit.bot.workflow.test_lists import bot_with_many

if TYPE_CHECKING:
    from datetime import datetime


SECOND = timedelta(seconds=1)


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness()


def test_the_card_says_for_how_long_a_host_has_been_at_it_and_says_it_anew(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run("comp1 id=3 --sync")
    harness.approve_and_run()
    assert "session 3 · being logged off\n" in text_of(harness.card)
    said = []
    for _ in range(4):
        harness.jump(10 * SECOND)
        said.append(text_of(harness.card))
    assert all("being logged off, " in each for each in said)
    assert len(set(said)) == 4


def test_the_first_order_is_drawn_at_once_and_nobody_is_called_next_before_it(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    harness.ask_and_run("comp1,comp2 id=3 --sync")
    harness.approve_and_run()
    (drawings,) = harness.chat.cards.values()
    acting = [text_of(card) for card in drawings if card.headline.startswith("Logging off")]
    assert "session 3 · being logged off" in acting[0]
    harness.jump(timedelta(seconds=1))
    assert [text_of(card) for card in drawings if card.headline.startswith("Logging off")] == acting


def test_a_host_that_gets_no_order_in_time_does_not_keep_the_card_from_being_drawn(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve")
    wake, held = harness.scheduler.wake, list[WorkItem]()

    def hold_hosts(item: WorkItem, at: datetime | None = None, *, here: bool = False) -> None:
        del here
        held.append(item) if item.host else wake(item, at)

    harness.scheduler.wake = hold_hosts  # type: ignore[method-assign] # no host has a turn
    harness.scheduler.run_all()
    assert held
    assert "next" not in text_of(harness.card)
    harness.clock.move(timedelta(seconds=1))
    harness.scheduler.run_all()
    assert "session 3 · next" in text_of(harness.card)


def test_nothing_is_drawn_anew_when_it_is_over(harness: BotHarness) -> None:
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.approve_and_run()
    (drawings,) = harness.chat.cards.values()
    before = len(drawings)
    for _ in range(5):
        harness.jump(10 * SECOND)
    assert (harness.find(request.id).ending, len(drawings)) == (Ending.DONE, before)


def test_the_outcome_by_computer_stands_in_the_thread_of_a_fleet_once() -> None:
    harness, _ = bot_with_many(1, 1, 1, 1)
    request = harness.ask_and_run("rds-* --all --sync")
    harness.press("approve", by=harness.asker, on=request)
    harness.run()
    harness.jump(60 * SECOND)
    said = [text_of(card) for _, card in harness.chat.in_threads]
    title = f"By computer: Logged off 4 sessions on 4 computers ({request.id})"
    assert said == [f"{title}\n✅ 4 logged off on 4 computers: rds-1, rds-2, rds-3, rds-4"]


def test_who_asks_where_the_bot_may_not_post_is_told_where_the_card_is(harness: BotHarness) -> None:
    harness.chat.closed.add(harness.place.channel_id)
    request = harness.ask_and_run("comp1 id=3 --sync")
    told = [card.summary for _, card in harness.chat.answers]
    assert harness.chat.told == []
    assert told == [f"{request.id}: I sent the card to our direct messages: Slack does not let me post there."]


def test_who_asks_where_the_bot_may_post_is_told_nothing_of_that(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3 --sync")
    assert harness.chat.told == []


def test_with_sync_each_row_says_how_long_its_own_session_took(harness: BotHarness) -> None:
    harness.terminal.take(8 * SECOND, "comp1", 5)
    harness.ask_and_run("comp1 --all --sync")
    harness.approve_and_run()
    said = text_of(harness.card)
    assert "session 3 · logged off\n" in said
    assert "session 5 · logged off after 8 s" in said


def test_what_was_gone_after_its_call_counts_from_the_order_and_the_record_proves_it(harness: BotHarness) -> None:
    harness.terminal.hang("comp1", 3)
    request = harness.ask_and_run("comp1 --all --sync")
    harness.approve_and_run()
    harness.wait(20 * SECOND)
    harness.terminal.stop_hanging("comp1", 3)
    harness.wait(30 * SECOND)
    assert harness.find(request.id).ending is Ending.DONE, "the order behind it was proven"
    assert 20 * SECOND < harness.target(request, "comp1", 3).waited < 50 * SECOND
    said = text_of(harness.card)
    assert "session 3 · logged off after " in said
    assert "session 5 · logged off\n" in said


def test_without_sync_no_row_says_a_time(harness: BotHarness) -> None:
    harness.terminal.take(8 * SECOND, "comp1", 5)
    harness.ask_and_run("comp1 --all")
    harness.approve_and_run()
    harness.jump(60 * SECOND)
    assert "logged off after" not in text_of(harness.card)
