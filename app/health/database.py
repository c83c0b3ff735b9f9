"""Looks again and again whether the database can be written, beside all steps and all people."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from bot.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.health.signs import WriteNews
    from bot.domain.request import Pause

PROBE_EVERY = 2.0
"""Seconds between two looks. Where the ledger itself has just written, none is needed."""

ANSWERS_WITHIN = 8.0
"""Seconds after which a look that has not ended says that the database hangs."""

HANGS = "A look at the database does not end."
NOT_YET = "Nobody has looked yet."
UNFORESEEN = "A look at the database failed in a way that I do not know; the log has it (health-database.failed)."
REFUSED = "The last writes of the bot failed."
BROKEN = "The record is not as this process has seen it, so it writes no more (%s)."


class DatabaseWatch:
    """`look` is called every second in a thread of its own, and may hang there. `fault` waits for nothing."""

    def __init__(
        self,
        probe: Callable[[], None],
        paused: Callable[[], Pause | None],
        news: WriteNews,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._probe, self._paused, self._news, self._clock = probe, paused, news, clock
        self._began: float | None = None  # of the look under way
        self._ended = float("-inf")
        self._fault = NOT_YET
        self.pause: Pause | None = None
        """The pause as the last look found it."""

    def look(self) -> None:
        """Try to write, unless the ledger has just done so, and see whether the bot is paused."""
        if self._clock() - self._ended < PROBE_EVERY:
            return
        self._began, fault = self._clock(), UNFORESEEN
        try:
            self.pause = self._paused()
            if not self._news.is_fresh:
                self._probe()
            fault = ""
        except LedgerError as error:
            fault = error.message
        finally:
            self._fault, self._began, self._ended = fault, None, self._clock()

    def fault(self) -> str:
        """Return why the database cannot be written now; empty when it can."""
        began = self._began
        if self._news.broken:
            return BROKEN % self._news.broken
        if began is not None and self._clock() - began > ANSWERS_WITHIN:
            return HANGS
        return self._fault or (REFUSED if self._news.is_bad else "")
