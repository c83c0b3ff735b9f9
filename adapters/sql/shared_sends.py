"""What each person has sent, as replicas tell it each other: over PostgreSQL, without a row.

The limit of what one person sends stands in memory, since it is asked before anything is read. So each replica
announces what it took, and counts what the others announce. What was taken while the database is away is told later.
"""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

import psycopg
import structlog

from adapters import postgresql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from psycopg import Notify

CHANNEL = "logoff_bot_sends"

APPLICATION = "logoff-bot sends"
"""What the server shows of these connections."""

PEOPLE = 100
"""The most people of one announcement, which may have 8,000 bytes."""

KEPT = 100
"""The most announcements that are kept for a server that takes none: what is older counts no more."""

LONGEST_ID = 32
"""The most characters of an id that is announced. Those of Slack have eleven."""

MOST = 1_000
"""The most that is believed of one person in one announcement: the highest limit of a minute."""

log = structlog.get_logger()


class SharedSends:
    """`untold` returns what was taken here since its last call; `elsewhere` counts what another replica took.

    `url` is one of libpq. One thread calls `exchange` again and again, and `close` at the end.
    """

    def __init__(
        self, url: str, untold: Callable[[], Mapping[str, int]], elsewhere: Callable[[str, int], None]
    ) -> None:
        self._url, self._untold, self._elsewhere = url, untold, elsewhere
        self._connection: psycopg.Connection[Any] | None = None
        self._own = 0  # the number that notifications of this connection have
        self._to_tell: deque[str] = deque(maxlen=KEPT)
        self._is_away = False  # the database, as the log says already

    def exchange(self) -> None:
        """Announce what was taken here, and count what has arrived from the others."""
        try:
            connection = self._connection or self._connect()
            connection.execute("SELECT 1")  # the server hands out what has arrived with any answer
            self._to_tell.extend(_announcements(self._untold()))
            while self._to_tell:
                connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self._to_tell[0]))
                self._to_tell.popleft()
            self._is_away = False
        except psycopg.Error as error:
            if not self._is_away:
                log.warning("sends.not_told", error=type(error).__name__)
            self._is_away = True
            self.close()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _connect(self) -> psycopg.Connection[Any]:
        self._connection = connection = postgresql.connect(
            conninfo=self._url, autocommit=True, application_name=APPLICATION
        )
        # A pooler may tell the client another number than the server has.
        [(self._own,)] = connection.execute("SELECT pg_backend_pid()").fetchall()
        connection.add_notify_handler(self._hear)
        connection.execute(f"LISTEN {CHANNEL}".encode())
        return connection

    def _hear(self, told: Notify) -> None:
        if told.pid != self._own:
            for user_id, count in _read(told.payload):
                self._elsewhere(user_id, count)


def _announcements(taken: Mapping[str, int]) -> Iterable[str]:
    told = [(who, count) for who, count in taken.items() if len(who) <= LONGEST_ID]
    for start in range(0, len(told), PEOPLE):
        yield json.dumps(dict(told[start : start + PEOPLE]))


def _read(announced: str) -> Iterable[tuple[str, int]]:
    """Return who sent how much. What is no announcement of ours says nothing."""
    try:
        told = json.loads(announced)
    except (ValueError, RecursionError):
        return ()
    found = told.items() if isinstance(told, dict) else ()
    return [(who, min(count, MOST)) for who, count in found if type(count) is int and count > 0]
