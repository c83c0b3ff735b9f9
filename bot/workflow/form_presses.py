"""Which presses are on a button with a form behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.model import Press

if TYPE_CHECKING:
    from bot.domain.request import Request
    from bot.workflow.inputs import PressCall
    from bot.workflow.presses import PressHandler


def opens_form(request: Request, press: Press, call: PressCall, presses: PressHandler) -> bool:
    """Return whether the press is one on a button with a form behind it. What was sent in a form opens none.

    Where the request is decided already, a no or a choice is answered at once: nobody fills in a form for nothing.
    """
    required = request.requirement
    match press:
        case Press.CHOOSE:
            return call.picked is None and presses.is_waiting(request)
        case Press.REASON:
            return call.text is None
        case Press.DENY if not (required and required.deny_reason):
            return False
        case Press.DENY | Press.DENY_BECAUSE:
            return call.text is None and presses.is_waiting(request)
        case _:
            return False
