"""Requests whose rows cannot be read: each is ended and told once, and costs no other request anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.cards import notices
from bot.errors import ChatError
from bot.ports.lease import CURRENT, LEFT_ALONE, LeftToOthers

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.errors import UnreadableRequest
    from bot.ports.chat import Chat
    from bot.ports.ledger import Ledger

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Ends such requests. A retry would read the same rows again."""

    ledger: Ledger
    chat: Chat

    def end(self, error: UnreadableRequest) -> None:
        """End the request, put a notice in the place of its card, and tell the requester, as far as both are known.

        Where several replicas share the work, one of a newer release may have written the rows: it is left to the
        others for a while. Raises `LeftToOthers`.
        """
        request_id, cause = error.request_id, type(error.__cause__).__name__
        if (lease := CURRENT.get()) and lease.attempt < LEFT_ALONE:
            if not lease.attempt:  # once for each job
                log.warning("request.left_to_others", request_id=request_id, cause=cause)
            raise LeftToOthers from error
        remains = self.ledger.end_unreadable(request_id)
        if remains is None:
            return
        log.error("request.unreadable", request_id=request_id, was_open=remains.was_open, cause=cause)
        notice = notices.unreadable(request_id)
        message_ref, actor, place = remains.message_ref, remains.actor, remains.place
        if message_ref:
            self._send_once(request_id, lambda: self.chat.redraw(message_ref, notice))
        if actor and place:
            self._send_once(
                request_id,
                lambda: self.chat.tell(place, actor, notice),
                lambda: self.chat.post_directly(actor, notice),
                lambda: self.chat.answer(request_id, notice),
            )

    @staticmethod
    def _send_once(request_id: str, *ways: Callable[[], object]) -> None:
        """Send by the first way that the chat takes: what becomes of it cannot be kept in a row like this one."""
        for way in ways:
            try:
                way()
            except ChatError as error:
                log.warning("notice.not_posted", request_id=request_id, message=error.message)
            else:
                return
