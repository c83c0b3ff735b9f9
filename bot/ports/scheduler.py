"""The port that runs the steps of work items."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from bot.domain.request import WorkItem

if TYPE_CHECKING:
    from datetime import datetime, timedelta

Step = Callable[[WorkItem], None]
"""Runs the step that is due for one work item. It may raise; the scheduler then calls `OnFailure` with the item."""

OnFailure = Callable[[WorkItem, str, Exception], None]
"""Takes a step that raised: the item, a reference that finds the exception in the log, and the exception."""


class Scheduler(Protocol):
    """Runs steps: one at a time for each work item, and one at a time for each host."""

    def start(self, step: Step, on_failure: OnFailure) -> None:
        """Begin to run steps. Called once.

        Items that were due when an earlier process died run first. Items that were woken before the start run as well.
        """
        ...

    def wake(self, item: WorkItem, at: datetime | None = None, *, here: bool = False) -> None:
        """Run the step of the item at that time; None: now. A wake during a run causes another run.

        `here`: if several replicas share the work, preferably on this one, which has the open form of a person, say.

        The steps of one host run one after the other, also when they belong to different requests.
        """
        ...

    def stop(self, within: timedelta) -> bool:
        """Start no more steps and let running steps finish. Return False when some still run after that time."""
        ...

    def idle(self, within: timedelta) -> bool:
        """Wait until no step runs and none is due. Return False when the time is up before."""
        ...
