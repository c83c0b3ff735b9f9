"""Planning the next step of a work item."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.request import WorkItem
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import Scheduler


def plan(ledger: Ledger, scheduler: Scheduler, item: WorkItem, at: datetime) -> None:
    """Keep when the next step of the item is due, and wake it then: a process that dies loses no step."""
    ledger.postpone(item, at)
    scheduler.wake(item, at)
