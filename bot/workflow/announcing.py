"""The announcement of break-glass, in the channel where approvers would have been asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.cards import notices, request_card
from bot.cards.troubles import bare
from bot.domain.events import Announced
from bot.domain.people import Place
from bot.workflow.ways import FOR_OTHERS, ONE_COPY, Outgoing

if TYPE_CHECKING:
    from bot.domain.request import Request
    from bot.ports.ledger import Ledger
    from bot.workflow.courier import Courier
    from bot.workflow.inputs import PressCall

ANNOUNCEMENT = "announcement"
"""The key of the announcement."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcer:
    """Announces break-glass before the card is published."""

    ledger: Ledger
    courier: Courier

    def announce(self, request: Request) -> None:
        """Announce it once. A failed announcement is tried again until Slack takes it.

        Raises `ChatError` when a retry may help. One that can never stand counts as announced; the requester is told.
        It stands without its button first, as a card does.
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
        if posting.fault:
            log.error("break_glass.not_announced", request_id=request.id, channel=channel, message=posting.fault)
        self.ledger.record(request.id, Announced(failed=posting.fault))


def is_copy(request: Request, call: PressCall) -> bool:
    """Return whether the pressed message is not the one that the bot redraws: a second posting of it, or an old one."""
    ours = (request.message_ref, request.posting(ANNOUNCEMENT).message_ref)
    return bool(call.message_ref and request.message_ref and call.message_ref not in ours)
