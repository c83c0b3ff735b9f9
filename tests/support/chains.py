"""The whole of a short chain: where it breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.audit.chain import GENESIS, fault_in, fault_in_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.audit.entry import Entry
    from bot.audit.keys import PublicKey


def first_fault(entries: Iterable[Entry], key: PublicKey, *, before: str = GENESIS, last_seq: int = 0) -> int | None:
    """Return the number of the first entry that is changed, missing or out of place; None when the chain holds.

    `before` and `last_seq` are hash and number of the entry before the first one.
    """
    for entry in entries:
        last_seq += 1
        if entry.seq != last_seq or fault_in(entry, before, key) or fault_in_rows(entry):
            return last_seq
        before = entry.hash
    return None
