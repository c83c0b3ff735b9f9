"""The card is kept true here: posted once, then edited, and drawn again whenever the request has moved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.cards import notices
from bot.cards import request_card as report
from bot.domain.people import Place
from bot.domain.request import Card, Ending, State, WorkItem
from bot.domain.requirement import Confirm
from bot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.cards.model import Report
    from bot.domain.request import Request
    from bot.ports.chat import Chat
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger

PROGRESS_EVERY = timedelta(seconds=3)
REDRAW_AFTER = timedelta(seconds=10)
RECEIPT = 1
"""The version that is drawn when nothing is: it has no card."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """Only the step of a request's own work item draws, so two drawings of one card never overtake each other."""

    ledger: Ledger
    chat: Chat
    clock: Clock
    wake: Callable[[WorkItem, datetime | None], None]

    def draw(self, request_id: str) -> None:
        """Make the card show the request, as often as it moves meanwhile."""
        while (request := self.ledger.find(request_id)) and request.drawn_version < request.version:
            now = self.clock.now()
            if request.state is State.ASKED:
                return
            if request.draw_due_at and now < request.draw_due_at:
                self.wake(WorkItem(request_id=request_id), request.draw_due_at)
                return
            try:
                request = self._announced(request)
                card = self._show(request)
            except ChatError as error:
                self._not_drawn(request, error, now)
                return
            again_at = now + PROGRESS_EVERY if request.state is State.ACTING else None
            self.ledger.drawn(request_id, version=request.version, card=card, due_at=again_at)
            self._notify(request, card)

    def _not_drawn(self, request: Request, error: ChatError, now: datetime) -> None:
        """Again in a while, if that may help, and not before Slack wants it; if not, the person is told instead."""
        log.warning("card.not_drawn", request_id=request.id, retryable=error.retryable, say=error.say)
        if not error.retryable and (notice := _instead_of_card(request, error)):
            error = self._told(request, notice) or error
        version = request.drawn_version if error.retryable else request.version
        due_at = now + max(REDRAW_AFTER, error.retry_after or REDRAW_AFTER) if error.retryable else None
        self.ledger.drawn(request.id, version=version, card=request.card, due_at=due_at)

    def _told(self, request: Request, notice: Report) -> ChatError | None:
        """Tell the requester; what went wrong with that."""
        try:
            self.chat.tell(request.place, request.actor, notice)
        except ChatError as error:
            log.warning("notice.not_posted", request_id=request.id, say=error.say)
            return error
        return None

    def _announced(self, request: Request) -> Request:
        """Break-glass is announced before anything is drawn, and again until Slack takes it: it must not get lost.

        That it was announced shows in the drawn version, which then leaves one to draw. A process that dies in between
        announces it twice.
        """
        channel = request.requirement.approve_in if request.requirement and request.requirement.is_forced else ""
        if not channel or request.drawn_version > RECEIPT or report.is_private(request):
            return request
        try:
            self.chat.post(Place(channel_id=channel), None, notices.break_glass(request))
        except ChatError as error:
            if error.retryable:
                raise
            log.error("break_glass.not_announced", request_id=request.id, channel=channel, say=error.say)  # noqa: TRY400 - its sentence says it all
            self._told(request, notices.not_announced(request, channel, error))
        version = request.version - 1
        self.ledger.drawn(request.id, version=version, card=request.card, due_at=None)
        return replace(request, drawn_version=version)

    def _show(self, request: Request) -> Card | None:
        drawing = report.of(request)
        if report.is_private(request):
            self.chat.tell(request.place, request.actor, drawing)
            return None
        if request.card is None:
            return self._post(request, drawing)
        self.chat.redraw(request.card, drawing)
        return request.card

    def _post(self, request: Request, drawing: Report) -> Card:
        """Where the others are, when others decide; else where it was asked, or in direct messages."""
        channel = approval_channel(request)
        if not channel:
            return self.chat.post(request.place, request.actor, drawing)
        return self.chat.post(Place(channel_id=channel), None, drawing)

    def _notify(self, request: Request, card: Card | None) -> None:
        """Notices beside the card. They are not state: a lost one is lost."""
        try:
            if card and request.card is None:
                self._say_where_it_is(request)
            if card and request.ending in (Ending.DONE, Ending.DENIED, Ending.EXPIRED, Ending.FAILED, Ending.REFUSED):
                self.chat.reply(card, (request.actor.user_id,), notices.outcome_line(request))
                self._say_how_it_ended(request)
        except ChatError as error:
            log.warning("notice.not_posted", request_id=request.id, say=error.say)

    def _say_where_it_is(self, request: Request) -> None:
        if approval_channel(request) not in ("", request.place.channel_id):
            self.chat.tell(request.place, request.actor, notices.asked_elsewhere(request))

    def _say_how_it_ended(self, request: Request) -> None:
        """The requester may not even see the channel where the others decide."""
        if approval_channel(request) not in ("", request.place.channel_id):
            self.chat.tell(request.place, request.actor, notices.ended_elsewhere(request))

    def remind(self, request: Request) -> None:
        """Call once more for those who may decide, at half of the card's life."""
        needs = request.requirement.needs if request.requirement else ()
        if request.card is None or not needs:
            return
        names = tuple(sorted(frozenset().union(*(need.of for need in needs))))
        try:
            self.chat.reply(request.card, names, notices.reminder(request))
        except ChatError as error:
            log.warning("reminder.not_posted", request_id=request.id, say=error.say)


def _instead_of_card(request: Request, error: ChatError) -> Report | None:
    """What the requester has to be told when the card cannot be drawn for good."""
    if report.is_private(request):
        return None
    if request.state is State.ENDED:
        return notices.outcome(request, error)
    channel = approval_channel(request)
    return notices.nobody_asked(request, channel, error) if channel and request.card is None else None


def approval_channel(request: Request) -> str:
    required = request.requirement
    return required.approve_in if required and required.confirm is Confirm.OTHERS else ""
