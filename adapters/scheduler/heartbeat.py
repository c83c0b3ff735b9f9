"""The signs of life of a replica, on a connection and a thread of their own.

They wait behind nothing else that the replica does: one that is busy is not taken for dead, or the others would have
its work on top of theirs, and be as busy.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg
import structlog

from adapters import postgresql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adapters.scheduler.shared_jobs import Place

EVERY = 1.0
"""Seconds between two signs of life."""

_BEAT = "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = ANY(%(ids)s)"

log = structlog.get_logger()


class Heartbeat:
    """`ids` returns the numbers of the workers that live; `lost` is called when the database cannot be told."""

    def __init__(self, place: Place, ids: Callable[[], Iterable[int]], lost: Callable[[], None]) -> None:
        self._place, self._ids, self._lost = place, ids, lost
        self._connection: psycopg.Connection[Any] | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(EVERY)

    def _keep_beating(self) -> None:
        while not self._ending.wait(EVERY):
            try:
                self._beat(list(self._ids()))
            except psycopg.Error as error:
                log.warning("heartbeat.failed", error=type(error).__name__)
                self._close()
                self._lost()
        self._close()

    def _beat(self, ids: list[int]) -> None:
        if self._connection is None:
            self._connection = postgresql.connect(conninfo=self._place.url, autocommit=True)
        if ids:
            self._connection.execute(_BEAT, {"ids": ids})

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            connection.close()
