"""The keyed chain of the audit log. A change of an old entry without the key is detected."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import fields, replace
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.audit.entry import Entry, Head

GENESIS = "0" * 64
"""The mac before the first entry."""


def seal(entry: Entry, *, seq: int, at: datetime, before: str, key: bytes) -> Entry:
    """Return the entry with its number, its time and its mac.

    The mac is the HMAC-SHA-256, in hexadecimal, over the mac `before` and the entry's other fields as canonical JSON.
    """
    placed = replace(entry, seq=seq, at=at.astimezone(UTC), mac="")
    return replace(placed, mac=hmac.new(key, _canonical(placed, before), hashlib.sha256).hexdigest())


def _canonical(entry: Entry, before: str) -> bytes:
    values: dict[str, object] = {f.name: getattr(entry, f.name) for f in fields(entry) if f.name != "mac"}
    values["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds") if entry.at else ""
    values["before"] = before
    return json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def first_fault(entries: Iterable[Entry], key: bytes, *, before: str = GENESIS, last_seq: int = 0) -> int | None:
    """Return the number of the first entry that is changed, missing or out of place; None when the chain holds.

    `before` and `last_seq` are mac and number of the entry before the first one.
    """
    for entry in entries:
        last_seq += 1
        if entry.seq != last_seq or entry.at is None:
            return last_seq
        expected = seal(entry, seq=entry.seq, at=entry.at, before=before, key=key)
        if entry.mac != expected.mac:
            return last_seq
        before = entry.mac
    return None


def is_head_in(entries: Sequence[Entry], head: Head) -> bool:
    """Return whether the entries contain this head. If they do not, the end of the log was cut off.

    `entries` are a chain that holds, from its first entry.
    """
    if head.seq == 0:
        return head.mac == GENESIS
    return 0 < head.seq <= len(entries) and entries[head.seq - 1].mac == head.mac
