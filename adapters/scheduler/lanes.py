"""The steps of one replica: which of the jobs it took may run now, each in a thread of its own.

All but the threads happens in one event loop, so nothing here is locked.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from adapters.scheduler.crew import NotBegun
from adapters.scheduler.lane import Lane
from bot.ports.lease import CURRENT, Lease

if TYPE_CHECKING:
    from collections.abc import Callable

    from procrastinate.jobs import Job

    from bot.domain.request import WorkItem


class Lanes:
    """`run` runs the step of an item, and never raises. It returns whether the step was for this replica."""

    def __init__(self, run: Callable[[WorkItem], bool], *, workers: int, host_workers: int) -> None:
        self._run = run
        self._requests, self._hosts = Lane(workers), Lane(host_workers)
        self._turns: dict[WorkItem, list[asyncio.Future[None]]] = {}
        self._is_closed = False

    @property
    def is_quiet(self) -> bool:
        """Whether no step runs and none waits."""
        return self._requests.is_quiet and self._hosts.is_quiet and not self._turns

    def close(self) -> None:
        """Begin no more steps. Those that wait for their turn raise `NotBegun`."""
        self._is_closed = True
        for turn in [turn for turns in self._turns.values() for turn in turns]:
            if not turn.done():
                turn.set_exception(NotBegun())

    async def step(self, item: WorkItem, job: Job | None = None) -> None:
        """Run the step when its turn has come. Raises `NotBegun`."""
        lane = self._hosts if item.host else self._requests
        await self._turn(lane, item)
        try:
            await self._in_a_thread(item, job)
        finally:
            lane.leave(item)
            self._call_up(lane)

    async def _turn(self, lane: Lane, item: WorkItem) -> None:
        if self._is_closed:
            raise NotBegun
        turn = asyncio.get_running_loop().create_future()
        self._turns.setdefault(item, []).append(turn)
        lane.add(item)
        self._call_up(lane)
        try:
            await turn
        finally:
            self._turns[item].remove(turn)
            if not self._turns[item]:
                del self._turns[item]

    def _call_up(self, lane: Lane) -> None:
        for item in () if self._is_closed else lane.take():
            waiting = [turn for turn in self._turns.get(item, ()) if not turn.done()]
            if not waiting:
                lane.leave(item)
                continue
            waiting[0].set_result(None)
            if waiting[1:]:
                lane.add(item)

    async def _in_a_thread(self, item: WorkItem, job: Job | None) -> None:
        """Run the step. The thread is a daemon, so that a step that hangs cannot keep the process from ending."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()

        def run() -> None:
            if job and job.id is not None:
                CURRENT.set(Lease(job=job.id, attempt=job.attempts))
            is_done = True
            try:
                is_done = self._run(item)
            finally:
                with suppress(RuntimeError):  # the loop has ended before the step
                    loop.call_soon_threadsafe(done.set_result, is_done)

        try:
            threading.Thread(target=run, name=f"step-{item.request_id}", daemon=True).start()
        except RuntimeError as exc:  # the system has no thread now
            raise NotBegun from exc
        if not await done:
            raise NotBegun
