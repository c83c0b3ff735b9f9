"""One look at a host for all requests that follow their orders there: who comes while one runs takes its answer."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.ports.clock import Clock
    from bot.workflow.host_reader import HostReader
    from bot.workflow.looks import Look

KEPT_FOR = timedelta(minutes=1)
"""How long an answer is kept for those who came while it was on its way and had no turn since."""


@dataclass(frozen=True, slots=True)
class _Running:
    """A look that runs, or has just ended."""

    begun_at: datetime
    answer: Future[Look] = field(default_factory=Future)

    def serves(self, came_at: datetime, asked_at: datetime) -> bool:
        """Return whether it began after the order, and has not ended before the caller came."""
        if self.begun_at < asked_at or self.answer.cancelled():
            return False
        return not self.answer.done() or self.answer.result().at >= came_at


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLooks:
    """Looks at hosts after their orders. All threads may use it."""

    hosts: HostReader
    clock: Clock
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _newest: dict[str, _Running] = field(default_factory=dict)

    def look(self, host: str, *, came_at: datetime, asked_at: datetime) -> Look:
        """Return a look at the host that ended after the caller came, and began after what it asked the host.

        Whoever comes while such a look runs waits for its answer. A host that could not be read has an error instead.
        """
        while True:
            look, is_mine = self._running(host, came_at, asked_at)
            if is_mine:
                return self._run(host, look)
            with suppress(CancelledError):
                return look.answer.result()

    def _running(self, host: str, came_at: datetime, asked_at: datetime) -> tuple[_Running, bool]:
        """Return the look that serves the caller, and whether the caller is to make it."""
        with self._guard:
            look, now = self._newest.get(host), self.clock.now()
            if look and look.begun_at <= now and look.serves(came_at, asked_at):  # else the clock was set back since
                return look, False
            self._forget_old()
            mine = self._newest[host] = _Running(now)
            return mine, True

    def _run(self, host: str, mine: _Running) -> Look:
        """Look, and tell those who wait for it. When something else than the host breaks, they look for themselves."""
        try:
            look = self.hosts.look(host)
            mine.answer.set_result(look)
            return look
        finally:
            mine.answer.cancel()

    def _forget_old(self) -> None:
        """A pattern of the inventory has any number of hosts, so only what may still be wanted is kept."""
        oldest = self.clock.now() - KEPT_FOR
        for host in [host for host, each in self._newest.items() if each.answer.done() and each.begun_at < oldest]:
            del self._newest[host]
