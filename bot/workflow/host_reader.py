"""Reading many hosts at once, each within its own time-out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import TerminalError, TimedOut
from bot.workflow.looks import Look

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor
    from datetime import datetime

    from bot.ports.clock import Clock
    from bot.ports.terminal import Terminal

LOOK_WITHIN = timedelta(seconds=8)
"""How long one host may take to list its sessions, where the configuration says nothing else."""

SHORTEST_LOOK = timedelta(seconds=1)
"""In less time no host is asked."""

LookWithin = Callable[[str], timedelta]
"""How long the host with this name may take to list its sessions."""


def same_for_all(_host: str) -> timedelta:
    """Return `LOOK_WITHIN`, for every host."""
    return LOOK_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReader:
    """Reads hosts side by side, so that a host that is down delays no other host."""

    terminal: Terminal
    executor: Executor  # runs one look in each of its threads
    clock: Clock
    look_within: LookWithin = same_for_all

    def look_at(self, hosts: Sequence[str], *, until: datetime | None = None) -> list[Look]:
        """Return one look for each host, in their order. A host that could not be read has an error instead.

        All of it takes as long as the longest look of these hosts, and longer only where they are more than the
        executor has threads. No look goes on after `until`; None: there is no such date.
        """
        futures = [self.executor.submit(self._look, host, until) for host in hosts]
        wait_for(futures)
        return [future.result() for future in futures]

    def _look(self, host: str, until: datetime | None) -> Look:
        within = self.look_within(host)
        if until is not None:
            within = min(within, until - self.clock.now())
        try:
            if within < SHORTEST_LOOK:
                raise TimedOut(f"{host} had no turn before the time was over. Ask for fewer computers.", host=host)
            sessions = self.terminal.sessions(host, within=within)
        except TerminalError as error:
            return Look(host=host, at=self.clock.now(), error=error)
        return Look(host=host, at=self.clock.now(), sessions=sessions)
