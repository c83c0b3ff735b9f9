"""Answers to a press in a home or in a form: a form that only shows them, because neither has a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from slack_sdk.models.blocks import MarkdownTextObject, PlainTextObject, SectionBlock
from slack_sdk.models.views import View

from adapters.slack.errors import translate_errors
from adapters.slack.limits import FORM_TITLE, SECTION_TEXT, cut
from bot.cards.forms import ANSWER_CLOSE, ANSWER_TITLE
from bot.errors import ChatError

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from adapters.slack.render import Drawing

log = structlog.get_logger()


def is_shown_in_form(client: WebClient, body: dict[str, Any], shown: Drawing) -> bool:
    """Show the answer in a form above the home, or in the form that was pressed. Return False when Slack refuses it."""
    view, pressed = answer_view(shown), body["view"]
    try:
        with translate_errors():
            if pressed.get("type") == "modal":
                client.views_update(view_id=str(pressed["id"]), view=view)
            else:
                client.views_open(trigger_id=str(body["trigger_id"]), view=view)
    except ChatError as error:
        log.warning("answer.not_shown", message=error.message)
        return False
    return True


def answer_view(shown: Drawing) -> View:
    """Return the card, or the sentence, as a form without fields."""
    sentence = SectionBlock(text=MarkdownTextObject(text=cut(shown.text, SECTION_TEXT), verbatim=True))
    return View(
        type="modal",
        title=PlainTextObject(text=cut(ANSWER_TITLE, FORM_TITLE)),
        close=PlainTextObject(text=cut(ANSWER_CLOSE, FORM_TITLE)),
        blocks=shown.blocks or [sentence],
    )


def failure_in_form(body: dict[str, Any], sentence: str) -> dict[str, Any]:
    """Return the ack that shows the sentence in a form that was sent, at its first field; empty for anything else."""
    if body.get("type") != "view_submission":
        return {}
    fields = [str(block.get("block_id")) for block in body["view"].get("blocks") or () if block.get("type") == "input"]
    return {"response_action": "errors", "errors": {fields[0]: sentence}} if fields else {}
