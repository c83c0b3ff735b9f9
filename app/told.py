"""Whether something was told, by a signal or by a thread."""

from __future__ import annotations

import time
from datetime import timedelta

LOOK_AGAIN = timedelta(seconds=0.25)
"""How long a waiting thread may sleep while a signal waits for it."""


class Told:
    """Like an event of `threading`, without its lock.

    A signal may come while the main thread is in the handler of the one before. A lock that is held there would be
    waited for without an end, by this thread and by all others.
    """

    __slots__ = ("_is_set",)

    def __init__(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True

    def clear(self) -> None:
        self._is_set = False

    def wait(self, seconds: float) -> bool:
        """Return whether it was told, after that time at the latest."""
        until = time.monotonic() + seconds
        while not self._is_set and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_AGAIN.total_seconds()))
        return self._is_set
