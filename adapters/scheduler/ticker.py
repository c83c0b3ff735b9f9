"""A call that is repeated in threads of its own, beside all steps."""

from __future__ import annotations

import threading
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.request import WorkItem

log = structlog.get_logger()

EVERY = timedelta(seconds=1)


class Ticker:
    """Calls `call` every second between `start` and `stop`, in each of its threads. An exception ends nothing."""

    def __init__(self, name: str, call: Callable[[], None], every: timedelta = EVERY, *, threads: int = 1) -> None:
        self._name, self._call, self._every = name, call, every.total_seconds()
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._keep_calling, name=name, daemon=True) for _ in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, within: timedelta = timedelta(seconds=5)) -> None:
        """Call it no more, and wait so long for the call under way."""
        self._ending.set()
        until = monotonic() + within.total_seconds()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, until - monotonic()))

    def _keep_calling(self) -> None:
        while not self._ending.wait(self._every):
            survive(f"{self._name}.failed", self._call)


def survive(what: str, call: Callable[[], None], item: WorkItem | None = None) -> tuple[str, Exception] | None:
    """Make the call. When it raises, log the exception and return its reference and itself; otherwise return None."""
    try:
        call()
    except Exception as error:  # one broken step must not end the others
        reference = uuid4().hex[:8]
        about = {"request_id": item.request_id, "host": item.host} if item else {}
        log.exception(what, reference=reference, exc_info=error, **about)
        return reference, error
    return None
