"""Alarms: functions that are called at their moments, by one thread for all connections of the process.

A thread for each message, as `threading.Timer` has one, costs as much processor time as its sealing and its parsing.
"""

from __future__ import annotations

import time
from heapq import heappop, heappush
from itertools import count
from threading import Condition, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Alarm:
    """One call that is to come."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action: Callable[[], None] | None = action

    @property
    def is_off(self) -> bool:
        return self._action is None

    def cancel(self) -> None:
        """Let go of the function. One that is being called just now is called to its end."""
        self._action = None

    def ring(self) -> None:
        action, self._action = self._action, None
        if action:
            action()


class Alarms:
    """The alarms of a process. The thread starts with the first one, and ends when none is left to wait for."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._due: list[tuple[float, int, Alarm]] = []
        self._numbers = count()  # of two at the same moment the older one is first
        self._thread: Thread | None = None

    def call_after(self, seconds: float, action: Callable[[], None]) -> Alarm:
        """Call the function after so many seconds, unless the alarm is cancelled. It has to be quick and not raise."""
        alarm = Alarm(action)
        with self._changed:
            self._forget_cancelled()
            heappush(self._due, (time.monotonic() + seconds, next(self._numbers), alarm))
            if self._thread is None:
                self._thread = Thread(target=self._ring_all, name="deadlines", daemon=True)
                self._thread.start()
            elif self._due[0][2] is alarm:
                self._changed.notify()
        return alarm

    def waiting(self) -> int:
        """Return how many alarms are kept."""
        return len(self._due)

    def _forget_cancelled(self) -> None:
        """Drop those that the thread would wake up for in vain, so that a busy process keeps few."""
        while len(self._due) > 1 and self._due[0][2].is_off:
            heappop(self._due)

    def _ring_all(self) -> None:
        while alarm := self._next():
            alarm.ring()

    def _next(self) -> Alarm | None:
        """Wait for the next alarm. None when there is none any more, and with it this thread."""
        with self._changed:
            while self._due:
                left = self._due[0][0] - time.monotonic()
                if left <= 0:
                    return heappop(self._due)[2]
                self._changed.wait(left)
            self._thread = None
            return None
