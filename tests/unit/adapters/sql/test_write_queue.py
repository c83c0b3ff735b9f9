from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from adapters.sql.write_queue import MOST_IN_A_ROW, FairLock
from rehearsal_testing.waiting import wait_until

LONG = timedelta(seconds=20)


def wait_until_in_line(turns: FairLock, writers: int) -> None:
    wait_until(lambda: sum(turns.waiting()) == writers)


def test_the_first_writer_in_line_writes_first() -> None:
    turns, order = FairLock(), []

    def write(number: int) -> None:
        with turns.take(LONG):
            order.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    with turns.take(LONG):
        for number, thread in enumerate(threads):
            thread.start()
            wait_until_in_line(turns, number + 1)
        assert order == []
    for thread in threads:
        thread.join(LONG.total_seconds())
    assert order == list(range(8))


def test_a_writer_that_gives_up_waiting_is_passed_over() -> None:
    turns = FairLock()
    with turns.take(LONG), pytest.raises(TimeoutError), turns.take(timedelta(0)):
        pass
    with turns.take(timedelta(0)) as left:
        assert left == timedelta(0)


def test_a_write_that_fails_gives_its_turn_on() -> None:
    turns = FairLock()
    with pytest.raises(ZeroDivisionError), turns.take(LONG):
        raise ZeroDivisionError
    with turns.take(timedelta(0)):
        pass


def test_a_turn_has_one_mark_from_its_begin_to_its_end_and_no_other_turn_has_it() -> None:
    turns = FairLock()
    assert turns.holder() is None
    with turns.take(LONG):
        first = turns.holder()
        assert first is not None
        with pytest.raises(TimeoutError), turns.take(timedelta(0)):
            pass
        assert turns.holder() is first
    assert turns.holder() is None
    with turns.take(LONG):
        assert turns.holder() is not first


def test_what_was_spent_waiting_is_taken_off_the_time() -> None:
    with FairLock().take(LONG) as left:
        assert timedelta(0) < left <= LONG


def write_in_turn(turns: FairLock, waiting: list[tuple[str, bool]]) -> list[str]:
    """Let these wait while somebody has the lock, in this order. Return the order in which they had it."""
    order: list[str] = []

    def write(name: str, *, first: bool) -> None:
        with turns.take(LONG, first=first):
            order.append(name)

    threads = [threading.Thread(target=write, args=(name,), kwargs={"first": first}) for name, first in waiting]
    with turns.take(LONG):
        for number, thread in enumerate(threads):
            thread.start()
            wait_until_in_line(turns, number + 1)
    for thread in threads:
        thread.join(LONG.total_seconds())
    return order


def test_a_person_who_waits_comes_before_all_workers_that_came_earlier() -> None:
    workers = [(f"worker {n}", False) for n in range(20)]
    order = write_in_turn(FairLock(), [*workers, ("press", True), ("receipt", True)])
    assert order == ["press", "receipt", *(name for name, _ in workers)]


def test_a_flood_of_people_still_lets_a_worker_have_a_turn_now_and_then() -> None:
    people = [(f"person {n}", True) for n in range(3 * MOST_IN_A_ROW)]
    order = write_in_turn(FairLock(), [("worker 0", False), ("worker 1", False), *people])
    assert [order.index(f"worker {n}") for n in (0, 1)] == [MOST_IN_A_ROW, 2 * MOST_IN_A_ROW + 1]


def test_a_person_who_gives_up_waiting_is_passed_over() -> None:
    turns = FairLock()
    with turns.take(LONG), pytest.raises(TimeoutError), turns.take(timedelta(0), first=True):
        pass
    assert turns.waiting() == (0, 0)
    assert turns.holder() is None
    with turns.take(timedelta(0)):
        assert turns.holder() is not None
