"""An entry as plain values: the one form of it for JSON, spreadsheets, pages and segments."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from bot.audit.entry import AuditTarget, Entry

if TYPE_CHECKING:
    from datetime import datetime

MOMENTS = ("at", "expires_at")
ENTRY_FIELDS = tuple(field.name for field in fields(Entry) if field.name != "rows")
TARGET_FIELDS = tuple(field.name for field in fields(AuditTarget))


def values_of(entry: Entry) -> dict[str, object]:
    """Return the entry with the sessions that it names: texts, numbers, yes and no. Times are ISO 8601 in UTC."""
    values: dict[str, object] = {name: getattr(entry, name) for name in ENTRY_FIELDS}
    values |= {name: written(getattr(entry, name)) for name in MOMENTS}
    return values | {"rows": [{name: getattr(row, name) for name in TARGET_FIELDS} for row in entry.rows]}


def written(moment: datetime | None) -> str | None:
    """Return a time as ISO 8601 to the microsecond; None for none."""
    return moment.isoformat(timespec="microseconds") if moment else None
