"""Where commands and presses enter the core. Each takes one short database transaction and waits for no host."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.cards import holders, notices, troubles
from bot.cards.message_form import WRITE, with_text
from bot.cards.model import ASK, LONGEST_VALUE, Card, Press
from bot.cards.table import PICK
from bot.cards.wording import FORGOTTEN, OTHER_RELEASE, clash
from bot.commands import BY_NAME, COMMANDS
from bot.commands.language import Understood, suggest, understand
from bot.commands.naming import OWN_NAMES, CommandNames
from bot.commands.tokens import unescaped
from bot.domain.actions import Action
from bot.domain.events import Noted
from bot.domain.lifecycle import ASKED_FOR, READ_FOR
from bot.domain.note_kind import NoteKind
from bot.domain.request import ProgramsLook, Request, State, WorkItem
from bot.domain.request_ids import new_id
from bot.errors import Conflict, Duplicate, LedgerError, Standstill, UnreadableRequest, UsageError
from bot.policy.model import Decision
from bot.workflow.announcing import is_copy
from bot.workflow.enquiries import Enquiries
from bot.workflow.form_presses import opens_form
from bot.workflow.gate import MOST_HOSTS_OF_A_STRANGER, Gate, is_small
from bot.workflow.inputs import CommandCall, storable
from bot.workflow.picking import Picker
from bot.workflow.presses import NoEffect, PressHandler
from bot.workflow.program_looks import seen_by
from bot.workflow.receipts import Receipt, plain_receipt
from bot.workflow.response import Response, unreadable
from bot.workflow.senders import Senders

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.inventory import Inventory
    from bot.domain.people import Actor, Place
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.workflow.inputs import PressCall, SaidCall
    from bot.workflow.senders import Held

NO_LEDGER = "I cannot record this, so I do nothing. Try again in a minute; if it stays, tell whoever runs the bot."


def no_home(_: Actor) -> None:
    """Draw nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes commands and presses. It uses the ledger, the rules and the inventory; never a host and never Slack."""

    ledger: Ledger
    presses: PressHandler
    clock: Clock
    names: CommandNames = OWN_NAMES  # how the workspace calls the commands
    senders: Senders = field(default_factory=Senders)  # who sent how much
    receipt: Callable[[Request], Receipt] = plain_receipt  # the first answer to a command that became a request
    is_shared: bool = False  # other replicas share the work: they may know what this one cannot read
    home_opened: Callable[[Actor], None] = no_home  # called when a person opens their home; waits for nothing

    @property
    def inventory(self) -> Inventory:
        return self.presses.authorizer.in_force.inventory

    @property
    def contact(self) -> str:
        return self.presses.authorizer.policy.contact

    def ask(self, call: CommandCall) -> Response:
        """Record a slash command and return the receipt, or the answer to a command that is not understood.

        A response with a `wake` means that the request is in the database.
        """
        if held := self._gate.held(call.actor, call.place):
            return self._held_back(held, call)
        return self._ask(call)

    def _held_back(self, held: Held, call: CommandCall | PressCall) -> Response:
        return Response(text=self._gate.hold(held, call.actor, call.place), is_repeated=held.is_told)

    def _ask(self, call: CommandCall, receipt: Callable[[Request], Receipt] | None = None) -> Response:
        try:
            if answer := self._enquiries.answer(call, self._asked(call)):
                return Response(text=answer.summary, card=answer)
            understood = self._read(call)
            if isinstance(understood, Decision):
                return self._refused_unread(understood, call)
            opened = self.ledger.open(self._request(call, understood))
        except UsageError as error:
            return self._misunderstood(error, call)
        except Duplicate as duplicate:
            return Response(text=(receipt or self.receipt)(duplicate.request).text, is_taken=True)
        except Standstill as still:
            return Response(text=still.message)
        except UnreadableRequest as error:
            return unreadable(error, is_shared=self.is_shared)
        except LedgerError:
            return Response(text=NO_LEDGER)
        said = (receipt or self.receipt)(opened)
        wake = WorkItem(request_id=opened.id)
        return Response(text=said.text, tells_where=said.tells_where, wake=wake, is_taken=True)

    def held_back(self, actor: Actor, place: Place) -> Response | None:
        """Count one more of this person, and return the answer when that is too much; None when it is taken."""
        held = self._gate.held(actor, place)
        return Response(text=self._gate.hold(held, actor, place), is_repeated=held.is_told) if held else None

    @property
    def _enquiries(self) -> Enquiries:
        return Enquiries(ledger=self.ledger, authorizer=self.presses.authorizer, contact=self.contact)

    @property
    def _gate(self) -> Gate:
        return Gate(ledger=self.ledger, presses=self.presses, senders=self.senders)

    def _standing(self, call: CommandCall) -> Decision:
        return self.presses.authorizer.standing(call.actor, call.place, BY_NAME[call.command].action)

    def said(self, call: SaidCall) -> Card | None:
        """Return the answer to words that are no slash command: the commands that may be meant, as buttons.

        It is None for a person who sends too much and was told so a moment ago.
        """
        if held := self._gate.held(call.actor, call.place):
            sentence = self._gate.hold(held, call.actor, call.place)
            return None if held.is_told else Card(headline=sentence, summary=sentence)
        asked = notices.Asked(command=COMMANDS[0].name, asker=call.actor.user_id, names=self.names)
        standing = self.presses.authorizer.standing(call.actor, call.place, COMMANDS[0].action)
        inventory = self.inventory if standing.allowed else self.inventory.without_suggestions
        meant = suggest(call.text, inventory) if standing.allowed or is_small(call.text) else []
        return notices.spoken_to(asked, meant, self.contact)

    def _refused_unread(self, standing: Decision, call: CommandCall) -> Response:
        """Answer a command that nobody reads, because no rule names its sender, and note it."""
        typed = storable(f"/{call.command} {unescaped(call.text)}")
        self.ledger.note(Noted(kind=NoteKind.REFUSED, by=call.actor, detail=typed), call.place)
        return Response(text=standing.message)

    def _read(self, call: CommandCall) -> Understood | Decision:
        """Return what the command means, or why it is not read: standing comes before any work. Raises `UsageError`.

        A short command of few computers is read of everybody, and refused later like any other, in a request.
        """
        if is_small(unescaped(call.text)):
            try:
                found = understand(call.command, call.text, self.inventory.without_suggestions)
            except UsageError:
                if not self._standing(call).allowed:
                    raise
                return understand(call.command, call.text, self.inventory)  # it raises, with the names that are meant
            if len(found.ask.hosts) <= MOST_HOSTS_OF_A_STRANGER:
                return found
        standing = self._standing(call)
        return understand(call.command, call.text, self.inventory) if standing.allowed else standing

    def _request(self, call: CommandCall, understood: Understood) -> Request:
        """Return a new request for the command."""
        now = self.clock.now()
        return Request(
            id=new_id(),
            delivery=call.delivery,
            command=understood.command.name,
            text=storable(unescaped(call.text)),
            actor=call.actor,
            place=call.place,
            ask=replace(understood.ask, shown=call.shown),
            action=understood.command.action,
            asked_at=now,
            expires_at=now + (READ_FOR if understood.command.action is Action.AUDIT else ASKED_FOR),
            due_at=now,
        )

    def _misunderstood(self, error: UsageError, call: CommandCall) -> Response:
        shown = notices.usage(error, self._asked(call))
        try:
            typed = storable(f"/{call.command} {unescaped(call.text)}")
            self.ledger.note(Noted(kind=NoteKind.USAGE_ERROR, by=call.actor, detail=typed), call.place)
        except LedgerError:
            return Response(text=f"{shown.summary} (And I cannot record anything right now.)")
        return Response(text=shown.summary, card=shown)

    def _asked(self, call: CommandCall) -> notices.Asked:
        return notices.Asked(command=call.command, asker=call.actor.user_id, names=self.names)

    def _ask_by_button(self, call: PressCall) -> Response:
        """Ask the command that a button holds, as if its presser had typed it. Only its asker may press it.

        What the button carries is a text from outside like any other: it is bounded and parsed again.
        """
        asker, _, rest = call.value.partition(" ")
        name, _, text = rest.partition(" ")
        if name not in BY_NAME or not call.delivery or len(call.value) > LONGEST_VALUE:
            return self._unknown(call)
        if asker != call.actor.user_id:
            tried = storable(f"{call.press} /{name} {unescaped(text)}")
            self.ledger.note(Noted(kind=NoteKind.OUTSIDER_PRESS, by=call.actor, detail=tried), call.place)
            return Response(text="This button is for the person who typed the command. Type it yourself to ask it.")
        typed = CommandCall(command=name, text=text, actor=call.actor, place=call.place, delivery=call.delivery)
        receipt = self.receipt if call.message_ref else self._receipt_now
        return replace(self._ask(typed, receipt), replaces=True)

    def _receipt_now(self, request: Request) -> Receipt:
        """Return a receipt with words in any case: it takes the place of the message whose button was pressed."""
        said = self.receipt(request)
        return said if said.text else plain_receipt(request)

    def press(self, call: PressCall) -> Response:
        """Take a press on a button, or the form behind one with what was ticked or written, and return the answer.

        `call.value` is the request's id and the button's version, `id:version`. The text of the response is empty when
        the redrawn card is the answer.
        """
        try:
            held = self._gate.held(call.actor, call.place)
            if held and not self._gate.is_let_through(call):
                return self._held_back(held, call)
            return self._press(call)
        except Standstill as still:
            return Response(text=still.message)
        except UnreadableRequest as error:
            return unreadable(error, is_shared=self.is_shared)
        except LedgerError:
            return Response(text=NO_LEDGER)

    def _press(self, call: PressCall) -> Response:
        if call.press == ASK:
            return self._ask_by_button(call)
        if call.press == WRITE:
            return self._written(call)
        if call.press == PICK:
            return self._picked(call)
        if (aim := call.aim) is None or (request := self.ledger.find(aim[1])) is None:
            return self._unknown(call)
        answer = self._press_on(request, call, aim[0], aim[2])
        return replace(answer, copy=troubles.copy(request)) if is_copy(request, call) else answer

    def _press_on(self, request: Request, call: PressCall, press: Press, version: int) -> Response:
        if press is Press.HOLDERS:
            return self._look(request, call)
        if opens_form(request, press, call, self.presses):
            refused = self.presses.refuses_form(request, press, call.actor, version)
            return self._note(refused, call) if refused else self._form(request)
        keys = frozenset(t.key for place, t in enumerate(request.targets) if place in (call.picked or ()))
        taken = self.presses.take(request, press, call.actor, version, keys, text=storable(call.text or "").strip())
        if isinstance(taken, NoEffect):
            return self._note(taken, call)
        return Response(text="", wake=WorkItem(request_id=request.id))

    def _written(self, call: PressCall) -> Response:
        """Return the form for a text, or ask the command with the text that was written into it."""
        if call.text is None and call.value.partition(" ")[0] == call.actor.user_id:
            return Response(text="", wants_text=True)
        response = self._ask_by_button(replace(call, value=with_text(call.value, call.text or "")))
        return replace(response, text="") if response.is_taken else response

    def _picked(self, call: PressCall) -> Response:
        """Return what may be done with the session that was picked. It changes nothing."""
        card = Picker(ledger=self.ledger, authorizer=self.presses.authorizer).answer(call)
        return Response(text=card.summary, card=card) if card else self._unknown(call)

    def _look(self, request: Request, call: PressCall) -> Response:
        """Wake the look at what runs in the sessions that still close, for a person who may list them."""
        if still := self.ledger.standstill():
            return Response(text=still.message)
        look = ProgramsLook(by=call.actor, place=call.place)
        if not holders.hanging(request):
            return self._note(NoEffect(request=request, kind=NoteKind.LATE_PRESS, message=holders.NOTHING_HANGS), call)
        if not seen_by(self.presses.authorizer, request, look):
            return self._note(NoEffect(request=request, kind=NoteKind.REFUSED, message=holders.NOT_LISTED), call)
        return Response(text="", wake=WorkItem(request_id=request.id, look=look))

    def _unknown(self, call: PressCall) -> Response:
        tried = storable(f"{call.press} {call.value}")
        self.ledger.note(Noted(kind=NoteKind.UNKNOWN_PRESS, by=call.actor, detail=tried), call.place)
        return Response(text=FORGOTTEN if call.press in {*Press, ASK, WRITE, PICK} else OTHER_RELEASE)

    def _form(self, request: Request) -> Response:
        """Return the form of a request that is proven: people choose among those who are really meant."""
        try:
            return Response(text="", form=self.ledger.prove(request.id) or request)
        except Conflict as conflict:
            return Response(text=clash(conflict), wake=WorkItem(request_id=request.id))

    def _note(self, no_effect: NoEffect, call: PressCall) -> Response:
        """Record a press that changes nothing and return its answer. The request is woken when it has expired."""
        request = no_effect.request
        noted = Noted(kind=no_effect.kind, by=call.actor, detail=call.press)
        self.ledger.record(request.id, noted, interactive=True)
        over = request.state is not State.ENDED and self.clock.now() >= request.expires_at
        return Response(text=no_effect.message, wake=WorkItem(request_id=request.id) if over else None)
