"""What a step does while nothing may begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.wording import CLOCK_SET_BACK
from bot.domain.events import Expired
from bot.domain.request import State
from bot.errors import ClockSetBack

if TYPE_CHECKING:
    from bot.domain.request import Request, WorkItem
    from bot.errors import Standstill
    from bot.ports.ledger import Ledger


def ends_in_standstill(ledger: Ledger, still: Standstill, request: Request, item: WorkItem) -> bool:
    """End a request whose dates were reckoned before the clock was set back. Return whether its card may be drawn.

    A process that does not own the database leaves the item alone; it is due again when somebody does.
    Raises `Conflict` and `LedgerError`.
    """
    if item.host or not isinstance(still, ClockSetBack):
        return False
    if request.state is not State.ENDED:
        ledger.record(request.id, Expired(why=CLOCK_SET_BACK))
    return True
