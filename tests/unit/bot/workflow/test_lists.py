"""More people than a card has room for: all names stand in its thread before anybody can say yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards.model import Press
from bot.cards.shapes import Shape
from bot.cards.target_list import MOST_ASKED, MOST_IN_A_MESSAGE, MOST_ROWS
from bot.domain.request import LIST_FAILED, Ending, State
from bot.domain.session import Account, SessionState
from bot.errors import ChatError
from bot.policy.model import Force
from tests.fakes.chat import FakeChat
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.harness import BotHarness, Crash, text_of
from tests.support.people import APPROVALS, BO, DANA, OPS, asking_leads, directory, policy, rule

if TYPE_CHECKING:
    from bot.cards.model import Card
    from bot.domain.posting import MessageRef, Posting
    from bot.domain.request import Request
    from bot.domain.session import Session
    from bot.policy.model import Rule

MINUTE = timedelta(minutes=1)
BUSY = ChatError("Slack refused the call (ratelimited).", retryable=True, retry_after=MINUTE)
GONE = ChatError("Slack refused the call (thread_locked).", retryable=False)
YES = {Press.APPROVE, Press.DENY, Press.CHOOSE, Press.DISCONNECT}
HIDDEN = "ceo"
"""The 40th of them: the one that a card with 25 rows kept to itself."""


class ThreadsFail(FakeChat):
    """Messages in threads fail so, from the one of this number on."""

    fault: ChatError | None = None
    after = 0

    def post_in_thread(self, message_ref: MessageRef, card: Card, shape: Shape = Shape.WHOLE) -> None:
        if self.fault and len(self.in_threads) >= self.after:
            raise self.fault
        super().post_in_thread(message_ref, card, shape)


def people(number: int) -> tuple[Session, ...]:
    names = [HIDDEN if at == 40 else f"user{at}" for at in range(1, number + 1)]
    return tuple(b.session(at, account=Account(domain="CORP", user=name)) for at, name in enumerate(names, 1))


def bot_with_many(*numbers: int, rules: tuple[Rule, ...] = ()) -> tuple[BotHarness, ThreadsFail]:
    """So many people on rds-1, rds-2, ...; by default whoever asks decides alone."""
    hosts = {f"rds-{at}": people(number) for at, number in enumerate(numbers, 1)}
    harness = BotHarness(
        policy=policy(*(rules or (rule(max_targets=1000),)), second_person_above=1000),
        directory=directory(),
        terminal=FakeTerminal(hosts),
        hosts=tuple(hosts),
        asker=DANA,
        place=OPS,
    )
    chat = ThreadsFail()
    harness.chat = chat
    return harness, chat


def drawings(harness: BotHarness, request: Request) -> list[Card]:
    message_ref = harness.find(request.id).message_ref
    assert message_ref
    return harness.chat.cards[message_ref]


def presses(card: Card) -> set[str]:
    return {button.press for button in card.buttons}


def listed(harness: BotHarness) -> str:
    return "\n".join(text_of(card) for _, card in harness.chat.in_threads)


# Before the yes


def test_the_card_has_no_yes_before_every_name_stands_in_its_thread() -> None:
    harness, _ = bot_with_many(60)
    request = harness.ask_and_run("rds-1 --all")
    bare, first, last = drawings(harness, request)
    assert (presses(bare), presses(first)) == (set(), {Press.CANCEL})
    assert "I write the list of all 60 into the thread; the buttons come then." in text_of(first)
    assert presses(last) == {Press.APPROVE, Press.CHOOSE, Press.CANCEL}
    assert "and 35 more in the thread" in text_of(last)
    assert f"CORP\\{HIDDEN}" not in text_of(last)
    assert f"CORP\\{HIDDEN}  session 40 · left 3 h ago" in listed(harness)


def test_the_list_stands_in_the_cards_own_thread_by_computer_and_forty_a_message() -> None:
    harness, _ = bot_with_many(50, 30)
    request = harness.ask_and_run("rds-* --all")
    assert {ref for ref, _ in harness.chat.in_threads} == {harness.find(request.id).message_ref}
    first, second = (text_of(card).splitlines() for _, card in harness.chat.in_threads)
    assert first[:3] == [
        f"Log off 80: 1 to 40 ({request.id})",
        "rds-1",
        "⚪ CORP\\user1  session 1 · left 3 h ago · logged on 2025-11-27 06:53:20+00:00",
    ]
    assert (first.count("rds-1"), second.count("rds-1"), second.count("rds-2")) == (1, 1, 1)
    assert sum("session" in line for line in first) == sum("session" in line for line in second) == MOST_IN_A_MESSAGE


def test_twenty_five_fit_on_the_card_and_need_no_list() -> None:
    harness, _ = bot_with_many(MOST_ROWS)
    request = harness.ask_and_run("rds-1 --all")
    assert (harness.chat.in_threads, len(drawings(harness, request))) == ([], 2)
    assert Press.APPROVE in presses(harness.card)


def test_the_list_stands_where_the_others_are_asked_and_the_requester_is_told_where() -> None:
    harness, _ = bot_with_many(60, rules=(asking_leads(1, max_targets=100),))
    request = harness.ask_and_run("rds-1 --all --sync")
    ((place, _), *_) = [(ref.channel_id, card) for ref, card in harness.chat.in_threads]
    assert place == APPROVALS.channel_id
    assert Press.DENY not in presses(drawings(harness, request)[0])
    assert sum("I have asked in" in text for text in harness.told(DANA)) == 1
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert harness.find(request.id).ending is Ending.DONE
    assert "and 35 more in the thread" in harness.text_on_card(request)


def test_who_asks_nobody_waits_for_no_list() -> None:
    forcing = rule(max_targets=1000, force=Force(is_allowed=True), approve_in=APPROVALS.channel_id)
    harness, _ = bot_with_many(60, rules=(forcing,))
    harness.ask_and_run("rds-1 --all --force")
    announced = next(card for ref, (card, *_) in harness.chat.cards.items() if ref.channel_id == APPROVALS.channel_id)
    assert (len(harness.terminal.logged_off), harness.chat.in_threads) == (60, [])
    assert "and 35 more" in text_of(announced)


# When Slack does not take it


@pytest.mark.parametrize("after", [0, 1])
def test_a_list_that_slack_does_not_take_now_is_gone_on_with_later_and_nothing_is_written_twice(after: int) -> None:
    harness, chat = bot_with_many(60)
    chat.fault, chat.after = BUSY, after
    request = harness.ask_and_run("rds-1 --all")
    assert (harness.find(request.id).publish_after, harness.find(request.id).listed) == (
        harness.clock.now() + MINUTE,
        after,
    )
    assert presses(drawings(harness, request)[-1]) == {Press.CANCEL}
    chat.fault = None
    harness.jump(MINUTE)
    headlines = [card.headline for _, card in chat.in_threads]
    assert headlines == [f"Log off 60: 1 to 40 ({request.id})", f"Log off 60: 41 to 60 ({request.id})"]
    assert Press.APPROVE in presses(drawings(harness, request)[-1])
    assert len(chat.cards) == 1


def test_a_list_that_can_never_be_written_leaves_no_yes_and_the_requester_is_told() -> None:
    harness, chat = bot_with_many(60)
    chat.fault = GONE
    request = harness.ask_and_run("rds-1 --all")
    harness.jump(MINUTE)
    now = harness.find(request.id)
    assert (now.listed, now.published_version) == (LIST_FAILED, now.version)
    assert presses(drawings(harness, request)[-1]) == {Press.CANCEL}
    assert "⚠️ The list of all 60 could not be written into the thread" in harness.text_on_card(request)
    (told,) = harness.told(DANA)
    assert "I could not write the list of all 60 into the thread: Slack refused the call (thread_locked)." in told
    assert "list of all 60 was not complete" in harness.press("approve", on=request).text
    harness.jump(harness.policy.rules[0].expires_after)
    assert harness.find(request.id).ending is Ending.EXPIRED


@pytest.mark.parametrize(("dies_at", "twice"), [("claim", 0), ("sent", 1), ("marked", 0)])
def test_a_process_that_dies_while_it_lists_goes_on_where_it_was(dies_at: str, twice: int) -> None:
    """Between a message and its mark nobody can know that it was written; then it stands there twice."""
    harness, chat = bot_with_many(60)
    mark = harness.ledger.mark_posting

    def die(request_id: str, before: Posting, after: Posting) -> bool:
        if not after.key.startswith("list") or (dies_at != "claim" and after.claimed):
            return mark(request_id, before, after)
        harness.ledger.mark_posting = mark  # type: ignore[method-assign] # only the first one is the last moment
        if dies_at == "marked":
            mark(request_id, before, after)
        raise Crash

    harness.ledger.mark_posting = die  # type: ignore[method-assign] # the process is killed here
    with pytest.raises(Crash):
        harness.ask_and_run("rds-1 --all")
    harness.restart()
    harness.run()
    headlines = [card.headline for _, card in chat.in_threads]
    assert (len(headlines), len(headlines) - len(set(headlines))) == (2 + twice, twice)
    assert len(chat.cards) == 1
    assert Press.APPROVE in presses(harness.card)


def test_nobody_is_reminded_of_a_card_that_has_no_yes() -> None:
    harness, chat = bot_with_many(60, rules=(asking_leads(1, max_targets=100),))
    chat.fault = GONE
    request = harness.ask_and_run("rds-1 --all")
    harness.jump(harness.policy.rules[0].expires_after / 2)
    assert (harness.find(request.id).due_at, chat.replies) == (None, [])


# Buttons that were never shown


@pytest.mark.parametrize("press", sorted(YES))
def test_a_button_that_was_never_shown_decides_nothing(press: Press) -> None:
    harness, chat = bot_with_many(60, rules=(asking_leads(1, max_targets=100),))
    chat.fault, chat.after = BUSY, 1
    request = harness.ask_and_run("rds-1 --all")
    answered = harness.press(press.value, by=BO, on=request)
    assert answered.text == "The list of all 60 was not complete when you pressed. Look at the card again."
    assert answered.form is None
    assert harness.notes_of(request) == ["stale_press"]
    assert harness.find(request.id).state is State.AWAITING


def test_cancel_is_there_from_the_beginning_and_ends_the_list() -> None:
    harness, chat = bot_with_many(60)
    chat.fault, chat.after = BUSY, 1
    request = harness.ask_and_run("rds-1 --all")
    harness.press("cancel", on=request)
    chat.fault = None
    harness.jump(MINUTE)
    assert (harness.find(request.id).ending, len(chat.in_threads)) == (Ending.CANCELLED, 1)
    assert "stand in the thread" not in harness.text_on_card(request)


def test_a_request_that_is_over_while_its_list_is_written_gets_no_more_of_it() -> None:
    harness, chat = bot_with_many(60)
    post = chat.post_in_thread

    def cancelled_meanwhile(message_ref: MessageRef, card: Card, shape: Shape = Shape.WHOLE) -> None:
        post(message_ref, card, shape)
        harness.press("cancel")

    chat.post_in_thread = cancelled_meanwhile  # type: ignore[method-assign] # somebody presses right then
    request = harness.ask_and_run("rds-1 --all")
    assert (len(chat.in_threads), harness.find(request.id).ending) == (1, Ending.CANCELLED)
    assert harness.card.headline.startswith("Cancelled")


# Another card


def test_fewer_people_or_another_act_are_a_new_list_as_long_as_the_card_has_no_room() -> None:
    harness, chat = bot_with_many(60)
    request = harness.ask_and_run("rds-1 --all")
    harness.choose(*range(50), on=request)
    harness.run()
    assert [card.headline.partition(" (")[0] for _, card in chat.in_threads[2:]] == [
        "Log off 50: 1 to 40",
        "Log off 50: 41 to 50",
    ]
    harness.choose(*range(20), on=request)
    harness.run()
    assert len(chat.in_threads) == 4
    assert (Press.APPROVE in presses(harness.card), harness.find(request.id).listed) == (True, 0)


def test_the_gentler_act_is_listed_again_before_anybody_says_yes_to_it() -> None:
    harness, chat = bot_with_many(60)
    active = tuple(replace(each, state=SessionState.ACTIVE) for each in people(60))
    harness.terminal = FakeTerminal({"rds-1": active})
    request = harness.ask_and_run("rds-1 --all")
    chat.fault = BUSY
    chat.after = len(chat.in_threads)
    harness.press("disconnect", on=request)
    harness.run()
    assert presses(harness.card) == {Press.CANCEL}
    assert harness.press("approve", on=request).text.startswith("The list of all 60 was not complete")
    chat.fault = None
    harness.jump(MINUTE)
    assert chat.in_threads[-1][1].headline.startswith("Disconnect 60: 41 to 60")
    assert Press.APPROVE in presses(harness.card)


def test_a_counted_yes_needs_no_new_list() -> None:
    harness, chat = bot_with_many(60, rules=(asking_leads(2, max_targets=100),))
    request = harness.ask_and_run("rds-1 --all")
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert len(chat.in_threads) == 2
    assert Press.APPROVE in presses(drawings(harness, request)[-1])


# Too many to read


def test_two_hundred_can_be_asked_about() -> None:
    harness, chat = bot_with_many(MOST_ASKED)
    harness.ask_and_run("rds-1 --all")
    assert (len(chat.in_threads), Press.APPROVE in presses(harness.card)) == (5, True)


def test_more_than_two_hundred_are_refused_with_the_commands_that_ask_in_parts() -> None:
    harness, _ = bot_with_many(90, 90, 80)
    request = harness.ask_and_run("rds-* state=disconnected")
    assert request.ending is Ending.REFUSED
    assert request.message == (
        "These are 260 sessions, and I ask nobody about more than 200 at once: nobody reads that many. "
        "Send several commands, for example with rds-1,rds-2 ... and with rds-3 ...."
    )
    assert harness.terminal.logged_off == []


def test_one_computer_with_more_than_two_hundred_is_split_by_its_people() -> None:
    harness, _ = bot_with_many(201)
    assert "user=, state= or id= takes fewer" in harness.ask_and_run("rds-1 --all").message


def test_what_a_rule_allows_counts_before_that() -> None:
    harness, _ = bot_with_many(201, rules=(rule(max_targets=50),))
    assert "the rule allows 50" in harness.ask_and_run("rds-1 --all").message


def test_a_preview_and_break_glass_ask_nobody_and_are_not_refused() -> None:
    forcing = rule(max_targets=1000, force=Force(is_allowed=True), approve_in=APPROVALS.channel_id)
    harness, _ = bot_with_many(201, rules=(forcing,))
    assert harness.ask_and_run("rds-1 --all --whatif").ending is Ending.WHATIF
    assert harness.ask_and_run("rds-1 --all --force --sync").ending is Ending.DONE


def test_a_card_that_is_posted_anew_has_its_list_in_its_own_thread_before_its_yes() -> None:
    harness, chat = bot_with_many(60)
    request = harness.ask_and_run("rds-1 --all")
    old = harness.find(request.id).message_ref
    assert old
    del chat.cards[old]
    chat.fault, chat.after = BUSY, 3  # two stand in the old thread, one in the new one
    harness.wait(MINUTE)
    new = harness.find(request.id).message_ref
    assert new != old
    assert presses(harness.card) == {Press.CANCEL}
    assert "list" in harness.press("approve", on=request).text
    chat.fault = None
    harness.wait(2 * MINUTE)
    assert [ref for ref, _ in chat.in_threads] == [old, old, new, new]
    assert presses(harness.card) == {Press.APPROVE, Press.CHOOSE, Press.CANCEL}
    assert len(chat.cards) == 1
