"""The chain of the audit log: each entry's hash covers the entry and the hash of the entry before, and is signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from bot.audit.canonical import digest
from bot.audit.named import bounded
from bot.audit.values import ENTRY_FIELDS, MOMENTS, TARGET_FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.audit.entry import AuditTarget, Entry
    from bot.audit.keys import PublicKey, SigningKeys

GENESIS = "0" * 64
"""The hash before the first entry."""

_HASHED = tuple(name for name in ENTRY_FIELDS if name not in ("hash", "signature"))


def seal(entry: Entry, *, seq: int, at: datetime, before: str, keys: SigningKeys) -> Entry:
    """Return the entry inside its bounds, with its number, its time, the digest of its rows, its hash and signature.

    `before` is the hash of the entry before.
    """
    kept = bounded(entry)
    placed = replace(
        kept,
        seq=seq,
        at=at.astimezone(UTC),
        targets=len(kept.rows),
        targets_hash=hash_of_rows(kept.rows),
        key_id=keys.key_id,
    )
    hash_ = hash_of(placed, before)
    return replace(placed, hash=hash_, signature=keys.sign(hash_))


def hash_of(entry: Entry, before: str) -> str:
    """Return the SHA-256 over the hash before the entry and all of its fields, in hexadecimal.

    The rows count through their digest, `targets_hash`. So an entry can be checked without them.
    """
    values: dict[str, object] = {name: getattr(entry, name) for name in _HASHED}
    values |= {name: _in_utc(getattr(entry, name)) for name in MOMENTS}
    return digest({"before": before, **values})


def hash_of_rows(rows: Sequence[AuditTarget]) -> str:
    """Return the SHA-256 over the rows in their order; empty for none."""
    if not rows:
        return ""
    return digest([[getattr(row, name) for name in TARGET_FIELDS] for row in rows])


def _in_utc(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else ""


def fault_in(entry: Entry, before: str, key: PublicKey | None) -> str:
    """Return what is wrong with one entry behind the hash `before`, in words; empty when it holds.

    `key` is the key that has to have signed it; None: its signature is not checked. The rows of its targets are not
    looked at: see `fault_in_rows`.
    """
    follows = entry.hash == hash_of(entry, before)
    if key is None:
        return "" if follows else "it was changed, or it does not follow the entry before it"
    if entry.key_id != key.key_id:
        return f"it names the key {entry.key_id or 'of nobody'}, and {key.key_id} signs there"
    if not follows and key.fits(entry.hash, entry.signature):
        return "it was changed after it was signed, or it does not follow the entry before it"
    if not follows:
        return "its hash does not follow from it and the entry before it"
    return "" if key.fits(entry.hash, entry.signature) else "its signature does not fit"


def fault_in_rows(entry: Entry) -> str:
    """Return what is wrong with the rows of the entry's targets, in words; empty when they are those that it says."""
    if len(entry.rows) != entry.targets:
        return f"it has {len(entry.rows)} rows of targets and says {entry.targets}"
    return "" if hash_of_rows(entry.rows) == entry.targets_hash else "its targets were changed"


def verify_entry(entry: Entry, before: str, key: PublicKey) -> bool:
    """Return whether the key signed this entry behind the hash `before`; its rows are not needed."""
    return not fault_in(entry, before, key)
