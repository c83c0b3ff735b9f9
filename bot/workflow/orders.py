"""What a host is told about one target: whom the order means, and what has to be true for it still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.session import SessionState
from bot.ports.terminal import Order

if TYPE_CHECKING:
    from bot.domain.conditions import Condition
    from bot.domain.request import Request, Target


def _said_since(request: Request, target: Target) -> int:
    """Return the time that the host compares with what the card said, or 0.

    Somebody Active who got this request's warning is meant to save and to close the window, so no time of theirs is
    compared after it.
    """
    if request.ask.even_if_active or (target.warned_at and target.session.state is SessionState.ACTIVE):
        return 0
    return target.session.said_since


def order_for(
    request: Request, target: Target, still: tuple[Condition, ...] = (), *, not_at_console: bool = True
) -> Order:
    """Return the order for the target. `still` are conditions of the rules, besides the filters of the command."""
    return Order(
        session_id=target.session.id,
        account=target.session.account,
        logon=target.session.logon,
        said_state=target.session.state,
        even_if_active=request.ask.even_if_active,
        said_since=_said_since(request, target),
        machine=target.session.machine,
        conditions=(*request.ask.conditions, *still),
        not_at_console=not_at_console,
    )
