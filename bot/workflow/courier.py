"""Sending one message once, by the ways that it may go, whatever the chat refuses.

A claim is written before a message leaves, and what became of it after. A process that dies between the two leaves a
claim, and the message is sent again: one copy may stand then, and no more than one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

import structlog

from bot.cards.troubles import TWICE
from bot.domain.part import HEAD
from bot.domain.posting import Posting
from bot.errors import ChatError, PlaceRefused, TokenRefused
from bot.workflow.ways import COPIES, Means

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.posting import MessageRef
    from bot.domain.request import Request
    from bot.ports.chat import Chat
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.workflow.ways import Outgoing, Way

TRIES = 5
"""How often a message is tried in one way before each further try goes all its ways."""

AGAIN_AFTER = timedelta(seconds=10)
"""How soon a message that the chat did not take is tried again."""

LONG_WAIT = timedelta(minutes=1)
"""A message that Slack wants later than this goes another way, where it has one."""

TOKEN_PAUSE = timedelta(minutes=5)
"""How soon a message is tried again while the bot's token is not valid: only a person can heal that."""

log = structlog.get_logger()

Unwritten = dict[tuple[str, str], "MessageRef | None"]
"""What this process has sent and could not write down: a full disk makes no second card."""


def pause_after(error: ChatError) -> timedelta:
    """Return how long the next try waits."""
    if isinstance(error, TokenRefused):
        return TOKEN_PAUSE
    return max(AGAIN_AFTER, error.retry_after or AGAIN_AFTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """Sends messages. Only the step of a request's own work item sends its messages, so none is sent side by side."""

    ledger: Ledger
    chat: Chat
    clock: Clock
    unwritten: Unwritten = field(default_factory=dict)

    def send(self, request: Request, out: Outgoing) -> Posting:
        """Return the posting when it is over: the message stands, or `fault` says why it never will.

        Raises `ChatError` when a later try may help, with the pause in `retry_after`; and `LedgerError` when it cannot
        be claimed, in which case nothing is sent, or when what became of it cannot be written yet.
        """
        head = self.ledger.find(request.id, HEAD) or request
        known = head.posting(out.key)
        if known.is_over:
            return known
        if (request.id, out.key) in self.unwritten:
            return self._stands(request, known, self.unwritten[request.id, out.key])
        lost = known.lost + known.claimed
        if lost >= out.most_lost:
            return self._given_up(request, known, TWICE)
        claimed = replace(known, claimed=True, lost=lost)
        self._mark(request, known, claimed)
        return self._go_all(request, claimed, out)

    def forget(self, request: Request, key: str) -> None:
        """Let the message of this key be sent anew."""
        known = (self.ledger.find(request.id, HEAD) or request).posting(key)
        self._mark(request, known, Posting(key=key))

    def _go_all(self, request: Request, claimed: Posting, out: Outgoing) -> Posting:
        closed: set[Means] = set()
        errors: list[ChatError] = []
        for way in out.ways:
            if way.means in closed:
                continue
            try:
                message_ref = self._go(request, out, way)
            except ChatError as error:
                errors.append(error)
                if _ends_round(error, claimed, out) or self._is_worth_waiting(error, claimed, out):
                    break
                closed |= _closed_by(error, way)
            else:
                refused = next((error.message for error in errors if isinstance(error, PlaceRefused)), "")
                is_aside = way.means is Means.DIRECTLY and out.ways[0].means is Means.PLACE
                return self._stands(request, claimed, message_ref, aside=refused if is_aside else "")
        return self._not_sent(request, claimed, out, errors)

    def _go(self, request: Request, out: Outgoing, way: Way) -> MessageRef | None:
        match way.means:
            case Means.PLACE:
                return self.chat.post(out.place, out.card, way.shape)
            case Means.DIRECTLY:
                return self.chat.post_directly(request.actor, out.card, way.shape)
            case Means.TELL:
                self.chat.tell(out.place, request.actor, out.card, way.shape)
            case Means.ANSWER:
                self.chat.answer(request.id, out.card)
            case Means.THREAD if out.thread:
                self.chat.post_in_thread(out.thread, out.card, way.shape)
            case Means.REPLY if out.thread:
                self.chat.reply(out.thread, out.names, out.card.headline)
            case Means.FILE if out.file:
                self.chat.send_file(request.actor, out.file)
            case Means.THREAD | Means.REPLY:
                raise ChatError("There is no card in whose thread it could stand.", retryable=False)
            case Means.FILE:
                raise ChatError("There is no file.", retryable=False)
            case _:
                assert_never(way.means)
        return None

    def _is_worth_waiting(self, error: ChatError, claimed: Posting, out: Outgoing) -> bool:
        """Return whether the same way is to be tried again later, before any other."""
        if not error.retryable or error.may_stand or isinstance(error, TokenRefused) or claimed.tries + 1 >= TRIES:
            return False
        return not self._is_too_late(error, out) and (error.retry_after or LONG_WAIT) <= LONG_WAIT

    def _is_too_late(self, error: ChatError, out: Outgoing) -> bool:
        wait = error.retry_after
        return bool(out.until and wait and self.clock.now() + wait >= out.until)

    def _not_sent(self, request: Request, claimed: Posting, out: Outgoing, errors: list[ChatError]) -> Posting:
        """Give it up when no later try can help; else raise `ChatError` for one."""
        free = replace(claimed, claimed=False)
        log.warning("message.not_sent", request_id=request.id, key=out.key, messages=[e.message for e in errors])
        if unanswered := next((error for error in errors if error.may_stand), None):
            lost = replace(free, lost=free.lost + 1)
            if lost.lost >= out.most_lost:
                return self._given_up(request, claimed, TWICE)
            self._mark(request, claimed, lost)
            raise _later(unanswered, AGAIN_AFTER)
        waits = [error for error in errors if error.retryable and not self._is_too_late(error, out)]
        if not waits:
            return self._given_up(request, claimed, errors[0].message)
        self._mark(request, claimed, replace(free, tries=free.tries + 1))
        raise _later(waits[0], min(pause_after(error) for error in waits))

    def _given_up(self, request: Request, known: Posting, fault: str) -> Posting:
        log.error("message.given_up", request_id=request.id, key=known.key, fault=fault)
        over = replace(known, claimed=False, is_over=True, fault=fault)
        self._mark(request, known, over)
        return over

    def _stands(self, request: Request, known: Posting, message_ref: MessageRef | None, *, aside: str = "") -> Posting:
        self.unwritten[request.id, known.key] = message_ref
        over = replace(known, claimed=False, is_over=True, aside=aside, message_ref=message_ref)
        self._mark(request, known, over)
        del self.unwritten[request.id, known.key]
        return over

    def _mark(self, request: Request, before: Posting, after: Posting) -> None:
        if not self.ledger.mark_posting(request.id, before, after):
            raise ChatError("Another step sends this message.", retryable=True)


def _ends_round(error: ChatError, claimed: Posting, out: Outgoing) -> bool:
    """Return whether the message may stand after this error, and another way could make a copy that does harm.

    What may have five copies is for one person alone: after the second lost answer each try goes all the ways.
    """
    return error.may_stand and (out.most_lost < COPIES or not claimed.lost)


def _closed_by(error: ChatError, way: Way) -> set[Means]:
    """Return the means that need no further try in this round."""
    if isinstance(error, TokenRefused):
        return set(Means) - {Means.ANSWER}
    return {way.means} if error.may_stand or isinstance(error, PlaceRefused) else set()


def _later(error: ChatError, pause: timedelta) -> ChatError:
    return ChatError(error.message, retryable=True, retry_after=pause)


def due_after(now: datetime, error: ChatError) -> datetime:
    """Return when the next try is due."""
    return now + pause_after(error)
