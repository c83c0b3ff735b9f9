"""The `Scheduler` port without threads: steps run when the test says so, in one order."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.domain.request import WorkItem
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import OnFailure, Step


class FakeScheduler:
    """Without an `on_failure` a step's exception goes to the test."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._step: Step | None = None
        self._on_failure: OnFailure | None = None
        self._woken: dict[tuple[WorkItem, datetime], None] = {}

    def start(self, step: Step, on_failure: OnFailure | None = None) -> None:
        self._step, self._on_failure = step, on_failure
        self.sweep()

    def stop(self, within: timedelta) -> bool:  # noqa: ARG002 - nothing takes time here
        self._step = None
        return True

    def idle(self, within: timedelta) -> bool:  # noqa: ARG002 - the same
        return not any(at <= self._clock.now() for _, at in self._woken)

    @property
    def woken(self) -> tuple[WorkItem, ...]:
        """What waits for its run, whenever that is, in the order of waking."""
        return tuple(item for item, _ in self._woken)

    @property
    def next_at(self) -> datetime | None:
        """The earliest date at which something runs; None: nothing was woken."""
        return min((at for _, at in self._woken), default=None)

    def wake(self, item: WorkItem, at: datetime | None = None, *, here: bool = False) -> None:  # noqa: ARG002 - one
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
        if self._step is None:
            raise RuntimeError(f"{item} is to run, and nothing was started")
        try:
            self._step(item)
        except Exception as error:
            if self._on_failure is None:
                raise
            self._on_failure(item, uuid4().hex[:8], error)
