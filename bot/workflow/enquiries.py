"""Questions that start no request: `help`, `status`, and `TS-7K3QXM`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards import request_card
from bot.cards.manual import manual, topic_in
from bot.cards.model import Card
from bot.cards.status import status
from bot.commands import BY_NAME
from bot.commands.audit_words import REFERENCE
from bot.commands.tokens import unescaped
from bot.domain.actions import Action
from bot.domain.part import HEAD
from bot.policy import evaluate
from bot.policy.approvals import named_in

if TYPE_CHECKING:
    from bot.cards.notices import Asked
    from bot.domain.people import Person
    from bot.domain.request import Request
    from bot.ports.ledger import Ledger
    from bot.workflow.authorization import Authorizer
    from bot.workflow.inputs import CommandCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiries:
    """Answers from the database alone. What somebody may not see is answered like what does not exist."""

    ledger: Ledger
    authorizer: Authorizer
    contact: str = ""  # whom people ask about the bot

    def answer(self, call: CommandCall, asked: Asked) -> Card | None:
        """Return the answer; None for a text that is no such question. Raises `LedgerError`."""
        text = unescaped(call.text).strip()
        if (topic := topic_in(text)) is not None:
            return manual(asked, topic, self.contact)
        if BY_NAME[call.command].action is Action.AUDIT:
            return None  # the id of a request is what it reads about
        if text.lower() in ("status", "--status", "/status"):
            person = self.authorizer.person(call.actor)
            unended = self.ledger.unended() if self._is_named(person) else ()
            return status([each for each in reversed(unended) if self._may_see(each, person)])
        if reference := REFERENCE.fullmatch(text):
            return self._of(reference[1].upper(), self.authorizer.person(call.actor))
        return None

    def _is_named(self, person: Person) -> bool:
        """Return whether any rule names the person, as a requester or as an approver. For others nothing is read."""
        return evaluate.check_member(person).allowed and person.is_among(named_in(self.authorizer.policy))

    def _of(self, request_id: str, person: Person) -> Card:
        """Return the request's card without its buttons: they stand on the card that is redrawn."""
        head = self.ledger.find(request_id, HEAD) if evaluate.check_member(person).allowed else None
        request = self.ledger.find(request_id) if head and self._may_see(head, person) else None
        if request is None:
            unknown = f"I know no request {request_id} that you may see."
            return Card(headline=unknown, summary=unknown)
        # No second try follows an answer that a chat refuses.
        return request_card.build(request).unpressable().in_letters()

    def _may_see(self, request: Request, person: Person) -> bool:
        """Return whether the person asked, may decide, or may list every computer of the request.

        Who read what in the audit log is for those who may read it.
        """
        if not evaluate.check_member(person).allowed:
            return False
        if person.actor.user_id == request.actor.user_id:
            return True
        if request.action is Action.AUDIT:
            return evaluate.may_ask(self.authorizer.policy, person, request.place, Action.AUDIT).allowed
        needs = request.requirement.needs if request.requirement else ()
        if any(person.is_among(need.of) for need in needs):
            return True
        policy, place = self.authorizer.policy, request.place
        return all(evaluate.may_look(policy, person, place, Action.LIST, host) for host in request.ask.hosts)
