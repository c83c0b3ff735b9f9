"""The queue of all writers of this process: a lock that people who wait for an answer get before the workers.

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

MOST_IN_A_ROW = 8
"""So many writers for whom a person waits come before one worker has its turn: a flood stops no work for good."""


class FairLock:
    """A lock with two lines, each first in, first out. `first` is the line of people who wait for an answer."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._holder: threading.Event | None = None
        self._people: deque[threading.Event] = deque()
        self._workers: deque[threading.Event] = deque()
        self._in_a_row = 0  # turns of people since a worker had one, or since no worker waited

    def holder(self) -> object | None:
        """Return a mark of the thread that has the lock, always the same one for one turn; None when nobody has it."""
        with self._guard:
            return self._holder

    @contextmanager
    def take(self, within: timedelta, *, first: bool = False) -> Iterator[timedelta]:
        """Wait for the lock, hold it inside the block, and yield the rest of the time. Raises `TimeoutError`."""
        until = monotonic() + within.total_seconds()
        line = self._people if first else self._workers
        mine = self._join(line)
        try:
            if not mine.wait(within.total_seconds()):
                raise TimeoutError(f"no turn to write within {within}")
            yield timedelta(seconds=max(0.0, until - monotonic()))
        finally:
            self._leave(line, mine)

    def waiting(self) -> tuple[int, int]:
        """Return how many writers wait: those for whom a person waits, and workers."""
        with self._guard:
            return len(self._people), len(self._workers)

    def _join(self, line: deque[threading.Event]) -> threading.Event:
        mine = threading.Event()
        with self._guard:
            line.append(mine)
            self._call_up()
        return mine

    def _leave(self, line: deque[threading.Event], mine: threading.Event) -> None:
        with self._guard:
            if self._holder is mine:
                self._holder = None
                self._call_up()
            else:
                line.remove(mine)

    def _call_up(self) -> None:
        """Give the lock to the next writer when nobody holds it."""
        if self._holder is not None or not (self._people or self._workers):
            return
        is_workers_turn = bool(self._workers) and (not self._people or self._in_a_row >= MOST_IN_A_ROW)
        self._in_a_row = 0 if is_workers_turn or not self._workers else self._in_a_row + 1
        self._holder = (self._workers if is_workers_turn else self._people).popleft()
        self._holder.set()
