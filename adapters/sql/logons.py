"""The `Logons` port on SQLite and PostgreSQL: one row for each credential, changed under a lock of its own."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from adapters.sql.database import LOCK_LIMIT, READS
from adapters.sql.documents import STANDING
from adapters.sql.errors import standing_faults, translate_errors
from adapters.sql.tables import credential as rows
from bot.domain.logons import LONGEST_TURN, NEW, Turn
from bot.ports.logons import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from adapters.sql.write_queue import FairLock
    from bot.domain.logons import Standing
    from bot.ports.clock import Clock

CHANGING = 7_161_403
"""The id of the advisory lock of changes on PostgreSQL, without a meaning; on SQLite the transaction is the lock."""

WRITE_LIMIT = timedelta(seconds=2)
"""How long a write waits for the lock. A look at a host waits for the answer."""

KEEP = timedelta(days=30)
"""After this time without a change a row goes: the password has changed, or the bot stood still."""


class SqlLogons:
    """`turns` is the queue of all writers of this process; `window` is how long a refusal stops a credential."""

    def __init__(self, engine: Engine, clock: Clock, turns: FairLock, *, window: timedelta) -> None:
        self._engine, self._clock, self._turns = engine, clock, turns
        self._reader = engine.execution_options(**{READS: True})
        self._window = window

    def standing(self, credential: str) -> Standing:
        with translate_errors(), self._reader.begin() as connection:
            return _read(connection, credential)

    def take_turn(self, credential: str, host: str, token: str, *, since: datetime, within: timedelta) -> Change:
        def taken(before: Standing, now: datetime) -> Standing:
            turn = Turn(host=host, token=token, until=now + min(within, LONGEST_TURN))
            return before.taken(turn, now, since=since, window=self._window)

        return self._change(credential, taken)

    def give_back(self, credential: str, token: str) -> Change:
        return self._change(credential, lambda before, _now: before.given_back(token))

    def accept(self, credential: str, host: str, token: str, *, times_refused: int) -> Change:
        def accepted(before: Standing, now: datetime) -> Standing:
            return before.accepted(host, token, now, times_refused=times_refused)

        return self._change(credential, accepted)

    def refuse(self, credential: str, host: str, token: str) -> Change:
        def refused(before: Standing, now: datetime) -> Standing:
            return before.refused(host, token, now, window=self._window)

        return self._change(credential, refused)

    def _change(self, credential: str, after_of: Callable[[Standing, datetime], Standing]) -> Change:
        with self._writing() as connection:
            now = self._clock.now()  # after the lock: a turn that ended while this one waited is over
            before = _read(connection, credential)
            after = after_of(before, now)
            if after != before:
                _write(connection, credential, after, now)
                connection.execute(delete(rows).where(rows.c.changed_at < now - KEEP))
        return Change(before, after)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with translate_errors(), self._turns.take(WRITE_LIMIT) as left:
            engine = self._engine.execution_options(**{LOCK_LIMIT: left})
            with engine.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({CHANGING})")
                yield connection


def _read(connection: Connection, credential: str) -> Standing:
    text = connection.execute(select(rows.c.standing).where(rows.c.digest == credential)).scalar_one_or_none()
    with standing_faults():
        return STANDING.read(text) if text else NEW


def _write(connection: Connection, credential: str, standing: Standing, now: datetime) -> None:
    values = {"standing": STANDING.write(standing), "changed_at": now}
    done = connection.execute(update(rows).where(rows.c.digest == credential).values(values))
    if not done.rowcount:
        connection.execute(insert(rows).values(digest=credential, **values))
