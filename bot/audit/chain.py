"""The keyed chain of the audit log: without the key nobody changes the past unseen."""

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
"""What stands before the first entry."""


def seal(entry: Entry, *, seq: int, at: datetime, before: str, key: bytes) -> Entry:
    """The entry in its place in the chain: HMAC-SHA-256 over the mac before it and its own fields in a fixed form."""
    placed = replace(entry, seq=seq, at=at.astimezone(UTC), mac="")
    return replace(placed, mac=hmac.new(key, _canonical(placed, before), hashlib.sha256).hexdigest())


def _canonical(entry: Entry, before: str) -> bytes:
    values: dict[str, object] = {f.name: getattr(entry, f.name) for f in fields(entry) if f.name != "mac"}
    values["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds") if entry.at else ""
    values["before"] = before
    return json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def first_fault(entries: Iterable[Entry], key: bytes, *, before: str = GENESIS, last_seq: int = 0) -> int | None:
    """The number of the first entry that is changed, missing or out of place; None when the chain holds."""
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
    """Whether a chain that holds, read from its first entry, has reached this head: if not, its tail was cut off."""
    if head.seq == 0:
        return head.mac == GENESIS
    return 0 < head.seq <= len(entries) and entries[head.seq - 1].mac == head.mac
