"""The `Scheduler` port with threads of this process.

There are two lanes, so that slow hosts never delay surveys, decisions and drawings: steps of hosts have their own
threads. An item that waits for its host, or for its own earlier run, waits in a list and not in a thread. Threads are
daemons, so a step that hangs cannot keep the process from ending. A thread goes on with the next item of its lane and
ends when there is none.
"""

from __future__ import annotations

import heapq
import threading
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import structlog

from adapters.scheduler.lane import Lane
from adapters.scheduler.ticker import Ticker, survive

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.scheduler.lane import LaneLoad
    from bot.domain.request import WorkItem
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import OnFailure, Step

log = structlog.get_logger()

SWEEP_EVERY = timedelta(seconds=5)


class ThreadScheduler:
    """Threads and a heap in one process. `workers` is the number of threads of each lane; `host_workers` of hosts.

    A survey holds its thread until its last host has answered, and nobody else's request may wait for that: the lane of
    requests has many, too.

    All methods may be called from any thread, also from a step.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        workers: int = 16,
        host_workers: int | None = None,
        sweep_every: timedelta = SWEEP_EVERY,
    ) -> None:
        self._ledger, self._clock = ledger, clock
        self._step: Step = not_started
        self._on_failure: OnFailure = lambda _item, _reference, _error: None
        self._sweep_every = sweep_every.total_seconds()
        self._sweeps = Ticker("sweep", self._sweep, sweep_every)
        lock = threading.Lock()
        self._changed = threading.Condition(lock)  # an item was given a date, or the end has begun
        self._stepped = threading.Condition(lock)  # no step runs any more
        self._requests, self._hosts = Lane(workers), Lane(host_workers or workers)
        self._later: list[tuple[datetime, int, WorkItem]] = []
        self._dates: set[tuple[datetime, WorkItem]] = set()
        self._order = count()
        self._open = False
        self._swept = self._rounds = 0
        self._ending = threading.Event()
        self._time_keeper = threading.Thread(target=self._keep_time, name="engine-time", daemon=True)

    def start(self, step: Step, on_failure: OnFailure) -> None:
        self._step, self._on_failure = step, on_failure
        survive("sweep.failed", self._sweep)
        with self._changed:
            self._open = not self._ending.is_set()  # it may be stopped while it starts
            self._start_steps()
        self._time_keeper.start()
        self._sweeps.start()

    def stop(self, within: timedelta) -> bool:
        """Start no more steps and let running steps finish. Return False when some still run after that time."""
        self._sweeps.stop(timedelta(0))
        with self._changed:
            self._open = False
            self._ending.set()
            self._changed.notify_all()
            return self._stepped.wait_for(self._is_quiet, within.total_seconds())

    def idle(self, within: timedelta) -> bool:
        """Wait until no step runs and none is due. Return False when the time is up before."""
        with self._changed:
            return self._stepped.wait_for(self._is_idle, within.total_seconds())

    def wake(self, item: WorkItem, at: datetime | None = None, *, here: bool = False) -> None:
        del here
        with self._changed:
            if at is None or at <= self._clock.now():
                self._lane(item).add(item)
                self._start_steps()
            elif (at, item) not in self._dates:
                self._dates.add((at, item))
                heapq.heappush(self._later, (at, next(self._order), item))
                self._changed.notify_all()

    def signs_of_life(self) -> tuple[int, int]:
        """Return two numbers that both change every few seconds while the scheduler lives. It waits for nothing."""
        return self._swept, self._rounds

    def loads(self) -> dict[str, LaneLoad]:
        """Return how much each lane has to do now; nothing while a thread holds the lanes for longer than a moment."""
        if not self._changed.acquire(timeout=0.5):
            return {}
        try:
            return {"requests": self._requests.load(), "hosts": self._hosts.load()}
        finally:
            self._changed.release()

    def _lane(self, item: WorkItem) -> Lane:
        return self._hosts if item.host else self._requests

    def _is_quiet(self) -> bool:
        return self._requests.is_quiet and self._hosts.is_quiet

    def _is_idle(self) -> bool:
        due = bool(self._later) and self._later[0][0] <= self._clock.now()
        return self._is_quiet() and not (due or self._requests.has_waiting or self._hosts.has_waiting)

    def _start_steps(self) -> None:
        if not self._open:
            return
        for lane in (self._requests, self._hosts):
            for item in lane.take():
                self._start_step(lane, item)

    def _start_step(self, lane: Lane, item: WorkItem) -> None:
        thread = threading.Thread(target=self._run, args=(item,), name=f"step-{item.request_id}", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no thread now; the next round tries again
            log.exception("step.postponed", request_id=item.request_id, host=item.host)
            lane.leave(item)
            lane.add(item)

    def _run(self, item: WorkItem) -> None:
        following: WorkItem | None = item
        while following:
            following = self._run_one(following)

    def _run_one(self, item: WorkItem) -> WorkItem | None:
        """Run the step. Return the next item of its lane for this thread."""
        try:
            failure = survive("step.failed", lambda: self._step(item), item)
            if failure:
                survive("failure.not_recorded", lambda: self._on_failure(item, *failure), item)
        except BaseException:  # this thread ends with it
            self._leave(item, goes_on=False)
            raise
        return self._leave(item, goes_on=True)

    def _leave(self, item: WorkItem, *, goes_on: bool) -> WorkItem | None:
        """Let others run that waited for this item. A thread that goes on gets one of them; the others get new ones."""
        with self._changed:
            lane = self._lane(item)
            lane.leave(item)
            following = next(lane.take(), None) if goes_on and self._open else None
            self._start_steps()
            if self._is_quiet():
                self._stepped.notify_all()
            return following

    def _keep_time(self) -> None:
        """Move each item to its lane when its date has come."""
        with self._changed:
            while not self._ending.is_set():
                self._rounds += 1
                now = self._clock.now()
                while self._later and self._later[0][0] <= now:
                    at, _, item = heapq.heappop(self._later)
                    self._dates.discard((at, item))
                    self._lane(item).add(item)
                self._start_steps()
                wait = (self._later[0][0] - now).total_seconds() if self._later else self._sweep_every
                # After the clock was set, an item may run late, but never not at all.
                self._changed.wait(min(wait, self._sweep_every))

    def _sweep(self) -> None:
        """Wake due items, every few seconds. So a lost wake costs a few seconds, and never a request.

        An item that runs now is due because it runs: when that is not all, the next sweep finds it.
        """
        try:
            for item in self._ledger.due(self._clock.now()):
                if not self._runs(item):
                    self.wake(item)
        finally:
            self._swept += 1  # one that failed is a sign of life, too

    def _runs(self, item: WorkItem) -> bool:
        with self._changed:
            return self._lane(item).runs(item)


def not_started(item: WorkItem) -> None:
    """Stand in for the step before the start."""
    raise RuntimeError(f"{item} was woken before the start")
