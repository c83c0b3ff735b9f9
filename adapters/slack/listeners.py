"""The listeners: payload to intake to ack. A listener ends right after its ack, because few threads ack."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog
from slack_bolt import BoltResponse
from slack_sdk.errors import SlackApiError

from adapters.slack import other_release
from adapters.slack.answers import answer_sender, answer_words, private
from adapters.slack.errors import translate_errors
from adapters.slack.forms import (
    BLOCK,
    CALLBACK,
    DENIAL_CALLBACK,
    REASON_BLOCK,
    REASON_CALLBACK,
    form_view,
    picked_in,
    written_in,
)
from adapters.slack.message_form import TEXT_BLOCK, message_call, message_view
from adapters.slack.one_listener import FIRST
from adapters.slack.payloads import command_call, form_call, press_call, said_call
from adapters.slack.render import Drawing, draw, draw_text
from adapters.slack.view_answers import failure_in_form, is_shown_in_form
from adapters.slack.web import post_to
from bot.cards import wording
from bot.cards.forms import NOT_OPENED_IN_TIME, not_opened
from bot.cards.message_form import WRITE
from bot.cards.model import ASK, Card
from bot.domain.people import Actor
from bot.errors import ChatError
from bot.workflow.form_intake import COMMAND as FORM_COMMAND
from bot.workflow.intake import NO_LEDGER
from bot.workflow.response import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from slack_bolt import Ack, App, BoltContext
    from slack_sdk import WebClient
    from slack_sdk.models.views import View

    from adapters.slack.ack_keeper import AckKeeper
    from adapters.slack.form_listeners import FormListeners
    from bot.commands.command import Command
    from bot.domain.request import Request, WorkItem
    from bot.workflow.inputs import CommandCall, PressCall
    from bot.workflow.intake import Intake

    Wake = Callable[[WorkItem], None]
    Asked = Callable[[Response, str], None]

log = structlog.get_logger()

TRIGGER_IS_OVER = frozenset(
    {
        "exchanged_trigger_id",
        "expired_trigger_id",
        "invalid_trigger",
        "invalid_trigger_id",
        "trigger_exchanged",
        "trigger_expired",
    }
)
"""What Slack says when a form is opened too late: a press opens one form, within three seconds."""


def register(  # noqa: PLR0913 - what listeners need
    app: App,
    commands: Iterable[Command],
    intake: Intake,
    wake: Wake,
    *,
    asked: Asked,
    client: WebClient,
    keeper: AckKeeper,
    forms: FormListeners | None = None,
) -> None:
    """Register the listeners with the app. `wake` is called after the ack; a lost wake costs only seconds.

    `asked` is called before that with the response to a new request and the response URL of its command, which is a
    secret.

    `client` has the bot's token. Bolt's own clients know neither `NO_PROXY` nor this machine.
    """
    for command in commands:
        on_command = _on_command(command.name, intake, wake, asked, client, keeper)
        listener = forms.instead_of(on_command) if forms and command.name == FORM_COMMAND else on_command
        app.command(intake.names.slash(command.name), matchers=FIRST)(listener)
    if forms:
        forms.register(app)
    app.action(re.compile("^press_"), matchers=FIRST)(_on_press(intake, wake, asked, client, keeper))
    app.view(CALLBACK, matchers=FIRST)(_on_form(intake, wake, keeper, BLOCK, _choice))
    for callback in (REASON_CALLBACK, DENIAL_CALLBACK):
        app.view(callback, matchers=FIRST)(_on_form(intake, wake, keeper, REASON_BLOCK, _reason))
    app.view(WRITE, matchers=FIRST)(_on_form(intake, wake, keeper, TEXT_BLOCK, message_call))
    app.event("app_mention")(_on_said(intake, client, is_private=False))
    app.event("message")(_on_said(intake, client, is_private=True))
    app.event("app_home_opened")(_on_home(intake))
    app.action(re.compile("^link_"), matchers=FIRST)(_on_link)
    other_release.register(app, intake, client)
    app.error(on_error)


def _on_command(  # noqa: PLR0913, PLR0917 - what a listener needs
    name: str, intake: Intake, wake: Wake, asked: Asked, client: WebClient, keeper: AckKeeper
) -> Callable[..., None]:
    """`name` is the command's own, whatever the workspace calls it."""

    def on_command(ack: Ack, body: dict[str, Any]) -> None:
        if keeper.is_hopeless():
            ack(text=NO_LEDGER, response_type="ephemeral")
            return
        call = replace(command_call(body), command=name)
        with keeper.watching(lambda: ack(text=wording.LATE, response_type="ephemeral")) as watched:
            response = intake.ask(call)
            if not (is_late := watched.ends_late()):
                ack(**(private(_drawn(response)) if response.text else {}))  # empty: the receipt follows
        _keep_url(response, body, asked)
        _wake_for(response, wake)
        if is_late and response.text:
            _answer(client, body, call, response)

    return on_command


def _on_press(intake: Intake, wake: Wake, asked: Asked, client: WebClient, keeper: AckKeeper) -> Callable[..., None]:
    def on_press(ack: Ack, body: dict[str, Any]) -> None:
        call = press_call(body)
        with keeper.watching(ack) as watched:  # an ack says nothing here, so it may come before the answer
            response = intake.press(call)
            if not watched.ends_late():
                ack()
        if call.press == ASK:
            _keep_url(response, body, asked)
        _wake_for(response, wake)
        if response.form and (why := _open_form(client, body, response.form, call)):
            response = Response(text=why)
        if response.wants_text and (why := _opened_or_why(client, str(body["trigger_id"]), message_view(call))):
            response = Response(text=why)
        if response.text and not response.is_repeated:
            _answer(client, body, call, response)
        if response.copy:
            _replace_copy(body, response.copy)

    return on_press


def _answer(client: WebClient, body: dict[str, Any], call: PressCall | CommandCall, response: Response) -> None:
    """Answer the sender alone: at the address that came with it, else with a private message there."""
    if body.get("view") and is_shown_in_form(client, body, _drawn(response, in_form=True)):
        return
    replaces = response.replaces and bool((body.get("container") or {}).get("is_ephemeral"))
    answer_sender(client, str(body.get("response_url") or ""), call, _drawn(response), replaces=replaces)


def _replace_copy(body: dict[str, Any], text: str) -> None:
    try:
        post_to(str(body["response_url"]), {"text": text, "replace_original": True})
    except ChatError as error:
        log.warning("copy.not_replaced", message=error.message)


def _on_form(
    intake: Intake, wake: Wake, keeper: AckKeeper, block: str, call_of: Callable[[dict[str, Any]], PressCall]
) -> Callable[..., None]:
    """`block` is the one whose field shows what was wrong."""

    def on_form(ack: Ack, body: dict[str, Any]) -> None:
        with keeper.watching(lambda: ack(response_action="errors", errors={block: wording.LATE})) as watched:
            response = intake.press(call_of(body))
            if watched.ends_late():
                log.warning("form.answered_late", message=response.text)
            elif response.text:
                ack(response_action="errors", errors={block: _sentence(response)})
            else:
                ack()
        _wake_for(response, wake)

    return on_form


def _on_said(intake: Intake, client: WebClient, *, is_private: bool) -> Callable[..., None]:
    """Answer a mention, for its writer alone, or a direct message. What programs say is left alone."""

    def on_said(event: dict[str, Any]) -> None:
        said = said_call(event)
        if said is None or (is_private and event.get("channel_type") != "im"):
            return
        answer = intake.said(said)
        if answer is not None:
            answer_words(client, said.place.channel_id, said.actor.user_id, draw(answer), is_private=is_private)

    return on_said


def _on_home(intake: Intake) -> Callable[..., None]:
    """Slack also tells of the tab with the messages, where nothing is drawn."""

    def on_home(event: dict[str, Any]) -> None:
        if event.get("tab") == "home":
            intake.home_opened(Actor(user_id=str(event["user"])))

    return on_home


def _on_link(ack: Ack) -> None:
    """Slack follows a link by itself, and wants an ack all the same."""
    ack()


def _choice(body: dict[str, Any]) -> PressCall:
    return form_call(body, picked=picked_in(body["view"]))


def _reason(body: dict[str, Any]) -> PressCall:
    return form_call(body, text=written_in(body["view"]))


def _keep_url(response: Response, body: dict[str, Any], asked: Asked) -> None:
    if response.wake:
        asked(response, str(body.get("response_url") or ""))


def _wake_for(response: Response, wake: Wake) -> None:
    if response.wake:
        wake(response.wake)


def _open_form(client: WebClient, body: dict[str, Any], request: Request, call: PressCall) -> str:
    """Open the form and return an empty text, or return the sentence for the presser when Slack did not open it."""
    return _opened_or_why(client, str(body["trigger_id"]), form_view(request, call.press, call.value), request.id)


def _opened_or_why(client: WebClient, trigger_id: str, view: View, request_id: str = "") -> str:
    try:
        with translate_errors():
            return _opened(client, trigger_id, view)
    except ChatError as error:
        log.warning("form.not_opened", request_id=request_id, message=error.message)
        return not_opened(error)


def _opened(client: WebClient, trigger_id: str, view: View) -> str:
    try:
        client.views_open(trigger_id=trigger_id, view=view)
    except SlackApiError as exc:
        if exc.response.get("error") not in TRIGGER_IS_OVER:
            raise
        log.warning("form.too_late", message=str(exc.response.get("error")))
        return NOT_OPENED_IN_TIME
    return ""


def on_error(error: Exception, body: dict[str, Any], context: BoltContext) -> BoltResponse | None:
    """Say with a reference that a listener raised: in the ack, or at the address that came with the command or press.

    The ack of a press shows no text, and one that was sent before cannot say it.
    """
    reference = uuid.uuid4().hex[:8]
    log.error("listener.failed", reference=reference, kind=body.get("type", "command"), exc_info=error)
    said = {"response_type": "ephemeral", "text": wording.broken(reference)}
    if body.get("response_url") and (body.get("type") == "block_actions" or context.ack.response):
        try:
            post_to(str(body["response_url"]), {**said, "replace_original": False})
        except ChatError as failed:
            log.warning("listener.not_told", message=failed.message)
    return None if context.ack.response else BoltResponse(status=200, body=failure_in_form(body, said["text"]) or said)


def _drawn(response: Response, *, in_form: bool = False) -> Drawing:
    """A form takes no table."""
    if response.card:
        return draw(response.card.in_letters() if in_form else response.card)
    return Drawing(text=draw_text(_sentence(response)), blocks=[])


def _sentence(response: Response) -> str:
    """Return the text in signs that say no more than they show."""
    return Card(headline=response.text, summary=response.text).summary
