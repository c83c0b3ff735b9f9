"""One thread calls what is due, in order, and ends when nothing is."""

from __future__ import annotations

from threading import Event

import pytest

from adapters.windows.winrm.alarms import Alarms

LATER = 600.0
LONGEST = 10.0


@pytest.mark.slow
def test_what_is_due_first_is_called_first_whenever_it_was_asked_for() -> None:
    alarms, called, done = Alarms(), list[str](), Event()
    never = alarms.call_after(LATER, lambda: called.append("never"))
    alarms.call_after(0.2, done.set)
    alarms.call_after(0.1, lambda: called.append("second"))
    alarms.call_after(0.0, lambda: called.append("first"))
    assert done.wait(LONGEST)
    assert called == ["first", "second"]
    never.cancel()


@pytest.mark.slow
def test_what_is_cancelled_is_not_called() -> None:
    alarms, called, done = Alarms(), list[str](), Event()
    alarms.call_after(0.1, lambda: called.append("cancelled")).cancel()
    alarms.call_after(0.2, done.set)
    assert done.wait(LONGEST)
    assert called == []


def test_an_alarm_rings_once_however_late_it_is_cancelled() -> None:
    alarms, called = Alarms(), list[str]()
    alarm = alarms.call_after(LATER, lambda: called.append("rung"))
    alarm.ring()
    alarm.ring()
    alarm.cancel()
    assert called == ["rung"]


def test_cancelled_alarms_are_not_kept_until_their_moment() -> None:
    alarms = Alarms()
    for _ in range(1000):
        alarms.call_after(LATER, print).cancel()
    assert alarms.waiting() <= 2


def test_the_thread_ends_with_the_last_alarm_and_another_one_starts_it_again() -> None:
    alarms = Alarms()
    for _ in range(2):
        done = Event()
        alarms.call_after(0.0, done.set)
        thread = alarms._thread
        assert done.wait(LONGEST)
        if thread:
            thread.join(LONGEST)
            assert not thread.is_alive()
        assert alarms.waiting() == 0
