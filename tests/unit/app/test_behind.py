"""In a burst of commands the steps wait until the acks are sent."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest

from adapters.scheduler import places
from adapters.slack.ack_keeper import BUSY, AckKeeper
from app.behind import BURST, places_behind, wake_behind
from bot.domain.request import WorkItem
from tests.fakes.clock import SettableClock
from tests.support.harness import BotHarness

ITEM = WorkItem(request_id="TS-AAAAAA")
NEVER = timedelta(hours=1)


@pytest.mark.parametrize(("people", "later"), [(1, None), (BUSY - 1, None), (BUSY, BURST), (3 * BUSY, BURST)])
def test_a_step_is_woken_at_once_and_in_a_burst_a_moment_later(people: int, later: timedelta | None) -> None:
    keeper, clock, scheduler = AckKeeper(NEVER), SettableClock(), BotHarness().scheduler
    woken: list[tuple[WorkItem, object, bool]] = []

    def wake(item: WorkItem, at: datetime | None = None, *, here: bool = False) -> None:
        woken.append((item, at, here))

    scheduler.wake = wake  # type: ignore[method-assign] # to see the time
    with ExitStack() as stack:
        for _ in range(people):
            stack.enter_context(keeper.watching(lambda: None))
        wake_behind(keeper, scheduler, clock)(ITEM)
    assert woken == [(ITEM, later and clock.now() + later, True)]


def test_steps_that_stood_back_go_on_when_the_acks_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_LOOK_AGAIN", NEVER.total_seconds())  # so it is told, or waits for ever
    keeper, asked, is_served = AckKeeper(NEVER), threading.Event(), threading.Event()
    is_busy = keeper.is_busy

    def asked_whether_busy() -> bool:
        asked.set()
        return is_busy()

    keeper.is_busy = asked_whether_busy  # type: ignore[method-assign] # to see that the step stands back
    behind = places_behind(keeper)

    def step() -> None:
        with behind.one():
            is_served.set()

    with ExitStack() as acks, ExitStack() as taken:
        for _ in range(places.PLACES_BEHIND):
            taken.enter_context(behind.one())
        for _ in range(BUSY):
            acks.enter_context(keeper.watching(lambda: None))
        asked.clear()
        threading.Thread(target=step, daemon=True).start()
        assert asked.wait(20)
        assert not is_served.is_set()
        acks.close()
        assert is_served.wait(20)
