"""Appending to the audit log: lock the head, prove that the log is still the one this process knows, append, look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import insert, update

from adapters.sql.audit_queries import HEAD, head_of, read_entry, read_head, read_run
from adapters.sql.mapping import row_of_entry, rows_of_targets
from adapters.sql.tables import audit_entry, audit_target, chain_head
from bot.audit.chain import GENESIS, seal, verify_entry
from bot.audit.entry import Head
from bot.audit.record import entry_for_key, entry_for_taking_up
from bot.domain.timeline import Timeline
from bot.errors import KeyChanged, LedgerError, RecordChanged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from bot.audit.entry import Entry, Origin
    from bot.audit.keys import SigningKeys
    from bot.domain.request import Request
    from bot.ports.ownership import Ownership

SWALLOWED = (
    "My database took an audit entry and did not keep it as it was, so I do nothing. "
    "Tell whoever runs me to look for triggers on audit_entry, audit_target and chain_head."
)

_NEW_ENTRY, _NEW_ROWS = insert(audit_entry), insert(audit_target)
_LOCK = HEAD.add_columns(chain_head.c.owner).with_for_update()
_MOVE = update(chain_head).returning(*HEAD.selected_columns)

log = structlog.get_logger()


class ChainWriter:
    """The one place that appends. It remembers the newest entry that it has seen.

    Its caller lets one thread at a time into a transaction with it. `lock` comes first in a transaction, and `keep`
    after its commit.
    """

    def __init__(self, keys: SigningKeys, origin: Origin, ownership: Ownership | None = None) -> None:
        self._keys, self._origin, self._ownership = keys, origin, ownership
        self.times = Timeline()
        self._seen: Entry | None = None
        self._newer: Entry | None = None
        self._broken = ""

    def lock(self, connection: Connection) -> Head:
        """Lock the head until the transaction ends, and return it. All other writers wait for this lock.

        On SQLite the transaction itself (`BEGIN IMMEDIATE`) is the lock. Raises `NotOwner` when another process has
        taken over, `KeyChanged` when another key signs the log, and `RecordChanged` when the log is no longer the one
        that this process has seen: now and ever after.
        """
        self.refuse_to_write()
        self._newer = None
        row = connection.execute(_LOCK).one_or_none()
        head = head_of(row)
        if self._ownership and row:
            self._ownership.compare(row.owner)
        if head.key_id not in ("", self._keys.key_id):
            changed = KeyChanged(
                f"The audit key was changed: the log takes entries of the key {head.key_id} alone, and mine is "
                f"{self._keys.key_id}. I do nothing. Tell whoever runs me to start me with the new audit_key."
            )
            changed.signing, changed.own = head.key_id, self._keys.key_id
            raise changed
        if self._seen:
            self._compare(connection, head, self._seen)
        else:
            self._newer = read_entry(connection, head.seq)
        if self._seen is None or self._seen.seq != head.seq:
            self.times.learn(self._time_of(connection, head.seq))
        return head

    def _time_of(self, connection: Connection, seq: int) -> datetime | None:
        """Return the time of an entry that another process wrote; None when this key did not sign it as it stands.

        A time that somebody wrote into a row must not hold the bot up for years.
        """
        entry, before = read_entry(connection, seq), read_entry(connection, seq - 1)
        hash_before = before.hash if before else GENESIS
        return entry.at if entry and verify_entry(entry, hash_before, self._keys.public) else None

    def look(self, connection: Connection) -> None:
        """Compare the log with what this process has seen, where nothing is written. Raises `RecordChanged`."""
        self.refuse_to_write()
        seen = self._seen  # before the head is read: meanwhile others append
        if seen:
            self._compare(connection, read_head(connection), seen)

    def refuse_to_write(self) -> None:
        """Raise `NotOwner`, or `RecordChanged` when this process has found the log changed before."""
        if refusal := self._ownership and self._ownership.refusal():
            raise refusal
        if self._broken:
            raise RecordChanged(self._broken)

    def append(self, connection: Connection, head: Head, entry: Entry, at: datetime) -> Entry:
        """Append the entry behind the locked head, move the head, and return the sealed entry.

        Raises `LedgerError` when the database did not keep one of them as it was written.
        """
        return self.append_all(connection, head, [entry], at)[0]

    def append_all(self, connection: Connection, head: Head, entries: Sequence[Entry], at: datetime) -> list[Entry]:
        """Append these entries, at least one, as `append` does each, and return them sealed."""
        return self._put(connection, head, entries, at, self._keys, next_key=self._keys.key_id)

    def hand_over(self, connection: Connection, head: Head, by: str, new: SigningKeys, at: datetime) -> Entry:
        """Append the entry with which this key names the new one, and the new key's first; return the latter.

        From then on this writer writes no more. Raises `LedgerError` as `append` does.
        """
        named = entry_for_key(by, self._keys.public, new.public)
        signed = self._put(connection, head, [named], at, self._keys, next_key=new.key_id)[0]
        taken = entry_for_taking_up(by, self._keys.public)
        return self._put(connection, Head(signed.seq, signed.hash), [taken], at, new, next_key=new.key_id)[0]

    def _put(  # noqa: PLR0913, PLR0917 - the entries, their place and their keys
        self,
        connection: Connection,
        head: Head,
        entries: Sequence[Entry],
        at: datetime,
        keys: SigningKeys,
        next_key: str,
    ) -> list[Entry]:
        at = self.times.of_entry(at)
        self.times.learn(at)
        sealed, before = [], head
        for entry in entries:
            new = seal(self._origin.on(entry), seq=before.seq + 1, at=at, before=before.hash, keys=keys)
            sealed.append(new)
            before = Head(new.seq, new.hash, next_key)
        connection.execute(_NEW_ENTRY, [row_of_entry(each) for each in sealed])
        if rows := [row for each in sealed for row in rows_of_targets(each)]:
            connection.execute(_NEW_ROWS, rows)
        moved = connection.execute(_MOVE, before._asdict()).one_or_none()
        if moved is None or Head(*moved) != before or read_run(connection, head.seq + 1, before.seq) != sealed:
            raise LedgerError(SWALLOWED)
        self._newer = sealed[-1]
        return sealed

    def keep(self) -> None:
        """Remember the newest entry of the transaction, after the commit."""
        self._seen = self._newer or self._seen

    def _compare(self, connection: Connection, head: Head, seen: Entry) -> None:
        if head.seq < seen.seq:
            self._stop(f"its end is marked at {head.seq}, and I have seen entry {seen.seq}", seen)
        if read_entry(connection, seen.seq) != seen:
            self._stop(f"entry {seen.seq} is not as I have seen it", seen)

    def _stop(self, what: str, seen: Entry) -> None:
        self._broken = (
            f"My audit log was changed behind my back: {what}. I write nothing more and touch nothing. Tell whoever "
            f"runs me to run: logoff-bot audit verify --anchor {seen.seq}:{seen.hash}"
        )
        log.error("record.changed", seq=seen.seq, hash=seen.hash, what=what)
        raise RecordChanged(self._broken)


def tell(entry: Entry, request: Request | None = None) -> None:
    """Log the entry after the commit. Logs on another machine then have number and hash of each entry: an anchor."""
    state = request.state.value if request else ""
    log.info(
        "request.recorded", request_id=entry.request_id, change=entry.event, state=state, seq=entry.seq, hash=entry.hash
    )
