"""Which hosts did not answer when they were contacted last: nobody waits behind them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.errors import TimedOut, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_KEPT = 10_000
"""So many silent hosts are remembered, the newest: a pattern of the inventory has any number of names."""


class SilentHosts:
    """The hosts whose last call had no answer. All threads may use it. A restart forgets it: it only sets an order."""

    def __init__(self) -> None:
        self._silent: dict[str, None] = {}

    def among(self, hosts: Iterable[str]) -> frozenset[str]:
        """Return those of the hosts that are known to be silent."""
        return frozenset(host for host in hosts if host in self._silent)

    @contextmanager
    def told(self, host: str) -> Iterator[None]:
        """Remember how the call inside the block went: only a host that says nothing is silent, whatever it says."""
        is_silent = False
        try:
            yield
        except (TimedOut, Unreachable):
            is_silent = True
            raise
        finally:
            self._silent.pop(host, None)
            if is_silent:
                self._silent[host] = None
            while len(self._silent) > MOST_KEPT:
                self._silent.pop(next(iter(self._silent)), None)
