"""The notices beside the card: each has its own try and its own mark in the row, and is repeated from there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.cards import fleet, notices, troubles
from bot.cards.model import Card
from bot.domain.actions import facts_of
from bot.domain.people import Place
from bot.domain.posting import Posting
from bot.domain.request import LIST_FAILED, Ending, State
from bot.errors import ChatError
from bot.workflow.announcing import ANNOUNCEMENT
from bot.workflow.buttons import unsettled
from bot.workflow.courier import due_after
from bot.workflow.posting import AGAIN, CARD, REDRAWN, approval_channel, other_channels
from bot.workflow.ways import ANSWERED, CALLED, FOR_OTHERS, LISTED, ONE_COPY, PRIVATE, Outgoing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.domain.people import Actor
    from bot.domain.request import Request
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.workflow.buttons import ButtonKeeper
    from bot.workflow.courier import Courier

SEEN_WITHIN = timedelta(seconds=30)
"""Who has pressed on the card so recently looks at it: its new drawing is their answer."""

ONCE_MORE_AFTER = timedelta(minutes=1)
"""How soon all ways are tried again to tell of a card that waits and cannot be decided on."""

_TOLD = (Ending.DONE, Ending.DENIED, Ending.CANCELLED, Ending.EXPIRED, Ending.FAILED, Ending.REFUSED)
"""Endings of a card that people were waiting at."""

BY_HOST = "outcome by host"
ENDED, ENDED_IN_THREAD, ELSEWHERE, INSTEAD = "ended", "ended in thread", "asked elsewhere", "instead of the card"
SENT_DIRECTLY = "sent directly"
VOID, NOT_ANNOUNCED, NOT_LISTED, POINTER = "void", "not announced", "not listed", "pointer"
"""The keys of the notices. The number of a person or of a version, or a channel, follows some of them."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Tells people once what the card alone does not tell them."""

    ledger: Ledger
    clock: Clock
    courier: Courier
    buttons: ButtonKeeper

    def notify(self, head: Request) -> datetime | None:
        """Send each notice that the request wants and that is not over. Return when the next try is due."""
        if not self.is_needed(head):
            return None
        keys = [key for key in _wanted(head) if not head.posting(key).is_over]
        request = self.ledger.find(head.id) or head
        tries = [self._try(request, key) for key in keys]
        return min((at for at in (*tries, self._settle_buttons(request)) if at), default=None)

    @staticmethod
    def is_needed(head: Request) -> bool:
        """Return whether a notice, or a drawing of a button, is not over."""
        return any(not head.posting(key).is_over for key in _wanted(head)) or any(unsettled(head))

    def _try(self, request: Request, key: str) -> datetime | None:
        out = self._outgoing(request, key)
        if out is None:
            self.ledger.mark_posting(request.id, request.posting(key), Posting(key=key, is_over=True))
            return None
        try:
            sent = self.courier.send(request, out)
        except ChatError as error:
            return due_after(self.clock.now(), error)
        if sent.fault and not sent.lost and key.startswith(INSTEAD) and request.state is State.AWAITING:
            self.courier.forget(request, key)  # nothing else tells the requester that people cannot decide
            return self.clock.now() + ONCE_MORE_AFTER
        return None

    def _settle_buttons(self, request: Request) -> datetime | None:
        try:
            self.buttons.settle(request)
        except ChatError as error:
            log.warning("button.not_drawn", request_id=request.id, message=error.message)
            return due_after(self.clock.now(), error)
        return None

    def _outgoing(self, request: Request, key: str) -> Outgoing | None:
        """Return the notice; None when there is nobody left who needs it."""
        kind, _, number = key.partition(":")
        if kind == VOID:
            return _called(request, key, (request.voided[int(number)],), troubles.yes_is_void(request))
        if kind == ENDED_IN_THREAD:
            people = tuple(self._waiting_in_thread(request))
            return _called(request, key, people, notices.outcome_line(request)) if people else None
        if kind == POINTER:
            card = notices.stands_elsewhere(request)
            place = Place(channel_id=number)
            return Outgoing(key=key, card=card, ways=FOR_OTHERS, place=place, most_lost=ONE_COPY)
        if kind == BY_HOST:
            outcome = fleet.by_host(request)
            place, thread = request.place, request.message_ref
            return Outgoing(key=key, card=outcome, ways=LISTED, place=place, thread=thread) if outcome else None
        if kind == ENDED and self._has_just_pressed(request, request.actor):
            return None
        return _private(request, key)

    def _waiting_in_thread(self, request: Request) -> Iterator[Actor]:
        """Yield those who are told in the card's thread: the deciders, and the requester where they asked there."""
        deciders = [*request.counted, *([request.decided_by] if request.decided_by else [])]
        here = [request.actor] if _is_asked_here(request) else []
        for actor in {each.user_id: each for each in (*here, *deciders)}.values():
            is_elsewhere = actor.user_id == request.actor.user_id and not here
            if not is_elsewhere and not self._has_just_pressed(request, actor):
                yield actor

    def _has_just_pressed(self, request: Request, actor: Actor) -> bool:
        by, at = request.decided_by, request.decided_at
        return bool(by and at and by.user_id == actor.user_id and self.clock.now() - at <= SEEN_WITHIN)

    def remind(self, request: Request) -> None:
        """Call those once more whom the card called, in its thread. Raises `ChatError` if a later try may help."""
        called = request.requirement.whom_to_call if request.requirement else frozenset()
        if request.message_ref is None or not called:
            return
        names = tuple(sorted(called))
        line = notices.reminder(request)
        self.courier.send(request, replace(_called(request, "reminder", (), line), names=names))

    def tell_at_once(self, request: Request, key: str, card: Card) -> None:
        """Tell the requester now. What Slack does not take now is left."""
        try:
            self.courier.send(request, Outgoing(key=key, card=card, ways=PRIVATE, place=request.place))
        except ChatError as error:
            log.warning("notice.not_posted", request_id=request.id, key=key, message=error.message)


def _wanted(head: Request) -> Iterator[str]:
    """Yield the keys of the notices that the request wants as it is now. The head says all of it."""
    if head.posting(ANNOUNCEMENT).fault:
        yield NOT_ANNOUNCED
    if head.listed == LIST_FAILED:
        yield f"{NOT_LISTED} {head.content_version}"
    if _fault_of(head):
        yield f"{INSTEAD} {'at the end' if head.state is State.ENDED else f'{head.state} {head.content_version}'}"
    if head.message_ref is None:
        return
    is_elsewhere = not _is_asked_here(head)
    if is_elsewhere and head.state is State.AWAITING:
        yield ELSEWHERE
    if head.state is State.AWAITING:
        yield from (f"{POINTER}:{channel}" for channel in other_channels(head))
    if head.posting(CARD).aside and (head.state is not State.ENDED or not facts_of(head.action).only_reads):
        yield SENT_DIRECTLY
    yield from (f"{VOID}:{number}" for number in range(len(head.voided)))
    if head.ending in _TOLD and head.published_version >= head.version and not _fault_of(head):
        if fleet.is_fleet(head):
            yield BY_HOST
        yield ENDED_IN_THREAD
        if is_elsewhere:
            yield ENDED


def _fault_of(request: Request) -> str:
    """Return why no card of the request stands, or why it cannot be redrawn; empty: nothing is known against it."""
    if request.message_ref is None:
        return request.posting(CARD).fault
    is_over = request.state is State.ENDED
    return request.posting(REDRAWN).fault or ("" if is_over else request.posting(AGAIN).fault)


def _is_asked_here(request: Request) -> bool:
    return approval_channel(request) in ("", request.place.channel_id)


def _private(request: Request, key: str) -> Outgoing:
    ways = ANSWERED if key == SENT_DIRECTLY else PRIVATE
    return Outgoing(key=key, card=_card(request, key), ways=ways, place=request.place)


def _called(request: Request, key: str, people: tuple[Actor, ...], line: str) -> Outgoing:
    return Outgoing(
        key=key,
        card=Card(headline=line, summary=line),
        ways=CALLED,
        place=request.place,
        names=tuple(actor.user_id for actor in people),
        thread=request.message_ref,
    )


def _card(request: Request, key: str) -> Card:
    if key == NOT_ANNOUNCED:
        return troubles.not_announced(request, request.announced_in, request.posting(ANNOUNCEMENT).fault)
    if key.startswith(NOT_LISTED):
        return troubles.not_listed(request, request.posting(_list_key(request)).fault)
    if key.startswith(INSTEAD):
        return _instead(request, _fault_of(request))
    if key == SENT_DIRECTLY:
        return notices.sent_directly(request, request.posting(CARD).aside)
    return notices.asked_elsewhere(request) if key == ELSEWHERE else notices.ended_elsewhere(request)


def _instead(request: Request, fault: str) -> Card:
    """Return what the requester is told because of the card that does not stand, or is not up to date."""
    if request.state is State.ENDED:
        return troubles.outcome(request, fault)
    if request.state in (State.READY, State.ACTING):
        return troubles.goes_on(request, fault)
    channel = approval_channel(request)
    return troubles.nobody_asked(request, channel, fault) if channel else troubles.not_shown(request, fault)


def _list_key(request: Request) -> str:
    """Return the key of the message of the list that could not be written."""
    of_list = (each for each in request.postings if each.key.startswith("list ") and each.fault)
    return next((each.key for each in of_list), "list")
