"""What is told by signals: no signal waits for a lock that the handler of the one before holds."""

from __future__ import annotations

import signal
import threading

from app.told import Told
from tests.support.effort import examples


def test_signals_that_come_while_it_is_told_never_wait() -> None:
    """With a lock inside, the main thread would wait here for itself."""
    told, came = Told(), 0

    def handle(*_: object) -> None:
        nonlocal came
        came += 1
        told.set()

    before = signal.signal(signal.SIGVTALRM, handle)
    signal.setitimer(signal.ITIMER_VIRTUAL, 1e-4, 1e-4)
    try:
        while came < examples(0.5):
            told.set()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    assert told.is_set()


def test_it_is_told_by_a_thread_cleared_and_waited_for() -> None:
    told = Told()
    assert not told.wait(0)
    threading.Thread(target=told.set).start()
    assert told.wait(20)
    told.clear()
    assert not told.is_set()
