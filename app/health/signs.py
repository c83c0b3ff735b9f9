"""Signs of life: a mark that has to change again and again."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Pulse:
    """Knows since when a mark has not changed, by a clock that cannot be set. `None` is no sign of life."""

    def __init__(self, read: Callable[[], object], clock: Callable[[], float] = monotonic) -> None:
        self._read, self._clock = read, clock
        self._seen: object = None
        self._at: float | None = None  # when it changed last; None: it never did

    def silent_for(self) -> float | None:
        """Look at the mark, and return for how many seconds it has been the same; None: there never was one."""
        mark, now = self._read(), self._clock()
        if mark is not None and mark != self._seen:
            self._seen, self._at = mark, now
        return None if self._at is None else now - self._at


class WriteNews:
    """What became of the last writes of the ledger."""

    FRESH = 2.0  # seconds in which a write that went well needs no other proof
    STALE = 30.0  # seconds after which a failure says nothing about the present
    IN_A_ROW = 2  # one alone may be a matter of its own request

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._well_at = self._failed_at = float("-inf")
        self._failures = 0
        self.broken = ""
        """The code of the error after which this process writes no more; empty: there is none."""

    def went_well(self) -> None:
        self._well_at, self._failures = self._clock(), 0

    def failed(self) -> None:
        self._failures, self._failed_at = self._failures + 1, self._clock()

    @property
    def is_fresh(self) -> bool:
        """Whether a write went well a moment ago, and none failed since."""
        return not self._failures and self._clock() - self._well_at < self.FRESH

    @property
    def is_bad(self) -> bool:
        """Whether the last writes failed."""
        return self._failures >= self.IN_A_ROW and self._clock() - self._failed_at < self.STALE
