"""A clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
"""A Monday afternoon."""


class SettableClock:
    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> datetime:
        """Let this much time pass; the new time is returned."""
        self._now += by
        return self._now
