"""The receipt of a command: with the ack when it is known where the card will stand, else as soon as it is known.

Slack cannot replace a receipt. One that comes before it is known would need a second message, which says where.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import structlog

from bot.cards import notices
from bot.cards.model import Card
from bot.domain.actions import facts_of
from bot.domain.ask import Choice
from bot.domain.part import HEAD
from bot.domain.posting import Posting
from bot.errors import BotError
from bot.policy.elsewhere import may_be_asked_elsewhere
from bot.workflow.notifying import SENT_DIRECTLY
from bot.workflow.patience import is_silent
from bot.workflow.ways import ANSWERED, Outgoing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.domain.request import Request
    from bot.workflow.authorization import Authorizer
    from bot.workflow.courier import Courier
    from bot.workflow.response import Response

RECEIPT_AFTER = timedelta(seconds=1.5)
"""How long a person may hear nothing at all. The card that stands by then is the answer, and no receipt follows."""

log = structlog.get_logger()


class Receipt(NamedTuple):
    """The first answer to a command."""

    text: str  # empty: it is not known yet where the card will stand, so the receipt follows
    tells_where: bool = False  # the text says that the card comes to the direct messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """Says the first words to a command. All threads may use it."""

    courier: Courier
    authorizer: Authorizer
    _asked: deque[str] = field(default_factory=deque, init=False)  # requests whose channel is still to be asked about
    _due: dict[str, datetime] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def at_ack(self, request: Request) -> Receipt:
        """Return the receipt for the ack. It asks neither Slack nor a host."""
        if not _has_card(request):
            return Receipt(notices.receipt(request))
        refusal = self._refusal(request)
        return Receipt("") if refusal is None else Receipt(notices.receipt(request, refusal), bool(refusal))

    def after_ack(self, response: Response) -> None:
        """Keep that the person knows where the card will stand, or expect the receipt that was not said."""
        if response.wake and not response.text:
            with self._lock:
                self._asked.append(response.wake.request_id)
                self._due[response.wake.request_id] = self.courier.clock.now() + RECEIPT_AFTER
        elif response.wake and response.tells_where:
            self._try(response.wake.request_id, self._keep_told)

    def look(self) -> None:
        """Ask about the channels of new requests, and send the receipts that are due. It is called again and again."""
        while request_id := self._next_asked():
            self._try(request_id, self._learn)
        while request_id := self._next_due():
            self._try(request_id, self._tell_if_silent)

    def _next_asked(self) -> str:
        with self._lock:
            return self._asked.popleft() if self._asked else ""

    def _next_due(self) -> str:
        """Take the next receipt that is due; empty: none is. Nobody waits longer because the clock was set back."""
        now = self.courier.clock.now()
        with self._lock:
            for request_id, at in self._due.items():
                self._due[request_id] = min(at, now + RECEIPT_AFTER)
            due = next((request_id for request_id, at in self._due.items() if at <= now), "")
            self._due.pop(due, None)
            return due

    @staticmethod
    def _try(request_id: str, call: Callable[[str], None]) -> None:
        """Make the call. What fails costs a sentence: the card comes all the same, or that one waits is told later."""
        try:
            call(request_id)
        except BotError as error:
            log.warning("receipt.not_said", request_id=request_id, message=error.message)

    def _keep_told(self, request_id: str) -> None:
        told = Posting(key=SENT_DIRECTLY, is_over=True)
        self.courier.ledger.mark_posting(request_id, Posting(key=SENT_DIRECTLY), told)

    def _learn(self, request_id: str) -> None:
        if (head := self._silent(request_id)) and self.courier.chat.refusal(head.place) is None:
            self.courier.chat.learn(head.place)

    def _tell_if_silent(self, request_id: str) -> None:
        if head := self._silent(request_id):
            refusal = self._refusal(head) or ""
            text = notices.receipt(head, refusal)
            key = SENT_DIRECTLY if refusal else "receipt"
            card = Card(headline=text, summary=text)
            self.courier.send(head, Outgoing(key=key, card=card, ways=ANSWERED, place=head.place))

    def _silent(self, request_id: str) -> Request | None:
        head = self.courier.ledger.find(request_id, HEAD)
        return head if head and is_silent(head) else None

    def _refusal(self, request: Request) -> str | None:
        """Return why the card will not stand where it was asked for; empty: it will; None: that is not known."""
        person, policy = self.authorizer.person(request.actor), self.authorizer.policy
        if may_be_asked_elsewhere(policy, person, request.place, request.action, request.ask):
            return None
        return self.courier.chat.refusal(request.place)


def _has_card(request: Request) -> bool:
    """Return whether the command asks for a card that stands somewhere: lists and previews are for one person alone."""
    return not (facts_of(request.action).only_reads or request.ask.whatif or request.ask.choice is Choice.NONE)


def plain_receipt(request: Request) -> Receipt:
    """Return the receipt that says nothing of the card."""
    return Receipt(notices.receipt(request))
