"""The `Ownership` port: one process at a time runs the bot on a database, or several replicas that share its work.

The owner holds a lock: of a file beside the SQLite database, or an advisory one of a PostgreSQL session. It also writes
a token of its own into the head of the audit log. Each write locks that head anyway and compares the token, so a
process that has lost its lock without noticing it, behind a cut network, writes nothing once another one took over.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Protocol

import structlog

from bot.errors import BotError, NotOwner, OwnedByAnother

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = timedelta(minutes=1)
"""How long a process waits for the owner to go before it ends."""

TRY_EVERY = timedelta(seconds=0.5)
"""How often a process that waits tries the lock."""

LOOK_EVERY = timedelta(seconds=2)
"""How often the owner looks whether it still has its lock."""

NOBODY_LOOKS = "Something went wrong while I looked whether I still own my database, so I end. Start me again."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process that holds the lock, as it says of itself. It may have died while it wrote that."""

    host: str = ""
    pid: int = 0
    since: str = ""  # in UTC, to the second

    def __str__(self) -> str:
        process = f"process {self.pid}" if self.pid else "a process that does not say which"
        place = f" on {self.host}" if self.host else ""
        return f"{process}{place}" + (f", since {self.since} UTC" if self.since else "")


def this_process() -> Holder:
    return Holder(host=socket.gethostname(), pid=os.getpid(), since=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}")


class Look(NamedTuple):
    """What a look at the lock has found."""

    is_held: bool
    at: datetime | None = None  # the time of the database; None: it has none of its own


class Lock(Protocol):
    """A lock that ends with the process that holds it. Every method raises `LedgerError`.

    `good_for` is how long a look counts: shorter than others could get the lock without this process knowing it.
    `token` is what the database names as its owner while the lock is held.
    """

    good_for: timedelta
    token: str
    advice: str  # for whoever starts a process that does not get the lock

    def take(self, me: Holder, token: str) -> Holder | None:
        """Take the lock and name this process as the owner; return who holds it instead, None when it was taken."""
        ...

    def look(self) -> Look:
        """Return whether this process still holds the lock, and what time it is there."""
        ...

    def leave(self) -> None:
        """Let the lock go. May be called twice."""
        ...


class Owner:
    """Takes the lock, keeps looking whether it has it, and takes it again when it was lost."""

    def __init__(self, lock: Lock, *, patience: timedelta = PATIENCE, look_every: timedelta = LOOK_EVERY) -> None:
        self._lock, self._me, self._token = lock, this_process(), secrets.token_hex(16)
        self._patience, self._every = patience.total_seconds(), look_every.total_seconds()
        self._good_until = 0.0  # of the steady clock; 0: the lock is not held
        self._displaced = False  # another process has named itself as the owner
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="owner", daemon=True)
        self._on_end: Callable[[], None] = lambda: None
        self.displaced_by: OwnedByAnother | None = None
        """Why this process has to end; None while it may run."""
        self.learn_time: Callable[[datetime], None] = lambda _at: None
        """Gets the time of the database with each look."""

    def take(self) -> None:
        """Take the lock, and wait for its holder to go. Raises `OwnedByAnother` and `LedgerError`."""
        if error := self._try_for_long():
            raise error

    def start(self) -> None:
        """Keep looking, right after `take`: a look counts only for a while."""
        self._thread.start()

    def when_displaced(self, end: Callable[[], None]) -> None:
        """Call this once when another process owns the database and does not go; `displaced_by` says which one."""
        self._on_end = end
        if self.displaced_by:
            end()

    def stop(self) -> None:
        """Let the lock go."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=self._every)
        self._good_until = 0.0
        self._lock.leave()

    def refusal(self) -> NotOwner | None:
        if monotonic() < self._good_until and not self._displaced:
            return None
        return NotOwner(
            "My database may be another bot's by now, so I begin nothing. Try again in a minute; if it stays so, tell "
            "whoever runs me."
        )

    def compare(self, owner: str) -> None:
        if owner != self._lock.token:
            self._displaced = True
        if refusal := self.refusal():
            raise refusal

    def _try(self) -> Holder | None:
        """Take the lock unless somebody holds it, and return who does."""
        began = monotonic()
        holder = self._lock.take(self._me, self._token)
        if holder is None:
            self._displaced, self._good_until = False, began + self._lock.good_for.total_seconds()
        return holder

    def _try_for_long(self) -> OwnedByAnother | None:
        until, waits_for = monotonic() + self._patience, ""
        while holder := self._try():
            if str(holder) != waits_for:
                waits_for = str(holder)
                log.warning("owner.waiting", holder=waits_for, seconds=round(self._patience))
            if monotonic() >= until:
                return OwnedByAnother(f"Another bot owns this database: {holder}. {self._lock.advice}")
            if self._ending.wait(TRY_EVERY.total_seconds()):
                return None
        log.info("owner.taken", pid=self._me.pid)
        return None

    def _keep(self) -> None:
        """Look again and again. Without these looks the process would begin nothing any more, so it ends with them."""
        error: OwnedByAnother | None = OwnedByAnother(NOBODY_LOOKS)
        try:
            error = self._looked()
        finally:
            if error and not self._ending.is_set():
                log.error("owner.ended", message=error.message)
                self.displaced_by = error
                self._on_end()

    def _looked(self) -> OwnedByAnother | None:
        """Look until the end, or until another process owns the database."""
        while not self._ending.wait(self._every):
            try:
                if error := self._look():
                    return error
            except BotError as exc:  # the database cannot be asked; the next round tries again
                log.warning("owner.not_asked", message=exc.message)
        return None

    def _look(self) -> OwnedByAnother | None:
        """Look whether the lock is held. When it was lost, take it again, or return who has it and does not go."""
        began = monotonic()
        held, at = self._lock.look() if self._good_until else Look(is_held=False)
        if at:
            self.learn_time(at)
        if held and not self._displaced:
            self._good_until = began + self._lock.good_for.total_seconds()
            return None
        if held:  # a lock that two hold is none: the session was not the bot's own, or the file has two names
            return OwnedByAnother("Another bot has taken this database over although I hold its lock. I end.")
        if self._good_until:
            self._good_until = 0.0
            log.error("owner.lost")
        return self._try_for_long()
