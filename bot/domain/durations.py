"""Durations as people write them (`90s`, `1h30m`) and as they read them (`2 hours`)."""

from __future__ import annotations

import re
from datetime import timedelta

import humanize

_DURATION = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,5})s)?", re.IGNORECASE | re.ASCII)


def parse_duration(text: str) -> timedelta | None:
    """Return the length of `90s`, `2m`, `1h30m` or `2d`; None for any other text, also for a number without a unit."""
    parts = _DURATION.fullmatch(text)
    if not parts or not any(parts.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def duration(length: timedelta) -> str:
    """Return the length in words: `3 hours`, `5 minutes`."""
    return humanize.naturaldelta(length)


def written(length: timedelta) -> str:
    """Return the length as people write it: `90s`, `1m`, `90d`; whole units of the largest that fits."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def short(length: timedelta) -> str:
    """Return the length in one whole unit, for a row: `12 s`, `90 s`, `47 min`, `3 h`, `2 d`."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    return f"{seconds // 3600:,} h" if seconds < 2 * 86_400 else f"{seconds // 86_400:,} d"


def exactly(length: timedelta) -> str:
    """Return the length in words to the second: `1 minute and 30 seconds`, which `duration` rounds to `a minute`."""
    return humanize.precisedelta(length)


def typed(length: timedelta) -> str:
    """Return the length as people type it: `2h`, `1h30m`, `90s` below two minutes."""
    seconds = int(length.total_seconds())
    if seconds < 120:
        return f"{seconds}s"
    parts = ((seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)
