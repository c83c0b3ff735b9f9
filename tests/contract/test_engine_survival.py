"""The local engine goes on, whatever breaks around it."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from adapters.scheduler.threads import ThreadScheduler
from bot.domain.request import WorkItem
from bot.errors import LedgerError
from rehearsal_testing.waiting import wait_until
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import FakeLedger
from tests.support import builders as b

if TYPE_CHECKING:
    from datetime import datetime

    import pytest

LONG = timedelta(seconds=20)
SOON = timedelta(milliseconds=10)


class Swept(FakeLedger):
    """A ledger with one request that is due; `often` is set when five sweeps are over."""

    def __init__(self) -> None:
        super().__init__(SettableClock(b.NOW))
        self.asked, self.often = 0, threading.Event()
        self.open(b.request())

    def due(self, now: datetime) -> tuple[WorkItem, ...]:
        self.asked += 1
        if self.asked > 5:
            self.often.set()
        return super().due(now)


def test_a_sweep_does_not_wake_what_runs_already() -> None:
    """A step that takes long is due all the time; when it ends it says itself when it is due again."""
    ledger = Swept()
    scheduler = ThreadScheduler(ledger, ledger._clock, sweep_every=SOON)
    waits: list[bool] = []

    def step(item: WorkItem) -> None:
        assert ledger.often.wait(LONG.total_seconds())
        waits.append(scheduler._requests.has_waiting)
        ledger.postpone(item, None)

    scheduler.start(step, lambda *_: None)
    assert ledger.often.wait(LONG.total_seconds())
    assert scheduler.idle(LONG)
    assert scheduler.stop(LONG)
    assert waits[0] is False


class Sick(FakeLedger):
    """A ledger whose `due` fails as often as it is told."""

    def __init__(self, *, sick_for: int = 0) -> None:
        super().__init__(SettableClock(b.NOW))
        self.sick_for = sick_for

    def due(self, now: datetime) -> tuple[WorkItem, ...]:
        if self.sick_for:
            self.sick_for -= 1
            raise LedgerError("I cannot reach my database.")
        return super().due(now)


class Steps:
    """Each run takes its item off the list of what is due."""

    def __init__(self, ledger: FakeLedger) -> None:
        self.ledger = ledger
        self.ran = threading.Event()
        self.fails = False

    def __call__(self, item: WorkItem) -> None:
        if self.fails:
            raise ZeroDivisionError
        self.ledger.postpone(item, None)
        self.ran.set()


def started(steps: Steps, references: list[str]) -> ThreadScheduler:
    def on_failure(_item: WorkItem, reference: str, _error: Exception) -> None:
        references.append(reference)
        raise LedgerError("I cannot reach my database.")

    scheduler = ThreadScheduler(steps.ledger, SettableClock(b.NOW), sweep_every=SOON)
    scheduler.start(steps, on_failure)
    return scheduler


def test_a_lost_wake_is_found_by_the_sweep() -> None:
    steps = Steps(Sick())
    scheduler = started(steps, [])
    steps.ledger.open(b.request())
    assert steps.ran.wait(LONG.total_seconds())
    assert scheduler.stop(LONG)


def test_a_database_that_comes_back_is_swept_again() -> None:
    steps = Steps(Sick(sick_for=3))
    steps.ledger.open(b.request())
    with capture_logs() as logs:
        scheduler = started(steps, [])
        assert steps.ran.wait(LONG.total_seconds())
        assert scheduler.stop(LONG)
    assert [line["event"] for line in logs].count("sweep.failed") == 3


def test_a_failure_that_cannot_be_recorded_costs_nothing_but_itself() -> None:
    references: list[str] = []
    steps = Steps(Sick())
    steps.fails = True
    with capture_logs() as logs:
        scheduler = started(steps, references)
        scheduler.wake(WorkItem(request_id="A", host="comp1"))
        assert scheduler.idle(LONG)
    steps.fails = False
    scheduler.wake(WorkItem(request_id="A", host="comp1"))
    assert scheduler.idle(LONG)
    assert scheduler.stop(LONG)
    assert steps.ran.is_set()
    failed = next(line for line in logs if line["event"] == "step.failed")
    assert (failed["request_id"], failed["host"], failed["reference"]) == ("A", "comp1", references[0])
    assert "failure.not_recorded" in [line["event"] for line in logs]


def test_a_machine_without_threads_to_spare_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(Sick())
    scheduler = started(steps, [])
    start = threading.Thread.start
    refused: list[threading.Thread] = []

    def refuse_once(thread: threading.Thread) -> None:
        if thread.name.startswith("step-") and not refused:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_once)
    scheduler.wake(WorkItem(request_id="A"))
    assert steps.ran.wait(LONG.total_seconds())
    assert scheduler.stop(LONG)
    assert len(refused) == 1


def test_under_many_wakes_nothing_overlaps_and_nothing_is_lost() -> None:
    guard, inside, broken = threading.Lock(), Counter[str](), []
    wanted, seen = Counter[WorkItem](), {}

    def step(item: WorkItem) -> None:
        with guard:
            inside[item.host] += 1
            if inside[item.host] > 1:
                broken.append(item)
        with guard:
            seen[item] = wanted[item]
        with guard:
            inside[item.host] -= 1

    scheduler = ThreadScheduler(Sick(), SettableClock(b.NOW), workers=8, sweep_every=SOON)
    scheduler.start(step, lambda *_: None)
    items = [WorkItem(request_id=str(n), host=f"host{n % 5}") for n in range(20)]

    def wake(number: int) -> None:
        item = items[number % 20]
        with guard:
            wanted[item] += 1
        scheduler.wake(item)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(wake, range(2000)))
    assert scheduler.idle(LONG)
    assert scheduler.stop(LONG)
    assert broken == []
    assert seen == dict(wanted)


def test_a_scheduler_gives_signs_of_life_although_its_sweeps_fail() -> None:
    scheduler = ThreadScheduler(Sick(sick_for=10_000), SettableClock(b.NOW), sweep_every=SOON)
    scheduler.start(lambda _: None, lambda *_: None)
    try:
        swept, rounds = scheduler.signs_of_life()
        wait_until(lambda: scheduler.signs_of_life()[0] > swept and scheduler.signs_of_life()[1] > rounds)
    finally:
        scheduler.stop(LONG)


def test_a_scheduler_whose_sweep_hangs_or_whose_threads_end_gives_none() -> None:
    goes_on = threading.Event()

    class Hanging(FakeLedger):
        hangs = False

        def due(self, now: datetime) -> tuple[WorkItem, ...]:
            if self.hangs:
                goes_on.wait()
            return super().due(now)

    ledger = Hanging(SettableClock(b.NOW))
    scheduler = ThreadScheduler(ledger, SettableClock(b.NOW), sweep_every=SOON)
    scheduler.start(lambda _: None, lambda *_: None)
    ledger.hangs = True
    before = scheduler.signs_of_life()
    wait_until(lambda: scheduler.signs_of_life()[1] > before[1] + 5)
    swept = scheduler.signs_of_life()[0]
    wait_until(lambda: scheduler.signs_of_life()[1] > before[1] + 10)
    assert scheduler.signs_of_life()[0] == swept
    goes_on.set()
    wait_until(lambda: scheduler.signs_of_life()[0] > swept)
    scheduler.stop(LONG)
    ended = scheduler.signs_of_life()
    assert set(scheduler.loads()) == {"requests", "hosts"}
    assert scheduler.signs_of_life()[1] == ended[1]
