"""The workers of one replica on one set of connections, from their start until their last step has ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.worker import Worker

from adapters.scheduler.held_jobs import TAKEN_AFTER, HeldJobs, say_left
from adapters.scheduler.jobs import HOSTS, LATER, REQUESTS, STEP, SWEEP, TAKEOVER, home_queue, read_item
from bot.ports.lease import LEFT_ALONE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import timedelta

    from procrastinate import JobContext
    from procrastinate.jobs import Job

    from adapters.scheduler.shared_jobs import Place
    from bot.domain.request import WorkItem

    RunStep = Callable[[WorkItem, Job], Awaitable[None]]

OWN_BEAT = 3600.0
"""Seconds between two signs of life by the library itself. Ours are `Heartbeat`'s, which waits behind nothing."""

POLL = 1.0
"""Seconds between two looks for jobs of which no notification came: those with a date, and those taken over."""

FETCHED = {REQUESTS: 600, HOSTS: 2500}
"""How many jobs a worker takes at once. Those above the lane's threads wait in the lane, which shares them fairly."""

log = structlog.get_logger()


class NotBegun(Exception):
    """The job did not begin here, and is put back for any replica. This exception never leaves the adapter."""


class _PutBack(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        del job
        return RetryDecision(retry_in={"seconds": 1}) if isinstance(exception, NotBegun) else None


class Crew:
    """`run_step` runs a step; `wake` wakes an item whose date has come; `sweep` wakes what is due."""

    def __init__(  # noqa: PLR0913 - where the jobs are, and what is done with them
        self,
        place: Place,
        replica: str,
        *,
        run_step: RunStep,
        wake: Callable[[WorkItem], None],
        sweep: Callable[[], None],
        sweep_every: timedelta,
    ) -> None:
        self._run_step, self._wake, self._sweep, self._replica = run_step, wake, sweep, replica
        self.over = asyncio.Event()
        """It takes no more jobs. Steps that run go on."""
        self._connector = PsycopgConnector(**place.pool(least=2, most=6))
        self._app = App(connector=self._connector)
        self._jobs = self._app.job_manager = HeldJobs(self._connector, self.stop, self.over)
        self._add_tasks(max(1, min(59, round(sweep_every.total_seconds()))))
        self._workers: list[_Hand] = []

    def _add_tasks(self, sweep_every: int) -> None:
        app = self._app
        app.task(name=STEP, pass_context=True, retry=_PutBack())(self._step)
        app.task(name=LATER, pass_context=True, retry=_PutBack())(self._later)
        for name, call, seconds in ((SWEEP, self._swept, sweep_every), (TAKEOVER, self._take_over, 1)):
            task = app.task(name=name, queue=REQUESTS, queueing_lock=name)(call)
            app.periodic(cron=f"* * * * * */{seconds}")(task)

    async def run(self) -> None:
        """Work until `stop`, or until the database fails, and return when the last step has ended."""
        try:
            async with self._app.open_async():
                self._workers = [self._hand(REQUESTS, home_queue(self._replica)), self._hand(HOSTS)]
                hands = [asyncio.create_task(each.work()) for each in self._workers]
                if self.over.is_set():
                    self.stop()
                await asyncio.wait(hands, return_when=asyncio.FIRST_COMPLETED)
                self.stop()
                await asyncio.wait(hands)
                await self._jobs.leave_all()
                for ended in await asyncio.gather(*hands, return_exceptions=True):
                    if isinstance(ended, BaseException):
                        log.warning("workers.broken", error=type(ended).__name__)
        finally:
            self.over.set()

    def stop(self) -> None:
        """Take no more jobs."""
        self.over.set()
        for each in self._workers:
            each.stop()

    def _hand(self, *queues: str) -> _Hand:
        return _Hand(
            self.over.set,
            app=self._app,
            queues=list(queues),
            name=queues[0],
            concurrency=FETCHED[queues[0]],
            fetch_job_polling_interval=POLL,
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=OWN_BEAT,
            stalled_worker_timeout=10 * TAKEN_AFTER.total_seconds(),
        )

    @property
    def workers(self) -> list[int]:
        """The numbers of its workers, as long as one of their steps runs."""
        return [each.worker_id for each in self._workers if each.worker_id is not None]

    async def _step(self, context: JobContext, /, **said: Any) -> None:
        if item := _read(said, context.job):
            await self._run_step(item, context.job)

    async def _later(self, context: JobContext, /, **said: Any) -> None:
        if item := _read(said, context.job):
            self._wake(item)

    async def _swept(self, timestamp: int) -> None:
        del timestamp
        await asyncio.get_running_loop().run_in_executor(None, self._sweep)

    async def _take_over(self, timestamp: int) -> None:
        del timestamp
        if taken := await self._jobs.take_over(REQUESTS):
            log.warning("jobs.taken_over", jobs=taken)


class _Hand(Worker):
    """A worker that says when it stops, also when it does so by itself: it waits for its steps after that."""

    def __init__(self, stopped: Callable[[], None], **options: Any) -> None:
        super().__init__(**options)
        self._stopped = stopped
        self._is_told = False

    def stop(self) -> None:
        self._is_told = True
        super().stop()  # type: ignore[no-untyped-call] # of the library
        self._stopped()

    async def work(self) -> None:
        """Work until `stop`. A run of the library forgets that it was told to stop before it began."""
        if not self._is_told:
            await self.run()  # type: ignore[no-untyped-call] # of the library


def _read(said: Mapping[str, Any], job: Job) -> WorkItem | None:
    """Return the item of the job. A replica of another release may know it when this one does not.

    None when no replica knew it for a while, as after a release that was rolled back. The job ends then: it holds up
    all others of its lock, and no wake of its item is written while it waits. What is due the next sweep wakes.
    """
    item = read_item(said)
    if item is None and job.attempts < LEFT_ALONE:
        say_left(job)
        raise NotBegun
    if item is None:
        log.warning("job.given_up", job=job.id, task=job.task_name, attempts=job.attempts)
    return item
