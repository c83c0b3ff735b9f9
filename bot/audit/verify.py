"""The check of the whole audit log: the chain from its first entry to its last, and the marked end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.audit.chain import first_fault, is_head_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.audit.entry import Entry, Head


def check_log(
    entries_after: Callable[[int], Sequence[Entry]], head: Callable[[], Head], key: bytes, shipped: Head | None = None
) -> tuple[list[Entry], str]:
    """Return all entries, and a sentence that says what is wrong with them; it is empty when the log holds.

    `entries_after` returns a page of entries above a number, and `head` the marked end. The bot may write meanwhile, so
    the end is read twice. `shipped` is the number and mac of an entry that must be in the log, as logs elsewhere say.
    """
    before = head()
    entries: list[Entry] = []
    while page := entries_after(entries[-1].seq if entries else 0):
        entries += page
    fault = first_fault(entries, key)
    if fault is not None:
        return entries, f"The chain breaks at entry {fault}: it, or one before it, was changed or taken out."
    if not is_head_in(entries, before) or head().seq < len(entries):
        return entries, f"The log has {len(entries)} entries, but its end is marked at {before.seq}: its tail was cut."
    if shipped and not is_head_in(entries, shipped):
        gone = f"Entry {shipped.seq} with this mac is not among the {len(entries)} entries"
        return entries, f"{gone}: the log was cut, or another one was put in its place."
    return entries, ""
