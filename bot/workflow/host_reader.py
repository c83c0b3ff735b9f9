"""Reading many hosts at once, each within its own time-out."""

from __future__ import annotations

from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import TerminalError
from bot.workflow.survey import Look

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from bot.ports.clock import Clock
    from bot.ports.terminal import Terminal

LOOK_WITHIN = timedelta(seconds=8)
"""How long one host may take to list its sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReader:
    """Reads hosts side by side, so that a host that is down delays no other host."""

    terminal: Terminal
    executor: Executor  # runs one look in each of its threads
    clock: Clock

    def look_at(self, hosts: Sequence[str]) -> list[Look]:
        """Return one look for each host, in their order. A host that could not be read has an error instead."""
        futures = [self.executor.submit(self._look, host) for host in hosts]
        wait_for(futures)
        return [future.result() for future in futures]

    def _look(self, host: str) -> Look:
        try:
            sessions = self.terminal.sessions(host, within=LOOK_WITHIN)
        except TerminalError as error:
            return Look(host=host, at=self.clock.now(), error=error)
        return Look(host=host, at=self.clock.now(), sessions=sessions)
