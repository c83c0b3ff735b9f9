"""What is decided of a sender before anything that they sent costs work: how much they send, and whether they count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards import wording
from bot.cards.model import Press
from bot.domain.events import Noted
from bot.domain.note_kind import NoteKind
from bot.domain.part import HEAD
from bot.errors import LedgerError

if TYPE_CHECKING:
    from bot.domain.people import Actor, Place
    from bot.ports.ledger import Ledger
    from bot.workflow.inputs import PressCall
    from bot.workflow.presses import PressHandler
    from bot.workflow.senders import Held, Senders

LONGEST_OF_A_STRANGER = 300
"""The most characters of a command that is read, when no rule names its sender."""

MOST_HOSTS_OF_A_STRANGER = 10
"""The most computers of such a command. Patterns, ranges and groups are not looked up for them at all."""

_EXPANDS = ("*", "?", "[", "{", "group:", "group=")
ENDINGS = frozenset({Press.DENY, Press.CANCEL, Press.STOP})
"""What ends or stops something. It is never held back from a person who may do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Keeps one person's flood from the work of all others."""

    ledger: Ledger
    presses: PressHandler
    senders: Senders

    def held(self, actor: Actor, place: Place) -> Held | None:
        """Return how long this person has to wait, because they send too much; None when it is taken.

        What was held back before is entered in the audit log here, once a minute for each person.
        """
        now, most = self.presses.authorizer.clock.now(), self.presses.authorizer.policy.max_sent
        held = self.senders.take(actor, place, now, most)
        if held is None:
            self._enter()
        return held

    def hold(self, held: Held, actor: Actor, place: Place) -> str:
        """Count what is held back, and return the sentence for its sender."""
        self.senders.count(actor, place, self.presses.authorizer.clock.now())
        self._enter()
        return wording.sends_too_much(self.presses.authorizer.policy.max_sent, held.wait)

    def is_let_through(self, call: PressCall) -> bool:
        """Return whether this press, above the limit, ends or stops a request for a person who may do that.

        The head of the request is enough to turn everybody else away.
        """
        if (aim := call.aim) is None or aim[0] not in ENDINGS:
            return False
        press, request_id, version = aim
        head = self.ledger.find(request_id, HEAD)
        if head is None or not self.presses.may_end(head, press, call.actor):
            return False
        request = self.ledger.find(request_id)
        return request is not None and self.presses.would_end(request, press, call.actor, version)

    def _enter(self) -> None:
        """Write the entries that are due. Where the database does not take one, it is counted again."""
        now, most = self.presses.authorizer.clock.now(), self.presses.authorizer.policy.max_sent
        for each in self.senders.to_enter(now):
            detail = wording.held_back(each.count, most)
            try:
                self.ledger.note(Noted(kind=NoteKind.HELD_BACK, by=each.by, detail=detail), each.place)
            except LedgerError:
                self.senders.count(each.by, each.place, now, each.count)


def is_small(text: str) -> bool:
    """Return whether a command of a person whom no rule names may be read: short, and its computers by their names."""
    low = text.lower()
    few = low.count(",") < MOST_HOSTS_OF_A_STRANGER
    return len(text) <= LONGEST_OF_A_STRANGER and few and not any(sign in low for sign in _EXPANDS)
