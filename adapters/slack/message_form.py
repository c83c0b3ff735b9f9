"""The form for the text of a message as a Slack modal. It carries the button's value, and where it was pressed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slack_sdk.models.blocks import PlainTextInputElement

from adapters.slack.forms import text_view
from adapters.slack.payloads import form_call
from bot.cards.message_form import WRITE, message_form
from bot.domain.people import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slack_sdk.models.views import View

    from bot.workflow.inputs import PressCall

TEXT_BLOCK = "text"


def message_view(call: PressCall) -> View:
    """Return the form behind the pressed button."""
    form = message_form()
    element = PlainTextInputElement(action_id=TEXT_BLOCK, max_length=form.longest, min_length=1)
    value = f"{call.place.channel_id}:{call.place.name} {call.value}"
    return text_view(form, element, WRITE, value, TEXT_BLOCK)


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
