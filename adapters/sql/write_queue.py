"""A fair (first in, first out) lock for writers in this process.

All writers wait for the head of the audit log in any case. But SQLite's lock is not fair: a waiting writer sleeps
longer after each try, so under load a receipt can lose against busy workers for seconds. So threads queue here before
they take a connection. Other processes meet at the lock of the database.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class FairLock:
    """A lock that threads get in the order in which they asked for it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._line: deque[threading.Event] = deque()

    def holder(self) -> object | None:
        """Return a mark of the thread that has the lock, always the same one for one turn; None when nobody has it."""
        with self._guard:
            return self._line[0] if self._line else None

    @contextmanager
    def take(self, within: timedelta) -> Iterator[timedelta]:
        """Wait for the lock, hold it inside the block, and yield the rest of the time. Raises `TimeoutError`."""
        until = monotonic() + within.total_seconds()
        mine = self._join()
        try:
            if not mine.wait(within.total_seconds()):
                raise TimeoutError(f"no turn to write within {within}")
            yield timedelta(seconds=max(0.0, until - monotonic()))
        finally:
            self._leave(mine)

    def _join(self) -> threading.Event:
        mine = threading.Event()
        with self._guard:
            self._line.append(mine)
            self._line[0].set()
        return mine

    def _leave(self, mine: threading.Event) -> None:
        with self._guard:
            self._line.remove(mine)
            if self._line:
                self._line[0].set()
