"""A claim before each posting: no claim, no posting; after a kill at most one copy, and none with a button."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards.troubles import BUTTONS_COME
from bot.domain.request import Ending, State
from bot.errors import ChatError, LedgerError
from bot.policy.model import Force
from tests.support.cases import for_each
from tests.support.harness import BotHarness, Crash, text_of
from tests.support.people import APPROVALS, BO, CHEN, DANA, asking_leads, bot_with, rule

if TYPE_CHECKING:
    from bot.cards.model import Card
    from bot.domain.posting import Posting

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HELD = rule(force=Force(is_allowed=True, hold=timedelta(minutes=2)), approve_in=APPROVALS.channel_id)
LOST = ChatError("Slack cannot be reached (TimeoutError).", retryable=True, may_stand=True)


def die_at(harness: BotHarness, key: str, *, claimed: bool, is_kept: bool) -> None:
    """The process is killed where this mark is written: before it, or right after it."""
    mark = harness.ledger.mark_posting

    def die(request_id: str, before: Posting, after: Posting) -> bool:
        if after.key != key or after.claimed is not claimed:
            return mark(request_id, before, after)
        harness.ledger.mark_posting = mark  # type: ignore[method-assign] # it dies once
        if is_kept:
            mark(request_id, before, after)
        raise Crash

    harness.ledger.mark_posting = die  # type: ignore[method-assign] # the process is killed here


def cards(harness: BotHarness) -> list[Card]:
    return [card for card in harness.chat.shown if "Break-glass" not in card.headline]


@for_each("claimed", [True, False])
@for_each("is_kept", [True, False])
@for_each("others", [True, False])
def test_after_a_kill_one_card_can_be_pressed_and_at_most_one_copy_stands(
    *, claimed: bool, is_kept: bool, others: bool
) -> None:
    harness = bot_with(*([asking_leads(1)] if others else []))
    die_at(harness, "card", claimed=claimed, is_kept=is_kept)
    with pytest.raises(Crash):
        harness.ask_and_run("comp1 id=3 --sync")
    harness.restart()
    harness.jump(MINUTE)
    shown = cards(harness)
    assert len(shown) == (2 if not claimed and not is_kept else 1)
    (alive,) = [card for card in shown if card.buttons]
    assert alive == harness.card_of(harness.request)
    assert all(BUTTONS_COME in text_of(card) for card in shown if card != alive)


@pytest.mark.parametrize("claimed", [True, False])
@pytest.mark.parametrize("is_kept", [True, False])
def test_after_a_kill_break_glass_is_announced_and_at_most_one_copy_stands(*, claimed: bool, is_kept: bool) -> None:
    harness = bot_with(HELD)
    die_at(harness, "announcement", claimed=claimed, is_kept=is_kept)
    with pytest.raises(Crash):
        harness.ask_and_run("comp1 id=3 --sync --force")
    harness.restart()
    harness.jump(MINUTE)
    announced = [card for card in harness.chat.shown if "Break-glass" in card.headline]
    assert len(announced) == (2 if not claimed and not is_kept else 1)
    assert [len(card.buttons) for card in announced].count(1) == 1
    for _ in range(5):
        harness.jump(MINUTE)
    assert harness.request.ending is Ending.DONE
    assert not any(card.buttons for card in harness.chat.shown)


def test_killed_again_and_again_it_stops_after_one_copy_and_says_so() -> None:
    harness = bot_with()
    for _ in range(4):
        die_at(harness, "card", claimed=False, is_kept=False)
        with pytest.raises(Crash):
            harness.ask_and_run("comp1 id=3 --sync") if not harness.ledger.newest(1) else harness.run()
        harness.restart()
        if len(cards(harness)) == 2:
            break
    die_at(harness, "nothing", claimed=False, is_kept=False)
    for _ in range(3):
        harness.jump(MINUTE)
    assert len(cards(harness)) == 2
    (told,) = harness.told(DANA)
    assert "I sent it more than once, and Slack gave no answer." in told


@for_each("full_from", range(12))
def test_with_a_full_disk_for_forty_seconds_there_is_one_card_and_one_announcement(full_from: int) -> None:
    """The disk is full from the n-th write on, wherever that falls."""
    harness = BotHarness(
        records_failures=True, policy=bot_with(HELD).policy, asker=DANA, directory=bot_with().directory
    )
    is_full, writes = [False], [0]
    enter = harness.ledger._writing

    def writing(**how: bool) -> object:
        writes[0] += 1
        if is_full[0] or writes[0] == full_from + 2:
            is_full[0] = True
            raise LedgerError("The disk is full.")
        return enter(**how)

    harness.ledger._writing = writing  # type: ignore[method-assign,assignment]
    try:
        harness.ask_and_run("comp1 id=3 --sync --force")
    except LedgerError:  # that the step failed could not be written either
        assert is_full[0]
    for _ in range(8):
        try:
            harness.jump(5 * SECOND)
        except LedgerError:
            harness.scheduler.sweep()
    is_full[0], writes[0] = False, 1000
    for _ in range(6):
        harness.jump(MINUTE)
    announced = [card for card in harness.chat.shown if "Break-glass" in card.headline]
    assert (len(announced), len(cards(harness))) == (1, 1)
    assert harness.request.state is State.ENDED


def test_a_lost_answer_is_repeated_once_and_the_copy_has_no_button() -> None:
    harness = bot_with()
    post = harness.chat.post

    def lose(*what: object) -> object:
        harness.chat.post = post  # type: ignore[method-assign] # once
        post(*what)  # type: ignore[arg-type] # as it came
        raise LOST

    harness.chat.post = lose  # type: ignore[method-assign,assignment] # the answer is lost
    harness.ask_and_run("comp1 id=3 --sync")
    harness.jump(10 * SECOND)
    assert [len(card.buttons) for card in cards(harness)] == [0, 2]


def test_a_notice_that_fails_eats_no_other_and_is_repeated_from_its_own_mark() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3 --sync")
    for approver in (BO, CHEN):
        harness.press("approve", by=approver, on=request)
    harness.chat.loses_replies = True
    harness.run()
    assert harness.told(DANA)[-1].startswith(f"{request.id}: Logged off CORP\\alice on comp1")
    assert harness.chat.replies == []
    harness.chat.loses_replies = False
    for _ in range(3):
        harness.jump(10 * SECOND)
    ((_, called, _),) = harness.chat.replies
    assert BO.user_id in called
    assert len(harness.told(DANA)) == 2  # where it was asked, and how it ended


def test_who_pressed_long_ago_is_told_as_everybody_else() -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("approve", by=DANA, on=request)
    harness.chat.go_down()
    harness.wait(35 * SECOND)
    harness.chat.come_back()
    harness.wait(MINUTE)
    assert harness.card_of(request).headline == "Logged off CORP\\alice on comp1"
    assert [called for _, called, _ in harness.chat.replies] == [(DANA.user_id,)]


def test_an_approver_who_cancels_is_no_news_to_themselves_but_to_the_requester() -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.press("deny", by=BO, on=request)
    harness.run()
    assert "Denied" in harness.told(DANA)[-1]
    assert harness.chat.replies == []


def test_whose_yes_stops_counting_is_told_once() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3,5 --sync")
    harness.press("approve", by=BO, on=request)
    harness.run()
    harness.choose(0, by=CHEN, on=request)
    harness.run()
    harness.jump(MINUTE)
    ((_, called, line),) = harness.chat.replies
    assert called == (BO.user_id,)
    assert line.startswith(f"Your yes to {request.id} no longer counts")
