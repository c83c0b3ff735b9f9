"""Writes that wait at the same moment go into one transaction.

A commit waits for the disk, some milliseconds each. Of two hundred commands that arrive at once, each would wait for
the commits of all before it. So the first of those who wait writes for all of them: the others wait for its commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from adapters.sql.write_queue import FairLock

MOST = 64
"""The most writes of one transaction. It stays a matter of milliseconds."""

Item = TypeVar("Item")
Written = TypeVar("Written")
WriteAll = Callable[[Sequence[Item], timedelta], Sequence[Written | Exception]]
"""Writes these items within this time and returns, for each of them, what was written or why it was not."""


def _late() -> Exception:
    return TimeoutError("no turn to write in time")


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Item, Written]):
    item: Item
    until: float
    writes: bool = False  # it writes for all that wait
    woken: threading.Event = field(default_factory=threading.Event)  # it has its outcome, or writes for all by now
    outcome: Written | Exception = field(default_factory=_late)


class Together(Generic[Item, Written]):
    """Hands what waits at the same moment to `write_all`, in the thread of the one that has waited longest.

    `first`: people wait for it. `most`: the most writes of one transaction.
    """

    def __init__(
        self, turns: FairLock, write_all: WriteAll[Item, Written], *, first: bool = True, most: int = MOST
    ) -> None:
        self._turns, self._write_all, self._first, self._most = turns, write_all, first, most
        self._guard = threading.Lock()
        self._waiting: list[_Waiting[Item, Written]] = []  # the first of them writes, or waits for its turn to write

    def put(self, item: Item, within: timedelta) -> Written:
        """Write the item and return what was written. Raises what `write_all` returned for it, and `TimeoutError`.

        What others have begun to write for it is waited for: it cannot be called back.
        """
        mine: _Waiting[Item, Written] = _Waiting(item, until=monotonic() + within.total_seconds())
        with self._guard:
            self._waiting.append(mine)
            mine.writes = len(self._waiting) == 1
        if not mine.writes and not mine.woken.wait(within.total_seconds()) and not self._withdraw(mine):
            mine.woken.wait()
        if mine.writes:
            self._write(mine)
        if isinstance(mine.outcome, Exception):
            raise mine.outcome
        return mine.outcome

    def _write(self, mine: _Waiting[Item, Written]) -> None:
        """Write for all that wait, `mine` among them."""
        left = timedelta(seconds=max(0.0, mine.until - monotonic()))
        try:
            with self._turns.take(left, first=self._first) as rest:
                self._write_some(self._take(), rest)
        finally:
            self._withdraw(mine)

    def _write_some(self, some: Sequence[_Waiting[Item, Written]], within: timedelta) -> None:
        try:
            for each, outcome in zip(some, self._write_all([each.item for each in some], within), strict=True):
                each.outcome = outcome
        finally:
            for each in some:
                each.woken.set()

    def _take(self) -> list[_Waiting[Item, Written]]:
        """Take the first of those who wait, and let the next one write for the rest."""
        with self._guard:
            some, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            self._call_up()
            return some

    def _withdraw(self, mine: _Waiting[Item, Written]) -> bool:
        """Let it wait no more, and return whether it did: nobody has begun to write it."""
        with self._guard:
            if mine not in self._waiting:
                return False
            self._waiting.remove(mine)
            self._call_up()
            return True

    def _call_up(self) -> None:
        if self._waiting:
            self._waiting[0].writes = True
            self._waiting[0].woken.set()
