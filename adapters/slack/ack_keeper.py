"""Acks in time, whatever the database does: Slack shows an error three seconds after a command or a press."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACK_WITHIN = timedelta(seconds=2.3)
"""How long a listener may think before its ack is sent for it."""

MOST_LATE = 16
"""While so many listeners are late the database hangs, and nobody else is made to wait for it."""


BUSY = 8
"""While so many listeners are at work, the steps of requests stand back."""


class Watched:
    """One listener at work. Its own ack, or the one that is sent for it: never both."""

    def __init__(self, say_late: Callable[[], object], at: float) -> None:
        self.at = at
        self._say_late = say_late
        self._guard = threading.Lock()
        self._is_late = self._is_over = False

    def ends_late(self) -> bool:
        """Return whether the ack was sent for it, so that its answer needs another way. Nothing is sent from now on."""
        with self._guard:
            self._is_over = True
            return self._is_late

    def say_late(self) -> bool:
        """Send the ack unless the listener has come to its end, and return whether it was sent."""
        with self._guard:
            if self._is_over:
                return False
            self._is_late = True
            self._say_late()
            return True


class AckKeeper:
    """Watches the listeners and sends the ack of each that is late. All threads may use it."""

    def __init__(self, within: timedelta = ACK_WITHIN, most_late: int = MOST_LATE) -> None:
        self._within, self._most_late = within.total_seconds(), most_late
        self._changed = threading.Condition()
        self._watched: deque[Watched] = deque()  # by time, because all have the same
        self._active = 0
        self._late: set[Watched] = set()
        self._keeper: threading.Thread | None = None
        self.when_served: Callable[[], None] = lambda: None
        """Called when so few people wait again that nobody needs to stand back."""

    def is_hopeless(self) -> bool:
        """Return whether so many listeners are late that one more would be late, too."""
        return len(self._late) >= self._most_late

    def is_busy(self) -> bool:
        """Return whether so many people wait for an ack that other work should stand back."""
        return self._active >= BUSY

    @contextmanager
    def watching(self, say_late: Callable[[], object]) -> Iterator[Watched]:
        """Call `say_late` when the block, or what of it comes before `ends_late`, takes too long."""
        watched = Watched(say_late, at=monotonic() + self._within)
        with self._changed:
            self._start()
            self._active += 1
            self._watched.append(watched)
            if len(self._watched) == 1:
                self._changed.notify()
        try:
            yield watched
        finally:
            watched.ends_late()
            with self._changed:
                self._active -= 1
                self._late.discard(watched)
                is_served = self._active == BUSY - 1
            if is_served:
                self.when_served()

    def _start(self) -> None:
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._keep, name="ack-keeper", daemon=True)
            self._keeper.start()

    def _keep(self) -> None:
        while True:
            self._say_next()

    def _say_next(self) -> None:
        with self._changed:
            while not self._watched:
                self._changed.wait()
            if (left := self._watched[0].at - monotonic()) > 0:
                self._changed.wait(left)
                return
            watched = self._watched.popleft()
            if watched.say_late():
                self._late.add(watched)
