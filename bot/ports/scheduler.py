"""Who makes sure that somebody looks at a work item."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from bot.domain.request import WorkItem

if TYPE_CHECKING:
    from datetime import datetime, timedelta

Step = Callable[[WorkItem], None]
"""Does what is due for one work item. May raise; then the item is reported and not lost."""

OnFailure = Callable[[WorkItem, str, Exception], None]
"""Told of every step that raised: the item, a reference that finds the exception in the log, the exception."""


class Scheduler(Protocol):
    """Runs the steps of work items: one at a time for each item, and one at a time for each host."""

    def start(self, step: Step, on_failure: OnFailure) -> None:
        """Begin to run steps, first of all what a process that died left behind. Called once.

        What was woken before waits for it.
        """
        ...

    def wake(self, item: WorkItem, at: datetime | None = None) -> None:
        """Run the step of the item now, or then. A wake during a run is not lost.

        Steps of one host run one after the other, whatever request they belong to.
        """
        ...

    def stop(self, within: timedelta) -> bool:
        """Start nothing any more and let running steps finish. Returns False when some still run after that time."""
        ...

    def idle(self, within: timedelta) -> bool:
        """Wait until nothing runs and nothing is left to run by now. Returns False when the time is up before."""
        ...
