"""Reading many hosts at once, each within its own time."""

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
"""How long one host may take to say who is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReader:
    """`executor` runs the looks side by side: a host that is down costs its own time only."""

    terminal: Terminal
    executor: Executor
    clock: Clock

    def look_at(self, hosts: Sequence[str]) -> list[Look]:
        """Return one look for each host, in order; a host that could not be read has its error instead of sessions."""
        futures = [self.executor.submit(self._look, host) for host in hosts]
        wait_for(futures)
        return [future.result() for future in futures]

    def _look(self, host: str) -> Look:
        try:
            sessions = self.terminal.sessions(host, within=LOOK_WITHIN)
        except TerminalError as error:
            return Look(host=host, at=self.clock.now(), error=error)
        return Look(host=host, at=self.clock.now(), sessions=sessions)
