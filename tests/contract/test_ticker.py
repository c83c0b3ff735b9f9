"""What is called every second goes on after an error, and ends when it is told to."""

from __future__ import annotations

import threading
from datetime import timedelta

from adapters.scheduler.ticker import Ticker


def test_an_error_ends_nothing_and_a_stop_does() -> None:
    called, third = [0], threading.Event()

    def call() -> None:
        called[0] += 1
        if called[0] == 3:
            third.set()
        raise RuntimeError("a bug")

    ticker = Ticker("patience", call, every=timedelta(milliseconds=1))
    ticker.start()
    assert third.wait(30)
    ticker.stop()
    assert not any(thread.name == "patience" for thread in threading.enumerate())


def test_a_ticker_that_never_started_can_be_stopped() -> None:
    Ticker("patience", lambda: None).stop()


def test_a_call_that_lasts_keeps_no_other_from_its_turn() -> None:
    together, met = threading.Barrier(3), threading.Event()

    def call() -> None:
        together.wait(30)  # it returns when three calls run at once, and raises otherwise
        met.set()

    ticker = Ticker("patience", call, every=timedelta(milliseconds=1), threads=3)
    ticker.start()
    assert met.wait(60)
    together.abort()
    ticker.stop()
