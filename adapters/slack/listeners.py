"""The listeners: payload to intake to ack. A listener ends right after its ack, because few threads ack."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog
from slack_bolt import BoltResponse

from adapters.slack.answers import answer_press, answer_words
from adapters.slack.errors import translate_errors
from adapters.slack.forms import BLOCK, CALLBACK, REASON_BLOCK, REASON_CALLBACK, form_view, picked_in, written_in
from adapters.slack.payloads import command_call, form_call, press_call, said_call
from adapters.slack.render import draw
from bot.cards import wording
from bot.cards.model import ASK, Card
from bot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from slack_bolt import Ack, App, Respond
    from slack_sdk import WebClient

    from bot.commands.command import Command
    from bot.domain.request import Request, WorkItem
    from bot.workflow.inputs import PressCall
    from bot.workflow.intake import Intake, Response

    Wake = Callable[[WorkItem], None]
    Asked = Callable[[str, str], None]

log = structlog.get_logger()


def register(app: App, commands: Iterable[Command], intake: Intake, wake: Wake, asked: Asked) -> None:
    """Register the listeners with the app. `wake` is called after the ack; a lost wake costs only seconds.

    `asked` is called before that with the id of a new request and the response URL of its command, which is a secret.
    """
    for command in commands:
        app.command(intake.names.slash(command.name))(_on_command(command.name, intake, wake, asked))
    app.action(re.compile("^press_"))(_on_press(intake, wake, asked))
    app.view(CALLBACK)(_on_form(intake, wake, BLOCK, _choice))
    app.view(REASON_CALLBACK)(_on_form(intake, wake, REASON_BLOCK, _reason))
    app.event("app_mention")(_on_said(intake, is_private=False))
    app.event("message")(_on_said(intake, is_private=True))
    app.error(on_error)


def _on_command(name: str, intake: Intake, wake: Wake, asked: Asked) -> Callable[..., None]:
    """`name` is the command's own, whatever the workspace calls it."""

    def on_command(ack: Ack, body: dict[str, Any]) -> None:
        response = intake.ask(replace(command_call(body), command=name))
        slack_message = draw(_report_of(response))
        blocks = slack_message.blocks if response.card else None
        ack(text=slack_message.text, blocks=blocks, response_type="ephemeral")
        _keep_url(response, body, asked)
        _wake_for(response, wake)

    return on_command


def _on_press(intake: Intake, wake: Wake, asked: Asked) -> Callable[..., None]:
    def on_press(ack: Ack, body: dict[str, Any], respond: Respond, client: WebClient) -> None:
        call = press_call(body)
        response = intake.press(call)
        ack()
        if call.press == ASK:
            _keep_url(response, body, asked)
        _wake_for(response, wake)
        if response.form:
            _open_form(client, str(body["trigger_id"]), response.form, call.value)
        if response.text:
            shown = draw(_report_of(response))
            replaces = response.replaces and bool((body.get("container") or {}).get("is_ephemeral"))
            answer_press(
                respond, client, body, shown if response.card else replace(shown, blocks=[]), replaces=replaces
            )
        if response.copy:
            respond(text=response.copy, replace_original=True)

    return on_press


def _on_form(
    intake: Intake, wake: Wake, block: str, call_of: Callable[[dict[str, Any]], PressCall]
) -> Callable[..., None]:
    """`block` is the one whose field shows what was wrong."""

    def on_form(ack: Ack, body: dict[str, Any]) -> None:
        response = intake.press(call_of(body))
        if response.text:
            ack(response_action="errors", errors={block: _report_of(response).summary})
        else:
            ack()
        _wake_for(response, wake)

    return on_form


def _on_said(intake: Intake, *, is_private: bool) -> Callable[..., None]:
    """Answer a mention, for its writer alone, or a direct message. What programs say is left alone."""

    def on_said(event: dict[str, Any], client: WebClient) -> None:
        said = said_call(event)
        if said is None or (is_private and event.get("channel_type") != "im"):
            return
        drawing = draw(intake.said(said))
        answer_words(client, said.place.channel_id, said.actor.user_id, drawing, is_private=is_private)

    return on_said


def _choice(body: dict[str, Any]) -> PressCall:
    return form_call(body, picked=picked_in(body["view"]))


def _reason(body: dict[str, Any]) -> PressCall:
    return form_call(body, text=written_in(body["view"]))


def _keep_url(response: Response, body: dict[str, Any], asked: Asked) -> None:
    if response.wake:
        asked(response.wake.request_id, str(body.get("response_url") or ""))


def _wake_for(response: Response, wake: Wake) -> None:
    if response.wake:
        wake(response.wake)


def _open_form(client: WebClient, trigger_id: str, request: Request, value: str) -> None:
    try:
        with translate_errors():
            client.views_open(trigger_id=trigger_id, view=form_view(request, value))
    except ChatError as error:
        log.warning("form.not_opened", request_id=request.id, message=error.message)


def on_error(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """Return a response with a reference when a listener raises before its ack, instead of a time-out."""
    reference = uuid.uuid4().hex[:8]
    log.error("listener.failed", reference=reference, kind=body.get("type", "command"), exc_info=error)
    return BoltResponse(status=200, body={"response_type": "ephemeral", "text": wording.broken(reference)})


def _report_of(response: Response) -> Card:
    return response.card or Card(headline=response.text, summary=response.text)
