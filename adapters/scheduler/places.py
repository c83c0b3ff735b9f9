"""How many steps compute at the same time. A step that waits for hosts or for the chat gives its place to another one.

All threads of the process share one processor's worth of Python. Many steps at once make each of them slower, and the
acks of people, too. So steps have few places, and fewer still while many people wait for an ack. But any number of
steps may wait for silent hosts and a slow chat: a step without a place costs nobody anything.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLACES = 16
"""How many steps compute at the same time."""

PLACES_BEHIND = 2
"""How many begin or go on while many people wait for an ack."""

_LOOK_AGAIN = 0.5
"""Seconds between two looks whether people still wait, should nobody have said that they do not."""


class Places:
    """The places of steps. `is_busy` says whether many people wait for an ack."""

    def __init__(self, is_busy: Callable[[], bool] = lambda: False) -> None:
        self._is_busy = is_busy
        self._changed = threading.Condition()
        self._taken = 0
        self._mine = threading.local()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Have a place inside the block."""
        self._take()
        self._mine.is_taken = True
        try:
            yield
        finally:
            self._mine.is_taken = False
            self._leave()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Give the place of this thread, if it has one, to others inside the block."""
        if not getattr(self._mine, "is_taken", False):
            yield
            return
        self._mine.is_taken = False  # what is away may say so again
        self._leave()
        try:
            yield
        finally:
            self._take()
            self._mine.is_taken = True

    def people_are_served(self) -> None:
        """Look again: so few people wait that nobody needs to stand back."""
        with self._changed:
            self._changed.notify_all()

    def _take(self) -> None:
        with self._changed:
            while self._taken >= (PLACES_BEHIND if self._is_busy() else PLACES):
                self._changed.wait(_LOOK_AGAIN)
            self._taken += 1

    def _leave(self) -> None:
        with self._changed:
            self._taken -= 1
            self._changed.notify()
