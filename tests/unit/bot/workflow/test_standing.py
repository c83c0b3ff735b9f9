"""Whatever becomes of a message in Slack, a waiting request stays decidable, or its requester knows within a minute."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.cards import request_card, troubles
from bot.cards.shapes import shorter
from bot.domain.posting import MessageRef
from bot.domain.request import Ending, State
from bot.errors import BotError, ChatError, LedgerError, TokenRefused
from bot.workflow.courier import TOKEN_PAUSE
from bot.workflow.inputs import PressCall
from bot.workflow.patience import SILENT_FOR, Patience
from tests.fakes.chat import FakeChat
from tests.support.harness import BotHarness, Crash, sessions, text_of
from tests.support.people import APPROVALS, BO, DANA, OPS, asking_leads, bot_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.cards.model import Card
    from bot.domain.request import Request

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
DEAD = TokenRefused("Slack does not take my token (token_revoked).")


def delete(harness: BotHarness, request: Request) -> None:
    message_ref = harness.find(request.id).message_ref
    assert message_ref
    del harness.chat.cards[message_ref]


@pytest.mark.parametrize("others", [True, False])
def test_a_deleted_card_is_posted_again_within_a_minute_and_decides(*, others: bool) -> None:
    harness = bot_with(*([asking_leads(1)] if others else []))
    request = harness.ask_and_run("comp1 id=3 --sync")
    for _ in range(2):  # and once more
        delete(harness, request)
        harness.wait(MINUTE)
        assert len(harness.chat.shown) == 1
        assert harness.card_of(request).buttons
    harness.press("approve", by=BO if others else DANA, on=request)
    harness.run()
    assert harness.card_of(request).headline == "Logged off CORP\\alice on comp1"


def test_in_an_archived_channel_the_card_goes_to_direct_messages() -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.chat.closed.add(OPS.channel_id)
    harness.wait(MINUTE)
    now = harness.find(request.id).message_ref
    assert now
    assert now.channel_id == f"D{DANA.user_id}"
    assert harness.card_of(request).buttons


def test_where_approvers_can_no_longer_be_asked_the_requester_knows_within_a_minute() -> None:
    harness = bot_with(asking_leads(1))
    harness.ask_and_run("comp1 id=3 --sync")
    harness.chat.closed.add(APPROVALS.channel_id)
    harness.wait(MINUTE)
    assert "I could not ask in C0APPROVE" in harness.told(DANA)[-1]
    told = len(harness.told(DANA))
    harness.wait(5 * MINUTE)
    assert len(harness.told(DANA)) == told


def test_a_dead_token_is_a_long_pause_and_everything_is_drawn_when_it_works_again() -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.chat.go_down(DEAD)
    harness.press("approve", by=DANA, on=request)
    harness.run()
    assert harness.find(request.id).publish_after == harness.clock.now() + TOKEN_PAUSE
    harness.wait(timedelta(hours=3))
    assert harness.card_of(request).buttons
    harness.chat.come_back()
    harness.wait(TOKEN_PAUSE)
    assert (harness.card_of(request).headline, harness.card_of(request).buttons) == (
        "Logged off CORP\\alice on comp1",
        (),
    )


def test_a_program_that_starts_draws_what_is_not_drawn_at_once() -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.chat.go_down(DEAD)
    harness.press("approve", by=DANA, on=request)
    harness.run()
    harness.chat.come_back()
    harness.ledger.hurry_postings()
    harness.restart()
    harness.run()
    assert harness.card_of(request).headline == "Logged off CORP\\alice on comp1"


# What is left to be done


def cannot_delete(harness: BotHarness) -> list[bool]:
    """While the list has something, the chat takes no card away and edits none."""
    chat, refuses = harness.chat, [True]

    def refused(call: Callable[..., None]) -> Callable[..., None]:
        def tried(*what: object) -> None:
            if refuses:
                raise ChatError("Slack refused the call (no_permission).", retryable=False)
            call(*what)

        return tried

    chat.remove = refused(chat.remove)  # type: ignore[method-assign] # what goes wrong
    chat.redraw = refused(chat.redraw)  # type: ignore[method-assign] # the same
    return refuses


@pytest.mark.parametrize("button", ["approve", "deny"])
def test_a_card_that_is_over_and_can_be_neither_edited_nor_deleted_is_deleted_later(button: str) -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")
    refuses = cannot_delete(harness)
    harness.press(button, on=request)
    harness.wait(MINUTE)
    assert any(card.buttons for card in harness.chat.shown)
    refuses.clear()
    harness.wait(3 * MINUTE)
    assert not any(card.buttons for card in harness.chat.shown)
    assert harness.find(request.id).postings_due_at is None


def test_a_death_between_the_new_card_and_the_end_of_the_old_one_leaves_one_card() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3 --sync")
    refuses, remove = cannot_delete(harness), harness.chat.remove

    def die(message_ref: MessageRef) -> None:  # noqa: ARG001 - the name is the port's
        raise Crash

    harness.chat.remove = die  # type: ignore[method-assign] # the process is killed there
    harness.press("approve", by=BO, on=request)
    with pytest.raises(Crash):
        harness.wait(10 * SECOND)
    assert len(harness.chat.shown) == 2
    harness.restart()
    harness.chat.remove = remove  # type: ignore[method-assign] # as it was
    refuses.clear()
    harness.wait(3 * MINUTE)
    (card,) = (card for card in harness.chat.shown if card.buttons)
    assert card == harness.card_of(harness.find(request.id))


def test_a_card_that_was_replaced_and_could_not_be_deleted_is_deleted_later() -> None:
    harness = bot_with(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3 --sync")
    refuses = cannot_delete(harness)
    harness.press("approve", by=BO, on=request)
    harness.wait(10 * SECOND)
    assert len(harness.chat.shown) == 2
    refuses.clear()
    harness.wait(3 * MINUTE)
    assert harness.card == harness.card_of(request)
    assert harness.card.buttons


def test_a_card_that_can_never_be_taken_away_is_given_up() -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")
    cannot_delete(harness)
    harness.press("deny", on=request)
    harness.wait(timedelta(hours=1))
    assert harness.find(request.id).postings_due_at is None
    assert harness.scheduler.next_at is None or harness.scheduler.next_at <= harness.clock.now()


def test_while_every_way_is_refused_the_requester_of_a_waiting_request_is_told_as_soon_as_one_is_open() -> None:
    harness = bot_with()
    harness.chat.go_down(ChatError("Slack refused the call (no_permission).", retryable=False))
    harness.ask_and_run("comp1 id=3 --sync")
    harness.wait(2 * MINUTE)
    harness.chat.come_back()
    harness.wait(MINUTE)
    assert "I cannot show you its card" in harness.told(DANA)[-1]
    told = len(harness.told(DANA))
    harness.wait(3 * MINUTE)
    assert len(harness.told(DANA)) == told


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_process_that_dies_at_a_notice_leaves_it_to_the_next(*, is_sent: bool) -> None:
    harness = bot_with(asking_leads(1))
    request = harness.ask_and_run("comp1 id=3 --sync")
    reply = harness.chat.reply

    def die(*what: Any) -> None:
        harness.chat.reply = reply  # type: ignore[method-assign] # it dies once
        if is_sent:
            reply(*what)
        raise Crash

    harness.chat.reply = die  # type: ignore[assignment,method-assign] # the process is killed here
    harness.press("deny", by=BO, on=request)
    harness.clock.move(MINUTE)  # so that nobody has just pressed
    with pytest.raises(Crash):
        harness.run()
    harness.restart()
    harness.ledger.hurry_postings()
    harness.run()
    assert len(harness.chat.replies) == 1 + is_sent
    assert harness.find(request.id).postings_due_at is None


# Who waits


class Silent(FakeChat):
    """Takes no message in a place."""

    def post(self, *_what: object) -> MessageRef:
        raise ChatError("Slack refused the call (internal_error).", retryable=True)


def test_who_waits_for_a_card_longer_than_ten_seconds_is_told_once() -> None:
    harness = bot_with()
    harness.chat = Silent()
    patience = Patience(courier=harness.courier)
    request = harness.ask_and_run("comp1 id=3 --sync")
    patience.expect(request.id)
    harness.jump(SILENT_FOR - SECOND)
    patience.look()
    assert harness.chat.answers == []
    harness.jump(SECOND)
    for _ in range(3):
        patience.look()
    ((request_id, card),) = harness.chat.answers
    assert (request_id, card.summary) == (request.id, troubles.waits(harness.find(request.id)).summary)


def test_who_waits_for_a_slow_host_is_told_that_it_is_still_looked_at() -> None:
    harness = bot_with()
    response = harness.ask("comp1 id=3 --sync")  # no step has run yet: it hangs at the host
    assert response.wake
    patience = Patience(courier=harness.courier)
    patience.expect(response.wake.request_id)
    harness.clock.move(SILENT_FOR)
    patience.look()
    ((_, card),) = harness.chat.answers
    assert "I still look at comp1." in card.summary


def test_a_bug_at_one_who_waits_keeps_nobody_else_waiting() -> None:
    harness = bot_with()
    harness.chat = Silent()
    patience = Patience(courier=harness.courier)
    first, second = (harness.ask_and_run("comp1 id=3 --sync").id for _ in range(2))
    find = harness.ledger.find

    def unreadable(request_id: str, *part: Any) -> Request | None:
        if request_id == first:
            raise ValueError("the row is unreadable")
        return find(request_id, *part)

    for request_id in (first, second):
        patience.expect(request_id)
    harness.clock.move(SILENT_FOR)
    harness.ledger.find = unreadable  # type: ignore[method-assign,assignment] # somebody wrote into the row
    with pytest.raises(ValueError, match="unreadable"):
        patience.look()
    patience.look()
    assert [request_id for request_id, _ in harness.chat.answers] == [second]


@pytest.mark.parametrize(
    "error",
    [
        LedgerError("I cannot reach my database."),
        ChatError("Slack cannot be reached (URLError).", retryable=True),
        ChatError("Slack cannot be reached (TimeoutError).", retryable=True, may_stand=True),
        DEAD,
    ],
)
def test_who_could_not_be_told_that_they_wait_is_told_later(error: BotError) -> None:
    harness = bot_with()
    harness.chat = Silent()
    patience = Patience(courier=harness.courier)
    request_id = harness.ask_and_run("comp1 id=3 --sync").id
    patience.expect(request_id)
    answer, failures = harness.chat.answer, [error, error]

    def fails_twice(request_id: str, card: Card) -> None:
        if failures:
            raise failures.pop()
        answer(request_id, card)

    harness.chat.answer = fails_twice  # type: ignore[method-assign]
    for _ in range(3):
        harness.clock.move(TOKEN_PAUSE)
        for _ in range(3):
            patience.look()
    assert failures == []
    assert len(harness.chat.answers) + len(harness.chat.told) == 1


def test_who_has_a_card_is_told_nothing_of_waiting() -> None:
    harness = bot_with()
    patience = Patience(courier=harness.courier)
    for text in ("comp1 id=3 --sync", "comp1 id=3 --whatif"):
        patience.expect(harness.ask_and_run(text).id)
    harness.jump(SILENT_FOR)
    patience.look()
    assert harness.chat.answers == []


@pytest.mark.parametrize("hours", [-2, -1, 1])
def test_who_waits_is_told_in_time_though_the_clock_is_set(hours: int) -> None:
    harness = bot_with()
    harness.chat = Silent()
    patience = Patience(courier=harness.courier)
    patience.expect(harness.ask_and_run("comp1 id=3 --sync").id)
    harness.clock.move(timedelta(hours=hours))
    for _ in range(11):
        patience.look()
        harness.clock.move(SECOND)
    assert len(harness.chat.answers) == 1


# Copies


@pytest.mark.parametrize("ts", ["9.000", None])
def test_a_press_on_a_copy_counts_and_the_copy_is_replaced(ts: str | None) -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 id=3 --sync")
    card = harness.find(request.id).message_ref
    assert card
    value = f"{request.id}:{harness.find(request.id).version}"
    pressed = MessageRef(channel_id=card.channel_id, ts=ts) if ts else card
    call = PressCall(press="approve", value=value, actor=DANA, place=OPS, message_ref=pressed)
    response = harness.intake.press(call)
    assert response.copy == (troubles.copy(request) if ts else "")
    assert harness.find(request.id).state is State.READY


# A bug in the drawing


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> BotHarness:
    """From the moment of a press on no card can be drawn."""
    harness = BotHarness(records_failures=True)
    request = harness.ask_and_run("comp1 id=3 --sync")
    build = request_card.build
    monkeypatch.setattr(request_card, "build", lambda it: build(it) if it.id != request.id else 1 / 0)
    return harness


def test_a_card_that_cannot_be_drawn_is_told_in_words_with_a_reference_and_loses_its_buttons(
    broken: BotHarness,
) -> None:
    request = broken.approve_and_run()
    assert broken.find(request.id).ending is Ending.DONE
    first, *_ = broken.told(broken.asker)
    assert "something went wrong on my side, so its card is not up to date (reference " in first
    broken.wait(5 * MINUTE)
    *_, last = broken.told(broken.asker)
    assert "it is done." in last
    assert "Give this reference to" in last
    assert text_of(broken.card_of(request)).startswith(f"{request.id}: it is done")
    assert broken.card_of(request).buttons == ()
    assert len(broken.told(broken.asker)) == 2


def test_a_waiting_request_whose_card_cannot_be_drawn_ends_and_its_requester_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(request_card, "build", lambda _: 1 / 0)
    harness = BotHarness(records_failures=True)
    request = harness.ask_and_run("comp1 id=3 --sync")
    harness.wait(5 * MINUTE)
    assert harness.find(request.id).ending is Ending.FAILED
    first, last = harness.told(harness.asker)
    assert "reference" in first
    assert "it failed." in last
    assert harness.terminal.logged_off == []


def test_the_sessions_of_a_short_card_are_all_named() -> None:
    harness = bot_with()
    request = harness.ask_and_run("comp1 --all --sync")
    card = request_card.build(harness.find(request.id))
    short = text_of(shorter(card))
    assert all(str(session.account) in short for session in sessions() if session.account.user)
    assert (shorter(card).buttons, shorter(card).menu) == (card.buttons, card.menu)
    assert card.menu
