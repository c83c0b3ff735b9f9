"""Publishing the card: it is posted once and redrawn whenever the request has a new version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.cards import notices, request_card, target_list
from bot.domain.events import Announced
from bot.domain.part import HEAD
from bot.domain.people import Place
from bot.domain.request import LIST_FAILED, Ending, MessageRef, State, WorkItem
from bot.domain.requirement import Confirm
from bot.errors import ChatError, Conflict, NotOwner

if TYPE_CHECKING:
    from datetime import datetime

    from bot.cards.model import Card
    from bot.domain.request import Request
    from bot.ports.chat import Chat
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import Scheduler

PROGRESS_EVERY = timedelta(seconds=3)
"""The shortest time between two drawings of a card while the request acts."""

REDRAW_AFTER = timedelta(seconds=10)
"""How soon a drawing that failed is tried again."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPublisher:
    """Draws cards. Only the step of a request's own work item calls it, so two drawings never overtake each other."""

    ledger: Ledger
    chat: Chat
    clock: Clock
    scheduler: Scheduler

    def publish(self, request_id: str) -> None:
        """Draw the card until it shows the newest version of the request. A failed drawing is tried again later.

        A drawing of progress is not followed by another at once, and nothing is read after it: the time of the next
        one is kept before this one is read, so all that ends later wakes the request then. Nothing new is posted unless
        the database takes a write right before: where nobody can note it, each sweep would post it again.
        """
        while head := self._behind(request_id):
            now = self.clock.now()
            if head.state is State.ACTING or _would_post(head):
                later = now + PROGRESS_EVERY if head.state is State.ACTING else head.publish_after
                self.ledger.mark_published(
                    request_id, version=head.published_version, message_ref=None, publish_after=later
                )
            request = self._to_show(head)
            again_at = now + PROGRESS_EVERY if request.state is State.ACTING else None
            try:
                self._announce(request)
                message_ref = self._show(request)
                if self._has_listed(request, message_ref):
                    continue
            except Conflict:  # it was not proven, and has failed: that is what its card shows
                continue
            except ChatError as error:
                self._not_drawn(request, error, now)
                return
            self.ledger.mark_published(
                request_id, version=request.version, message_ref=message_ref, publish_after=again_at
            )
            self._notify(request, message_ref)
            if again_at:
                return

    def _to_show(self, head: Request) -> Request:
        """Return the request as its card shows it. What people are to decide about is proven before they see it."""
        try:
            is_settled = head.state in (State.ACTING, State.ENDED)
            shown = self.ledger.find(head.id) if is_settled else self.ledger.prove(head.id)
        except Conflict:
            shown = self.ledger.find(head.id)
        return shown or head

    def _behind(self, request_id: str) -> Request | None:
        """Return the head of the request when its card is to be drawn now; else None."""
        head = self.ledger.find(request_id, HEAD)
        if head is None or head.published_version >= head.version:
            return None
        if isinstance(self.ledger.standstill(), NotOwner):  # the owner draws it
            return None
        if head.state is State.ASKED and head.reason_asked is None:
            return None
        if head.publish_after and self.clock.now() < head.publish_after:
            self.scheduler.wake(WorkItem(request_id=request_id), head.publish_after)
            return None
        return head

    def _has_listed(self, request: Request, message_ref: MessageRef | None) -> bool:
        """Write into the card's thread what the card has no room for; the card is drawn with its buttons after that.

        A process that dies between a message and its mark writes that message twice.
        """
        if message_ref is None or request.listed == LIST_FAILED or target_list.is_complete(request):
            return False
        if request.message_ref is None:
            self.ledger.mark_published(
                request.id, version=request.published_version, message_ref=message_ref, publish_after=None
            )
            self._notify(request, message_ref)
        content = request.content_version
        for number, message in enumerate(target_list.messages(request), 1):
            if number <= request.listed:
                continue
            if not self._is_wanted(request):
                break
            try:
                self.chat.post_in_thread(message_ref, message)
            except ChatError as error:
                if error.retryable:
                    raise
                self._not_listed(request, error)
                break
            self.ledger.mark_listed(request.id, content_version=content, listed=number)
        return True

    def _is_wanted(self, request: Request) -> bool:
        """Whether the list is still the one that the request waits for: it may have been narrowed, or be over."""
        now = self.ledger.find(request.id, HEAD)
        return bool(now and now.state is State.AWAITING and now.content_version == request.content_version)

    def _not_listed(self, request: Request, error: ChatError) -> None:
        log.error("list.not_written", request_id=request.id, message=error.message)
        self.ledger.mark_listed(request.id, content_version=request.content_version, listed=LIST_FAILED)
        self._told(request, notices.not_listed(request, error))

    def _not_drawn(self, request: Request, error: ChatError, now: datetime) -> None:
        """Plan a retry, not before Slack wants it. When no retry can help, tell the requester instead."""
        log.warning("card.not_drawn", request_id=request.id, retryable=error.retryable, message=error.message)
        if not error.retryable and (notice := _instead_of_card(request, error)):
            error = self._told(request, notice) or error
        version = request.published_version if error.retryable else request.version
        publish_after = now + max(REDRAW_AFTER, error.retry_after or REDRAW_AFTER) if error.retryable else None
        self.ledger.mark_published(
            request.id, version=version, message_ref=request.message_ref, publish_after=publish_after
        )

    def _told(self, request: Request, notice: Card) -> ChatError | None:
        """Tell the requester; return the error when that failed, else None."""
        try:
            self.chat.tell(request.place, request.actor, notice)
        except ChatError as error:
            log.warning("notice.not_posted", request_id=request.id, message=error.message)
            return error
        return None

    def _announce(self, request: Request) -> None:
        """Announce break-glass before the card is published. A failed announcement is tried again until Slack takes it.

        A process that dies between the announcement and its mark announces it twice. Raises `ChatError` when a retry
        may help.
        """
        channel = request.announced_in
        if not channel or request.announced_at or request_card.is_private(request):
            return
        failed = ""
        try:
            self.chat.post(Place(channel_id=channel), None, notices.break_glass(request))
        except ChatError as error:
            if error.retryable:
                raise
            log.error("break_glass.not_announced", request_id=request.id, channel=channel, message=error.message)  # noqa: TRY400 - its sentence says it all
            self._told(request, notices.not_announced(request, channel, error))
            failed = error.message
        self.ledger.record(request.id, Announced(failed=failed))

    def _show(self, request: Request) -> MessageRef | None:
        card = request_card.build(request)
        if request_card.is_private(request):
            self.chat.tell(request.place, request.actor, card)
            return None
        if request.message_ref is None:
            return self._post(request, card)
        self.chat.redraw(request.message_ref, card)
        return request.message_ref

    def _post(self, request: Request, card: Card) -> MessageRef:
        """Post the card where approvers are asked; otherwise where the command was typed, or in direct messages."""
        channel = approval_channel(request)
        if not channel:
            return self.chat.post(request.place, request.actor, card)
        return self.chat.post(Place(channel_id=channel), None, card)

    def _notify(self, request: Request, message_ref: MessageRef | None) -> None:
        """Send the notices beside the card. They are not state: a notice that fails is not sent again."""
        try:
            if message_ref and request.message_ref is None:
                self._say_where_it_is(request)
            if message_ref and request.ending in (
                Ending.DONE,
                Ending.DENIED,
                Ending.EXPIRED,
                Ending.FAILED,
                Ending.REFUSED,
            ):
                self.chat.reply(message_ref, (request.actor.user_id,), notices.outcome_line(request))
                self._say_how_it_ended(request)
        except ChatError as error:
            log.warning("notice.not_posted", request_id=request.id, message=error.message)

    def _say_where_it_is(self, request: Request) -> None:
        if approval_channel(request) not in ("", request.place.channel_id):
            self.chat.tell(request.place, request.actor, notices.asked_elsewhere(request))

    def _say_how_it_ended(self, request: Request) -> None:
        """Tell the requester privately, because they may not see the channel where the approvers are asked."""
        if approval_channel(request) not in ("", request.place.channel_id):
            self.chat.tell(request.place, request.actor, notices.ended_elsewhere(request))

    def may_remind(self, request: Request) -> bool:
        """Return whether the card shows what is to be decided. False also while it is not posted."""
        return (
            request.message_ref is not None
            and request.published_version >= request.content_version
            and (target_list.is_complete(request))
        )

    def remind(self, request: Request) -> None:
        """Mention the approvers once more in the card's thread. Does nothing when there is no card or no need."""
        needs = request.requirement.needs if request.requirement else ()
        if request.message_ref is None or not needs or not target_list.is_complete(request):
            return
        names = tuple(sorted(frozenset().union(*(need.of for need in needs))))
        try:
            self.chat.reply(request.message_ref, names, notices.reminder(request))
        except ChatError as error:
            log.warning("reminder.not_posted", request_id=request.id, message=error.message)


def _would_post(head: Request) -> bool:
    """Whether its drawing may post something that cannot be found again: a card, or an announcement."""
    return head.message_ref is None or bool(head.announced_in and not head.announced_at)


def _instead_of_card(request: Request, error: ChatError) -> Card | None:
    """Return what the requester is told when the card can never be drawn; None when they are told nothing."""
    if request_card.is_private(request):
        return None
    if request.state is State.ENDED:
        return notices.outcome(request, error)
    channel = approval_channel(request)
    return notices.nobody_asked(request, channel, error) if channel and request.message_ref is None else None


def approval_channel(request: Request) -> str:
    """Return the id of the channel where approvers are asked; empty when no other person has to say yes."""
    required = request.requirement
    return required.approve_in if required and required.confirm is Confirm.OTHERS else ""
