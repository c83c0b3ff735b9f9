"""Whether the bot can do its work now, part by part."""

from __future__ import annotations

import json
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.health.signs import Pulse

    Check = Callable[[], "Part"]

COUNTS_FOR = 1.0
"""Seconds in which nobody looks again, however many ask."""

SILENT_MOST = 12.0
"""Seconds without a sweep after which the scheduler counts as dead. A sweep comes every five seconds."""

DEAF_MOST = 8.0
"""Seconds without a sign of life of Slack after which the socket counts as cut. A ping goes out every 1.5 seconds."""

STEP_MOST = 35 * 60.0
"""Seconds after which a step counts as hanging. No host has more than half an hour."""

WRITER_MOST = 75.0
"""Seconds after which a writer that has not ended is stuck. The watchdog ends the process after sixty."""

TICK_MOST = 30.0
"""Seconds without a tick of the bot's own threads after which the process counts as stuck."""


PEOPLE_MOST = 3600.0
"""Seconds after which people and groups that Slack told count no more (`GROUPS_GOOD_FOR` of `app/config/timing.py`)."""


class Part(NamedTuple):
    """One part of the bot. `message` says what is wrong; empty: nothing is."""

    message: str = ""
    seconds: float | None = None  # since when, where that is known

    def told(self) -> dict[str, object]:
        shown: dict[str, object] = {"ok": not self.message}
        if self.message:
            shown["message"] = self.message
        if self.seconds is not None:
            shown["seconds"] = round(self.seconds, 1)
        return shown


class Report(NamedTuple):
    """What a look found."""

    at: float
    parts: Mapping[str, Part]

    @property
    def is_ready(self) -> bool:
        return not any(part.message for part in self.parts.values())

    def text(self, name: str, **more: object) -> bytes:
        """Return it as JSON; `name` is what it is when all parts are well."""
        parts = {part: found.told() for part, found in self.parts.items()}
        shown = {name: self.is_ready, **more, "parts": parts}
        return json.dumps(shown, indent=2).encode() + b"\n"


class Readiness:
    """Asks all checks, at most once a second. A check waits for nothing. Any number of threads may ask."""

    def __init__(self, checks: Mapping[str, Check], clock: Callable[[], float] = monotonic) -> None:
        self._checks, self._clock = checks, clock
        self._lock = Lock()
        self._report = Report(float("-inf"), {})

    def report(self) -> Report:
        """Return what was found a second ago at most."""
        with self._lock:
            if self._clock() - self._report.at >= COUNTS_FOR:
                self._report = Report(self._clock(), {name: check() for name, check in self._checks.items()})
            return self._report


def alive(pulse: Pulse, most: float, message: str) -> Check:
    """Return the check of a part that is alive while its mark changes; before the first sign it is not."""

    def check() -> Part:
        seconds = pulse.silent_for()
        return Part("" if seconds is not None and seconds <= most else message, seconds)

    return check


def first_bad(*checks: Check) -> Check:
    """Return the check of a part with several signs of life: it is as bad as the first bad one of them."""

    def check() -> Part:
        found = [each() for each in checks]
        return next((part for part in found if part.message), found[0])

    return check


def sound(fault: Callable[[], str]) -> Check:
    """Return the check of a part that says itself what is wrong with it."""
    return lambda: Part(fault())


class Cached:
    """Bytes that are made anew once a second at most, however many ask."""

    def __init__(self, make: Callable[[], bytes], clock: Callable[[], float] = monotonic) -> None:
        self._make, self._clock = make, clock
        self._lock = Lock()
        self._made, self._at = b"", float("-inf")

    def __call__(self) -> bytes:
        with self._lock:
            if self._clock() - self._at >= COUNTS_FOR:
                self._made, self._at = self._make(), self._clock()
            return self._made
