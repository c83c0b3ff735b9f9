"""The `HostPool` port with threads of this process.

Hosts that do not answer hold a thread for many seconds, and nobody knows before which these are. So no request takes
all the threads: one that runs alone has two thirds of them, the next one most of the rest, and so on. Who has the
fewest calls under way has the next thread, and a request that has none gets one in any case. So another person's
request begins at once, beside any number of silent hosts. The hosts that are known to be silent have half of the
threads at most, all requests together.

Threads are daemons, so a call that hangs cannot keep the process from ending. A thread ends when nothing is left to do.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, wait
from contextlib import nullcontext
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager

Answer = TypeVar("Answer")

FREE_SHARE = 3
"""A request has at most so many times as many threads as are free, those kept for small requests aside."""

FEW = 4
"""A request with fewer calls under way is a small one: for these an eighth of the threads is kept."""

log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class _Job:
    host: str
    call: Callable[[str], Any]
    is_last: bool
    done: Future[Any] = field(default_factory=Future)
    context: Context = field(default_factory=copy_context)  # of the step that waits for the answer: its lease, say

    def run(self) -> None:
        """Make the call and keep what it returned or raised."""
        try:
            answer = self.context.run(self.call, self.host)
        except BaseException as error:  # noqa: BLE001 - it is raised where the answers are waited for
            self.done.set_exception(error)
        else:
            self.done.set_result(answer)


@dataclass(slots=True, eq=False)
class _Share:
    """The calls of one request."""

    request_id: str
    running: int = 0
    served: int = 0  # when it had a thread last, counted in threads
    waiting: deque[_Job] = field(default_factory=deque)
    waiting_last: deque[_Job] = field(default_factory=deque)

    @property
    def is_empty(self) -> bool:
        return not (self.running or self.waiting or self.waiting_last)


class FairHostPool:
    """`threads` is the most calls at once, the only call of a request aside. Any thread may call the methods."""

    def __init__(self, threads: int, away: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        """`away` is entered while a caller only waits for its hosts."""
        self._threads, self._away = threads, away
        self._lock = threading.Lock()
        self._shares: dict[str, _Share] = {}
        self._running = 0
        self._running_last = 0
        self._turns = count(1)
        self._is_closed = False

    def each(
        self,
        request_id: str,
        hosts: Sequence[str],
        call: Callable[[str], Answer],
        *,
        last: Collection[str] = frozenset(),
    ) -> list[Answer]:
        """As the port says. Raises `CancelledError` when the pool is closed before a call has begun."""
        jobs = [_Job(host, call, host in last) for host in hosts]
        with self._lock:
            share = self._shares.setdefault(request_id, _Share(request_id))
            for job in jobs:
                (share.waiting_last if job.is_last else share.waiting).append(job)
            if self._is_closed:
                self._cancel_all()
            self._start_threads()
            self._forget_if_empty(share)
        with self._away():
            wait([job.done for job in jobs])
        return [job.done.result() for job in jobs]

    def close(self) -> None:
        """Begin no more calls. Those under way end by themselves."""
        with self._lock:
            self._is_closed = True
            self._cancel_all()

    def _cancel_all(self) -> None:
        for share in tuple(self._shares.values()):
            for job in (*share.waiting, *share.waiting_last):
                job.done.cancel()
                job.done.set_running_or_notify_cancel()  # only this wakes those who wait for it
            share.waiting.clear()
            share.waiting_last.clear()
            self._forget_if_empty(share)

    def _start_threads(self) -> None:
        while found := self._next():
            share, job = found
            try:
                threading.Thread(target=self._run, args=(share, job), name=f"host-{job.host}", daemon=True).start()
            except RuntimeError as error:  # the system has no thread now
                log.warning("host_pool.no_thread", host=job.host)
                self._put_back(share, job, error)
                return

    def _put_back(self, share: _Share, job: _Job, error: RuntimeError) -> None:
        """Let a thread that ends a call take this one. When there is none, nobody can make it."""
        self._end(share, job)
        if self._running:
            (share.waiting_last if job.is_last else share.waiting).appendleft(job)
            return
        job.done.set_exception(error)
        self._cancel_all()

    def _run(self, share: _Share, job: _Job) -> None:
        following: tuple[_Share, _Job] | None = (share, job)
        while following:
            share, job = following
            job.run()
            with self._lock:
                self._end(share, job)
                ended, following = share, self._next()
                self._start_threads()
                self._forget_if_empty(ended)

    def _end(self, share: _Share, job: _Job) -> None:
        share.running -= 1
        self._running -= 1
        self._running_last -= job.is_last

    def _next(self) -> tuple[_Share, _Job] | None:
        """Return the call that may begin now, counted as begun; None when there is none, or no thread for it."""
        share = self._fewest([each for each in self._shares.values() if each.waiting])
        is_last = share is None or not self._may_begin(share)
        if is_last:
            share = self._fewest([each for each in self._shares.values() if each.waiting_last])
        if share is None or not self._may_begin(share, is_last=is_last):
            return None
        job = (share.waiting_last if is_last else share.waiting).popleft()
        share.running += 1
        share.served = next(self._turns)
        self._running += 1
        self._running_last += is_last
        return share, job

    @staticmethod
    def _fewest(shares: list[_Share]) -> _Share | None:
        """Return the share with the fewest calls under way; of several, the one that has waited longest."""
        return min(shares, key=lambda each: (each.running, each.served), default=None)

    def _may_begin(self, share: _Share, *, is_last: bool = False) -> bool:
        if not share.running:
            return True
        if is_last and self._running_last >= self._threads // 2:
            return False
        free = self._threads - self._running
        if share.running < FEW:
            return free > self._threads // 16
        return share.running < FREE_SHARE * (free - self._threads // 8)

    def _forget_if_empty(self, share: _Share) -> None:
        if share.is_empty:
            self._shares.pop(share.request_id, None)
