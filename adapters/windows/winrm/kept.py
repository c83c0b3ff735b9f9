"""What is kept of calls for the next ones at the same host. One call uses it at a time, and idle ones are closed."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import defaultdict
from threading import Lock, Timer
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from adapters.windows.winrm.call_limit import CALLS_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from adapters.windows.winrm.endpoint import Connection

_KEPT_PER_HOST = CALLS_AT_ONCE
MOST_KEPT = 200
"""Idle connections of one carrier to all hosts together. Each is an open file, of which a process has some thousand."""


class Keepable(Protocol):
    """A connection, with what is open over it."""

    connection: Connection
    was_kept: bool  # whether an earlier call used it, so that it may be dead by now

    def close(self) -> None: ...


Line = TypeVar("Line", bound=Keepable)


class Kept(ABC, Generic[Line]):
    """Connections by address and credential. A connection is in use by one call, or kept here and closed when idle."""

    def __init__(self, idle: timedelta) -> None:
        self._idle = idle.total_seconds()
        self._lock = Lock()
        self._kept: defaultdict[Connection, list[tuple[float, Line]]] = defaultdict(list)
        self._sweeper: Timer | None = None

    @abstractmethod
    def fresh(self, connection: Connection, host: str) -> Line:
        """Return a new connection, because a kept one may be as dead as the one that failed."""

    def take(self, connection: Connection, host: str) -> Line:
        """Return a kept connection, else a new one that is not connected yet."""
        self._close_idle()
        with self._lock:
            kept = self._kept.get(connection)
            if kept:
                return kept.pop()[1]
        return self.fresh(connection, host)

    def give_back(self, line: Line) -> None:
        """Keep the connection for the next call. The oldest one is closed when more are kept than may be in use.

        The oldest of all is closed when too many are kept together.
        """
        line.was_kept = True
        with self._lock:
            kept = self._kept[line.connection]
            kept.append((time.monotonic(), line))
            surplus = self._surplus(kept)
            self._schedule_sweep()
        if surplus:
            self._let_go([surplus])

    def close(self) -> None:
        """Close all kept connections."""
        self._let_go(self._take_all())

    def _take_all(self) -> list[Line]:
        with self._lock:
            if self._sweeper:
                self._sweeper.cancel()
            lines = [line for kept in self._kept.values() for _, line in kept]
            self._kept.clear()
        return lines

    def _let_go(self, lines: Iterable[Line]) -> object:
        """Close what is kept no more. The caller makes nothing of the answer."""
        for line in lines:
            line.close()
        return None

    def _surplus(self, kept: list[tuple[float, Line]]) -> Line | None:
        """Take out and return what is too many: of these connections to one host, or of all."""
        if len(kept) > _KEPT_PER_HOST:
            return kept.pop(0)[1]
        if sum(map(len, self._kept.values())) <= MOST_KEPT:
            return None
        oldest = min((key for key, those in self._kept.items() if those), key=lambda key: self._kept[key][0][0])
        return self._kept[oldest].pop(0)[1]

    def _schedule_sweep(self) -> None:
        if self._sweeper is None or not self._sweeper.is_alive():
            self._sweeper = Timer(self._idle, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _sweep(self) -> None:
        self._close_idle()
        with self._lock:
            self._sweeper = None
            if self._kept:
                self._schedule_sweep()

    def _close_idle(self) -> None:
        oldest = time.monotonic() - self._idle
        with self._lock:
            stale = [line for kept in self._kept.values() for since, line in kept if since <= oldest]
            still = {key: [(since, line) for since, line in kept if since > oldest] for key, kept in self._kept.items()}
            self._kept = defaultdict(list, {key: kept for key, kept in still.items() if kept})
        self._let_go(stale)
