"""The times of entries, which never go back, and the clock, which may be set back under them."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from bot.domain.durations import exactly
from bot.domain.moments import said_at
from bot.errors import ClockSetBack

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

TOLERATED = timedelta(seconds=30)
"""So far the clock may go back. Times then stand still until it has come to them again."""

SWEEPS_AT_MOST = 12
"""After so many sweeps a request that cannot be ended holds up the others no longer."""


class Timeline:
    """What one process knows of the times of entries. Any thread may call it.

    The clock was set back when it is further behind the newest entry than tolerated, or when it went on by less than
    the steady clock of the machine did since the last sweep. From then on it stands still, until the clock has come to
    the newest entry again, and the requests whose dates were reckoned before have ended.
    """

    def __init__(self, ticks: Callable[[], float] = monotonic) -> None:
        self._ticks, self._lock = ticks, Lock()
        self._newest: datetime | None = None
        self._swept: tuple[datetime, float] | None = None  # the clock and the ticks at the last sweep
        self._refusal: ClockSetBack | None = None
        self._sweeps = 0

    def learn(self, newest: datetime | None) -> None:
        """Take the time of the newest entry."""
        with self._lock:
            if newest and (self._newest is None or newest > self._newest):
                self._newest = newest

    def of_entry(self, now: datetime) -> datetime:
        """Return the time that an entry of now has: never before the newest one."""
        newest = self._newest
        return now if newest is None else max(now, newest)

    def refusal(self, now: datetime) -> ClockSetBack | None:
        """Return why nothing may begin; None when the clock was not set back, or has come to its time again."""
        with self._lock:
            newest = self._newest
            if self._refusal is None and newest is not None and newest - now > TOLERATED:
                self._stand_still(newest - now)
            return self._refusal

    def sweep(self, now: datetime) -> None:
        """Compare how far the clock went since the last sweep with how long that was."""
        with self._lock:
            if self._swept is not None and self._refusal is None:
                before, ticks = self._swept
                expected = before + timedelta(seconds=self._ticks() - ticks)
                if expected - now > TOLERATED:
                    self._stand_still(expected - now)
            self._swept = now, self._ticks()
            self._sweeps += 1

    def has_come_again(self, now: datetime, *, nothing_waits: bool) -> bool:
        """End the standstill when it is over, and return whether this call did."""
        with self._lock:
            is_over = self._newest is None or now >= self._newest
            if self._refusal is None or not is_over or not (nothing_waits or self._sweeps >= SWEEPS_AT_MOST):
                return False
            self._refusal = None
            return True

    def _stand_still(self, back: timedelta) -> None:
        until = f"it is past {said_at(self._newest)} again" if self._newest else "a minute is over"
        length = exactly(timedelta(seconds=round(back.total_seconds())))
        self._sweeps = 0
        self._refusal = ClockSetBack(
            f"My clock was set back by {length}, so nobody can say how long anything has waited. I begin nothing until "
            f"{until}, and what waited has expired. Tell whoever runs me."
        )
