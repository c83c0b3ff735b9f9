"""The form for the text of a message as a Slack modal. It carries the button's value, and where it was pressed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.views import View

from adapters.slack.payloads import form_call
from bot.cards.message_form import WRITE, MessageForm
from bot.domain.people import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.workflow.inputs import PressCall

TEXT_BLOCK = "text"


def message_view(call: PressCall) -> View:
    """Return the form behind the pressed button."""
    form = MessageForm()
    element = PlainTextInputElement(action_id=TEXT_BLOCK, max_length=form.longest, min_length=1)
    label, hint = PlainTextObject(text=form.label), PlainTextObject(text=form.hint)
    return View(
        type="modal",
        callback_id=WRITE,
        private_metadata=f"{call.place.channel_id}:{call.place.name} {call.value}",
        title=PlainTextObject(text=form.title),
        submit=PlainTextObject(text=form.submit),
        close=PlainTextObject(text=form.close),
        blocks=[InputBlock(block_id=TEXT_BLOCK, label=label, hint=hint, element=element)],
    )


def message_call(body: Mapping[str, Any]) -> PressCall:
    """Return the sent form. It counts as sent from the channel in which its button was pressed.

    It is one delivery however often it is sent: nobody reads the same message twice.
    """
    where, _, value = str(body["view"].get("private_metadata") or "").partition(" ")
    channel_id, _, name = where.partition(":")
    written = str(body["view"]["state"]["values"][TEXT_BLOCK][TEXT_BLOCK].get("value") or "")
    place = Place(channel_id=channel_id, name=name)
    delivery = f"form {body['view'].get('id')}"
    return replace(form_call(body, text=written), place=place, value=value, delivery=delivery)
