"""An entry beside what is wrong with it, so that whoever shows it can mark it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.audit.chain import fault_in, fault_in_rows
from bot.audit.keys import PublicKey
from bot.audit.record import KEY_TAKEN_UP
from bot.audit.values import values_of
from bot.audit.verify import halves_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.audit.entry import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedEntry:
    """One entry of the log, whether it holds, and the command that its request was asked with."""

    entry: Entry
    before: str = ""  # the hash of the entry before it
    fault: str = ""  # what is wrong with it, a part of a sentence; empty: it holds
    command: str = ""  # the command as it was typed, `/logoff comp1 id=3`; empty: the entry has no request

    @property
    def unverified(self) -> str:
        """How a list of what does not verify names it; empty: it holds."""
        return f"entry {self.entry.seq}" if self.fault else ""

    def values(self) -> dict[str, object]:
        """Return the entry as plain values, with its command and its fault."""
        return {**values_of(self.entry), "command": self.command, "fault": self.fault}


class EntryCheck:
    """The check of single entries. It tells what was changed; that nothing is missing only the whole check proves.

    Without a public half the hash is compared, which everybody can make anew, and not the signature.
    """

    def __init__(self, key: PublicKey | None = None, changes: Sequence[CheckedEntry] = ()) -> None:
        """`changes` are the entries about changes of the key, with their hashes before, in ascending order."""
        self._halves = {key.key_id: key} if key else {}
        for change in (*changes, *reversed(changes)) if key else ():  # later keys first, and then earlier ones
            self._halves |= {half.key_id: half for half in self._named_in(change)}

    def _named_in(self, change: CheckedEntry) -> tuple[PublicKey, ...]:
        """Return the halves that an entry vouches for, when a known key has signed it: the new one, or the old one."""
        signer = self._halves.get(change.entry.key_id)
        if signer is None or fault_in(change.entry, change.before, signer):
            return ()
        if change.entry.event == KEY_TAKEN_UP:
            return _halves(change.entry.text)
        return (halves_in(change.entry) or ())[1:]

    def fault_in(self, entry: Entry, before: str) -> str:
        """Return what is wrong with the entry behind the hash `before`, in words; empty when it holds."""
        key = None
        if self._halves:
            key = self._halves.get(entry.key_id)
            if key is None:
                return f"it names the key {entry.key_id or 'of nobody'}, and the key that was given does not lead to it"
        return fault_in(entry, before, key) or fault_in_rows(entry)


def _halves(text: str) -> tuple[PublicKey, ...]:
    try:
        return (PublicKey(text),)
    except ValueError:
        return ()
