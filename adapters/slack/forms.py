"""The forms behind buttons as Slack modals. They wait for no host, because Slack wants them within 3 seconds."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from slack_sdk.models.blocks import (
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
)
from slack_sdk.models.views import View

from adapters.slack.fitting import NOTHING
from adapters.slack.limits import (
    FORM_TITLE,
    HINT,
    LABEL,
    MOST_OPTIONS,
    MOST_VIEW_BLOCKS,
    OPTION_TEXT,
    VIEW_JSON,
    cut,
)
from adapters.slack.logoff_view import places_of, tick_boxes
from adapters.slack.table import json_length
from bot.cards.forms import choose_form, denial_form, reason_form
from bot.cards.model import Press

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.cards.forms import ChooseForm, TextForm
    from bot.domain.request import Request

    Form = ChooseForm | TextForm

CALLBACK, BLOCK = "choose", "targets"
REASON_CALLBACK, REASON_BLOCK = "reason", "reason"
DENIAL_CALLBACK = Press.DENY.value
"""What a form sends back as its press. A no that was sent in a form is a no like any other."""


def choose_view(request: Request, value: str) -> View:
    """Return the form as a modal, with a menu for each hundred targets.

    `value` is the button's, `id:version`. The value of an option is its target's position on the card, from 0.
    """
    most = _most_rows(choose_form(request, MOST_OPTIONS * MOST_VIEW_BLOCKS))
    form = choose_form(request, most)
    options = [_option(place, row) for place, row in enumerate(form.rows)]
    blocks = []
    for first in range(0, len(options), MOST_OPTIONS):
        part, block = options[first : first + MOST_OPTIONS], f"{BLOCK}:{first}" if first else BLOCK
        blocks.append(
            InputBlock(
                block_id=block,
                label=PlainTextObject(text=cut(form.label_of(first + 1, first + len(part)), LABEL)),
                hint=None if first else PlainTextObject(text=cut(form.hint, HINT)),
                element=tick_boxes(block, part, part),
                optional=len(options) > MOST_OPTIONS or None,  # all of one menu may go, and the others stay
            )
        )
    return _modal(form, CALLBACK, value, *blocks)


def _option(place: int, row: str) -> Option:
    return Option(value=str(place), text=PlainTextObject(text=cut(row, OPTION_TEXT) or NOTHING, emoji=False))


def _most_rows(form: ChooseForm) -> int:
    """Return how many rows the form may have: each is an option, and ticked."""
    lengths = (2 * json_length([_option(place, row).to_dict()]) for place, row in enumerate(form.rows))
    return sum(total <= VIEW_JSON for total in accumulate(lengths))


def reason_view(request: Request, value: str) -> View:
    """Return the form for the reason of a forced command. `value` is the button's."""
    form = reason_form(request)
    element = PlainTextInputElement(action_id=REASON_BLOCK, max_length=form.longest, min_length=1)
    return text_view(form, element, REASON_CALLBACK, value, REASON_BLOCK)


def denial_view(request: Request, value: str) -> View:
    """Return the form for the reason of a no. `value` is the button's."""
    form = denial_form(request)
    element = PlainTextInputElement(action_id=REASON_BLOCK, max_length=form.longest, multiline=True)
    return text_view(form, element, DENIAL_CALLBACK, value, REASON_BLOCK)


def text_view(form: TextForm, element: PlainTextInputElement, callback: str, value: str, block: str) -> View:
    """Return a form with one text as a modal. `value` comes back with it."""
    label, hint = PlainTextObject(text=cut(form.label, LABEL)), PlainTextObject(text=cut(form.hint, HINT))
    optional = None if form.is_needed else True
    field = InputBlock(block_id=block, label=label, hint=hint, element=element, optional=optional)
    return _modal(form, callback, value, field)


def _modal(form: Form, callback: str, value: str, *blocks: InputBlock) -> View:
    return View(
        type="modal",
        callback_id=callback,
        private_metadata=value,
        title=PlainTextObject(text=cut(form.title, FORM_TITLE)),
        submit=PlainTextObject(text=cut(form.submit, FORM_TITLE)),
        close=PlainTextObject(text=cut(form.close, FORM_TITLE)),
        blocks=blocks,
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
    entered = view["state"]["values"]
    menus = [entered[block][block] for block in entered if block.partition(":")[0] == BLOCK]
    return frozenset(place for menu in menus for place in places_of(menu.get("selected_options") or ()))
