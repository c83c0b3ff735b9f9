"""Where the form of `/logoff` enters the core: it looks as `/logoff comp1` does, and asks as a typed command does."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from unicodedata import category

from bot.cards import logoff_form as words
from bot.cards.logoff_form import ACTS, FormField
from bot.commands.tokens import LONGEST, escaped, is_invisible, quoted
from bot.domain.actions import Action
from bot.domain.ask import LONGEST_REASON, Shown
from bot.domain.inventory import is_pattern
from bot.domain.letters import python_lower
from bot.domain.request import State
from bot.errors import LedgerError, UnreadableRequest
from bot.policy import evaluate
from bot.workflow.inputs import CommandCall
from bot.workflow.intake import NO_LEDGER, Intake
from bot.workflow.response import Response

if TYPE_CHECKING:
    from bot.domain.draft import Draft
    from bot.domain.people import Actor, Place
    from bot.domain.request import Request, Target

COMMAND = "logoff"
"""The command that opens the form when it is typed alone, and by which the form looks."""

MOST_SUGGESTED = 100
MOST_NAMES = 20
"""Above so many people a command names ids alone; the sessions that were shown are compared in any case."""

LONGEST_MINUTES = 60
_ORDINARY = re.compile(r"[\w.$\\-]+(?: [\w.$\\-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormCall:
    """A form that was sent."""

    actor: Actor  # who sent it
    draft: Draft  # what it kept
    delivery: str  # the chat's id of the form; the same when it is sent twice
    ticked: frozenset[int] = frozenset()  # places ticked on the page that was shown, from 0
    act: str = COMMAND  # the command to ask
    text: str = ""  # what people read on their desktops, for a message alone
    wait: bool = False  # wait until they are gone
    minutes: str = ""  # the time to save, as written; empty: nobody is warned
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAnswer:
    """The answer to a form: errors at fields, or the response of its command."""

    errors: dict[FormField, str] = field(default_factory=dict)  # empty: it was taken
    response: Response = field(default_factory=lambda: Response(text=""))


@dataclass(frozen=True, slots=True, kw_only=True)
class FormIntake:
    """Takes what people do in the form. It waits for no host."""

    intake: Intake

    def is_for(self, call: CommandCall) -> bool:
        """Return whether the command opens the form: it stands alone, and a rule names its sender.

        Where a default stands for the computer, the command is complete as it is.
        """
        is_alone = call.command == COMMAND and not call.text.strip()
        return is_alone and not self.intake.inventory.default and self.may_open(call.actor, call.place) == ""

    def may_open(self, actor: Actor, place: Place) -> str:
        """Return why the form is not opened for this person; empty when it is."""
        standing = self.intake.presses.authorizer.standing(actor, place, Action.LOG_OFF)
        return "" if standing.allowed else standing.message

    def suggest(self, actor: Actor, place: Place, typed: str) -> tuple[str, ...]:
        """Return the computers whose names contain the text, those that begin with it first.

        Only what a rule lets the person look at is named, and no host is contacted. The text is compared, never parsed.
        """
        authorizer, inventory = self.intake.presses.authorizer, self.intake.inventory
        person = authorizer.person(actor)
        if not evaluate.check_member(person).allowed:
            return ()
        wanted = python_lower(typed.strip())
        admitted = () if is_pattern(wanted) else inventory.find(wanted)
        fitting = [name for name in dict.fromkeys((*inventory.names, *admitted)) if wanted in python_lower(name)]
        fitting.sort(key=lambda name: not python_lower(name).startswith(wanted))
        found: list[str] = []
        for name in fitting:
            if len(found) < MOST_SUGGESTED and evaluate.may_look(
                authorizer.policy, person, place, Action.LOG_OFF, name
            ):
                found.append(name)
        return tuple(found)

    def look(self, actor: Actor, draft: Draft, host: str, delivery: str) -> tuple[Draft, Response]:
        """Ask `/logoff comp1` for the form, and return its new draft. A response with a `wake` looks there."""
        chosen = replace(draft, host=host, look="", page=0, ticked=frozenset())
        if not self._is_known(host):
            return replace(chosen, host=""), Response(text=words.gone(host))
        call = CommandCall(command=COMMAND, text=f"computer={host}", actor=actor, place=draft.place, delivery=delivery)
        response = self.intake.ask(call)
        return replace(chosen, look=response.wake.request_id if response.wake else ""), response

    def form(self, actor: Actor, draft: Draft) -> words.LogoffForm:
        """Return the form on the draft's page."""
        try:
            return words.build(draft, self._look_of(actor, draft))
        except LedgerError:
            return words.told(draft, NO_LEDGER)

    def submit(self, call: FormCall) -> FormAnswer:
        """Ask the command of a form. Nothing but what was shown and ticked is meant by it."""
        draft = call.draft.with_page(call.draft.page, call.ticked)
        try:
            look = self._look_of(call.actor, draft)
        except LedgerError:
            return FormAnswer(errors={FormField.HOST: NO_LEDGER})
        ticked = _ticked(look, draft.ticked)
        if errors := self._errors(call, look, ticked):
            return FormAnswer(errors=errors)
        text = escaped(_command(draft.host, ticked, call))
        if len(text) > LONGEST:
            return FormAnswer(errors={FormField.SESSIONS: words.TOO_MANY})
        asked = CommandCall(
            command=call.act,
            text=text,
            actor=call.actor,
            place=draft.place,
            delivery=call.delivery,
            shown=tuple(_shown(target) for target in ticked),
        )
        response = self.intake.ask(asked)
        return FormAnswer(errors={} if response.is_taken else {FormField.HOST: response.text}, response=response)

    def _is_known(self, host: str) -> bool:
        return not is_pattern(host) and self.intake.inventory.find(host) == (host,)

    def _look_of(self, actor: Actor, draft: Draft) -> Request | None:
        """Return the look of the form; None when there is none, or it is somebody else's."""
        try:
            look = self.intake.ledger.find(draft.look) if draft.look else None
        except UnreadableRequest:
            return None
        is_ours = look and look.actor.user_id == actor.user_id and look.ask.hosts == (draft.host,)
        return look if is_ours else None

    def _errors(self, call: FormCall, look: Request | None, ticked: tuple[Target, ...]) -> dict[FormField, str]:
        host, errors = call.draft.host, dict[FormField, str]()
        if not host:
            errors[FormField.HOST] = words.NO_HOST
        elif not self._is_known(host):
            errors[FormField.HOST] = words.gone(host)
        elif look is None or look.state is not State.ENDED:
            errors[FormField.HOST] = words.not_read(host)
        elif not look.targets:
            errors[FormField.HOST] = words.nobody_to_tick(look)
        elif not ticked:
            errors[FormField.SESSIONS] = words.NO_TICKS
        if call.act not in dict(ACTS):
            errors[FormField.HOST] = words.NO_HOST
        errors |= _errors_of_message(call)
        if FormField.WARN not in errors and call.minutes and not _are_minutes(call.minutes):
            errors[FormField.WARN] = words.BAD_MINUTES
        if len(call.reason) > LONGEST_REASON:
            errors[FormField.REASON] = words.LONG_REASON
        elif call.reason.strip() and not _in_one_line(call.reason).strip(", "):
            errors[FormField.REASON] = words.NO_LETTERS
        return errors


def _ticked(look: Request | None, places: frozenset[int]) -> tuple[Target, ...]:
    targets = look.targets if look else ()
    return tuple(targets[place] for place in sorted(places) if place < len(targets))


def _shown(target: Target) -> Shown:
    session = target.session
    return Shown(host=session.host, id=session.id, account=str(session.account), logon=session.logon)


def _errors_of_message(call: FormCall) -> dict[FormField, str]:
    """Return what is wrong with the text of a message, and with options that a message does not have."""
    if call.act != words.MESSAGE:
        return {FormField.TEXT: words.TEXT_WITHOUT_MESSAGE} if call.text.strip() else {}
    errors = dict[FormField, str]()
    if not call.text.strip():
        errors[FormField.TEXT] = words.NO_TEXT
    elif not _in_one_line(call.text).strip(", "):
        errors[FormField.TEXT] = words.TEXT_WITHOUT_LETTERS
    elif len(call.text) > LONGEST_REASON:
        errors[FormField.TEXT] = words.LONG_TEXT
    if call.wait:
        errors[FormField.OPTIONS] = words.NOT_FOR_A_MESSAGE
    if call.minutes:
        errors[FormField.WARN] = words.NOT_FOR_A_MESSAGE
    return errors


def _are_minutes(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= LONGEST_MINUTES


def _command(host: str, ticked: tuple[Target, ...], call: FormCall) -> str:
    """Return the command that a person would type for this form."""
    said = [f"computer={host}", f"id={','.join(str(target.session.id) for target in ticked)}"]
    names = list(dict.fromkeys(str(target.session.account) for target in ticked))
    if len(names) <= MOST_NAMES and all(_ORDINARY.fullmatch(name) for name in names):
        said.append(f"user={','.join(map(quoted, names))}")
    if call.act == words.MESSAGE:
        said.append(f"--text {quoted(_in_one_line(call.text))}")
    if call.wait:
        said.append("--sync")
    if call.minutes:
        said.append(f"--warn {int(call.minutes)}m")
    if reason := _in_one_line(call.reason):
        said.append(f"--reason {quoted(reason)}")
    return " ".join(said)


def _in_one_line(text: str) -> str:
    """Return the text as a command takes it: without control characters, and empty when nothing of it can be seen."""
    spaced = (" " if category(letter) in ("Cc", "Cs") else letter for letter in text if not is_invisible(letter))
    return " ".join("".join(spaced).split())
