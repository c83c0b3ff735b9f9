"""Times inside sentences: written for everybody in UTC, and found again by whoever can show the reader's own zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

_MOMENT = re.compile(r"(?<![0-9])((?:19[7-9][0-9]|20[0-9]{2})-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}) UTC(?![A-Za-z0-9])")
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""The ends of the calendar."""

_FORM = "%Y-%m-%d %H:%M"


def said_at(moment: datetime) -> str:
    """Return the minute as a sentence holds it: `2026-03-02 14:00 UTC`."""
    return f"{moment.astimezone(UTC):{_FORM}} UTC"


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """Return the time by the clocks of the zone; in UTC where that would lie beyond an end of the calendar.

    Only a forged row has such a time, and it has to be shown.
    """
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):
        return moment.astimezone(UTC)


def with_moments(text: str) -> Iterator[str | datetime]:
    """Yield the text in its order, with each minute that is written as `said_at` writes it as a time.

    A sentence may come from outside: what is no date, or lies before 1970 or after 2099, stays text.
    """
    start = 0
    for found in _MOMENT.finditer(text):
        moment = _read(found[1])
        if moment is None:
            continue
        if before := text[start : found.start()]:
            yield before
        yield moment
        start = found.end()
    if start < len(text) or not text:
        yield text[start:]


def _read(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
