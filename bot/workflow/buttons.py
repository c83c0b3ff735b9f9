"""Buttons beside the card: given when they can do something, and taken away when they no longer can.

A card that another one has replaced, or that cannot show the end, is taken away as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.cards import notices, request_card
from bot.domain.posting import Posting
from bot.domain.request import State
from bot.errors import ChatError
from bot.workflow.announcing import ANNOUNCEMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.cards.model import Card
    from bot.domain.posting import MessageRef
    from bot.domain.request import Request
    from bot.ports.chat import Chat
    from bot.ports.ledger import Ledger

ON, OFF = "button on", "button off"

PRIVATE_CARD = "private"
"""How the keys of cards begin that the requester alone sees. In direct messages such a card has a place."""


LEFT = "left"
"""How the keys of cards begin that the chat would not take away. Their buttons look alive, so it is tried again."""

TRIES = 8
"""How often a card that is left is tried to be taken away; each pause is twice as long as the one before."""

FIRST_PAUSE = timedelta(seconds=10)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonKeeper:
    """Redraws messages that are no card for their buttons alone. Raises `ChatError` when a later try may help."""

    ledger: Ledger
    chat: Chat

    def settle(self, request: Request) -> None:
        """Draw what is not as it should be, each once. One that fails keeps no other waiting."""
        failed: ChatError | None = None
        for key, message_ref in tuple(unsettled(request)):
            try:
                if key.startswith(f"{LEFT} "):
                    self._take_away(request, request.posting(key), message_ref)
                else:
                    self._redraw(request, key, message_ref)
            except ChatError as error:
                failed = failed or error
        if failed:
            raise failed

    def plan_to_take_away(self, request: Request, message_ref: MessageRef) -> Posting:
        """Keep that the card goes once another one stands in its place: the process may die between the two."""
        before = request.posting(f"{LEFT} {message_ref.ts}")
        planned = replace(before, message_ref=message_ref, is_over=False)
        if planned != before:
            self.ledger.mark_posting(request.id, before, planned)
        return planned

    def take_away(self, request: Request, message_ref: MessageRef, planned: Posting | None = None) -> None:
        """Take a card away that is no longer the request's. What the chat refuses now is kept, and tried again."""
        try:
            self._take_away(request, planned or request.posting(f"{LEFT} {message_ref.ts}"), message_ref)
        except ChatError as error:
            log.info("card.not_removed", request_id=request.id, message=error.message)

    def _redraw(self, request: Request, key: str, message_ref: MessageRef) -> None:
        try:
            self.chat.redraw(message_ref, _card(request, key))
        except ChatError as error:
            if error.retryable:
                raise
        self.ledger.mark_posting(request.id, request.posting(key), Posting(key=key, is_over=True))

    def _take_away(self, request: Request, known: Posting, message_ref: MessageRef) -> None:
        """Remove the card; where that is refused it loses its buttons, and is tried again until `TRIES`."""
        tries = known.tries + 1
        try:
            self.chat.remove(message_ref)
        except ChatError as error:
            kept = Posting(key=known.key, tries=tries, is_over=tries >= TRIES, message_ref=message_ref)
            self.ledger.mark_posting(request.id, known, kept)
            if kept.is_over:
                log.warning("card.left", request_id=request.id, channel=message_ref.channel_id, message=error.message)
                return
            self._strip(request, message_ref)
            raise ChatError(error.message, retryable=True, retry_after=FIRST_PAUSE * 2**known.tries) from error
        if known != Posting(key=known.key):
            self.ledger.mark_posting(request.id, known, Posting(key=known.key, is_over=True))

    def _strip(self, request: Request, message_ref: MessageRef) -> None:
        try:
            self.chat.redraw(message_ref, _card(request, LEFT))
        except ChatError as error:
            log.info("card.not_stripped", request_id=request.id, message=error.message)


def unsettled(request: Request) -> Iterator[tuple[str, MessageRef]]:
    """Yield the keys of the drawings that are due, with the messages. The head says all of it."""
    announced = request.posting(ANNOUNCEMENT).message_ref
    if announced and request.hold and not request.posting(OFF).is_over:
        is_past = request.state in (State.ACTING, State.ENDED)
        if is_past or (request.state is State.READY and not request.posting(ON).is_over):
            yield OFF if is_past else ON, announced
    for shown in request.postings:
        kind, _, version = shown.key.partition(" ")
        is_replaced = shown.message_ref != request.message_ref  # else it is only planned that it goes, or was tried
        if kind == LEFT and shown.message_ref and not shown.is_over and (is_replaced or shown.tries):
            yield shown.key, shown.message_ref
        is_old = kind == PRIVATE_CARD and version.isdecimal() and int(version) < request.version
        if is_old and shown.message_ref and not request.posting(f"{shown.key} {OFF}").is_over:
            yield f"{shown.key} {OFF}", shown.message_ref


def _card(request: Request, key: str) -> Card:
    if key == ON:
        return notices.break_glass(request)
    return (notices.break_glass(request) if key == OFF else request_card.build(request)).unpressable()
