"""The doors: a command typed, a button pressed. One short local transaction each; nothing waits for a network."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import category

from bot.cards import notices
from bot.cards.model import Press
from bot.commands import BY_NAME
from bot.commands.tokens import unescaped
from bot.domain.events import Noted, NoteKind
from bot.domain.lifecycle import ASKED_FOR
from bot.domain.request import Request, State, WorkItem
from bot.errors import Duplicate, LedgerError, UsageError
from bot.workflow.presses import NoEffect, PressHandler

if TYPE_CHECKING:
    from bot.cards.model import Card
    from bot.domain.inventory import Inventory
    from bot.domain.people import Actor, Place
    from bot.policy.model import Policy
    from bot.ports.clock import Clock
    from bot.ports.directory import Directory
    from bot.ports.ledger import Ledger

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No signs that look like others on a phone or over the telephone."""

NO_LEDGER = "I cannot record this, so I do nothing. Try again in a minute; if it stays, tell whoever runs the bot."
_KEPT = 500
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What the person is told at once, privately, and what has to be looked at after that; or a form."""

    text: str
    card: Card | None = None
    wake: WorkItem | None = None
    form: Request | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Needs the ledger, the policy and the inventory; never a host and never Slack."""

    ledger: Ledger
    directory: Directory
    policy: Policy
    inventory: Inventory
    clock: Clock

    def ask(self, *, command: str, text: str, actor: Actor, place: Place, delivery: str) -> Response:
        """A slash command. Once this returns with a `wake`, the request survives everything."""
        slash = f"/{command}"
        if text.strip().lower() in ("help", "--help", "-h", "-?", "/?"):
            shown = notices.manual(slash)
            return Response(text=shown.summary, card=shown)
        try:
            ask = BY_NAME[command].parse(text, self.inventory)
            now = self.clock.now()
            request = Request(
                id=new_id(),
                delivery=delivery,
                command=command,
                text=storable(unescaped(text)),
                actor=actor,
                place=place,
                ask=ask,
                action=BY_NAME[command].action,
                asked_at=now,
                expires_at=now + ASKED_FOR,
                due_at=now,
            )
            opened = self.ledger.open(request)
        except UsageError as error:
            return self._misunderstood(error, text, actor, place, slash)
        except Duplicate as duplicate:
            return Response(text=notices.receipt(duplicate.request))
        except LedgerError:
            return Response(text=NO_LEDGER)
        return Response(text=notices.receipt(opened), wake=WorkItem(request_id=opened.id))

    def _misunderstood(self, error: UsageError, text: str, actor: Actor, place: Place, slash: str) -> Response:
        shown = notices.usage(error, slash)
        try:
            noted = Noted(kind=NoteKind.USAGE_ERROR, by=actor, detail=storable(f"{slash} {unescaped(text)}"))
            self.ledger.note(noted, place)
        except LedgerError:
            return Response(text=f"{error.message} (And I cannot record anything right now.)")
        return Response(text=shown.summary, card=shown)

    def press(self, *, press: str, value: str, actor: Actor, place: Place) -> Response:
        """A button. The text is for the presser alone; empty when the card itself is the answer."""
        try:
            return self._press(press, value, actor, place)
        except LedgerError:
            return Response(text=NO_LEDGER)

    def choose(self, *, value: str, picked: frozenset[int], actor: Actor, place: Place) -> Response:
        """The form behind "Choose...": only these targets are left, by their places in the form's list."""
        try:
            return self._press(Press.CHOOSE.value, value, actor, place, picked)
        except LedgerError:
            return Response(text=NO_LEDGER)

    def _press(
        self, press: str, value: str, actor: Actor, place: Place, picked: frozenset[int] | None = None
    ) -> Response:
        request_id, _, number = value.partition(":")
        request = self.ledger.find(request_id) if number.isdecimal() and press in set(Press) else None
        if request is None:
            self.ledger.note(Noted(kind=NoteKind.UNKNOWN_PRESS, by=actor, detail=storable(f"{press} {value}")), place)
            return Response(text="I do not know this card any more. Ask again with the command.")
        presses = PressHandler(ledger=self.ledger, directory=self.directory, policy=self.policy)
        if press == Press.CHOOSE and picked is None:
            refused = presses.refuses_form(request, actor, int(number[:9]))
            return self._note(refused, actor, press) if refused else Response(text="", form=request)
        keys = frozenset(t.key for place_in_list, t in enumerate(request.targets) if place_in_list in (picked or ()))
        taken = presses.take(request, Press(press), actor, int(number[:9]), keys)
        if isinstance(taken, NoEffect):
            return self._note(taken, actor, press)
        return Response(text="", wake=WorkItem(request_id=request.id))

    def _note(self, nothing: NoEffect, actor: Actor, press: str) -> Response:
        """Recorded although it changes nothing; an expired card that nobody has swept yet is closed by the way."""
        request = nothing.request
        self.ledger.record(request.id, Noted(kind=nothing.kind, by=actor, detail=press), interactive=True)
        over = request.state is not State.ENDED and self.clock.now() >= request.expires_at
        return Response(text=nothing.message, wake=WorkItem(request_id=request.id) if over else None)


def storable(text: str) -> str:
    """The beginning of a text that nobody has checked, in signs that every database takes and no terminal obeys."""
    spaced = (" " if sign.isspace() else sign for sign in text[:_KEPT])
    return "".join(_UNREADABLE if category(sign) in ("Cc", "Cs") else sign for sign in spaced)


def new_id() -> str:
    """`TS-7K3QXM`: short enough to say aloud, UNIQUE in the database."""
    return "TS-" + "".join(secrets.choice(ALPHABET) for _ in range(6))
