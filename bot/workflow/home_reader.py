"""What one person's home shows, read within bounds: a few small queries, whatever the database holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards.home_content import HomeContent, Some
from bot.domain.actions import Action
from bot.domain.request import State
from bot.errors import UnreadableRequest
from bot.policy import evaluate
from bot.policy.approvals import named_in
from bot.policy.rights import hosts_for, rules_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.domain.people import Actor, Person
    from bot.domain.request import Request
    from bot.ports.ledger import Ledger
    from bot.workflow.authorization import Authorizer

MOST_OPEN = 200
"""How many open requests are looked at: those that end first."""

MOST_ROWS = 5
"""How many requests of each kind are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeReader:
    """Reads homes. Nothing is decided by what it shows: a press is decided on the request's row."""

    ledger: Ledger
    authorizer: Authorizer

    def read(self, reader: Actor) -> HomeContent:
        """Return what the reader's home shows now. Raises `LedgerError`."""
        person, now = self.authorizer.person(reader), self.authorizer.clock.now()
        terms = self.authorizer.in_force.terms
        if refusal := self._refusal(person):
            return HomeContent(reader=reader, at=now, refusal=refusal, contact=terms.policy.contact)
        heads = self.ledger.open_heads(MOST_OPEN)
        waiting = [head for head in heads if self._waits_for(head, person)]
        running = [head for head in heads if self._is_theirs(head, person)]
        return HomeContent(
            reader=reader,
            at=now,
            waiting=self._some(waiting),
            running=self._some(running),
            latest=self._latest(reader, {head.id for head in (*waiting, *running)}),
            is_cut=len(heads) >= MOST_OPEN,
            rules=rules_for(terms.policy, person),
            hosts=hosts_for(terms.policy, person, terms.inventory.names),
            contact=terms.policy.contact,
            pause=self.authorizer.pause_switch.paused(),
        )

    def _refusal(self, person: Person) -> str:
        """Return why the person may do nothing, not even decide. For them nothing is read."""
        counted = evaluate.check_member(person)
        if not counted.allowed:
            return counted.message
        policy = self.authorizer.policy
        if person.is_among(named_in(policy)):
            return ""
        return f"No rule names you, so I do nothing for you. Ask {evaluate.contact_of(policy)}."

    def _waits_for(self, head: Request, person: Person) -> bool:
        """Return whether the person's yes is wanted, on a card that they can press."""
        if head.state is not State.AWAITING or head.message_ref is None:
            return False
        if self.authorizer.clock.now() >= head.expires_at:
            return False
        has_said_yes = any(actor.user_id == person.actor.user_id for actor in head.counted)
        return not has_said_yes and self.authorizer.may_press(head, person).allowed

    def _is_theirs(self, head: Request, person: Person) -> bool:
        is_act = head.action not in (Action.LIST, Action.AUDIT)
        return (
            is_act and head.state in (State.READY, State.ACTING) and self.authorizer.may_withdraw(head, person).allowed
        )

    def _latest(self, reader: Actor, shown: set[str]) -> tuple[Request, ...]:
        newest = self.ledger.newest_acts_of(reader.user_id, MOST_ROWS + len(shown))
        return tuple(request for request in newest if request.id not in shown)[:MOST_ROWS]

    def _some(self, heads: list[Request]) -> Some:
        return Some(shown=tuple(self._whole(heads[:MOST_ROWS])), count=len(heads))

    def _whole(self, heads: Iterable[Request]) -> Iterator[Request]:
        """Yield the requests with their targets. One that cannot be read stays a head: its own step ends it."""
        for head in heads:
            try:
                yield self.ledger.find(head.id) or head
            except UnreadableRequest:
                yield head
