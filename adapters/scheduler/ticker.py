"""A call that is repeated in its own thread, beside all steps."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.scheduler.threads import _survive

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY = timedelta(seconds=1)


class Ticker:
    """Calls `call` every second between `start` and `stop`. An exception of it is logged and ends nothing."""

    def __init__(self, name: str, call: Callable[[], None], every: timedelta = EVERY) -> None:
        self._name, self._call, self._every = name, call, every.total_seconds()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep_calling, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, within: timedelta = timedelta(seconds=5)) -> None:
        """Call it no more, and wait so long for the call under way."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=within.total_seconds())

    def _keep_calling(self) -> None:
        while not self._ending.wait(self._every):
            _survive(f"{self._name}.failed", self._call)
