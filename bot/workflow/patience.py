"""Who waits for a card longer than ten seconds is told so, once, whatever holds it up."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.cards import troubles
from bot.domain.part import HEAD
from bot.domain.request import State
from bot.errors import BotError, ChatError
from bot.workflow.courier import pause_after
from bot.workflow.ways import WAITING, Outgoing

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.request import Request
    from bot.workflow.courier import Courier

SILENT_FOR = timedelta(seconds=10)
"""How long a person may wait for the first answer after the receipt."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Looks after the requests whose receipt this process has given, beside their steps: a step may hang in a call."""

    courier: Courier
    _expected: dict[str, datetime] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def expect(self, request_id: str) -> None:
        """Begin to wait for the card of this request."""
        with self._lock:
            self._expected[request_id] = self.courier.clock.now() + SILENT_FOR

    def look(self) -> None:
        """Tell each requester who has waited too long, and forget who was told. It is called every second."""
        while request_id := self._next():
            try:
                self._tell_if_silent(request_id)
            except BotError as error:
                log.warning("wait.not_told", request_id=request_id, message=error.message)
                self._look_again(request_id, error)

    def _look_again(self, request_id: str, error: BotError) -> None:
        pause = pause_after(error) if isinstance(error, ChatError) else SILENT_FOR
        with self._lock:
            self._expected[request_id] = self.courier.clock.now() + pause

    def _next(self) -> str:
        """Take the next request that is due, so that a bug at one of them keeps nobody else waiting; empty: none is.

        Nobody waits longer than that because the clock was set back.
        """
        now = self.courier.clock.now()
        with self._lock:
            for request_id, at in self._expected.items():
                self._expected[request_id] = min(at, now + SILENT_FOR)
            due = next((request_id for request_id, at in self._expected.items() if at <= now), "")
            self._expected.pop(due, None)
            return due

    def _tell_if_silent(self, request_id: str) -> None:
        head = self.courier.ledger.find(request_id, HEAD)
        if head is None or not is_silent(head):
            return
        out = Outgoing(key="waiting", card=troubles.waits(head), ways=WAITING, place=head.place)
        self.courier.send(head, out)


def is_silent(head: Request) -> bool:
    """Return whether the requester has seen nothing of the request but its receipt."""
    if head.message_ref is not None or head.published_version > 1:
        return False
    return head.state is not State.ENDED or head.published_version < head.version
