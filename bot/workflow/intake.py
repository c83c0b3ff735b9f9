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
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.workflow.inputs import CommandCall, PressCall
    from bot.workflow.presses import PressHandler

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
    """Needs the ledger, the rules and the inventory; never a host and never Slack."""

    ledger: Ledger
    presses: PressHandler
    inventory: Inventory
    clock: Clock

    def ask(self, call: CommandCall) -> Response:
        """Record a slash command. Once this returns with a `wake`, the request survives everything."""
        slash = f"/{call.command}"
        if call.text.strip().lower() in ("help", "--help", "-h", "-?", "/?"):
            shown = notices.manual(slash)
            return Response(text=shown.summary, card=shown)
        try:
            opened = self.ledger.open(self._request(call))
        except UsageError as error:
            return self._misunderstood(error, call)
        except Duplicate as duplicate:
            return Response(text=notices.receipt(duplicate.request))
        except LedgerError:
            return Response(text=NO_LEDGER)
        return Response(text=notices.receipt(opened), wake=WorkItem(request_id=opened.id))

    def _request(self, call: CommandCall) -> Request:
        """Raises `UsageError`."""
        command, now = BY_NAME[call.command], self.clock.now()
        return Request(
            id=new_id(),
            delivery=call.delivery,
            command=call.command,
            text=storable(unescaped(call.text)),
            actor=call.actor,
            place=call.place,
            ask=command.parse(call.text, self.inventory),
            action=command.action,
            asked_at=now,
            expires_at=now + ASKED_FOR,
            due_at=now,
        )

    def _misunderstood(self, error: UsageError, call: CommandCall) -> Response:
        shown = notices.usage(error, f"/{call.command}")
        try:
            typed = storable(f"/{call.command} {unescaped(call.text)}")
            self.ledger.note(Noted(kind=NoteKind.USAGE_ERROR, by=call.actor, detail=typed), call.place)
        except LedgerError:
            return Response(text=f"{error.message} (And I cannot record anything right now.)")
        return Response(text=shown.summary, card=shown)

    def press(self, call: PressCall) -> Response:
        """Take a button, or the form behind one with what was ticked or written in it.

        The text is for the presser alone; it is empty when the card itself is the answer.
        """
        try:
            return self._press(call)
        except LedgerError:
            return Response(text=NO_LEDGER)

    def _press(self, call: PressCall) -> Response:
        request_id, _, number = call.value.partition(":")
        request = self.ledger.find(request_id) if number.isdecimal() and call.press in set(Press) else None
        if request is None:
            tried = storable(f"{call.press} {call.value}")
            self.ledger.note(Noted(kind=NoteKind.UNKNOWN_PRESS, by=call.actor, detail=tried), call.place)
            return Response(text="I do not know this card any more. Ask again with the command.")
        press, version = Press(call.press), int(number[:9])
        opens_form = call.picked is None if press is Press.CHOOSE else press is Press.REASON and call.text is None
        if opens_form:
            refused = self.presses.refuses_form(request, press, call.actor, version)
            return self._note(refused, call) if refused else Response(text="", form=request)
        keys = frozenset(t.key for place, t in enumerate(request.targets) if place in (call.picked or ()))
        text = storable(call.text or "").strip()
        taken = self.presses.take(request, press, call.actor, version, keys, text=text)
        if isinstance(taken, NoEffect):
            return self._note(taken, call)
        return Response(text="", wake=WorkItem(request_id=request.id))

    def _note(self, no_effect: NoEffect, call: PressCall) -> Response:
        """Recorded although it changes nothing; an expired card that nobody has swept yet is closed by the way."""
        request = no_effect.request
        noted = Noted(kind=no_effect.kind, by=call.actor, detail=call.press)
        self.ledger.record(request.id, noted, interactive=True)
        over = request.state is not State.ENDED and self.clock.now() >= request.expires_at
        return Response(text=no_effect.message, wake=WorkItem(request_id=request.id) if over else None)


def storable(text: str) -> str:
    """The beginning of a text that nobody has checked, in signs that every database takes and no terminal obeys."""
    spaced = (" " if sign.isspace() else sign for sign in text[:_KEPT])
    return "".join(_UNREADABLE if category(sign) in ("Cc", "Cs") else sign for sign in spaced)


def new_id() -> str:
    """`TS-7K3QXM`: short enough to say aloud, UNIQUE in the database."""
    return "TS-" + "".join(secrets.choice(ALPHABET) for _ in range(6))
