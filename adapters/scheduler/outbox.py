"""Wakes on their way into the database, and those whose date has not come.

Whoever wakes an item waits for nothing. A thread of its own writes what has come together, in one statement. While the
database does not answer, wakes wait here; should this process die meanwhile, the sweep of another replica finds what
is due.
"""

from __future__ import annotations

import heapq
import threading
from collections import Counter
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import structlog
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation

from adapters.scheduler.jobs import job_of
from adapters.scheduler.ticker import survive

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from procrastinate.jobs import Job

    from adapters.scheduler.shared_jobs import SharedJobs
    from bot.domain.request import WorkItem
    from bot.ports.clock import Clock

FIRST_HOSTS = 8
"""So many hosts of a request come before the further hosts of all others: a fleet keeps no small request waiting."""

TRY_AGAIN = 1.0
"""Seconds after which what the database did not take is tried again."""

log = structlog.get_logger()


class _Wake(NamedTuple):
    item: WorkItem
    at: datetime | None


class Outbox:
    """Any thread may call the methods. `replica` is the name of this process among the others."""

    def __init__(self, jobs: SharedJobs, clock: Clock, replica: str, look_every: timedelta) -> None:
        """`look_every`: how often it looks at the dates. After the clock was set an item may run late, but it runs."""
        self._look_every = look_every.total_seconds()
        self._jobs, self._clock, self._replica = jobs, clock, replica
        self._changed = threading.Condition()
        self._out: dict[_Wake, str] = {}  # what is to be written, and the replica that shall run it
        self._later: list[tuple[datetime, int, _Wake, str]] = []
        self._dates: dict[_Wake, int | None] = {}  # the waiting job of each date, once it is known
        self._order = count()
        self._is_writing = self._is_closed = False
        self._thread = threading.Thread(target=self._keep_writing, name="engine-time", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, item: WorkItem, at: datetime | None = None, *, here: bool = False) -> None:
        """Wake the item now or then; `here`: on this replica, if it can. It waits for nothing."""
        home = self._replica if here else ""
        with self._changed:
            if at is None or at <= self._clock.now():
                self._out.setdefault(_Wake(item, None), home)
            elif (wake := _Wake(item, at)) not in self._dates:
                self._dates[wake] = None
                heapq.heappush(self._later, (at, next(self._order), wake, home))
                self._out[wake] = ""
            self._changed.notify_all()

    def is_empty(self) -> bool:
        """Return whether all that is due is written."""
        with self._changed:
            due = bool(self._later) and self._later[0][0] <= self._clock.now()
            return not (self._out or self._is_writing or due)

    def close(self, within: timedelta) -> None:
        """Write what is left, for other replicas, and write no more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(within.total_seconds())

    def _keep_writing(self) -> None:
        until = 0.0  # after a failure, when the next try is due
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work, max(0.0, until - monotonic()) or self._pause())
                if self._is_closed and (not self._out or until):
                    return
                if monotonic() < until:
                    continue
                come = self._come()
                some, self._out, self._is_writing = self._out, {}, True
            until = 0.0 if self._wrote(some, come) else monotonic() + TRY_AGAIN

    def _has_work(self) -> bool:
        return bool(self._out) or self._is_closed

    def _pause(self) -> float:
        if not self._later:
            return self._look_every
        return max(0.0, min(self._look_every, (self._later[0][0] - self._clock.now()).total_seconds()))

    def _come(self) -> list[int]:
        """Wake what has come to its date, and return the jobs that waited for it in the database."""
        found, now = [], self._clock.now()
        while self._later and self._later[0][0] <= now:
            _, _, wake, home = heapq.heappop(self._later)
            job = self._dates.pop(wake, None)
            if job is not None:
                found.append(job)
            self._out.pop(wake, None)
            self._out.setdefault(_Wake(wake.item, None), home)
        return found

    def _wrote(self, some: dict[_Wake, str], come: Iterable[int]) -> bool:
        """Write these wakes. Return False when the database did not take them; they are kept then."""
        failure = survive("wakes.not_written", lambda: self._write(some, come))
        with self._changed:
            self._is_writing = False
            if failure:
                self._out = {**some, **self._out}
            self._changed.notify_all()
        return failure is None

    def _write(self, some: dict[_Wake, str], come: Iterable[int]) -> None:
        self._put(_jobs_of(some))
        for job in come:
            self._jobs.drop(job)  # its item was woken by now: after that it is one wake too many, and before it none

    def _put(self, left: dict[_Wake, Job]) -> None:
        """Write the jobs, and pass over those of which one waits already: somebody will look."""
        while left:
            try:
                ids = self._jobs.put(list(left.values()))
            except AlreadyEnqueued as exc:
                waits = exc.__cause__.queueing_lock if isinstance(exc.__cause__, UniqueViolation) else None
                known = [wake for wake, job in left.items() if job.queueing_lock == waits]
                if not known:
                    raise ConnectorException("a job that waits is none of these") from exc
                for wake in known:
                    del left[wake]
            else:
                with self._changed:
                    self._dates |= {
                        wake: id_ for wake, id_ in zip(left, ids, strict=True) if wake.at and wake in self._dates
                    }
                return


def _jobs_of(some: dict[_Wake, str]) -> dict[_Wake, Job]:
    hosts: Counter[str] = Counter()
    found = {}
    for wake, home in some.items():
        hosts[wake.item.request_id] += bool(wake.item.host)
        is_first = hosts[wake.item.request_id] <= FIRST_HOSTS
        found[wake] = job_of(wake.item, wake.at, home, first=is_first)
    return found
