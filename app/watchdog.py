"""The watchdog: a process whose writer is stuck ends itself.

All writers of the process take turns. One that never gives its turn back would stop the bot for good, and nobody would
see it: the process runs and answers. Dying is safe, because each step may run twice; a service manager starts the bot
again.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

STUCK = 75
"""The exit code of a process that the watchdog ended: a failure that a new start may cure (EX_TEMPFAIL)."""

ROUNDS = 60
"""In how many rounds the same writer is seen before it counts as stuck. A round takes a second."""

log = structlog.get_logger()


class Watchdog:
    """Looks every second who writes. `writer` returns a mark of the writer that has its turn; None: there is none.

    `content` is called in each round in which nobody is stuck.

    Rounds are counted, and no clock is asked: a process that was suspended for an hour was not stuck for an hour.
    """

    def __init__(
        self,
        writer: Callable[[], object | None],
        *,
        rounds: int = ROUNDS,
        end: Callable[[int], None] = os._exit,
        wait: Callable[[], None] = lambda: time.sleep(1),
        content: Callable[[], None] = lambda: None,
    ) -> None:
        self._writer, self._rounds, self._end, self._wait = writer, rounds, end, wait
        self._content = content
        self._seen: object | None = None
        self._times = 0

    def start(self) -> None:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def is_stuck(self) -> bool:
        """Look once. Return whether the same writer has been seen in so many rounds that it is stuck."""
        writer = self._writer()
        self._times = self._times + 1 if writer is not None and writer is self._seen else 1
        self._seen = writer
        return writer is not None and self._times > self._rounds

    def _watch(self) -> None:
        while not self.is_stuck():
            self._content()
            self._wait()
        # Whoever reads the log may hang, too. The line is tried, and not waited for.
        telling = threading.Thread(target=_tell, daemon=True)
        telling.start()
        telling.join(2)
        self._end(STUCK)


def _tell() -> None:
    log.critical("process.stuck", message="A writer did not end for a minute. I end, to be started again.", code=STUCK)
