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

from adapters.slack.limits import FORM_TITLE, HINT, LABEL, MOST_OPTIONS, OPTION_TEXT, cut
from adapters.slack.logoff_view import places_of, tick_boxes
from bot.cards.forms import choose_form, denial_form, reason_form
from bot.cards.model import Press

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.cards.forms import ChooseForm, ReasonForm
    from bot.domain.request import Request

    Form = ChooseForm | ReasonForm
    Element = CheckboxesElement | StaticMultiSelectElement | PlainTextInputElement

CALLBACK, BLOCK = "choose", "targets"
REASON_CALLBACK, REASON_BLOCK = "reason", "reason"
DENIAL_CALLBACK = Press.DENY.value
"""What a form sends back as its press. A no that was sent in a form is a no like any other."""


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


def denial_view(request: Request, value: str) -> View:
    """Return the form for the reason of a no. `value` is the button's."""
    form = denial_form(request)
    element = PlainTextInputElement(action_id=REASON_BLOCK, max_length=form.longest, multiline=True)
    return _modal(form, element, DENIAL_CALLBACK, REASON_BLOCK, value, optional=not form.is_needed)


def _modal(  # noqa: PLR0913 - a form, and what Slack sends back with it
    form: Form, element: Element, callback: str, block: str, value: str, *, optional: bool = False
) -> View:
    label, hint = PlainTextObject(text=cut(form.label, LABEL)), PlainTextObject(text=cut(form.hint, HINT))
    return View(
        type="modal",
        callback_id=callback,
        private_metadata=value,
        title=PlainTextObject(text=cut(form.title, FORM_TITLE)),
        submit=PlainTextObject(text=cut(form.submit, FORM_TITLE)),
        close=PlainTextObject(text=cut(form.close, FORM_TITLE)),
        blocks=[InputBlock(block_id=block, label=label, hint=hint, element=element, optional=optional or None)],
    )


def form_view(request: Request, press: str, value: str) -> View:
    """Return the form behind the button of this press."""
    match press:
        case Press.REASON:
            return reason_view(request, value)
        case Press.DENY | Press.DENY_BECAUSE:
            return denial_view(request, value)
        case _:
            return choose_view(request, value)


def written_in(view: Mapping[str, Any]) -> str:
    """The reason; Slack gives none for a field that was left empty."""
    return str(view["state"]["values"][REASON_BLOCK][REASON_BLOCK].get("value") or "")


def picked_in(view: Mapping[str, Any]) -> frozenset[int]:
    """Return the positions of the targets that stayed in the list, from 0."""
    chosen = view["state"]["values"][BLOCK][BLOCK].get("selected_options") or ()
    return places_of(chosen)
