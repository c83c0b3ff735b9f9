"""The form behind "Choose...": the targets as a list to pick from. It opens within Slack's 3 s and asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slack_sdk.models.blocks import InputBlock, Option, PlainTextObject, StaticMultiSelectElement
from slack_sdk.models.views import View

from adapters.slack.limits import cut
from bot.cards.wording import isolate, session_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.request import Request

CALLBACK = "choose"
BLOCK = "targets"
MOST_OPTIONS = 100
OPTION_TEXT = 75


def choose_form(request: Request, value: str) -> View:
    """`value` is the button's: id and version. Options carry the target's place in the list of that version."""
    options = [
        Option(value=str(place), text=PlainTextObject(text=_label(request, place), emoji=False))
        for place in range(min(len(request.targets), MOST_OPTIONS))
    ]
    return View(
        type="modal",
        callback_id=CALLBACK,
        private_metadata=value,
        title=PlainTextObject(text="Choose sessions"),
        submit=PlainTextObject(text="Keep these"),
        close=PlainTextObject(text="Back"),
        blocks=[
            InputBlock(
                block_id=BLOCK,
                label=PlainTextObject(text="Who stays on the card"),
                hint=PlainTextObject(text=_hint(request)),
                element=StaticMultiSelectElement(action_id=BLOCK, options=options, initial_options=options),
            )
        ],
    )


def picked_in(view: Mapping[str, Any]) -> frozenset[int]:
    """The places that were left in the list."""
    chosen = view["state"]["values"][BLOCK][BLOCK].get("selected_options") or ()
    return frozenset(int(option["value"]) for option in chosen)


def _label(request: Request, place: int) -> str:
    session = request.targets[place].session
    return cut(f"{isolate(str(session.account))} - {session.host} {session.id} - {session_state(session)}", OPTION_TEXT)


def _hint(request: Request) -> str:
    more = len(request.targets) - MOST_OPTIONS
    cut_off = f" Only the first {MOST_OPTIONS} fit here; the other {more} are taken out." if more > 0 else ""
    return f"Nothing happens yet: the card is drawn again for everybody.{cut_off}"
