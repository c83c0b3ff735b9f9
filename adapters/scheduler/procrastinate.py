"""The `Scheduler` port over jobs in PostgreSQL, which any number of replicas share.

A wake is a job. The database lets one job of a request, and one of a host, run at a time on all replicas. What a dead
replica had begun is begun again by another one. Within a replica the two lanes are those of `threads.py`: slow hosts
never delay surveys, decisions and drawings.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from datetime import timedelta
from secrets import token_hex
from time import monotonic
from typing import TYPE_CHECKING

import structlog
from procrastinate.exceptions import ConnectorException

from adapters.scheduler.crew import Crew
from adapters.scheduler.heartbeat import Heartbeat
from adapters.scheduler.lanes import Lanes
from adapters.scheduler.outbox import Outbox
from adapters.scheduler.shared_jobs import Place, SharedJobs
from adapters.scheduler.threads import SWEEP_EVERY, not_started
from adapters.scheduler.ticker import Ticker, survive
from bot.ports.lease import LeftToOthers

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

    from bot.domain.request import WorkItem
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import OnFailure, Step

BEGIN_AGAIN = 1.0
"""Seconds after which workers that lost their database begin anew."""

HANGS = 15.0
"""Seconds after which a loop that does not turn counts as hung."""

log = structlog.get_logger()


class ProcrastinateScheduler:
    """One replica. `workers` is the number of threads of each lane; `host_workers` of hosts.

    All methods may be called from any thread, also from a step.
    """

    def __init__(  # noqa: PLR0913 - as the threads, and where the jobs are
        self,
        ledger: Ledger,
        clock: Clock,
        place: Place,
        *,
        workers: int = 16,
        host_workers: int | None = None,
        sweep_every: timedelta = SWEEP_EVERY,
    ) -> None:
        self._ledger, self._clock, self._place, self._sweep_every = ledger, clock, place, sweep_every
        self._replica = token_hex(8)
        self._jobs = SharedJobs(place)
        self._outbox = Outbox(self._jobs, clock, self._replica, sweep_every)
        self._lanes = Lanes(self._run, workers=workers, host_workers=host_workers or workers)
        self._step: Step = not_started
        self._on_failure: OnFailure = lambda _item, _reference, _error: None
        self._standstill = Ticker("standstill", self._look_whether_time_goes_on, sweep_every)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()
        self._is_ending = False
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        self._turned_at = monotonic()  # when the loop ran last
        self._crews: dict[Crew, asyncio.Task[None]] = {}
        self._heartbeat = Heartbeat(place, self._workers, self._begin_again)
        self._looks: set[asyncio.Task[None]] = set()

    def start(self, step: Step, on_failure: OnFailure) -> None:
        self._step, self._on_failure = step, on_failure
        survive("sweep.failed", self._sweep)
        self._outbox.start()
        self._thread.start()
        self._heartbeat.start()
        self._standstill.start()

    def wake(self, item: WorkItem, at: datetime | None = None, *, here: bool = False) -> None:
        if item.look:
            self._in_loop(self._look(item))
            return
        self._outbox.put(item, at, here=here)

    def stop(self, within: timedelta) -> bool:
        """As the port says. What was woken and has not begun is left to the other replicas."""
        until = monotonic() + within.total_seconds()
        self._standstill.stop(timedelta(0))
        self._is_ending = True
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)
        if self._thread.is_alive():
            self._thread.join(max(0.0, until - monotonic()))
        is_over = not self._thread.is_alive()
        if is_over:
            self._heartbeat.stop()
            self._outbox.close(timedelta(seconds=1))
            self._jobs.close()
        return is_over or self._lanes.is_quiet

    def signs_of_life(self) -> tuple[float, float]:
        """Return what changes every second while the loop turns, in which sweeps and jobs begin."""
        return self._turned_at, self._turned_at

    def idle(self, within: timedelta) -> bool:
        until = monotonic() + within.total_seconds()
        while not self._is_idle():
            if monotonic() >= until:
                return False
            time.sleep(0.01)
        return True

    def _is_idle(self) -> bool:
        try:
            return self._outbox.is_empty() and self._lanes.is_quiet and self._jobs.is_idle() and self._outbox.is_empty()
        except ConnectorException:
            return False

    def _sweep(self) -> None:
        """Wake due items. What waits for its run, or has it, is due because of that."""
        due = self._ledger.due(self._clock.now())
        at_work = self._jobs.at_work() if due else frozenset()
        for item in due:
            if item not in at_work:
                self._outbox.put(item)

    def _look_whether_time_goes_on(self) -> None:
        """Sweep for this replica alone, while it stands still: it has to see for itself that its clock goes on."""
        if self._ledger.standstill():
            self._ledger.due(self._clock.now())

    def _run(self, item: WorkItem) -> bool:
        """Run the step. Return False when it did nothing, and is left to other replicas."""
        is_left: list[WorkItem] = []

        def step() -> None:
            with suppress(LeftToOthers):
                self._step(item)
                return
            is_left.append(item)

        failure = survive("step.failed", step, item)
        if failure:
            survive("failure.not_recorded", lambda: self._on_failure(item, *failure), item)
        return not is_left

    async def _look(self, item: WorkItem) -> None:
        """Run a look at programs here, where its form is. It is no job: a restart forgets it."""
        task = asyncio.current_task()
        if task:
            self._looks.add(task)
            task.add_done_callback(self._looks.discard)
        await self._lanes.step(item)

    def _in_loop(self, call: Coroutine[None, None, None]) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            call.close()
            return
        asyncio.run_coroutine_threadsafe(call, loop)

    def _work(self) -> None:
        asyncio.run(self._main())

    def _end(self) -> None:
        self._ending.set()
        self._lanes.close()

    async def _main(self) -> None:
        """Have a crew at work, and a new one when that one lost its database; its steps go on beside the new one."""
        self._loop = asyncio.get_running_loop()
        self._turn()
        if self._is_ending:
            self._end()
        while not self._ending.is_set():
            crew = self._crew()
            self._crews[crew] = task = asyncio.create_task(self._worked(crew))
            task.add_done_callback(lambda _, crew=crew: self._crews.pop(crew, None))  # type: ignore[misc]
            await _first(crew.over, self._ending)
            crew.stop()
            if not self._ending.is_set():
                log.warning("workers.begin_again")
                await asyncio.wait([asyncio.create_task(self._ending.wait())], timeout=BEGIN_AGAIN)
        await asyncio.gather(*self._crews.values())

    def _workers(self) -> list[int]:
        """Return the numbers of all workers of this replica, those among them that only wait for their last steps.

        A replica whose loop hangs takes no jobs and ends none, so it gives no sign of life.
        """
        if monotonic() - self._turned_at > HANGS:
            return []
        return [number for crew in tuple(self._crews) for number in crew.workers]

    def _begin_again(self) -> None:
        """Let new workers begin on new connections: those of the old ones are as broken as the heartbeat's."""
        loop = self._loop
        if loop and not loop.is_closed():
            for crew in tuple(self._crews):
                loop.call_soon_threadsafe(crew.stop)

    def _turn(self) -> None:
        self._turned_at = monotonic()
        asyncio.get_running_loop().call_later(1, self._turn)

    def _crew(self) -> Crew:
        return Crew(
            self._place,
            self._replica,
            run_step=self._lanes.step,
            wake=self._outbox.put,
            sweep=self._sweep,
            sweep_every=self._sweep_every,
        )

    @staticmethod
    async def _worked(crew: Crew) -> None:
        (error,) = await asyncio.gather(crew.run(), return_exceptions=True)
        if isinstance(error, BaseException):  # whatever it is, a new crew tries again
            log.warning("workers.broken", error=type(error).__name__)


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for each in waits:
        each.cancel()
