"""The gate in front of every logon with a password, so that no command locks the bot's account.

A credential that a host has just accepted goes to any number of hosts at once. Any other goes to one host at a time,
and the other calls wait here within their own time-outs. What hosts said is kept behind the `Logons` port, for all
processes. A host that refuses a client certificate or a Kerberos ticket counts no wrong password, so those pass by.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from contextlib import contextmanager
from datetime import timedelta
from threading import Condition, Lock
from typing import TYPE_CHECKING

import structlog

from adapters.windows.errors import Fault
from bot.domain.letters import python_lower, python_upper
from bot.domain.logons import PROVEN_FOR
from bot.domain.moments import said_at
from bot.errors import LedgerError, NotAuthenticated, TerminalError, TimedOut

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from adapters.windows.shell import Deadline
    from adapters.windows.winrm.endpoint import Connection
    from bot.domain.logons import Standing, Suspension
    from bot.ports.clock import Clock
    from bot.ports.logons import Change, Logons

_FRESH = 0.25  # seconds that this process believes what it read; a logon may take as long
_SHORTEST_TURN = 1.0  # seconds; who has less left does not try, because an honest host may take longer to answer
_LOOK_AGAIN = 0.1  # seconds between two looks of a call that waits
_JUST_UNDER_A_MINUTE = timedelta(minutes=1) - timedelta.resolution  # people are told a whole minute, none too early

NOBODY_KNOWS = Fault(
    TerminalError,
    "{host} was not asked, because the bot cannot see in its database whether its account may log on. "
    "Try again in a minute; if it stays so, tell whoever runs the bot.",
)
WAITED = Fault(
    TimedOut,
    "{host} was not asked: the bot's account was tried at another computer first, and no answer came in time. "
    "Ask again.",
)

log = structlog.get_logger()


class Withheld(Exception):
    """The bot kept a password back. The host was sent neither the password nor what was to follow it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class LogonGate:
    """Lets logons through. Any number of threads may call it. `key` keys the digests of credentials."""

    def __init__(self, logons: Logons, clock: Clock, key: bytes) -> None:
        self._logons, self._clock, self._key = logons, clock, key
        self._start = clock.now()
        self._lock = Lock()
        self._credentials: dict[str, _Credential] = {}

    def enter(self, connection: Connection, host: str, deadline: Deadline) -> Logon:
        """Wait until the credential may be tried at the host, and return the logon. Raises `Withheld`."""
        logon = Logon(self._credential_of(connection), python_lower(host))
        logon.credential.wait_for(logon, deadline)
        return logon

    def _credential_of(self, connection: Connection) -> _Credential:
        digest = digest_of(connection, self._key)
        with self._lock:
            if digest not in self._credentials:
                self._credentials[digest] = _Credential(
                    digest, connection.username, self._logons, self._clock, self._start
                )
            return self._credentials[digest]


class Logon:
    """One logon that was let through. Exactly one of its methods is called, with what became of the password."""

    def __init__(self, credential: _Credential, host: str) -> None:
        self.credential, self.host = credential, host
        self.token = secrets.token_hex(8)
        self.times_refused = 0
        self.has_turn = False

    def accept(self) -> None:
        """The host took the password."""
        self.credential.accept(self)

    def give_back(self) -> None:
        """The password never left, or the host answered without a look at it, so the next one may try."""
        self.credential.give_back(self)

    def refuse(self) -> None:
        """The host did not take the password. Nobody else tries it before this is committed."""
        self.credential.refuse(self)

    def give_up(self) -> None:
        """The password left, and no answer came. The host may refuse it yet, so a turn counts as refused."""
        if self.has_turn:
            self.credential.refuse(self)


class _Credential:
    """What this process knows of one credential, and the calls that wait for it."""

    def __init__(self, digest: str, account: str, logons: Logons, clock: Clock, start: datetime) -> None:
        self._digest, self._account, self._logons, self._clock, self._start = digest, account, logons, clock, start
        self._changed = Condition()
        self._known: Standing | None = None
        self._known_at = 0.0
        self._unsaved: list[Logon] = []

    def wait_for(self, logon: Logon, deadline: Deadline) -> None:
        with self._held(deadline):
            while not self._lets(logon, deadline):
                if not deadline.left:
                    raise Withheld(WAITED)
                self._changed.wait(min(deadline.left, _LOOK_AGAIN))

    def accept(self, logon: Logon) -> None:
        """Keep the acceptance, unless it says nothing new: then the database is not asked.

        An acceptance is new again before the last one ends, so that work under way is never held up.
        """
        with self._changed:
            known = self._known
            if known and not known.is_news(times_refused=logon.times_refused, since=self._since(PROVEN_FOR / 2)):
                return
            try:
                kept = self._logons.accept(self._digest, logon.host, logon.token, times_refused=logon.times_refused)
            except LedgerError:
                log.warning("windows.acceptance_not_kept", account=self._account, host=logon.host)
                return
            self._learn(kept)

    def give_back(self, logon: Logon) -> None:
        """End the turn of this logon, if it has one."""
        with self._changed:
            known = self._known
            if known and (known.turn is None or known.turn.token != logon.token):
                return
            try:
                self._learn(self._logons.give_back(self._digest, logon.token))
            except LedgerError:
                log.warning("windows.turn_not_given_back", account=self._account, host=logon.host)

    def refuse(self, logon: Logon) -> None:
        """Keep the refusal. While the database cannot be written, this process tries the credential nowhere."""
        with self._changed:
            self._unsaved.append(logon)
            try:
                self._save()
            except LedgerError:
                log.warning("windows.refusal_not_kept", account=self._account, host=logon.host)

    def _since(self, within: timedelta = PROVEN_FOR) -> datetime:
        """Return since when an acceptance counts: for so long, and not from before the start."""
        return max(self._start, self._clock.now() - within)

    def _lets(self, logon: Logon, deadline: Deadline) -> bool:
        """Return whether the logon may be made now. Raises `Withheld` when it may not be made for longer."""
        try:
            standing = self._standing()
            if self._may_take_turn(standing, logon.host):
                if deadline.left < _SHORTEST_TURN:
                    raise Withheld(WAITED)
                standing = self._learn(self._take_turn(logon, deadline))
        except LedgerError as exc:
            raise Withheld(NOBODY_KNOWS) from exc
        if suspension := standing.suspension_at(logon.host, self._clock.now()):
            raise Withheld(fault_of(suspension))
        logon.times_refused = standing.times_refused
        logon.has_turn = standing.turn is not None and standing.turn.token == logon.token
        return logon.has_turn or standing.is_proven(self._since())

    def _take_turn(self, logon: Logon, deadline: Deadline) -> Change:
        within = timedelta(seconds=deadline.left)
        return self._logons.take_turn(self._digest, logon.host, logon.token, since=self._since(), within=within)

    def _may_take_turn(self, standing: Standing, host: str) -> bool:
        now = self._clock.now()
        is_open = standing.is_proven(self._since()) or standing.is_tried(now)
        return not is_open and standing.suspension_at(host, now) is None

    def _standing(self) -> Standing:
        """Return the standing as this process knows it, or as the database has it. Raises `LedgerError`."""
        self._save()
        if self._known is None or time.monotonic() - self._known_at > _FRESH:
            self._known = self._logons.standing(self._digest)
            self._known_at = time.monotonic()
        return self._known

    def _save(self) -> None:
        while self._unsaved:
            logon = self._unsaved[0]
            self._learn(self._logons.refuse(self._digest, logon.host, logon.token))
            self._unsaved.pop(0)

    def _learn(self, change: Change) -> Standing:
        before, self._known = change
        self._known_at = time.monotonic()
        self._tell(before, self._known)
        self._changed.notify_all()
        return self._known

    def _tell(self, before: Standing, after: Standing) -> None:
        """Log what an administrator has to know, by the event and not by the call."""
        hosts = [refusal.host for refusal in after.refusals if refusal.counts]
        if after.times_refused > before.times_refused:
            log.warning("windows.logon_refused", account=self._account, host=after.refusals[-1].host)
        if after.suspended_until and not before.suspended_until:
            until = after.suspended_until.isoformat()
            log.error("windows.account_suspended", account=self._account, hosts=hosts, until=until)
        if before.suspended_until and not after.suspended_until:
            log.warning("windows.account_free", account=self._account)

    @contextmanager
    def _held(self, deadline: Deadline) -> Iterator[None]:
        """Hold the credential. Another call may hold it as long as the database takes."""
        if not self._changed.acquire(timeout=deadline.left):
            raise Withheld(WAITED)
        try:
            yield
        finally:
            self._changed.release()


def digest_of(connection: Connection, key: bytes) -> str:
    """Return the keyed digest of account and password. Nobody can guess a password from it without the key.

    The transport is left out, because a domain counts refusals of one account together.
    """
    parts = ["credential", python_upper(connection.username), connection.password.get_secret_value()]
    return hmac.new(key, json.dumps(parts).encode(), hashlib.sha256).hexdigest()


def fault_of(suspension: Suspension) -> Fault:
    """Return what the person is told, with the time from which the account is tried again."""
    again = said_at(suspension.until + _JUST_UNDER_A_MINUTE)
    if suspension.refused_at is None:
        sentence = (
            "{host} was not asked: two computers did not accept the bot's account, and more attempts could lock it. "
            f"Check its password and whether it is locked. The bot tries again from {again} on, or after a restart "
            "with another password."
        )
    else:
        at = said_at(suspension.refused_at)
        sentence = (
            f"{{host}} did not accept the bot's account at {at} and is not tried again before {again}, so that the "
            "account is not locked. Check its rights there, its password, and whether it is locked."
        )
    return Fault(NotAuthenticated, sentence)
