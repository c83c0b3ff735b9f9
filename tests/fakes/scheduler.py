"""The `Scheduler` port without threads: steps run when the test says so, in one order."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.domain.request import WorkItem
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger


class FakeScheduler:
    """Without `on_failure` a step's exception goes to the test."""

    def __init__(
        self,
        step: Callable[[WorkItem], None],
        ledger: Ledger,
        clock: Clock,
        *,
        on_failure: Callable[[WorkItem, str, Exception], None] | None = None,
    ) -> None:
        self._step, self._ledger, self._clock, self._on_failure = step, ledger, clock, on_failure
        self._woken: dict[tuple[WorkItem, datetime], None] = {}

    @property
    def woken(self) -> tuple[WorkItem, ...]:
        """What waits for its run, whenever that is, in the order of waking."""
        return tuple(item for item, _ in self._woken)

    def wake(self, item: WorkItem, at: datetime | None = None) -> None:
        self._woken[item, max(at or self._clock.now(), self._clock.now())] = None

    def sweep(self) -> None:
        """Wake what the ledger says is due: what a start, or the passing of some seconds, does."""
        for item in self._ledger.due(self._clock.now()):
            self.wake(item)

    def run_all(self, most: int = 1000) -> int:
        """Run steps, the earliest first, until nothing is due; how many ran. `RuntimeError` after `most`."""
        ran = 0
        while (item := self._take()) is not None:
            ran += 1
            if ran > most:
                raise RuntimeError(f"after {most} steps {item} is woken still: the steps wake one another for ever")
            self._run(item)
        return ran

    def _take(self) -> WorkItem | None:
        now = self._clock.now()
        due = [key for key in self._woken if key[1] <= now]
        if not due:
            return None
        item, _ = min(due, key=lambda key: key[1])
        for key in due:
            if key[0] == item:
                del self._woken[key]
        return item

    def _run(self, item: WorkItem) -> None:
        try:
            self._step(item)
        except Exception as error:
            if self._on_failure is None:
                raise
            self._on_failure(item, uuid4().hex[:8], error)
