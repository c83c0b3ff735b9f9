"""Names of time zones, as people write them in app.yaml and on the command line."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from app.config.meant import meant_by


def zone_named(name: str) -> ZoneInfo:
    """Return the zone. Raises `ValueError` with a sentence for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        near = _meant_by(name)
        asked = f"; did you mean `{near}`?" if near else ""
        raise ValueError(f"write the name of a zone: UTC, Europe/Berlin{asked}") from exc


def _meant_by(name: str) -> str:
    """Return the zone that was probably meant, by its whole name or by its city; empty when none is near."""
    zones = sorted(available_timezones(), reverse=True)
    return meant_by(name, zones) or {zone.rpartition("/")[2]: zone for zone in zones}.get(
        meant_by(name, (zone.rpartition("/")[2] for zone in zones)), ""
    )
