"""A session picked in a menu of a card. Nothing is done by that: the answer offers commands, asked like any others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards import again, choosing
from bot.cards.model import Card
from bot.cards.picked_card import OFFERED, card_of
from bot.domain.actions import Action, facts_of
from bot.domain.events import Noted
from bot.domain.note_kind import NoteKind
from bot.domain.part import HEAD
from bot.domain.request import Ending

if TYPE_CHECKING:
    from bot.domain.request import Request
    from bot.domain.session import Session
    from bot.ports.ledger import Ledger
    from bot.workflow.authorization import Authorizer
    from bot.workflow.inputs import PressCall

NOT_THEIRS = "This list is for the person who asked for it. Ask for your own."


@dataclass(frozen=True, slots=True, kw_only=True)
class Picker:
    """Reads which session was picked. What it may become is decided by the rules and the people of now."""

    ledger: Ledger
    authorizer: Authorizer

    def answer(self, call: PressCall) -> Card | None:
        """Return the answer; None for a pick from no list of the bot. A pick from another person's list is noted.

        Raises `LedgerError`.
        """
        request_id, _, number = call.value.partition(":")
        place = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else -1
        head = self.ledger.find(request_id, HEAD)
        if head is None or not (choosing.is_open(head) or _is_list(head)):
            return None
        if not _is_shown_to(head, call.actor.user_id):
            tried = f"{call.press} {request_id}"
            self.ledger.note(Noted(kind=NoteKind.OUTSIDER_PRESS, by=call.actor, detail=tried), call.place)
            return Card(headline=NOT_THEIRS, summary=NOT_THEIRS)
        request = self.ledger.find(request_id)
        if request is None or not 0 <= place < len(request.targets):
            return None
        session = request.targets[place].session
        return self._offer(request, session, call) if session.account.user else None

    def _offer(self, request: Request, session: Session, call: PressCall) -> Card:
        """Return what the person may do. Who had asked for an act gets that one, with the options of their command."""
        person = self.authorizer.person(call.actor)
        decided = {each: self.authorizer.may_do(person, call.place, each, session) for each in OFFERED}
        allowed = [each for each in OFFERED if decided[each].allowed]
        why_not = _sentence(decided[Action.LOG_OFF].message)
        own = None
        if request.action in allowed and request.actor.user_id == call.actor.user_id:
            own = again.button_of(request, [session], facts_of(request.action).plain)
        return card_of(session, allowed, call.actor.user_id, why_not, own)


def _is_list(request: Request) -> bool:
    return request.action is Action.LIST and request.ending is Ending.ANSWERED


def _is_shown_to(request: Request, user_id: str) -> bool:
    """Return whether this person sees the list: its requester, and everybody in the channel of a public one."""
    return request.actor.user_id == user_id or request.ask.here


def _sentence(reason: str) -> str:
    """Return why nothing is offered: the reason of a rule may be the end of a sentence only."""
    told = reason.rstrip(".")
    return f"There is nothing that you may do with this session: {told[:1].lower()}{told[1:]}."
