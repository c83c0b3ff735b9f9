"""Where the card stands: posted once, redrawn in its place, and posted anew when that is gone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from bot.cards import request_card, target_list
from bot.cards.model import calling_nobody_else
from bot.cards.shapes import Shape
from bot.cards.troubles import bare
from bot.domain.people import Place
from bot.domain.posting import Posting
from bot.domain.request import State
from bot.domain.requirement import Confirm
from bot.errors import ChatError, MessageGone, PlaceRefused, TokenRefused
from bot.workflow.courier import LONG_WAIT, TRIES
from bot.workflow.ways import FOR_OTHERS, ONE_COPY, OWN_CARD, Outgoing

if TYPE_CHECKING:
    from bot.cards.model import Card
    from bot.domain.posting import MessageRef
    from bot.domain.request import Request
    from bot.ports.chat import Chat
    from bot.ports.ledger import Ledger
    from bot.workflow.buttons import ButtonKeeper
    from bot.workflow.courier import Courier

CARD, AGAIN, REDRAWN, LISTED_ANEW, ACTS = "card", "card again", "redrawn", "listed anew", "card of the act"
"""The keys of the card, of the one that takes its place, of its redrawing, of the list in its thread, and of the one
that takes its place while the request acts."""

_DECIDED_ON = (State.AWAITING, State.READY)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPoster:
    """Brings a card to its place. Every method raises `ChatError` when a later try may help."""

    ledger: Ledger
    chat: Chat
    courier: Courier
    buttons: ButtonKeeper

    def show(self, request: Request, card: Card) -> MessageRef | None:
        """Show the card and return where it stands; None when it can stand nowhere, as its posting says."""
        if request.message_ref is not None:
            return self._redraw(request, request.message_ref, card)
        posted = self._post(request, CARD, bare(card))
        return self._dress(request, posted, card) if posted and card.pressable else posted

    def check(self, request: Request) -> None:
        """Post a waiting card anew when people cannot press the present one. `request` may be its head."""
        if request.message_ref is None:
            return
        try:
            self.chat.check(request.message_ref)
        except ChatError as error:
            if error.retryable:
                raise
            if self._is_gone(request, request.message_ref, error):
                self._replace_gone(request, request.message_ref, error)
                return
            log.warning("card.not_seen", request_id=request.id, message=error.message)
        if request.posting(REDRAWN).claimed:
            whole = self.ledger.find(request.id) or request
            self._redraw(whole, request.message_ref, request_card.build(whole))

    @staticmethod
    def _is_gone(request: Request, message_ref: MessageRef, error: ChatError) -> bool:
        """Return whether the refusal says that people cannot press the card; most say nothing about the card."""
        is_closed = isinstance(error, PlaceRefused) and not request.posting(_open(message_ref)).is_over
        return is_closed or isinstance(error, MessageGone)

    def _replace_gone(self, request: Request, old: MessageRef, error: ChatError) -> None:
        """Post the card anew. A place that is called closed and takes the new card is not believed a second time."""
        log.warning("card.gone", request_id=request.id, message=error.message)
        whole = self.ledger.find(request.id) or request
        posted = self._post_anew(whole, old, request_card.build(whole), is_bare=True)
        if posted and posted.channel_id == old.channel_id and isinstance(error, PlaceRefused):
            self._mark(request, request.posting(_open(old)), Posting(key=_open(old), is_over=True))

    def replace(self, request: Request, message_ref: MessageRef, card: Card) -> None:
        """Put this card in the place of another that the bot cannot draw. A refusal changes nothing."""
        try:
            self.chat.redraw(message_ref, card)
        except ChatError as error:
            log.warning("card.not_replaced", request_id=request.id, message=error.message)

    def _post(self, request: Request, key: str, card: Card) -> MessageRef | None:
        """Post the card, and keep where it stands; return None when it can stand nowhere."""
        channel = approval_channel(request)
        out = Outgoing(
            key=key,
            card=calling_nobody_else(card),
            ways=FOR_OTHERS if channel else OWN_CARD,
            place=Place(channel_id=channel) if channel else request.place,
            most_lost=ONE_COPY,
            until=request.expires_at if request.state in _DECIDED_ON else None,
        )
        posting = self.courier.send(request, out)
        if posting.message_ref and posting.message_ref != request.message_ref:
            self.ledger.mark_published(
                request.id,
                version=request.published_version,
                message_ref=posting.message_ref,
                publish_after=request.publish_after,
            )
        return posting.message_ref

    def _dress(self, request: Request, posted: MessageRef, card: Card) -> MessageRef | None:
        """Give the card its buttons, now that the bot knows where it stands.

        A card whose answer is lost, or whose process dies before, stands without them and asks for nothing.
        """
        return self._redraw(replace(request, message_ref=posted), posted, card)

    def _redraw(self, request: Request, message_ref: MessageRef, card: Card) -> MessageRef | None:
        tried = request.posting(REDRAWN)
        try:
            self._redraw_in_a_shape(message_ref, card)
        except ChatError as error:
            is_token = isinstance(error, TokenRefused)
            if is_token or (self._may_wait(request, error) and tried.tries + 1 < TRIES):
                fault = error.message if is_token else tried.fault
                self._mark(request, tried, replace(tried, tries=tried.tries + 1, fault=fault))
                raise
            return self._cannot_redraw(request, message_ref, card, error)
        if tried != Posting(key=REDRAWN):
            self._mark(request, tried, Posting(key=REDRAWN))
        return message_ref

    def _may_wait(self, request: Request, error: ChatError) -> bool:
        """Return whether the card may be redrawn in its place later: not when that is too late for those who wait."""
        if not error.retryable or error.retry_after is None:
            return error.retryable
        at = self.courier.clock.now() + error.retry_after
        return at < request.expires_at if request.state in _DECIDED_ON else error.retry_after <= LONG_WAIT

    def _redraw_in_a_shape(self, message_ref: MessageRef, card: Card) -> None:
        """Redraw the card whole, else shorter, else in words when it has no buttons. Raises the first refusal."""
        first: ChatError | None = None
        for shape in (Shape.WHOLE, Shape.SHORT) if card.pressable else Shape:
            try:
                self.chat.redraw(message_ref, card, shape)
            except ChatError as error:
                first = first or error
                if error.retryable or isinstance(error, PlaceRefused):
                    raise
            else:
                return
        if first:
            raise first

    def _cannot_redraw(
        self, request: Request, message_ref: MessageRef, card: Card, error: ChatError
    ) -> MessageRef | None:
        """Post a card anew that people still need; of one that has ended the requester is told the outcome.

        While the request acts that is done once: the card needs its button to stop, and progress is worth no message.
        """
        if request.state is State.ENDED:
            tried = request.posting(REDRAWN)
            self._mark(request, tried, replace(tried, fault=error.message))
            if error.retryable:
                raise error
            self.buttons.take_away(request, message_ref)
            return message_ref
        shown = request.posting(ACTS)
        if request.state is State.ACTING and shown.is_over:
            return message_ref
        posted = self._post_anew(request, message_ref, card, is_bare=False)
        if posted is None and error.retryable:
            raise error
        if posted and request.state is State.ACTING:
            self._mark(request, shown, Posting(key=ACTS, is_over=True))
        return posted

    def _post_anew(self, request: Request, old: MessageRef, card: Card, *, is_bare: bool) -> MessageRef | None:
        """Post the card in the place of the old one, which is taken away where it still stands.

        While that fails the old one stays what it is, so that a chat that comes back finds one card. Where a message
        cannot be edited, the new one has its buttons at once.
        """
        if target_list.needs_list(request) and request.listed:  # it stands in the thread that is gone
            self.ledger.mark_listed(request.id, content_version=request.content_version, listed=0)
            self._mark(request, request.posting(LISTED_ANEW), Posting(key=LISTED_ANEW, claimed=True))
            card = request_card.build(replace(request, listed=0))
        known = request.posting(AGAIN)
        if known.is_over and known.message_ref in (None, old):
            self.courier.forget(request, AGAIN)
        tried = request.posting(REDRAWN)
        undressed = Posting(key=REDRAWN, claimed=is_bare and bool(card.pressable))
        self._mark(request, tried, undressed)
        planned = self.buttons.plan_to_take_away(request, old)
        posted = self._post(request, AGAIN, bare(card) if is_bare else card)
        if posted is None:
            return None
        if undressed.claimed:
            self._redraw_in_a_shape(posted, card)
            self._mark(request, undressed, Posting(key=REDRAWN))
        self.buttons.take_away(request, old, planned)
        return posted

    def _mark(self, request: Request, before: Posting, after: Posting) -> None:
        self.ledger.mark_posting(request.id, before, after)


def _open(message_ref: MessageRef) -> str:
    """Return the key under which it is kept that the channel took a card, whatever Slack says of it."""
    return f"open {message_ref.channel_id}"


def other_channels(request: Request) -> tuple[str, ...]:
    """Return the ids of the channels that are told where the card stands: further rules ask their people there."""
    required = request.requirement
    asks_others = required is not None and required.confirm is Confirm.OTHERS
    return required.also_in if required is not None and asks_others else ()


def approval_channel(request: Request) -> str:
    """Return the id of the channel where approvers are asked; empty when no other person has to say yes."""
    required = request.requirement
    return required.approve_in if required and required.confirm is Confirm.OTHERS else ""
