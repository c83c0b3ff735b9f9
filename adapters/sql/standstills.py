"""When nothing may begin: this process does not own the database, or its clock was set back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.domain.lifecycle import begins_something

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.events import Event
    from bot.domain.timeline import Timeline
    from bot.errors import Standstill
    from bot.ports.clock import Clock
    from bot.ports.ownership import Ownership

log = structlog.get_logger()


class Standstills:
    """Says whether something may begin. The log says once that the clock was set back, and that it has come again."""

    def __init__(self, times: Timeline, clock: Clock, ownership: Ownership | None) -> None:
        self._times, self._clock, self._ownership = times, clock, ownership
        self._said: Standstill | None = None

    def refusal(self) -> Standstill | None:
        """Return why nothing may begin now; None when it may."""
        return (self._ownership.refusal() if self._ownership else None) or self._of_clock(self._clock.now())

    def refuse_to_begin(self) -> None:
        """Raise `ClockSetBack` while the clock is behind. The caller holds the lock, so it owns the database."""
        if refusal := self._of_clock(self._clock.now()):
            raise refusal

    def now_for(self, event: Event) -> datetime:
        """Return the time of this event. Raises `ClockSetBack` when something may follow from it and nothing may."""
        self.refuse(event)
        return self.now()

    def refuse(self, event: Event) -> None:
        """Raise `ClockSetBack` as above."""
        if begins_something(event):
            self.refuse_to_begin()

    def now(self) -> datetime:
        """Return the time of an entry that is written now."""
        return self._times.of_entry(self._clock.now())

    def sweep(self, now: datetime) -> bool:
        """Begin a sweep, and return whether the clock was set back: all that waits is due then."""
        self._times.sweep(now)
        return self._of_clock(now) is not None

    def swept(self, now: datetime, *, nothing_waits: bool) -> None:
        """End a sweep, and the standstill with it when nothing waits from before and the clock has come again."""
        if self._times.has_come_again(now, nothing_waits=nothing_waits):
            log.warning("clock.came_again")

    def _of_clock(self, now: datetime) -> Standstill | None:
        refusal = self._times.refusal(now)
        if refusal and refusal is not self._said:
            self._said = refusal
            log.error("clock.set_back", message=refusal.message)
        return refusal
