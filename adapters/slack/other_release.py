"""What a newer release put into Slack and an older one beside it gets: a clear answer, and nothing is done."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adapters.slack.answers import answer_sender, private
from adapters.slack.one_listener import FIRST
from adapters.slack.payloads import actor_of, command_call, form_call, press_call
from adapters.slack.render import Drawing, draw_text
from adapters.slack.view_answers import answer_view, failure_in_form, is_shown_in_form
from bot.domain.people import Place
from bot.workflow.inputs import PressCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import Ack, App
    from slack_sdk import WebClient

    from bot.workflow.intake import Intake

    Body = dict[str, Any]

ANY = re.compile("")

OTHER = "other"
"""The press that is noted. The name of the action or form comes before its value: no name of another is one of ours."""


def register(app: App, intake: Intake, client: WebClient) -> None:
    """Register the listeners behind all others. What nobody acks, Slack shows as a bot that is down."""
    app.command(ANY, matchers=FIRST)(_on_command(intake))
    app.options(ANY, matchers=FIRST)(_on_options)
    app.action(ANY, matchers=FIRST)(_on_press(intake, client, _press))
    app.shortcut(ANY, matchers=FIRST)(_on_press(intake, client, _shortcut))
    app.view(ANY, matchers=FIRST)(_on_form(intake))


def _on_command(intake: Intake) -> Callable[..., None]:
    def on_command(ack: Ack, body: Body) -> None:
        call = command_call(body)
        typed = PressCall(press=OTHER, value=f"/{call.command} {call.text}", actor=call.actor, place=call.place)
        ack(**private(Drawing(text=draw_text(intake.press(typed).text), blocks=[])))

    return on_command


def _on_options(ack: Ack) -> None:
    ack(options=[])


def _on_press(intake: Intake, client: WebClient, call_of: Callable[[Body], PressCall]) -> Callable[..., None]:
    def on_press(ack: Ack, body: Body) -> None:
        ack()
        call = call_of(body)
        response = intake.press(call)
        shown = Drawing(text=draw_text(response.text), blocks=[])
        if not (response.is_repeated or (body.get("view") and is_shown_in_form(client, body, shown))):
            answer_sender(client, str(body.get("response_url") or ""), call, shown, replaces=False)

    return on_press


def _on_form(intake: Intake) -> Callable[..., None]:
    def on_form(ack: Ack, body: Body) -> None:
        text = intake.press(_other(form_call(body), str(body["view"].get("callback_id")))).text
        shown = Drawing(text=draw_text(text), blocks=[])
        ack(**(failure_in_form(body, shown.text) or {"response_action": "update", "view": answer_view(shown)}))

    return on_form


def _press(body: Body) -> PressCall:
    return _other(press_call(body), str(body["actions"][0].get("action_id")))


def _shortcut(body: Body) -> PressCall:
    return PressCall(press=OTHER, value=str(body.get("callback_id")), actor=actor_of(body), place=Place(channel_id=""))


def _other(call: PressCall, name: str) -> PressCall:
    return replace(call, press=OTHER, value=f"{name} {call.value}".strip())
