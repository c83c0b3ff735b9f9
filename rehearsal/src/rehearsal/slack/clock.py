"""Clocks; a test hands in one that stands still."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    def now(self) -> datetime:
        """The time as an aware UTC datetime."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class SetClock:
    """A clock that stands still until it is moved on."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> None:
        self._at += by


class Stamps:
    """Slack's `ts`: `seconds.micros`, never the same twice, always growing, even when the clock stands still."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0
        self._lock = threading.Lock()

    def take(self) -> str:
        with self._lock:
            self._last = max(self._last + 1, (self._clock.now() - EPOCH) // timedelta(microseconds=1))
            return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


def to_seconds(at: datetime) -> int:
    """Whole seconds since 1970, as Slack writes dates."""
    return (at - EPOCH) // timedelta(seconds=1)
