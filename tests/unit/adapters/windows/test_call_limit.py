"""The line of calls at one host: four at a time, the first in it first, and nobody forgotten."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from adapters.windows.shell import Deadline
from adapters.windows.winrm.call_limit import CALLS_AT_ONCE, CallLimit

LONG, NOW = timedelta(seconds=20), timedelta(0)


class Caller:
    """A thread that has its turn until it is told to end."""

    def __init__(self, limit: CallLimit, host: str, began: list[int], number: int) -> None:
        self.may_end, self.has_begun = threading.Event(), threading.Event()
        self._limit, self._host, self._began, self._number = limit, host, began, number
        self.thread = threading.Thread(target=self._call)
        self.thread.start()

    def _call(self) -> None:
        with self._limit.turn(self._host, Deadline(LONG)):
            self._began.append(self._number)
            self.has_begun.set()
            self.may_end.wait(LONG.total_seconds())

    def end(self) -> None:
        self.may_end.set()
        self.thread.join(LONG.total_seconds())


def callers(limit: CallLimit, began: list[int], number: int) -> list[Caller]:
    """Callers at comp1, each in line before the next comes."""
    there = []
    for each in range(number):
        there.append(Caller(limit, "comp1", began, each))
        if each < CALLS_AT_ONCE:
            assert there[-1].has_begun.wait(LONG.total_seconds())
        while limit.waiting("comp1") < each + 1 - CALLS_AT_ONCE:
            pass
    return there


def test_four_calls_run_and_the_others_begin_in_the_order_in_which_they_came() -> None:
    limit, began = CallLimit(), list[int]()
    there = callers(limit, began, 8)
    assert began == [0, 1, 2, 3]
    for ended, next_ in zip(there, there[4:], strict=False):
        ended.end()
        assert next_.has_begun.wait(LONG.total_seconds())
    assert began == list(range(8))
    for caller in there[4:]:
        caller.end()


def test_a_call_that_gives_up_waiting_is_passed_over_and_takes_no_place() -> None:
    limit, began = CallLimit(), list[int]()
    there = callers(limit, began, 5)
    with pytest.raises(TimeoutError), limit.turn("comp1", Deadline(NOW)):
        pass
    assert limit.waiting("comp1") == 1
    there[0].end()
    assert there[4].has_begun.wait(LONG.total_seconds())
    for caller in there[1:]:
        caller.end()
    with limit.turn("comp1", Deadline(NOW)):
        pass


def test_a_host_is_one_host_in_any_letter_case_and_no_other() -> None:
    limit, began = CallLimit(), list[int]()
    there = callers(limit, began, 4)
    with pytest.raises(TimeoutError), limit.turn("COMP1", Deadline(NOW)):
        pass
    with limit.turn("comp2", Deadline(NOW)):
        pass
    for caller in there:
        caller.end()


def test_a_call_that_fails_gives_its_turn_on() -> None:
    limit = CallLimit(at_once=1)
    with pytest.raises(ZeroDivisionError), limit.turn("comp1", Deadline(LONG)):
        raise ZeroDivisionError
    with limit.turn("comp1", Deadline(NOW)):
        pass


def test_a_host_that_nobody_calls_is_forgotten() -> None:
    limit = CallLimit()
    for number in range(100):
        with limit.turn(f"web-{number}", Deadline(NOW)):
            pass
    assert limit._lines == {}
