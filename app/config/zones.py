"""Names of time zones, as people write them in app.yaml and on the command line."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_named(name: str) -> ZoneInfo:
    """Return the zone. Raises `ValueError` with a sentence for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ValueError("write the name of a zone: UTC, Europe/Berlin") from exc
