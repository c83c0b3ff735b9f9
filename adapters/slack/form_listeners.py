"""The listeners of the form of `/logoff`. Each acks at once; what waits for Slack comes after the ack."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import structlog

from adapters.slack.answers import answer_sender
from adapters.slack.errors import translate_errors
from adapters.slack.logoff_view import (
    HOST,
    LOGOFF_CALLBACK,
    PAGE,
    SHORTCUT_CALLBACK,
    draft_of,
    errors_in,
    form_call,
    logoff_view,
    options_of,
    page_of,
    ticked_in,
)
from adapters.slack.one_listener import FIRST
from adapters.slack.payloads import actor_of, command_call
from adapters.slack.render import Drawing, draw_text
from adapters.slack.view_answers import is_shown_in_form
from bot.cards import logoff_form, wording
from bot.cards.forms import not_opened
from bot.domain.draft import Draft
from bot.domain.people import Place
from bot.errors import ChatError
from bot.workflow.form_intake import COMMAND
from bot.workflow.inputs import CommandCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import Ack, App
    from slack_sdk import WebClient

    from adapters.slack.ack_keeper import AckKeeper
    from adapters.slack.form_looks import FormLooks
    from bot.cards.logoff_form import FormField
    from bot.domain.people import Actor
    from bot.domain.request import WorkItem
    from bot.workflow.form_intake import FormIntake

    Body = dict[str, Any]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormListeners:
    """What people do with the form, from the command or the shortcut to its sending."""

    forms: FormIntake
    looks: FormLooks
    wake: Callable[[WorkItem], None]
    client: WebClient
    keeper: AckKeeper

    def register(self, app: App) -> None:
        """Register them with the app."""
        app.shortcut(SHORTCUT_CALLBACK, matchers=FIRST)(self.on_shortcut)
        app.action(re.compile(f"^press_{logoff_form.FORM}:"), matchers=FIRST)(self.on_shortcut)
        app.options(HOST, matchers=FIRST)(self.on_typed)
        app.action(HOST, matchers=FIRST)(self.on_host)
        app.action(re.compile(f"^{PAGE}:"), matchers=FIRST)(self.on_page)
        app.view(LOGOFF_CALLBACK, matchers=FIRST)(self.on_sent)

    def instead_of(self, on_command: Callable[..., None]) -> Callable[..., None]:
        """Return a listener that opens the form where a command asks for it, and else is `on_command`.

        It is `on_command`, too, where Slack does not open the form: its sentence tells how to type the command.
        """

        def listener(ack: Ack, body: Body) -> None:
            call = replace(command_call(body), command=COMMAND)
            if self.keeper.is_hopeless() or not self.forms.is_for(call):
                on_command(ack, body)
            elif held := self.forms.intake.held_back(call.actor, call.place):
                ack(text=draw_text(held.text), response_type="ephemeral")
            else:
                ack()
                if self._why_not_opened(call.delivery, call.place):
                    said = Drawing(text=draw_text(self.forms.intake.ask(call).text), blocks=[])
                    answer_sender(self.client, str(body.get("response_url") or ""), call, said, replaces=False)

        return listener

    def on_shortcut(self, ack: Ack, body: Body) -> None:
        """Open the form; its card goes to the direct messages, because neither a shortcut nor a home names a channel.

        The answer to a press in a home stands above it, where its reader is.
        """
        ack()
        actor, place = actor_of(body), Place(channel_id="")
        held = self.forms.intake.held_back(actor, place)
        why = held.text if held else self.forms.may_open(actor, place)
        why = why or self._why_not_opened(str(body["trigger_id"]), place)
        if why and not (held and held.is_repeated):
            shown = Drawing(text=draw_text(why), blocks=[])
            call = CommandCall(command=COMMAND, text="", actor=actor, place=place, delivery="")
            if not (body.get("view") and is_shown_in_form(self.client, body, shown)):
                answer_sender(self.client, "", call, shown, replaces=False)

    def on_typed(self, ack: Ack, body: Body) -> None:
        """Name the computers that may be meant. No host and no database is asked."""
        place = draft_of(body["view"]).place
        ack(options=options_of(self.forms.suggest(actor_of(body), place, str(body.get("value") or ""))))

    def on_host(self, ack: Ack, body: Body) -> None:
        """Look at the computer that was chosen; the form says so until the host has answered."""
        ack()
        actor, view = actor_of(body), body["view"]
        host = str((body["actions"][0].get("selected_option") or {}).get("value") or "")
        try:
            draft = self._with_place(draft_of(view), actor)
        except ChatError as error:
            self.looks.update(view["id"], logoff_form.told(draft_of(view), error.message))
            return
        draft, response = self.forms.look(actor, draft, host, str(body["trigger_id"]))
        if response.wake:
            self.looks.keep(view["id"], draft)
            self.looks.update(view["id"], logoff_form.reading(draft))
            self.wake(response.wake)
        elif not response.is_taken:
            self.looks.update(view["id"], logoff_form.told(draft, response.text))

    def on_page(self, ack: Ack, body: Body) -> None:
        """Show another page of sessions, and keep what is ticked on this one."""
        ack()
        view, draft = body["view"], draft_of(body["view"])
        turned = draft.with_page(page_of(body), ticked_in(view, draft))
        self.looks.update(view["id"], self.forms.form(actor_of(body), turned))

    def on_sent(self, ack: Ack, body: Body) -> None:
        """Ask the command of the form. It stays open with an error at the field that is wrong."""
        view = body["view"]
        with self.keeper.watching(lambda: ack(response_action="errors", errors={HOST: wording.LATE})) as watched:
            answer = self.forms.submit(form_call(body))
            if watched.ends_late():
                log.warning("form.answered_late", message=answer.response.text)
            elif answer.errors:
                said: dict[FormField, str] = {name: draw_text(text) for name, text in answer.errors.items()}
                ack(response_action="errors", errors=errors_in(view, said))
            else:
                ack()
        if answer.response.wake:
            self.wake(answer.response.wake)

    def _why_not_opened(self, trigger_id: str, place: Place) -> str:
        """Open the form and return an empty text, or return the sentence that says why Slack did not."""
        view = logoff_view(logoff_form.build(Draft(place=place), None))
        try:
            with translate_errors():
                self.client.views_open(trigger_id=trigger_id, view=view)
        except ChatError as error:
            log.warning("form.not_opened", message=error.message)
            return not_opened(error)
        return ""

    def _with_place(self, draft: Draft, actor: Actor) -> Draft:
        """Return the draft with the reader's direct messages as its place, if it has none. Raises `ChatError`."""
        if draft.place.channel_id:
            return draft
        with translate_errors():
            opened = self.client.conversations_open(users=actor.user_id)
            return replace(draft, place=Place(channel_id=str(opened["channel"]["id"]), name="directmessage"))
