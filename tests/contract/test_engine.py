"""What every engine promises, and what the real ones add to it: threads, and jobs that replicas share."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.scheduler.procrastinate import ProcrastinateScheduler
from adapters.scheduler.shared_jobs import Place
from adapters.scheduler.threads import ThreadScheduler
from adapters.sql.migrate import upgrade
from bot.domain.request import WorkItem
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.scheduler import FakeScheduler
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Real = ThreadScheduler | ProcrastinateScheduler

LONG = timedelta(seconds=20)
"""Longer than anything here takes; only a broken engine waits for it."""

HOUR = timedelta(hours=1)
SOON = timedelta(milliseconds=10)


def item(request_id: str = "A", host: str = "") -> WorkItem:
    return WorkItem(request_id=request_id, host=host)


class Work:
    """Steps that write down when they begin and end, and do what the test says in between."""

    def __init__(self) -> None:
        self.clock = SettableClock(
            datetime.now(UTC)
        )  # it stands; the jobs of replicas have dates of the server's clock
        self.ledger = FakeLedger(self.clock)
        self.failures: list[tuple[WorkItem, str, Exception]] = []
        self.doing: Callable[[WorkItem], None] = lambda _item: None
        self._changed = threading.Condition()
        self.begun: list[WorkItem] = []
        self.ended: list[WorkItem] = []

    def step(self, item: WorkItem) -> None:
        with self._changed:
            self.begun.append(item)
            self._changed.notify_all()
        self.doing(item)
        with self._changed:
            self.ended.append(item)

    def record_failure(self, item: WorkItem, reference: str, error: Exception) -> None:
        self.failures.append((item, reference, error))

    def await_begun(self, *items: WorkItem) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: not Counter(items) - Counter(self.begun), LONG.total_seconds())

    def make_real(self, place: Place | None, workers: int = 4) -> Real:
        """Return one with four workers a lane: a replica where there is a place for its jobs."""
        if place is None:
            return ThreadScheduler(self.ledger, self.clock, workers=workers, sweep_every=SOON)
        return ProcrastinateScheduler(self.ledger, self.clock, place, workers=workers, sweep_every=SOON)


class Gate:
    """Steps for which it is asked wait here until it is opened."""

    def __init__(self, work: Work, *, holds: Callable[[WorkItem], bool] = lambda _item: True) -> None:
        self._open, self._holds = threading.Event(), holds
        work.doing = self._wait

    def _wait(self, item: WorkItem) -> None:
        if self._holds(item):
            assert self._open.wait(LONG.total_seconds())

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture(scope="module")
def jobs(new_postgresql: Callable[[], str]) -> Place:
    """A database of the module's own."""
    upgrade(url := new_postgresql())
    return Place(url)


@pytest.fixture(params=["threads", "replicas"])
def place(request: pytest.FixtureRequest) -> Place | None:
    """Where the jobs of each real engine are, none of them left from before; None: in the process."""
    return _place_of(request)


def _place_of(request: pytest.FixtureRequest) -> Place | None:
    if request.param != "replicas":
        return None
    place: Place = request.getfixturevalue("jobs")
    with psycopg.connect(place.url) as connection:
        connection.execute("DELETE FROM procrastinate_jobs")
    return place


@pytest.fixture
def real(work: Work, place: Place | None) -> Iterator[Real]:
    """Four workers a lane, running."""
    scheduler = work.make_real(place)
    scheduler.start(work.step, work.record_failure)
    yield scheduler
    assert scheduler.stop(LONG)


class Bench:
    """An engine and how to let it finish."""

    def __init__(self, kind: str, work: Work, place: Place | None) -> None:
        self._work = work
        self.now = work.clock.now()
        self.scheduler: Real | FakeScheduler = (
            FakeScheduler(work.ledger, work.clock) if kind == "memory" else work.make_real(place)
        )

    def start(self) -> None:
        self.scheduler.start(self._work.step, self._work.record_failure)

    def settle(self) -> None:
        if isinstance(self.scheduler, FakeScheduler):
            self.scheduler.run_all()
        else:
            assert self.scheduler.idle(LONG)


@pytest.fixture(params=["memory", "threads", "replicas"])
def bench(request: pytest.FixtureRequest, work: Work) -> Iterator[Bench]:
    bench = Bench(request.param, work, _place_of(request))
    yield bench
    if not isinstance(bench.scheduler, FakeScheduler):
        assert bench.scheduler.stop(LONG)


def test_a_woken_item_runs(bench: Bench, work: Work) -> None:
    bench.start()
    bench.scheduler.wake(item("A"))
    bench.scheduler.wake(item("A", "comp1"))
    bench.settle()
    assert sorted(work.ended, key=str) == sorted([item("A"), item("A", "comp1")], key=str)


def test_what_is_woken_before_the_start_waits_for_it(bench: Bench, work: Work) -> None:
    bench.scheduler.wake(item())
    bench.scheduler.wake(item())
    assert work.begun == []
    bench.start()
    bench.settle()
    assert work.ended == [item()]


def test_a_wake_during_the_run_is_not_lost(bench: Bench, work: Work) -> None:
    work.doing = lambda each: bench.scheduler.wake(each) if len(work.begun) < 3 else None
    bench.start()
    bench.scheduler.wake(item())
    bench.settle()
    assert work.ended == [item()] * 3


def test_a_wake_with_a_date_runs_when_it_has_come(bench: Bench, work: Work) -> None:
    bench.start()
    bench.scheduler.wake(item("late"), bench.now + 2 * HOUR)
    bench.scheduler.wake(item("early"), bench.now + HOUR)
    bench.scheduler.wake(item("late"), bench.now + 2 * HOUR)
    bench.settle()
    assert work.begun == []
    work.clock.move(HOUR)
    bench.settle()
    assert work.ended == [item("early")]
    work.clock.move(HOUR)
    bench.settle()
    assert work.ended == [item("early"), item("late")]


def test_a_date_that_has_passed_is_now(bench: Bench, work: Work) -> None:
    bench.start()
    bench.scheduler.wake(item(), bench.now - HOUR)
    bench.settle()
    assert work.ended == [item()]


def test_the_start_runs_what_a_dead_process_left(bench: Bench, work: Work) -> None:
    work.ledger.open(b.request())
    work.doing = lambda each: work.ledger.postpone(each, None)
    bench.start()
    bench.settle()
    assert item("TS-AAAAAA") in work.ended


def test_a_step_that_raises_is_told_and_the_others_run(bench: Bench, work: Work) -> None:
    def fail(each: WorkItem) -> None:
        if each.request_id == "bad":
            raise ZeroDivisionError

    work.doing = fail
    bench.start()
    for name in ("bad", "good"):
        bench.scheduler.wake(item(name))
    bench.settle()
    assert work.ended == [item("good")]
    ((told, reference, error),) = work.failures
    assert (told, type(error)) == (item("bad"), ZeroDivisionError)
    assert len(reference) == 8


def test_steps_that_wake_one_another_for_ever_are_an_error_in_a_unit_test(work: Work) -> None:
    scheduler = FakeScheduler(work.ledger, work.clock)
    scheduler.start(work.step)
    work.doing = scheduler.wake
    scheduler.wake(item())
    with pytest.raises(RuntimeError, match="for ever"):
        scheduler.run_all()


def test_a_unit_test_that_expects_no_surprise_sees_the_exception(work: Work) -> None:
    def fail(_item: WorkItem) -> None:
        raise ZeroDivisionError

    scheduler = FakeScheduler(work.ledger, work.clock)
    scheduler.start(work.step)
    work.doing = fail
    scheduler.wake(item())
    with pytest.raises(ZeroDivisionError):
        scheduler.run_all()


def test_an_item_never_runs_beside_itself(real: Real, work: Work) -> None:
    gate = Gate(work, holds=lambda each: each == item("A"))
    real.wake(item("A"))
    work.await_begun(item("A"))
    real.wake(item("A"))
    real.wake(item("B"))
    work.await_begun(item("B"))
    assert work.begun == [item("A"), item("B")]
    gate.open()
    assert real.idle(LONG)
    assert work.begun == [item("A"), item("B"), item("A")]


def test_a_host_sees_one_request_at_a_time(real: Real, work: Work) -> None:
    gate = Gate(work, holds=lambda each: each.host == "comp1")
    real.wake(item("A", "comp1"))
    work.await_begun(item("A", "comp1"))
    real.wake(item("B", "comp1"))
    real.wake(item("B", "comp2"))
    work.await_begun(item("B", "comp2"))
    assert item("B", "comp1") not in work.begun
    gate.open()
    assert real.idle(LONG)
    assert item("B", "comp1") in work.ended


def test_waiting_for_a_busy_host_takes_no_worker(real: Real, work: Work) -> None:
    gate = Gate(work, holds=lambda each: each.host == "comp1")
    for number in range(20):
        real.wake(item(str(number), "comp1"))
    real.wake(item("A", "comp2"))
    work.await_begun(item("A", "comp2"))
    gate.open()
    assert real.idle(LONG)
    assert len(work.ended) == 21


def test_many_slow_hosts_do_not_keep_a_request_waiting(real: Real, work: Work) -> None:
    gate = Gate(work, holds=lambda each: bool(each.host))
    for number in range(20):
        real.wake(item("A", f"host{number}"))
    real.wake(item("B"))
    work.await_begun(item("B"))
    assert sum(1 for each in work.begun if each.host) <= 4
    gate.open()
    assert real.idle(LONG)
    assert len(work.ended) == 21


def test_no_more_steps_run_at_once_than_there_are_workers(real: Real, work: Work) -> None:
    full = threading.Barrier(4)
    work.doing = lambda _item: _meet(full)
    for number in range(12):
        real.wake(item("A", f"host{number}"))
    assert real.idle(LONG)
    assert len(work.ended) == 12
    assert work.failures == []


def _meet(barrier: threading.Barrier) -> None:
    assert barrier.wait(LONG.total_seconds()) < 4
    assert barrier.n_waiting < 4


def test_stopping_lets_steps_finish_and_begins_no_new_ones(work: Work, place: Place | None) -> None:
    scheduler = work.make_real(place, workers=1)
    scheduler.start(work.step, work.record_failure)
    gate = Gate(work)
    scheduler.wake(item("A"))
    work.await_begun(item("A"))
    scheduler.wake(item("B"))
    assert not scheduler.stop(timedelta(0))
    gate.open()
    assert scheduler.stop(LONG)
    scheduler.wake(item("C"))
    assert work.ended == [item("A")]
