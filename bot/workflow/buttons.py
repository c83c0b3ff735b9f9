"""Buttons beside the card: given when they can do something, and taken away when they no longer can."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonKeeper:
    """Redraws messages that are no card for their buttons alone. Raises `ChatError` when a later try may help."""

    ledger: Ledger
    chat: Chat

    def settle(self, request: Request) -> None:
        """Draw what is not as it should be, each once."""
        for key, message_ref in tuple(unsettled(request)):
            try:
                self.chat.redraw(message_ref, _card(request, key))
            except ChatError as error:
                if error.retryable:
                    raise
            self.ledger.mark_posting(request.id, request.posting(key), Posting(key=key, is_over=True))


def unsettled(request: Request) -> Iterator[tuple[str, MessageRef]]:
    """Yield the keys of the drawings that are due, with the messages. The head says all of it."""
    announced = request.posting(ANNOUNCEMENT).message_ref
    if announced and request.hold and not request.posting(OFF).is_over:
        is_past = request.state in (State.ACTING, State.ENDED)
        if is_past or (request.state is State.READY and not request.posting(ON).is_over):
            yield OFF if is_past else ON, announced
    for shown in request.postings:
        kind, _, version = shown.key.partition(" ")
        is_old = kind == PRIVATE_CARD and version.isdecimal() and int(version) < request.version
        if is_old and shown.message_ref and not request.posting(f"{shown.key} {OFF}").is_over:
            yield f"{shown.key} {OFF}", shown.message_ref


def _card(request: Request, key: str) -> Card:
    match key:
        case "button on":
            return notices.break_glass(request)
        case "button off":
            return replace(notices.break_glass(request), buttons=())
        case _:
            return replace(request_card.build(request), buttons=())
