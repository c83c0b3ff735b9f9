"""The check of the whole audit log, entry by entry, by whoever has one of its public halves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.audit.chain import GENESIS, fault_in, fault_in_rows
from bot.audit.entry import Entry, Head
from bot.audit.keys import PublicKey
from bot.audit.record import KEY_CHANGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

MOST_NAMED = 5
"""So many entries that are older than one before them are named."""


START = Head(0, GENESIS)
"""What stands before the first entry of the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A row of the log that is no entry as the bot writes one."""

    number: str  # the number that the row says of itself, in words
    fault: str  # what is wrong with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a check of the log has found."""

    last: Head  # number and hash of the last entry that holds, and the key that signs after it
    fault: str = ""  # the first bad entry and what is wrong with it; empty: the log holds
    foreign: str = ""  # the id of the key that the caller gave, where it signed none of the entries that were taken
    keys: tuple[str, ...] = ()  # the ids of the keys that signed, in their order
    anchors: tuple[Head, ...] = ()  # the anchors that are in the log
    backwards: tuple[int, ...] = ()  # the numbers of entries that are older than one before them, the first few


@dataclass(slots=True, kw_only=True)
class Checker:
    """Takes the log entry by entry, from the first one on, and keeps only what the next one needs.

    `key` is a public half that the caller trusts: of any of the keys that have signed this log. `named` are the other
    public halves that entries of the log name. A half that the log names is believed when the trusted key leads to it:
    the old key signs the entry that names the new one, and what a key signs covers everything before it.
    """

    key: PublicKey
    named: Sequence[PublicKey] = ()
    anchors: Sequence[Head] = ()
    start: Head = START  # the entry before the first one that is taken
    _seq: int = field(default=0, init=False)
    _hash: str = field(default=GENESIS, init=False)
    _signer: PublicKey | None = field(default=None, init=False)
    _keys: list[str] = field(default_factory=list, init=False)
    _is_trusted: bool = field(default=False, init=False)
    _anchored: list[Head] = field(default_factory=list, init=False)
    _latest: datetime | None = field(default=None, init=False)
    _backwards: list[int] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._seq, self._hash = self.start.seq, self.start.hash
        self._anchored += [anchor for anchor in self.anchors if (anchor.seq, anchor.hash) == self.start[:2]]

    def take(self, row: Entry | Unreadable) -> str:
        """Return what is wrong with the next row, as a sentence that names the entry; empty when it holds."""
        if isinstance(row, Unreadable):
            return f"Entry {row.number}: {row.fault}."
        if fault := self._misplaced(row.seq):
            return fault
        if row.seq == self.start.seq + 1:
            self._begin(row)
        fault = fault_in(row, self._hash, self._signer) or fault_in_rows(row) or self._misled(row)
        if fault:
            return f"Entry {row.seq}: {fault}."
        return self._accept(row)

    def finish(self, head: Head) -> Found:
        """Return what came of it. `head` is the end of the log as the database marks it."""
        fault = self._wrong_end(head) or self._untrusted() or self._unanchored()
        return self.found(fault)

    def finish_segment(self, last: int) -> Found:
        """Return what came of a part of the log that has to end with this number."""
        said = f"The segment ends with entry {self._seq}, and says that it ends with {last}: it was cut."
        return self.found(said if self._seq != last else self._untrusted() or self._unanchored())

    def found(self, fault: str) -> Found:
        """Return what is known so far, with what is wrong."""
        last = Head(self._seq, self._hash, self._signer.key_id if self._signer else "")
        return Found(
            last=last,
            fault=fault,
            foreign="" if self._is_trusted else self.key.key_id,
            keys=tuple(self._keys),
            anchors=tuple(self._anchored),
            backwards=tuple(self._backwards),
        )

    def _misplaced(self, seq: int) -> str:
        expected = self._seq + 1
        if seq == expected:
            return ""
        if seq < 1:
            return f"A row says that it is entry {seq}: the first one is entry 1."
        return f"Entry {expected} is missing." if seq > expected else f"Entry {seq} is there twice."

    def _begin(self, first: Entry) -> None:
        known = {half.key_id: half for half in (*self.named, self.key)}
        self._signer = known.get(first.key_id)

    def _misled(self, entry: Entry) -> str:
        if entry.event != KEY_CHANGED:
            return ""
        halves = halves_in(entry)
        if halves is None:
            return "it names no two public halves"
        return "" if self._signer in (None, halves[0]) else "it names another old key than the one that signed it"

    def _accept(self, entry: Entry) -> str:
        self._seq, self._hash = entry.seq, entry.hash
        self._is_trusted = self._is_trusted or self._signer == self.key
        self._watch_time(entry)
        if not self._keys or self._keys[-1] != entry.key_id:
            self._keys.append(entry.key_id)
        for anchor in self.anchors:
            if anchor.seq == entry.seq:
                if anchor.hash != entry.hash:
                    return f"Entry {entry.seq} has another hash than the anchor: another log was put in its place."
                self._anchored.append(anchor)
        halves = halves_in(entry)
        if halves and self._signer:
            self._signer = halves[1]
        return ""

    def _watch_time(self, entry: Entry) -> None:
        """Note an entry that is older than one before it. That is no fault: the order is that of the numbers."""
        if entry.at and self._latest and entry.at < self._latest and len(self._backwards) < MOST_NAMED:
            self._backwards.append(entry.seq)
        self._latest = max(filter(None, (entry.at, self._latest)), default=None)

    def _wrong_end(self, head: Head) -> str:
        if head.seq != self._seq:
            what = "its tail was cut" if head.seq > self._seq else "the mark was moved back"
            return f"The log ends with entry {self._seq}, but its end is marked at {head.seq}: {what}."
        if head.hash != self._hash:
            return f"The mark of the end has another hash than entry {self._seq}."
        if self._signer and head.key_id != self._signer.key_id:
            return f"The mark of the end names the key {head.key_id or 'of nobody'}; {self._signer.key_id} signs there."
        return ""

    def _untrusted(self) -> str:
        if self._keys and not self._signer:
            signed = f"Entry {self.start.seq + 1}: it is signed with the key {self._keys[0]}"
            return f"{signed}, and neither you nor the log names that key."
        if self._keys and not self._is_trusted:
            return f"Entry {self._seq}: no entry up to it is signed with the key {self.key.key_id}, which you gave."
        return ""

    def _unanchored(self) -> str:
        for anchor in self.anchors:
            if anchor not in self._anchored:
                among = f"{self._seq} entries" if not self.start.seq else f"entries {self.start.seq + 1} to {self._seq}"
                gone = f"Entry {anchor.seq} of the anchor is not among the {among}"
                return f"{gone}: the log was cut, or another one was put in its place."
        return ""


def check_log(
    rows: Iterable[Entry | Unreadable],
    head: Head,
    key: PublicKey,
    *,
    named: Sequence[PublicKey] = (),
    anchors: Sequence[Head] = (),
) -> Found:
    """Return the first fault of the log, or what it holds. `rows` are all there are, in the order of their numbers."""
    checker = Checker(key=key, named=named, anchors=anchors)
    for row in rows:
        if fault := checker.take(row):
            return checker.found(fault)
    return checker.finish(head)


def halves_in(entry: Entry) -> tuple[PublicKey, PublicKey] | None:
    """Return the public halves, the old and the new one, that a `key_changed` entry names; None when it names none."""
    if entry.event != KEY_CHANGED:
        return None
    try:
        old, new = map(PublicKey, entry.text.split(" "))
    except ValueError:
        return None
    return old, new


def clock_in_words(found: Found) -> str:
    """Return the sentence about entries that are older than one before them, behind a space; empty for none."""
    if not found.backwards:
        return ""
    some = ", ".join(map(str, found.backwards))
    more = " and perhaps more" if len(found.backwards) == MOST_NAMED else ""
    return f" The clock was set back: older than an entry before them are {some}{more}. Their numbers say the order."


def in_words(found: Found) -> str:
    """Return what a log that holds proves, and what nothing but an anchor could prove."""
    if not found.last.seq:
        return (
            "The log is empty: nothing is recorded, so nothing is proven. Whether entries were taken out, only an "
            "anchor can prove."
        )
    mark = f"{found.last.seq}:{found.last.hash}"
    proven = (
        f"{found.last.seq} {'entry' if found.last.seq == 1 else 'entries'}, and the log holds. Proven: none is missing "
        f"from 1 to {found.last.seq}, and all are in their order, unchanged, with the sessions that they name, signed "
        f"with {'the key' if len(found.keys) == 1 else 'the keys'} {', '.join(found.keys)}."
    )
    proven += clock_in_words(found)
    if found.anchors:
        last = max(anchor.seq for anchor in found.anchors)
        proven += f" Entry {last} is that of the anchor, so nothing up to it was cut."
        if last == found.last.seq:
            return f"{proven}\nThe last is {mark}"
    return (
        f"{proven}\nNot proven: whether newer entries were cut off the end together with its mark. Only an anchor that "
        f"was kept elsewhere proves that: audit verify --anchor SEQ:HASH\nThe last is {mark}"
    )
