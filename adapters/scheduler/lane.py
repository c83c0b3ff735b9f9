"""The steps that wait for a thread and those that run, of one kind: of requests, or of hosts.

Each item runs once at a time, and so does each host. Threads are shared fairly between requests: the one with the
fewest gets the next thread, so none gets more than half of them while another could use them.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.domain.request import WorkItem

KEPT_FREE = 8
"""Of the last one in so many threads a request takes no more than half of what is left: a small one always has room."""


class LaneLoad(NamedTuple):
    """How much a lane has to do. Ages are in seconds; 0: there is none."""

    waiting: int
    running: int
    oldest_waiting: float
    longest_running: float


class Lane:
    """`workers` is the number of steps that may run at once. The caller holds a lock around every method."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._kept = workers // KEPT_FREE
        self._waiting: dict[str, dict[WorkItem, float]] = {}  # by request, in the order of waking; since when
        self._running: dict[WorkItem, float] = {}  # since when
        self._busy: Counter[str] = Counter()  # running steps by request
        self._hosts: set[str] = set()  # hosts with a running step

    @property
    def is_quiet(self) -> bool:
        """Whether no step runs."""
        return not self._running

    @property
    def has_waiting(self) -> bool:
        """Whether an item waits for its run."""
        return bool(self._waiting)

    def load(self) -> LaneLoad:
        """Return how much there is to do now."""
        now, waiting = monotonic(), [since for items in self._waiting.values() for since in items.values()]
        return LaneLoad(
            waiting=len(waiting),
            running=len(self._running),
            oldest_waiting=now - min(waiting, default=now),
            longest_running=now - min(self._running.values(), default=now),
        )

    def runs(self, item: WorkItem) -> bool:
        """Return whether the item's step runs now."""
        return item in self._running

    def add(self, item: WorkItem) -> None:
        """Let the item run once more."""
        self._waiting.setdefault(item.request_id, {}).setdefault(item, monotonic())

    def leave(self, item: WorkItem) -> None:
        """Its step runs no more."""
        self._running.pop(item, None)
        self._hosts.discard(item.host)
        self._busy[item.request_id] -= 1
        if self._busy[item.request_id] <= 0:
            del self._busy[item.request_id]

    def take(self) -> Iterator[WorkItem]:
        """Move the items that may run now from waiting to running, and yield them."""
        while len(self._running) < self._workers and (item := self._next()):
            mine = self._waiting[item.request_id]
            del mine[item]
            if not mine:
                del self._waiting[item.request_id]
            self._running[item] = monotonic()
            self._busy[item.request_id] += 1
            if item.host:
                self._hosts.add(item.host)
            yield item

    def _next(self) -> WorkItem | None:
        """Return the first item that may run now, of the request with the fewest steps that has one."""
        if item := self._first_of(request_id for request_id in self._waiting if not self._busy[request_id]):
            return item
        free = self._workers - len(self._running)
        most = self._workers if free > self._kept else free - 1
        others = (request_id for request_id in self._waiting if 0 < self._busy[request_id] <= most)
        return self._first_of(sorted(others, key=self._busy.__getitem__))

    def _first_of(self, request_ids: Iterable[str]) -> WorkItem | None:
        items = chain.from_iterable(self._waiting[request_id] for request_id in request_ids)
        return next(filter(self._may_run, items), None)

    def _may_run(self, item: WorkItem) -> bool:
        return item not in self._running and item.host not in self._hosts
