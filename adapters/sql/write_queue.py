"""Who writes next among the threads of this process: first come, first served.

All writes stand in one line anyway, at the end of the audit chain. But SQLite's waiting is not fair: it sleeps and
tries again, for longer each time, and under load a person's receipt can lose against busy workers for seconds. So
threads queue here, before they take a connection; other processes are met at the database's own lock.
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
    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._line: deque[threading.Event] = deque()

    @contextmanager
    def take(self, within: timedelta) -> Iterator[timedelta]:
        """Wait for the turn and hold it; gives what is left of the time. Raises `TimeoutError`."""
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
