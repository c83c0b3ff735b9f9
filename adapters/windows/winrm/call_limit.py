"""A limit for the calls at one host: the others wait, first in, first out, each within its own time.

Windows counts the shells of an account, and all requests share one. So many requests for one computer at once would
use up its room, and each more call would make the others slower.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.windows.shell import Deadline

CALLS_AT_ONCE = 4
"""The most calls of this process at one host at a time, whatever they do and whoever asked for them."""


class CallLimit:
    """The line of each host. The first `at_once` calls in it run, the others wait. All threads may use it."""

    def __init__(self, at_once: int = CALLS_AT_ONCE) -> None:
        self._at_once = at_once
        self._guard = threading.Lock()
        self._lines: dict[str, list[threading.Event]] = {}

    @contextmanager
    def turn(self, host: str, deadline: Deadline) -> Iterator[None]:
        """Wait for a turn at the host, and have it inside the block. Raises `TimeoutError` at the deadline."""
        host = host.lower()
        mine = self._join(host)
        try:
            if not mine.wait(deadline.left):
                raise TimeoutError(f"no turn at {host} in time")
            yield
        finally:
            self._leave(host, mine)

    def waiting(self, host: str) -> int:
        """Return how many calls wait for their turn at the host."""
        with self._guard:
            return max(0, len(self._lines.get(host.lower(), ())) - self._at_once)

    def _join(self, host: str) -> threading.Event:
        mine = threading.Event()
        with self._guard:
            self._lines.setdefault(host, []).append(mine)
            self._call_up(host)
        return mine

    def _leave(self, host: str, mine: threading.Event) -> None:
        with self._guard:
            self._lines[host].remove(mine)
            self._call_up(host)

    def _call_up(self, host: str) -> None:
        """Let the first calls in the line run. A line that is empty is forgotten: a pattern has any number of hosts."""
        if not self._lines[host]:
            del self._lines[host]
            return
        for first in self._lines[host][: self._at_once]:
            first.set()
