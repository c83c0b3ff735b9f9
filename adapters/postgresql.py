"""Connections to PostgreSQL that never wait for ever, because a connection may die without a word.

A server that was stopped, or a firewall that forgot the connection, closes nothing. The kernel's limits find a peer
that acknowledges no packet, the server's own limits end what runs too long there, and the limit here finds the rest: a
peer that takes every packet and answers none.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

if TYPE_CHECKING:
    from psycopg.abc import PQGen

T = TypeVar("T")

ANSWER_WITHIN = timedelta(seconds=5)
"""How long a server may take for a sign of life, or for one small read."""

STATEMENT_WITHIN = timedelta(seconds=8)
"""How long one statement of a transaction may take, without its wait for a lock."""

LOCK_MOST = timedelta(seconds=10)
"""How long a statement waits for a lock at most. Whoever holds it longer is dead, and the server ends them soon."""

_OF_THE_KERNEL = {
    "connect_timeout": 2,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""How a peer is found dead that acknowledges nothing. What the URL says of the same counts more."""

_OF_THE_SERVER = {
    "statement_timeout": int((STATEMENT_WITHIN + LOCK_MOST).total_seconds() * 1000),
    "idle_in_transaction_session_timeout": 15_000,
    "tcp_keepalives_idle": 10,
    "tcp_keepalives_interval": 3,
    "tcp_keepalives_count": 3,
}
"""How the server ends what this process has left behind: its locks would stop the process that takes over."""

_SET = "SELECT " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _OF_THE_SERVER.items())


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that closes itself when the server does not answer in time."""

    answer_within = ANSWER_WITHIN

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Return what the exchange with the server returns. Raises `psycopg.OperationalError` when it lasts too long.

        What is closed here is out of step with its server: nobody may use it again.
        """
        within = self.answer_within.total_seconds()
        try:
            return super().wait(gen, interval=interval, timeout=within if timeout is None else min(timeout, within))
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


def connect(**options: Any) -> BoundedConnection:
    """Open a connection with all limits. Raises `psycopg.OperationalError`."""
    connection = BoundedConnection.connect(**{**_OF_THE_KERNEL, **options})
    try:
        connection.execute(_SET)
        connection.commit()
    except psycopg.Error:
        connection.close()
        raise
    return connection
