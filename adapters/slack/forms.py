"""The forms behind buttons as Slack modals. They wait for no host, because Slack wants them within 3 seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slack_sdk.models.blocks import (
    CheckboxesElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    StaticMultiSelectElement,
)
from slack_sdk.models.views import View

from adapters.slack.limits import HINT, MOST_OPTIONS, OPTION_TEXT, cut
from adapters.slack.logoff_view import tick_boxes
from bot.cards.forms import choose_form, reason_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.cards.forms import ChooseForm, ReasonForm
    from bot.domain.request import Request

    Form = ChooseForm | ReasonForm
    Element = CheckboxesElement | StaticMultiSelectElement | PlainTextInputElement

CALLBACK, BLOCK = "choose", "targets"
REASON_CALLBACK, REASON_BLOCK = "reason", "reason"


def choose_view(request: Request, value: str) -> View:
    """Return the form as a modal.

    `value` is the button's, `id:version`. The value of an option is its target's position on the card, from 0.
    """
    form = choose_form(request, MOST_OPTIONS)
    options = [
        Option(value=str(place), text=PlainTextObject(text=cut(row, OPTION_TEXT), emoji=False))
        for place, row in enumerate(form.rows)
    ]
    element = tick_boxes(BLOCK, options, options)
    return _modal(form, element, CALLBACK, BLOCK, value)


def reason_view(request: Request, value: str) -> View:
    """Return the form for the reason of a forced command. `value` is the button's."""
    form = reason_form(request)
    element = PlainTextInputElement(action_id=REASON_BLOCK, max_length=form.longest, min_length=1)
    return _modal(form, element, REASON_CALLBACK, REASON_BLOCK, value)


def _modal(form: Form, element: Element, callback: str, block: str, value: str) -> View:
    label, hint = PlainTextObject(text=form.label), PlainTextObject(text=cut(form.hint, HINT))
    return View(
        type="modal",
        callback_id=callback,
        private_metadata=value,
        title=PlainTextObject(text=form.title),
        submit=PlainTextObject(text=form.submit),
        close=PlainTextObject(text=form.close),
        blocks=[InputBlock(block_id=block, label=label, hint=hint, element=element)],
    )


def form_view(request: Request, value: str) -> View:
    """Return the form that the request waits for."""
    return choose_view(request, value) if request.reason_asked is None else reason_view(request, value)


def written_in(view: Mapping[str, Any]) -> str:
    """The reason; Slack gives none for a field that was left empty."""
    return str(view["state"]["values"][REASON_BLOCK][REASON_BLOCK].get("value") or "")


def picked_in(view: Mapping[str, Any]) -> frozenset[int]:
    """Return the positions of the targets that stayed in the list, from 0."""
    chosen = view["state"]["values"][BLOCK][BLOCK].get("selected_options") or ()
    return frozenset(int(option["value"]) for option in chosen)
