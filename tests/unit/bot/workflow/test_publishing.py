"""When Slack does not take a message_ref: what is drawn later, announced all the same, or told in another way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.cards.shapes import Shape
from bot.domain.events import Announced
from bot.domain.request import Ending, State
from bot.domain.requirement import Confirm
from bot.errors import ChatError, PlaceRefused
from bot.policy.model import Force
from bot.workflow.courier import Courier
from bot.workflow.publishing import publisher_on
from tests.fakes.chat import FakeChat
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.scheduler import FakeScheduler
from tests.support import builders as b
from tests.support.harness import BotHarness, Crash
from tests.support.people import APPROVALS, BO, DANA, OPS, asking_leads, bot_with, rule

if TYPE_CHECKING:
    from bot.cards.model import Card
    from bot.domain.people import Actor, Place
    from bot.domain.posting import MessageRef
    from bot.domain.request import Request
    from bot.policy.model import Rule

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
FORCING = rule(force=Force(is_allowed=True), approve_in=APPROVALS.channel_id)
REFUSED = PlaceRefused("Slack does not let me post there (is_archived).")
DOWN = ChatError("Slack cannot be reached.", retryable=True)
BUSY = ChatError("Slack refused the call (ratelimited).", retryable=True, retry_after=MINUTE)


class Faulty(FakeChat):
    """Each call with an error here fails so, as long as it stands here; posting by channel."""

    def __init__(self) -> None:
        super().__init__()
        self.posting: dict[str, ChatError] = {}
        self.redrawing: ChatError | None = None
        self.telling: ChatError | None = None

    def post(self, place: Place, card: Card, shape: Shape = Shape.WHOLE) -> MessageRef:
        if error := self.posting.get(place.channel_id):
            raise error
        return super().post(place, card, shape)

    def redraw(self, message_ref: MessageRef, card: Card, shape: Shape = Shape.WHOLE) -> None:
        if self.redrawing:
            raise self.redrawing
        super().redraw(message_ref, card, shape)

    def tell(self, place: Place, actor: Actor, card: Card, shape: Shape = Shape.WHOLE) -> None:
        if self.telling:
            raise self.telling
        super().tell(place, actor, card, shape)


def bot_with_faulty_chat(*rules: Rule) -> tuple[BotHarness, Faulty]:
    harness, chat = bot_with(*rules), Faulty()
    harness.chat = chat
    return harness, chat


def announcements(harness: BotHarness) -> int:
    return sum(drawings[0].headline.startswith("Break-glass") for drawings in harness.chat.cards.values())


def card_headlines(harness: BotHarness, request: Request) -> list[str]:
    message_ref = harness.find(request.id).message_ref
    return [drawing.headline for drawing in harness.chat.cards[message_ref]] if message_ref else []


# Later


@pytest.mark.parametrize(
    ("error", "wait"),
    [(DOWN, 10 * SECOND), (BUSY, MINUTE), (ChatError("", retryable=True, retry_after=SECOND), 10 * SECOND)],
)
def test_a_card_that_slack_does_not_take_now_is_drawn_when_slack_wants_it_and_not_before(
    error: ChatError, wait: timedelta
) -> None:
    harness, chat = bot_with_faulty_chat()
    chat.posting = {OPS.channel_id: error}
    request = harness.ask_and_run("comp1 id=3 --sync")
    assert harness.find(request.id).publish_after == harness.clock.now() + wait
    chat.posting = {}
    harness.jump(wait - SECOND)
    assert chat.cards == {}
    harness.jump(SECOND)
    assert card_headlines(harness, request) == ["Log off CORP\\alice on comp1?"] * 2  # posted, then given its buttons


def test_an_approval_is_carried_out_while_the_card_waits_for_slack() -> None:
    harness, chat = bot_with_faulty_chat()
    request = harness.ask_and_run("comp1 id=3 --sync")
    chat.redrawing = BUSY
    harness.press("approve", by=DANA, on=request)
    harness.run()
    assert (harness.find(request.id).ending, harness.terminal.logged_off) == (Ending.DONE, [("comp1", 3)])


# Break-glass


def test_break_glass_that_slack_does_not_take_now_is_announced_later_and_once() -> None:
    harness, chat = bot_with_faulty_chat(FORCING)
    chat.posting = {APPROVALS.channel_id: DOWN}
    request = harness.ask_and_run("comp1 id=3 --sync --force")
    harness.jump(5 * MINUTE)
    assert (harness.terminal.logged_off, announcements(harness)) == ([("comp1", 3)], 0)
    chat.posting = {}
    for _ in range(3):
        harness.jump(MINUTE)
    assert (announcements(harness), card_headlines(harness, request)) == (1, ["Logged off CORP\\alice on comp1"])


def test_break_glass_is_announced_once_however_often_the_card_itself_fails() -> None:
    harness, chat = bot_with_faulty_chat(FORCING)
    chat.posting = {OPS.channel_id: BUSY}
    request = harness.ask_and_run("comp1 id=3 --sync --force")
    for _ in range(2):
        harness.jump(MINUTE)
    assert announcements(harness) == 1
    assert harness.find(request.id).publish_after == harness.clock.now() + MINUTE
    chat.posting = {}
    harness.jump(MINUTE)
    assert (announcements(harness), card_headlines(harness, request)) == (1, ["Logged off CORP\\alice on comp1"])


def test_an_announced_card_that_fails_waits_as_any_other() -> None:
    clock, chat = SettableClock(b.NOW), Faulty()
    ledger = FakeLedger(clock)
    forced = b.requirement(confirm=Confirm.NOBODY, approve_in=APPROVALS.channel_id)
    request = ledger.open(b.request())
    for event in (b.surveyed(requirement=forced), b.started()):
        ledger.record(request.id, event)
    chat.posting = {b.PLACE.channel_id: BUSY}
    scheduler = FakeScheduler(ledger, clock)
    publisher_on(Courier(ledger=ledger, chat=chat, clock=clock), scheduler).publish(request.id)
    found = ledger.find(request.id)
    assert found
    assert (len(chat.cards), found.publish_after) == (1, clock.now() + MINUTE)


def test_break_glass_is_announced_though_its_card_cannot_be_posted_at_all() -> None:
    harness, chat = bot_with_faulty_chat(FORCING)
    chat.posting = {OPS.channel_id: ChatError("Slack refused the call (user_disabled).", retryable=False)}
    harness.ask_and_run("comp1 id=3 --sync --force")
    harness.jump(MINUTE)
    assert announcements(harness) == 1


@pytest.mark.parametrize("is_marked", [False, True])
def test_a_process_that_dies_after_the_announcement_announces_no_second_time(*, is_marked: bool) -> None:
    harness, _chat = bot_with_faulty_chat(FORCING)
    if is_marked:
        harness.ledger.die_after = Announced
    else:
        harness.ledger.die_before = Announced
    with pytest.raises(Crash):
        harness.ask_and_run("comp1 id=3 --sync --force")
    harness.restart()
    harness.jump(MINUTE)
    assert announcements(harness) == 1
    assert [drawings[-1].headline for drawings in harness.chat.cards.values()][-1] == "Logged off CORP\\alice on comp1"


def test_the_requester_is_told_when_break_glass_cannot_be_announced_and_the_card_is_published() -> None:
    harness, chat = bot_with_faulty_chat(FORCING)
    chat.posting = {APPROVALS.channel_id: REFUSED}
    request = harness.ask_and_run("comp1 id=3 --sync --force")
    harness.jump(MINUTE)
    (told,) = harness.told(DANA)
    assert "I could not announce it in C0APPROVE\nSlack does not let me post there (is_archived)." in told
    assert card_headlines(harness, request)[-1] == "Logged off CORP\\alice on comp1"


def test_a_forced_preview_is_not_announced() -> None:
    harness, _chat = bot_with_faulty_chat(FORCING)
    harness.ask_and_run("comp1 id=3 --force --whatif")
    assert announcements(harness) == 0


# For good


def test_the_requester_is_told_the_outcome_once_when_the_card_cannot_show_it() -> None:
    harness, chat = bot_with_faulty_chat()
    request = harness.ask_and_run("comp1 id=3 --sync")
    chat.redrawing = REFUSED
    harness.press("approve", by=DANA, on=request)
    harness.run()
    harness.jump(MINUTE)
    (told,) = harness.told(DANA)
    assert told.startswith("Logged off CORP\\alice on comp1")
    assert "alice" in told
    assert "the card cannot be drawn any more: Slack does not let me post there (is_archived)." in told


def test_the_requester_is_told_of_a_denial_when_the_card_cannot_show_it() -> None:
    harness, chat = bot_with_faulty_chat(asking_leads(1))
    request = harness.ask_and_run("comp1 id=3 --sync")
    chat.redrawing = REFUSED
    harness.press("deny", by=BO, on=request)
    harness.run()
    assert harness.find(request.id).ending is Ending.DENIED
    assert harness.told(DANA)[-1].startswith("Denied")
    assert "the card cannot be drawn any more" in harness.told(DANA)[-1]


def test_the_outcome_is_told_later_when_slack_does_not_take_that_either() -> None:
    harness, chat = bot_with_faulty_chat()
    request = harness.ask_and_run("comp1 id=3 --sync")
    chat.redrawing, chat.telling = REFUSED, BUSY
    harness.press("approve", by=DANA, on=request)
    harness.run()
    assert harness.find(request.id).postings_due_at == harness.clock.now() + MINUTE
    chat.telling = None
    harness.jump(MINUTE)
    assert harness.told(DANA)[0].startswith("Logged off CORP\\alice on comp1")


def test_when_neither_the_card_nor_the_notice_can_be_shown_it_is_given_up() -> None:
    harness, chat = bot_with_faulty_chat()
    request = harness.ask_and_run("comp1 id=3 --sync")
    chat.redrawing = chat.telling = REFUSED
    harness.press("approve", by=DANA, on=request)
    harness.run()
    now = harness.find(request.id)
    assert (now.ending, now.published_version, now.publish_after) == (Ending.DONE, now.version, None)


def test_a_card_that_waits_for_a_decision_is_no_outcome() -> None:
    harness, chat = bot_with_faulty_chat(asking_leads(2))
    request = harness.ask_and_run("comp1 id=3 --sync")
    told = len(chat.told)
    chat.redrawing = REFUSED
    harness.press("approve", by=BO, on=request)
    harness.run()
    assert harness.find(request.id).state is State.AWAITING
    assert len(chat.told) == told
