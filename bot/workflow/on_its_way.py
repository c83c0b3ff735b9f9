"""Whether the last order to a host may still be on its way: the process that sent it may have died meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.domain.request import Request


def is_on_its_way(request: Request, host: str, now: datetime, call_limit: timedelta) -> bool:
    """Return whether an order that was recorded for the host may still arrive there, or be carried out.

    An order is recorded before it leaves, and its call ends within `call_limit`. Until then nobody orders again: two
    orders would be under way at one host. `request`: the host's part.
    """
    look = request.survey_of(host)
    ordered = [target.requested_at for target in request.targets if target.session.host == host]
    newest = max((at for at in (look and look.started_at, *ordered) if at), default=None)
    return newest is not None and now < newest + call_limit
