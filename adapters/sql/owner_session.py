"""The owner's lock in PostgreSQL: an advisory lock of a session of its own, which lives as long as its process."""

from __future__ import annotations

import os
import re
import socket
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from adapters.sql.errors import translate_errors
from adapters.sql.owner import Holder, Look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

OWNING = 7_161_404
"""The key of the advisory lock: one number of 64 bits, without a meaning. Others are `migrate.UPGRADING` and
`logons.CHANGING`. An advisory lock is of one database; its schemas share it."""

HANGS = 5.0
"""Seconds after which a question to the server is given up, and the session with it."""

_CLIENT = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
_SERVER = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
"""Either side notices that the other has gone. The server lets the lock of a silent client go after 25 seconds: later
than the client stops to trust it (`SessionLock.good_for`)."""

_LIMITS = {"statement_timeout": 5_000, "lock_timeout": 4_000}

_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_CLAIM = text("UPDATE chain_head SET owner = :token RETURNING owner")
_SHARE = text("SELECT pg_try_advisory_lock_shared(:key)")
_JOIN = text(
    "UPDATE chain_head SET owner = CASE WHEN starts_with(owner, :kind) THEN owner ELSE :kind || :token END "
    "RETURNING owner"
)
"""Replicas have one token together, which the first of them writes after a process that ran alone."""

REPLICAS = "replicas "
"""How the token of replicas begins."""
_HOLDER = text(
    "SELECT a.pid, a.application_name FROM pg_locks l "
    "JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = :key AND l.objsubid = 1 "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_LOOK = text(
    "SELECT clock_timestamp(), EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND pid = pg_backend_pid() AND classid = 0 AND objid = :key AND objsubid = 1)"
)
_END = text("SELECT pg_terminate_backend(:pid)")
_NAMED = re.compile(r"logoff-bot [0-9a-f]{8} (\d{1,10}) (\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)Z (.*)", re.DOTALL)


class SessionLock:
    """A session that only holds the lock. Its name says who has it. Replicas hold it together, each in its session."""

    advice = (
        "Stop it, or wait until it has gone; then start again. Bots share a database when each of them has "
        "replicas: true in its configuration."
    )
    good_for = timedelta(seconds=10)

    def __init__(self, engine: Engine, *, shared: bool = False) -> None:
        """`shared`: with the other replicas; a process that runs alone and replicas exclude each other."""
        self._url, self._shared = engine.url, shared
        self.token = ""
        self._connection: Connection | None = None
        self._descriptor = -1  # of the same socket as the connection's, to cut it by
        self._name = ""

    def take(self, me: Holder, token: str) -> Holder | None:
        self.leave()
        self._name = _name_of(me, token)
        with translate_errors():
            self._connection = self._connected()
            try:
                driver = self._connection.connection.driver_connection
                self._descriptor = os.dup(driver.fileno()) if driver else -1
                with _cut_when_it_hangs(self._descriptor):
                    holder = self._taken(self._connection, token)
            except SQLAlchemyError:
                self.leave()
                raise
        if holder is not None:
            self.leave()
        return holder

    def _taken(self, connection: Connection, token: str) -> Holder | None:
        if not connection.execute(_SHARE if self._shared else _TAKE, {"key": OWNING}).scalar_one():
            return self._holder(connection)
        claim = connection.execute(_JOIN if self._shared else _CLAIM, self._claim(token)).scalar_one_or_none()
        self.token = claim or ""
        return None

    def _claim(self, token: str) -> dict[str, str]:
        return {"kind": REPLICAS, "token": token} if self._shared else {"token": token}

    def look(self) -> Look:
        """Look whether the session lives and has the lock. A server that does not answer counts as lost."""
        if self._connection is None:
            return Look(is_held=False)
        try:
            with _cut_when_it_hangs(self._descriptor):
                at, held = self._connection.execute(_LOOK, {"key": OWNING}).one()
        except SQLAlchemyError:
            self.leave()
            return Look(is_held=False)
        return Look(is_held=bool(held), at=at)

    def leave(self) -> None:
        """End the session. Closing it needs no answer of the server."""
        connection, self._connection = self._connection, None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.invalidate()

    def _connected(self) -> Connection:
        options = " ".join(f"-c {name}={value}" for name, value in {**_SERVER, **_LIMITS}.items())
        engine = sqlalchemy.create_engine(
            self._url,
            poolclass=sqlalchemy.NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={
                "connect_timeout": 2,
                "tcp_user_timeout": int(HANGS * 1000),
                "application_name": self._name,
                "options": options,
                **_CLIENT,
            },
        )
        return engine.connect()

    def _holder(self, connection: Connection) -> Holder:
        """Return who holds the lock. A session that this very process has lost sight of is ended on the way."""
        row = connection.execute(_HOLDER, {"key": OWNING}).first()
        if row is None:
            return Holder()
        if row.application_name == self._name:
            connection.execute(_END, {"pid": row.pid})
        return _holder_in(row.application_name)


def holder_of(connection: Connection) -> Holder | None:
    """Return who holds the lock, as its session names itself; None: nobody."""
    row = connection.execute(_HOLDER, {"key": OWNING}).first()
    return _holder_in(row.application_name or "") if row else None


def _name_of(me: Holder, token: str) -> str:
    """Return how the session names itself in `pg_stat_activity`, in the 63 bytes that PostgreSQL keeps.

    No other process has the same name: in containers many have the same number, and long host names are cut.
    """
    host = me.host.encode("ascii", "replace").decode()
    return f"logoff-bot {token[:8]} {me.pid} {me.since.replace(' ', 'T')}Z {host}"[:63]


def _holder_in(name: str) -> Holder:
    named = _NAMED.fullmatch(name)
    if named is None:
        return Holder(host=name[:63])
    return Holder(pid=int(named[1]), since=f"{named[2]} {named[3]}", host=named[4])


@contextmanager
def _cut_when_it_hangs(descriptor: int) -> Iterator[None]:
    """Cut the connection when what is done inside takes too long: whoever waits for the server gets an error then.

    A network that swallows everything says nothing, and a proxy may keep the connection alive without its server.
    """
    timer = threading.Timer(HANGS, _cut, [descriptor])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(descriptor: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as same:
        same.shutdown(socket.SHUT_RDWR)
