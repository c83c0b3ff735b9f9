"""Publishing the card: it is posted once and redrawn whenever the request has a new version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.audit.entry import THE_BOT
from bot.cards import people_rows, request_card, target_list, troubles
from bot.domain.part import HEAD
from bot.domain.posting import Posting
from bot.domain.request import LIST_FAILED, State, WorkItem
from bot.errors import ChatError, Conflict, NotOwner
from bot.workflow.announcing import Announcer
from bot.workflow.buttons import PRIVATE_CARD, ButtonKeeper
from bot.workflow.courier import due_after
from bot.workflow.notifying import Notifier
from bot.workflow.posting import LISTED_ANEW, CardPoster
from bot.workflow.ways import LISTED, ONE_COPY, PRIVATE, Outgoing

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.posting import MessageRef
    from bot.domain.request import Request
    from bot.ports.clock import Clock
    from bot.ports.forms import Forms
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import Scheduler
    from bot.workflow.courier import Courier

PROGRESS_EVERY = timedelta(seconds=3)
"""The shortest time between two drawings of a card while the request acts."""

BEGINS_WITHIN = timedelta(seconds=1)
"""How soon a host has its order as a rule, after the request began to act."""

TICK_EVERY = timedelta(seconds=10)
"""How often a card says anew for how long a host has been at work on somebody, while nothing else changes."""

CHECK_EVERY = timedelta(seconds=30)
"""How often a card that waits for people is looked for: it may be deleted, or its channel closed."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPublisher:
    """Draws cards. Only the step of a request's own work item calls it, so two drawings never overtake each other."""

    ledger: Ledger
    clock: Clock
    scheduler: Scheduler
    courier: Courier
    poster: CardPoster
    announcer: Announcer
    notifier: Notifier
    forms: Forms | None = None  # the open forms of this process; None: the chat has no forms

    def publish(self, request_id: str) -> None:
        """Draw the card until it shows the newest version of the request. A failed drawing is tried again later.

        A drawing of progress is not followed by another at once, and nothing is read after it: the time of the next
        one is kept before this one is read, so all that ends later wakes the request then. A process that does not own
        the database draws nothing: the owner does.
        """
        if isinstance(self.ledger.standstill(), NotOwner):
            return
        while (head := self.ledger.find(request_id, HEAD)) and self._is_behind(head):
            now = self.clock.now()
            if self._is_about_to_begin(head):
                break
            if head.state is State.ACTING:
                self.ledger.mark_published(
                    request_id, version=head.published_version, message_ref=None, publish_after=now + PROGRESS_EVERY
                )
            request = self._to_show(head)
            again_at = now + PROGRESS_EVERY if request.state is State.ACTING else None
            try:
                if self._is_drawn(request, again_at) and again_at:
                    if people_rows.says_since(request):
                        self.scheduler.wake(WorkItem(request_id=request_id), self.clock.now() + TICK_EVERY)
                    self._tend(request)
                    return
            except Conflict:  # it was not proven, and has failed: that is what its card shows
                continue
            except ChatError as error:
                self._not_drawn(request, error)
        if head:
            self._tend(head)

    def _is_about_to_begin(self, head: Request) -> bool:
        """Return whether the first host gets its order in a moment, and plan the drawing for the end of that moment.

        That order wakes the request. A card that was drawn before it would call everybody next for three seconds.
        """
        begins_until = head.started_at + BEGINS_WITHIN if head.started_at else None
        is_drawn = head.message_ref is None or head.publish_after is not None
        if head.state is not State.ACTING or is_drawn or begins_until is None or self.clock.now() >= begins_until:
            return False
        if not head.counts.open or (whole := self.ledger.find(head.id)) is None or whole.begun:
            return False
        self.scheduler.wake(WorkItem(request_id=head.id), begins_until)
        return True

    def _is_drawn(self, request: Request, again_at: datetime | None) -> bool:
        """Draw the card. Return False when it is to be drawn again at once: with the buttons that its list allows."""
        self.announcer.announce(request)
        message_ref = self._show(request)
        if self._has_listed(request, message_ref):
            return False
        if again_at is None:
            self._expect_notices(request, message_ref)
        self.ledger.mark_published(request.id, version=request.version, message_ref=message_ref, publish_after=again_at)
        return True

    def _expect_notices(self, request: Request, message_ref: MessageRef | None) -> None:
        """Keep that notices are due before the card counts as drawn: a process that dies then leaves them to the next.

        A card that waits for people is due to be looked for.
        """
        now = self.ledger.find(request.id, HEAD) or request
        drawn = replace(now, published_version=request.version, message_ref=message_ref)
        waits = drawn.state is State.AWAITING and message_ref is not None
        if now.postings_due_at is None and (waits or self.notifier.is_needed(drawn)):
            self.ledger.postings_due(request.id, self.clock.now() + CHECK_EVERY)

    def _to_show(self, head: Request) -> Request:
        """Return the request as its card shows it. What people are to decide about is proven before they see it."""
        try:
            is_settled = head.state in (State.ACTING, State.ENDED)
            shown = self.ledger.find(head.id) if is_settled else self.ledger.prove(head.id)
        except Conflict:
            shown = self.ledger.find(head.id)
        return shown or head

    def _is_behind(self, head: Request) -> bool:
        """Return whether the card is to be drawn now."""
        if head.published_version >= head.version:
            return self._is_tick_due(head)
        if head.state is State.ASKED and head.reason_asked is None:
            return False
        if head.publish_after and self.clock.now() < head.publish_after:
            self.scheduler.wake(WorkItem(request_id=head.id), head.publish_after)
            return False
        return True

    def _is_tick_due(self, head: Request) -> bool:
        """Return whether the card was drawn so long ago that what it says of time is old."""
        drawn_at = head.publish_after - PROGRESS_EVERY if head.publish_after else None
        is_old = drawn_at is not None and self.clock.now() >= drawn_at + TICK_EVERY
        return is_old and head.state is State.ACTING and head.message_ref is not None

    def _show(self, request: Request) -> MessageRef | None:
        """Show the card, and return where it stands; None when it is private, or cannot stand anywhere."""
        if request.actor == THE_BOT:
            return None  # the digest, whose message its own step sends
        if self.forms and self.forms.show(request):
            return None  # the look of a form, whose answer stands there
        card = request_card.build(request, self.clock.now())
        if not request_card.is_private(request):
            return self.poster.show(request, card)
        key = f"{PRIVATE_CARD} {request.version}"
        self.courier.send(request, Outgoing(key=key, card=card, ways=PRIVATE, place=request.place))
        return None

    def _has_listed(self, request: Request, message_ref: MessageRef | None) -> bool:
        """Write into the card's thread what the card has no room for; the card is drawn with its buttons after that.

        A process that dies between a message and its mark writes that message twice.
        """
        if message_ref is None or request.listed == LIST_FAILED or target_list.is_complete(request):
            return False
        content = request.content_version
        for number, message in enumerate(target_list.messages(request), 1):
            if number <= request.listed:
                continue
            if not self._is_wanted(request):
                break
            out = Outgoing(
                key=f"list {content} {number} {message_ref.ts}",
                card=message,
                ways=LISTED,
                place=request.place,
                thread=message_ref,
                most_lost=ONE_COPY,
            )
            if fault := self.courier.send(request, out).fault:
                self._not_listed(request, fault)
                break
            self.ledger.mark_listed(request.id, content_version=content, listed=number)
        return True

    def _is_wanted(self, request: Request) -> bool:
        """Whether the list is still the one that the request waits for: it may have been narrowed, or be over."""
        now = self.ledger.find(request.id, HEAD)
        return bool(now and now.state is State.AWAITING and now.content_version == request.content_version)

    def _not_listed(self, request: Request, fault: str) -> None:
        log.error("list.not_written", request_id=request.id, message=fault)
        self.ledger.mark_listed(request.id, content_version=request.content_version, listed=LIST_FAILED)

    def _not_drawn(self, request: Request, error: ChatError) -> None:
        """Plan a retry, not before Slack wants it."""
        log.warning("card.not_drawn", request_id=request.id, message=error.message)
        self.ledger.mark_published(
            request.id,
            version=request.published_version,
            message_ref=None,
            publish_after=due_after(self.clock.now(), error),
        )

    def _tend(self, head: Request) -> None:
        """Look whether a card that waits for people still stands, and send the notices that are due."""
        checked_until = self._check(head)
        now = self.ledger.find(head.id, HEAD) if self._is_check_due(head) else head
        due = [checked_until, self.notifier.notify(now or head)]
        soonest = min((at for at in due if at), default=None)
        if soonest != head.postings_due_at:
            self.ledger.postings_due(head.id, soonest)

    def _is_check_due(self, head: Request) -> bool:
        if head.posting(LISTED_ANEW).claimed:
            return True
        return head.postings_due_at is not None and self.clock.now() >= head.postings_due_at

    def _check(self, head: Request) -> datetime | None:
        """Post the card anew when it no longer stands. Return when to look again; None: nobody waits for it."""
        now = self.clock.now()
        is_up_to_date = head.published_version >= head.version
        if head.state is not State.AWAITING or head.message_ref is None or not is_up_to_date:
            return None
        if not self._is_check_due(head):
            return head.postings_due_at or now + CHECK_EVERY
        try:
            self.poster.check(head)
            self._list_anew(head.id)
        except ChatError as error:
            return due_after(now, error)
        return now + CHECK_EVERY

    def _list_anew(self, request_id: str) -> None:
        """Write the list into the thread of a card that was posted anew, and give the card its buttons after that."""
        request = self.ledger.find(request_id)
        if request is None or not request.posting(LISTED_ANEW).claimed:
            return
        if self._has_listed(request, request.message_ref):
            request = self.ledger.find(request_id) or request
            self.poster.show(request, request_card.build(request))
        self.ledger.mark_posting(request_id, request.posting(LISTED_ANEW), Posting(key=LISTED_ANEW))

    def may_remind(self, request: Request) -> bool:
        """Return whether the card shows what is to be decided. False also while it is not posted."""
        return (
            request.message_ref is not None
            and request.published_version >= request.content_version
            and target_list.is_complete(request)
        )

    def stumbled(self, request: Request, reference: str) -> None:
        """Tell the requester of a fault of the bot that keeps the card from being drawn."""
        is_behind = request.published_version < request.version
        if is_behind and (request.state is not State.ASKED or request.reason_asked is not None):
            self.notifier.tell_at_once(request, "broken", troubles.broken(request, reference))

    def give_up(self, request: Request, reference: str) -> None:
        """Say in words how the request ended, when its card cannot be drawn by a fault of the bot."""
        if request.published_version >= request.version:
            return
        card = troubles.ended_in_words(request, reference)
        if request.message_ref:
            self.poster.replace(request, request.message_ref, card)
        self.notifier.tell_at_once(request, "broken end", card)

    def remind(self, request: Request) -> None:
        """Mention the approvers once more in the card's thread, when all that they decide about stands there."""
        if target_list.is_complete(request):
            self.notifier.remind(request)


def publisher_on(courier: Courier, scheduler: Scheduler, forms: Forms | None = None) -> CardPublisher:
    """Return the publisher whose messages this courier sends."""
    ledger, chat, clock = courier.ledger, courier.chat, courier.clock
    buttons = ButtonKeeper(ledger=ledger, chat=chat)
    return CardPublisher(
        ledger=ledger,
        clock=clock,
        scheduler=scheduler,
        courier=courier,
        poster=CardPoster(ledger=ledger, chat=chat, courier=courier, buttons=buttons),
        announcer=Announcer(ledger=ledger, courier=courier),
        notifier=Notifier(ledger=ledger, clock=clock, courier=courier, buttons=buttons),
        forms=forms,
    )
