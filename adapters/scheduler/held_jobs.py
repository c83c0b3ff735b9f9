"""The table of jobs as the workers of one replica ask it: they end only the runs that are still their own.

A replica that was taken for dead ends its steps late. The job is another replica's by then, or is over; the library
would take it from that one.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

from adapters.scheduler.jobs import PERIODIC, TASKS, shared_queue
from bot.ports.lease import LEFT_ALONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from procrastinate.connector import BaseConnector
    from procrastinate.jobs import Job

TAKEN_AFTER = timedelta(seconds=3)
"""A replica that gives no sign of life for so long loses its jobs to the others."""

LEFT_FOR = 1.0
"""Seconds after which a job that this replica did not begin is left to all of them."""

OTHERS_FIRST = 0.1
"""Seconds for which this replica takes no job then, so that another one gets that job. A sixth of its time at most."""

PAUSES = (0.1, 0.5, 1.0, 1.0, 1.0)
"""Seconds between the tries to write that a job has ended."""

_TOLD = (
    "SELECT pg_notify('procrastinate_queue_v1#' || each.queue_name, "
    "json_build_object('type', 'job_inserted', 'job_id', each.id)::text)"
)
_MINE = "FROM procrastinate_jobs job WHERE id = %(id)s AND attempts = %(attempt)s AND status = 'doing' FOR UPDATE"
_FINISH = (
    "SELECT procrastinate_finish_job_v1(id, %(status)s, %(delete)s), "  # noqa: S608 - our own words
    f"({_TOLD} FROM procrastinate_jobs each WHERE each.lock = job.lock AND each.status = 'todo' ORDER BY id LIMIT 1) "
    f"{_MINE}"
)
"""The library tells workers of a new job, and this of one that waited for the lock of the job that ends."""

_AGAIN = (
    "SELECT procrastinate_retry_job_v2(id, now(), NULL, %(queue)s, NULL), "  # noqa: S608
    f"({_TOLD} FROM (SELECT job.id, %(queue)s::text AS queue_name) each) {_MINE}"
)
_SHARE = (
    "UPDATE procrastinate_jobs SET queue_name = %(queue)s WHERE queueing_lock = %(waits)s AND status = 'todo' "
    "RETURNING id"
)
_UP_FOR = "SELECT extract(epoch FROM now() - pg_postmaster_start_time())::float AS seconds"
_TAKE_OVER = """
    WITH stalled AS (
        SELECT job.id, job.task_name, job.queueing_lock
        FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
        WHERE job.status = 'doing'
        AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %(after)s))
        FOR UPDATE OF job SKIP LOCKED
    ), needless AS (
        DELETE FROM procrastinate_jobs job USING stalled WHERE job.id = stalled.id
        AND (stalled.task_name = ANY(%(tasks)s) OR EXISTS (
            SELECT 1 FROM procrastinate_jobs other
            WHERE other.queueing_lock = job.queueing_lock AND other.status = 'todo'
        )) RETURNING job.id
    ), again AS (
        UPDATE procrastinate_jobs job SET status = 'todo', attempts = attempts + 1, scheduled_at = now() FROM stalled
        WHERE job.id = stalled.id AND job.id NOT IN (SELECT id FROM needless) RETURNING job.id, job.queue_name
    )
    SELECT count(*) AS jobs, (SELECT count(*) FROM needless) AS needless, string_agg(told.said, '') AS told
    FROM (SELECT pg_notify('procrastinate_queue_v1#' || queue_name,
        json_build_object('type', 'job_inserted', 'job_id', id)::text)::text AS said FROM again) told
"""
"""Of a step that waits again already, and of periodic work, one is enough."""

_LEFT_WAITING = (
    "WITH each AS (UPDATE procrastinate_jobs SET queue_name = %(queue)s "  # noqa: S608 - our own words
    "WHERE status = 'todo' AND queue_name LIKE %(homes)s AND id IN (SELECT job_id FROM procrastinate_events "
    "WHERE type = 'deferred' AND at < now() - make_interval(secs => %(after)s)) RETURNING id, queue_name) "
    f"{_TOLD} FROM each"
)
"""Jobs that a dead replica was to run. The library tells workers only of jobs that are put, so this tells them."""

log = structlog.get_logger()


def say_left(job: Job) -> None:
    """Say once of a job of another release that it is left alone here."""
    if not job.attempts:
        log.warning("job.left_to_others", job=job.id, task=job.task_name)


class HeldJobs(JobManager):
    """Each run of a job has its number of attempts, which another replica raises when it takes the job over.

    `lost` ends the workers; `over` is set when they take no more jobs.
    """

    def __init__(self, connector: BaseConnector, lost: Callable[[], None], over: asyncio.Event | None = None) -> None:
        super().__init__(connector)
        self.lost, self._over = lost, over or asyncio.Event()
        self._left: set[asyncio.Task[None]] = set()
        self._waits_until = 0.0  # before it takes a job again

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """As the library does, but for jobs that this release cannot run. They keep no other job waiting.

        Of two jobs of one lock that are taken at the same moment one is taken later.
        """
        if (waits := self._waits_until - monotonic()) > 0:
            await asyncio.sleep(waits)
        try:
            while (job := await super().fetch_job(queues, worker_id)) and not await self._may_run(job):
                if self._over.is_set():  # it would have the same job again, at once
                    return None
        except UniqueViolation:
            return None
        except (ConnectorException, psycopg.Error):
            self.lost()  # the worker ends by itself, and waits for its steps first
            raise
        return job

    async def _may_run(self, job: Job) -> bool:
        """Return whether a task of this release can run the job. The library would end it, or never end it.

        A row whose arguments are none was changed by somebody, and ends. A task of another release is left to it.
        """
        said: object = job.task_kwargs
        if not isinstance(said, dict):
            log.warning("job.changed", job=job.id, task=job.task_name)  # not what stands there: anybody wrote it
            await self.finish_job(job, Status.FAILED, delete_job=True)
        elif job.task_name in TASKS:
            return True
        elif job.attempts < LEFT_ALONE:
            say_left(job)
            self._left.add(leaving := asyncio.create_task(self.retry_job(job)))
            leaving.add_done_callback(self._left.discard)
        else:
            log.warning("job.given_up", job=job.id, task=job.task_name, attempts=job.attempts)
            await self.finish_job(job, Status.FAILED, delete_job=True)
        return False

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: FBT001 - of the library
        await self._ask(_FINISH, job, status=status.value, delete=delete_job)

    async def retry_job(self, job: Job, *_: Any, **__: Any) -> None:
        """Let any replica run the job a moment later, and the others sooner than this one.

        All are told at the same moment. Else this one, which looks again after the same pause, would have it each time.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), LEFT_FOR)
        if (now := monotonic()) > self._waits_until + LEFT_FOR / 2:
            self._waits_until = now + OTHERS_FIRST
        await self.again(job)

    async def leave_all(self) -> None:
        """Return when what is left to others can be taken by them."""
        await asyncio.gather(*self._left, return_exceptions=True)

    async def again(self, job: Job) -> None:
        """Let the job wait again, for any replica. When one of the same item waits already, any may have that one."""
        queue = shared_queue(job.queue)
        try:
            await self._ask(_AGAIN, job, queue=queue)
        except UniqueViolation:
            await self._ask(_SHARE, job, queue=queue, waits=job.queueing_lock)
            await self._ask(_FINISH, job, status="succeeded", delete=True)

    async def take_over(self, shared: str) -> int:
        """Let the jobs of dead replicas wait again, and return how many there were.

        While a server that was down comes back, everybody's signs of life are old, so it waits for new ones first.
        """
        up = await self.connector.execute_query_one_async(_UP_FOR)
        if up["seconds"] < 2 * TAKEN_AFTER.total_seconds():
            return 0
        after = TAKEN_AFTER.total_seconds()
        found = await self.connector.execute_query_one_async(_TAKE_OVER, after=after, tasks=PERIODIC)
        await self.prune_stalled_workers(10 * after)
        await self.connector.execute_query_all_async(_LEFT_WAITING, queue=shared, homes=f"{shared} %", after=after)
        return int(found["jobs"])

    async def _ask(self, query: str, job: Job, **values: Any) -> None:
        """Make a job's change, and try for a while: a job that stays at work would hold up all others of its lock.

        When the database does not take it, the worker has to end, so that another replica takes the job over.
        """
        for pause in (*PAUSES, None):
            try:
                await self.connector.execute_query_all_async(query, id=job.id, attempt=job.attempts, **values)
            except UniqueViolation:
                raise
            except (ConnectorException, psycopg.Error) as error:
                log.warning("job.not_ended", job=job.id, error=type(error).__name__)
                if pause is None:
                    break
                await asyncio.sleep(pause)
            else:
                return
        self.lost()
