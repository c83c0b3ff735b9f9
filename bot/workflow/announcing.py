"""The announcement of break-glass, in the channel where approvers would have been asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.cards import notices, request_card
from bot.cards.troubles import bare
from bot.domain.events import Announced
from bot.domain.people import Place
from bot.domain.posting import Posting
from bot.domain.request import State
from bot.errors import ChatError
from bot.workflow.ways import FOR_OTHERS, ONE_COPY, Outgoing

if TYPE_CHECKING:
    from bot.domain.request import Request
    from bot.ports.chat import Chat
    from bot.ports.ledger import Ledger
    from bot.workflow.courier import Courier

ANNOUNCEMENT, TAKEN_OFF = "announcement", "announcement without button"
"""The keys of the announcement, and of its last drawing."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcer:
    """Announces break-glass before the card is published."""

    ledger: Ledger
    chat: Chat
    courier: Courier

    def announce(self, request: Request) -> None:
        """Announce it once. A failed announcement is tried again until Slack takes it.

        Raises `ChatError` when a retry may help. One that can never stand counts as announced; the requester is told.
        """
        channel = request.announced_in
        if not channel or request.announced_at or request_card.is_private(request):
            return
        card = notices.break_glass(request)
        out = Outgoing(
            key=ANNOUNCEMENT,
            card=bare(card),
            ways=FOR_OTHERS,
            place=Place(channel_id=channel),
            most_lost=ONE_COPY,
        )
        posting = self.courier.send(request, out)
        if posting.message_ref and card.buttons:
            self._dress(request, posting)
        if posting.fault:
            log.error("break_glass.not_announced", request_id=request.id, channel=channel, message=posting.fault)
        self.ledger.record(request.id, Announced(failed=posting.fault))

    def _dress(self, request: Request, posting: Posting) -> None:
        """Give the announcement its button. Without it the act can still be stopped on the card."""
        try:
            if posting.message_ref:
                self.chat.redraw(posting.message_ref, notices.break_glass(request))
        except ChatError as error:
            if error.retryable:
                raise
            log.warning("announcement.no_button", request_id=request.id, message=error.message)

    def take_button_off(self, request: Request) -> None:
        """Draw the announcement without its button, once nobody can stop the act there. Raises `ChatError`."""
        done = request.posting(TAKEN_OFF)
        message_ref = request.posting(ANNOUNCEMENT).message_ref
        if not must_lose_button(request) or message_ref is None:
            return
        self.chat.redraw(message_ref, notices.break_glass_over(request))
        self.ledger.mark_posting(request.id, done, Posting(key=TAKEN_OFF, is_over=True))


def must_lose_button(request: Request) -> bool:
    """Return whether the announcement still has a button that stops nothing any more."""
    stands = request.posting(ANNOUNCEMENT).message_ref is not None
    is_past = request.state in (State.ACTING, State.ENDED) and request.announced_at is not None
    return stands and is_past and bool(request.hold) and not request.posting(TAKEN_OFF).is_over
