"""The `Clock` port on the clock of PostgreSQL."""

from __future__ import annotations

from datetime import UTC, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import text

from adapters.sql.errors import translate_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine

_NOW = text("SELECT clock_timestamp()")


class DatabaseClock:
    """The server's time as it was read last, and how long that was ago by the steady clock of this machine.

    So the clock of this machine may be set as one likes, and asking for the time waits for nobody.
    """

    def __init__(self, at: datetime, ticks: Callable[[], float] = monotonic) -> None:
        self._ticks = ticks
        self._known = (at, ticks())

    @classmethod
    def of(cls, engine: Engine) -> DatabaseClock:
        """Return the clock after one question. Raises `LedgerError`."""
        with translate_errors(), engine.connect() as connection:
            return cls(connection.execute(_NOW).scalar_one())

    def now(self) -> datetime:
        at, ticks = self._known
        return (at + timedelta(seconds=self._ticks() - ticks)).astimezone(UTC)

    def learn(self, at: datetime) -> None:
        """Take the server's time of this moment."""
        self._known = (at, self._ticks())
