"""What the core needs of the world. These docstrings are the specification that `tests/contract` holds adapters to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.request import WorkItem


class Scheduler(Protocol):
    """Makes sure that somebody looks at a work item."""

    def wake(self, item: WorkItem, at: datetime | None = None) -> None:
        """The step of the item runs now, or then: one at a time per item, and a wake during a run is not lost.

        Steps of one host run one after the other, whatever request they belong to.
        """
        ...
