"""Reading many hosts at once, each within its own time-out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import TerminalError, TimedOut
from bot.workflow.looks import Look
from bot.workflow.silence import SilentHosts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.ports.clock import Clock
    from bot.ports.host_pool import HostPool
    from bot.ports.terminal import Terminal

LOOK_WITHIN = timedelta(seconds=8)
"""How long one host may take to list its sessions, where the configuration says nothing else."""

LOOKS_AT_ONCE = 256
"""How many hosts are looked at or warned side by side, where the configuration says nothing else."""

SHORTEST_LOOK = timedelta(seconds=1)
"""In less time no host is asked."""

LookWithin = Callable[[str], timedelta]
"""How long the host with this name may take to list its sessions."""


def same_for_all(_host: str) -> timedelta:
    """Return `LOOK_WITHIN`, for every host."""
    return LOOK_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReader:
    """Reads hosts side by side, so that a host that is down delays no other host, and no other request."""

    terminal: Terminal
    pool: HostPool
    clock: Clock
    look_within: LookWithin = same_for_all
    silent: SilentHosts = field(default_factory=SilentHosts)

    def look_at(self, request_id: str, hosts: Sequence[str], *, until: datetime | None = None) -> list[Look]:
        """Return one look for each host, in their order. A host that could not be read has an error instead.

        All of it takes as long as the longest look of these hosts, and longer only where they are more than the
        pool has threads for one request. A host that did not answer the last time is looked at last. No look goes on
        after `until`; None: there is no such date.
        """
        last = self.silent.among(hosts)
        return self.pool.each(request_id, hosts, lambda host: self.look(host, until), last=last)

    def look(self, host: str, until: datetime | None = None) -> Look:
        """Return a look at one host, in this thread, with an error where it could not be read."""
        within = self.look_within(host)
        if until is not None:
            within = min(within, until - self.clock.now())
        try:
            if within < SHORTEST_LOOK:
                raise TimedOut(f"{host} had no turn before the time was over. Ask for fewer computers.", host=host)
            with self.silent.told(host):
                sessions = self.terminal.sessions(host, within=within)
        except TerminalError as error:
            return Look(host=host, at=self.clock.now(), error=error)
        return Look(host=host, at=self.clock.now(), sessions=sessions)
