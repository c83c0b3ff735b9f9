"""The table of jobs that all replicas share, as threads ask it. The workers have connections of their own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from procrastinate import SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

from adapters.scheduler.jobs import LATER, STEP, read_item

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from procrastinate.jobs import Job

    from bot.domain.request import WorkItem

WITHIN = 5.0
"""Seconds for which a caller waits for a connection."""

_DUE = (
    "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE task_name = ANY(%(tasks)s) AND (status = 'doing' "
    "OR status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))) AS due"
)
_AT_WORK = "SELECT args FROM procrastinate_jobs WHERE task_name = %(task)s AND status IN ('todo', 'doing')"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the table is: a URL of libpq, with what its connections are to be like."""

    url: str

    def pool(self, *, least: int, most: int) -> dict[str, Any]:
        """Return what a pool of connections to it is made of."""
        return {
            "conninfo": self.url,
            "min_size": least,
            "max_size": most,
            "timeout": WITHIN,
            "reconnect_timeout": WITHIN,
        }


class SharedJobs:
    """Every method raises `ConnectorException` when the database does not answer; the next call tries anew."""

    def __init__(self, place: Place) -> None:
        self._place, self._lock = place, threading.Lock()
        self._connector: SyncPsycopgConnector | None = None

    def put(self, jobs: list[Job]) -> list[int]:
        """Write the jobs in one statement and return their numbers. Raises `AlreadyEnqueued`, and writes none then."""
        with self._open() as connector:
            return [job.id or 0 for job in JobManager(connector).batch_defer_jobs(jobs)]

    def drop(self, job: int) -> None:
        """Delete a job that has not begun."""
        with self._open() as connector:
            JobManager(connector).cancel_job_by_id(job, delete_job=True)

    def is_idle(self) -> bool:
        """Return whether no step runs or is due, on any replica."""
        with self._open() as connector:
            return not connector.execute_query_one(_DUE, tasks=[STEP, LATER])["due"]

    def at_work(self) -> frozenset[WorkItem]:
        """Return the items that wait for their run, or have it, on any replica."""
        with self._open() as connector:
            rows: Sequence[dict[str, Any]] = connector.execute_query_all(_AT_WORK, task=STEP)
        return frozenset(filter(None, (read_item(row["args"]) for row in rows)))

    def close(self) -> None:
        with self._lock:
            connector, self._connector = self._connector, None
        if connector:
            connector.close()

    @contextmanager
    def _open(self) -> Iterator[SyncPsycopgConnector]:
        with self._lock:
            if self._connector is None:
                self._connector = _opened(self._place)
            connector = self._connector
        try:
            yield connector
        except (ConnectorException, psycopg.OperationalError) as exc:
            if getattr(exc, "constraint_name", None) is None:
                self.close()  # a pool waits longer and longer before it connects again; a new one tries at once
            if not isinstance(exc, ConnectorException):
                raise ConnectorException from exc
            raise


def _opened(place: Place) -> SyncPsycopgConnector:
    connector = SyncPsycopgConnector(**place.pool(least=1, most=2))
    try:
        connector.open()
    except psycopg.OperationalError as exc:
        raise ConnectorException from exc
    return connector
