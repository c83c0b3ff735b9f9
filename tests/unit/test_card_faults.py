"""When Slack does not take a message_ref: what is drawn later, announced all the same, or told in another way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.request import Ending, State
from bot.domain.requirement import Confirm
from bot.errors import ChatError, PlaceRefused
from bot.policy.model import Force
from bot.workflow.publishing import CardPublisher
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import FakeLedger
from tests.support import builders as b
from tests.support.council import APPROVALS, BO, DANA, OPS, Channels, Council, asking_leads, rule
from tests.support.harness import Crash

if TYPE_CHECKING:
    from datetime import datetime

    from bot.cards.model import Card
    from bot.domain.people import Actor, Place
    from bot.domain.request import MessageRef, Request
    from bot.policy.model import Rule

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
FORCING = rule(force=Force(is_allowed=True), approve_in=APPROVALS.channel_id)
REFUSED = PlaceRefused("Slack does not let me post there (is_archived).")
DOWN = ChatError("Slack cannot be reached.", retryable=True)
BUSY = ChatError("Slack refused the call (ratelimited).", retryable=True, retry_after=MINUTE)


class Faulty(Channels):
    """Each call with an error here fails so, as long as it stands here; posting by channel."""

    def __init__(self) -> None:
        super().__init__()
        self.posting: dict[str, ChatError] = {}
        self.redrawing: ChatError | None = None
        self.telling: ChatError | None = None

    def post(self, place: Place, actor: Actor | None, card: Card) -> MessageRef:
        if error := self.posting.get(place.channel_id):
            raise error
        return super().post(place, actor, card)

    def redraw(self, message_ref: MessageRef, card: Card) -> None:
        if self.redrawing:
            raise self.redrawing
        super().redraw(message_ref, card)

    def tell(self, place: Place, actor: Actor, card: Card) -> None:
        if self.telling:
            raise self.telling
        super().tell(place, actor, card)


def open_council(*rules: Rule) -> tuple[Council, Faulty]:
    council, chat = Council(*rules), Faulty()
    council.chat = chat
    return council, chat


def announcements(council: Council) -> int:
    return sum(drawings[0].headline.startswith("Break-glass") for drawings in council.chat.cards.values())


def card_headlines(council: Council, request: Request) -> list[str]:
    message_ref = council.find(request.id).message_ref
    return [drawing.headline for drawing in council.chat.cards[message_ref]] if message_ref else []


# Later


@pytest.mark.parametrize(
    ("error", "wait"),
    [(DOWN, 10 * SECOND), (BUSY, MINUTE), (ChatError("", retryable=True, retry_after=SECOND), 10 * SECOND)],
)
def test_a_card_that_slack_does_not_take_now_is_drawn_when_slack_wants_it_and_not_before(
    error: ChatError, wait: timedelta
) -> None:
    council, chat = open_council()
    chat.posting = {OPS.channel_id: error}
    request = council.ask("comp1 id=3 --sync")
    assert council.find(request.id).publish_after == council.clock.now() + wait
    chat.posting = {}
    council.wait(wait - SECOND)
    assert chat.cards == {}
    council.wait(SECOND)
    assert card_headlines(council, request) == ["Log off 1 session on comp1?"]


def test_a_yes_is_carried_out_while_the_drawing_of_its_card_waits_for_slack() -> None:
    council, chat = open_council()
    request = council.ask("comp1 id=3 --sync")
    chat.redrawing = BUSY
    council.press(request, "approve", by=DANA)
    council.run()
    assert (council.find(request.id).ending, council.terminal.logged_off) == (Ending.DONE, [("comp1", 3)])


# Break-glass


def test_break_glass_that_slack_does_not_take_now_is_announced_later_and_once() -> None:
    council, chat = open_council(FORCING)
    chat.posting = {APPROVALS.channel_id: DOWN}
    request = council.ask("comp1 id=3 --sync --force")
    council.wait(5 * MINUTE)
    assert (council.terminal.logged_off, announcements(council)) == ([("comp1", 3)], 0)
    chat.posting = {}
    for _ in range(3):
        council.wait(MINUTE)
    assert (announcements(council), card_headlines(council, request)) == (1, ["Logged off 1 session on comp1"])


def test_break_glass_is_announced_once_however_often_the_card_itself_fails() -> None:
    council, chat = open_council(FORCING)
    chat.posting = {OPS.channel_id: BUSY}
    request = council.ask("comp1 id=3 --sync --force")
    for _ in range(5):
        council.wait(MINUTE)
    assert announcements(council) == 1
    assert council.find(request.id).publish_after == council.clock.now() + MINUTE
    chat.posting = {}
    council.wait(MINUTE)
    assert (announcements(council), card_headlines(council, request)) == (1, ["Logged off 1 session on comp1"])


def test_an_announced_card_that_fails_waits_as_any_other() -> None:
    clock, chat = SettableClock(b.NOW), Faulty()
    ledger = FakeLedger(clock)
    forced = b.requirement(confirm=Confirm.NOBODY, approve_in=APPROVALS.channel_id)
    request = ledger.open(b.request())
    for event in (b.surveyed(requirement=forced), b.started()):
        ledger.record(request.id, event)
    chat.posting = {b.PLACE.channel_id: BUSY}
    CardPublisher(ledger=ledger, chat=chat, clock=clock, wake=lambda _item, _at: None).draw(request.id)
    found = ledger.find(request.id)
    assert found
    assert (len(chat.cards), found.publish_after) == (1, clock.now() + MINUTE)


def test_break_glass_is_announced_though_its_card_cannot_be_posted_at_all() -> None:
    council, chat = open_council(FORCING)
    chat.posting = {OPS.channel_id: ChatError("Slack refused the call (user_disabled).", retryable=False)}
    council.ask("comp1 id=3 --sync --force")
    council.wait(MINUTE)
    assert announcements(council) == 1


@pytest.mark.parametrize("is_marked", [False, True])
def test_a_process_that_dies_at_the_announcement_announces_again_rather_than_never(*, is_marked: bool) -> None:
    council, _chat = open_council(FORCING)
    mark_published = council.ledger.mark_published

    def die(request_id: str, *, version: int, message_ref: MessageRef | None, due_at: datetime | None) -> None:
        council.ledger.mark_published = mark_published  # type: ignore[method-assign] # only the first one is the last moment
        if is_marked:
            mark_published(request_id, version=version, message_ref=message_ref, due_at=due_at)
        raise Crash

    council.ledger.mark_published = die  # type: ignore[method-assign] # the process is killed here
    with pytest.raises(Crash):
        council.ask("comp1 id=3 --sync --force")
    council.restart()
    council.wait(MINUTE)
    assert announcements(council) == (1 if is_marked else 2)
    assert [drawings[-1].headline for drawings in council.chat.cards.values()][-1] == "Logged off 1 session on comp1"


def test_who_forced_is_told_when_it_cannot_be_announced_and_the_card_is_drawn() -> None:
    council, chat = open_council(FORCING)
    chat.posting = {APPROVALS.channel_id: REFUSED}
    request = council.ask("comp1 id=3 --sync --force")
    council.wait(MINUTE)
    (told,) = council.told(DANA)
    assert "I could not announce it in C0APPROVE: Slack does not let me post there (is_archived)." in told
    assert card_headlines(council, request)[-1] == "Logged off 1 session on comp1"


def test_what_was_forced_and_touches_nobody_is_not_announced() -> None:
    council, _chat = open_council(FORCING)
    council.ask("comp1 id=3 --force --whatif")
    assert announcements(council) == 0


# For good


def test_who_asked_is_told_the_outcome_once_when_the_card_cannot_show_it() -> None:
    council, chat = open_council()
    request = council.ask("comp1 id=3 --sync")
    chat.redrawing = REFUSED
    council.press(request, "approve", by=DANA)
    council.run()
    council.wait(MINUTE)
    (told,) = council.told(DANA)
    assert told.startswith("Logged off 1 session on comp1")
    assert "alice" in told
    assert "the card cannot be drawn any more: Slack does not let me post there (is_archived)." in told


def test_who_asked_is_told_of_the_no_when_the_card_cannot_show_it() -> None:
    council, chat = open_council(asking_leads(1))
    request = council.ask("comp1 id=3 --sync")
    chat.redrawing = REFUSED
    council.press(request, "deny", by=BO)
    council.run()
    assert council.find(request.id).ending is Ending.DENIED
    assert council.told(DANA)[-1].startswith("Denied")
    assert "the card cannot be drawn any more" in council.told(DANA)[-1]


def test_the_outcome_is_told_later_when_slack_does_not_take_that_either() -> None:
    council, chat = open_council()
    request = council.ask("comp1 id=3 --sync")
    chat.redrawing, chat.telling = REFUSED, BUSY
    council.press(request, "approve", by=DANA)
    council.run()
    assert council.find(request.id).publish_after == council.clock.now() + MINUTE
    chat.telling = None
    council.wait(MINUTE)
    assert council.told(DANA)[0].startswith("Logged off 1 session on comp1")


def test_when_neither_the_card_nor_the_notice_can_be_shown_it_is_given_up() -> None:
    council, chat = open_council()
    request = council.ask("comp1 id=3 --sync")
    chat.redrawing = chat.telling = REFUSED
    council.press(request, "approve", by=DANA)
    council.run()
    now = council.find(request.id)
    assert (now.ending, now.published_version, now.publish_after) == (Ending.DONE, now.version, None)


def test_a_card_that_waits_for_a_decision_is_no_outcome() -> None:
    council, chat = open_council(asking_leads(2))
    request = council.ask("comp1 id=3 --sync")
    told = len(chat.told)
    chat.redrawing = REFUSED
    council.press(request, "approve", by=BO)
    council.run()
    assert council.find(request.id).state is State.AWAITING
    assert len(chat.told) == told
