"""What waits at the same moment is written together, and what becomes of one is no matter of the others."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.sql.together import MOST, Together
from adapters.sql.write_queue import FairLock
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

LONG, NO_TIME = timedelta(seconds=20), timedelta(0)


class Writer:
    """Keeps what was written at once. It writes a text as it is, and refuses those that begin with `bad`."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []
        self.turns = FairLock()
        self.together: Together[str, str] = Together(self.turns, self.write_all)

    def write_all(self, items: Sequence[str], within: timedelta) -> list[str | Exception]:
        assert within <= LONG
        self.written.append(list(items))
        if "burst" in items:
            raise ZeroDivisionError
        return [ValueError(item) if item.startswith("bad") else item for item in items]

    def put_all(self, *items: str, within: timedelta = LONG) -> list[Future[str]]:
        """Put all of these while somebody else writes; the first of them waits for its turn."""
        with ThreadPoolExecutor(len(items)) as people:
            with self.turns.take(LONG):
                futures = [people.submit(self.together.put, item, within) for item in items]
                wait_until(lambda: len(self.together._waiting) == len(items))
            return futures


@pytest.fixture
def writer() -> Writer:
    return Writer()


def test_what_waits_at_the_same_moment_is_one_write(writer: Writer) -> None:
    items = [f"item {n}" for n in range(20)]
    assert [each.result() for each in writer.put_all(*items)] == items
    (together,) = writer.written
    assert sorted(together) == sorted(items)
    assert writer.together.put("alone", LONG) == "alone"


def test_one_write_is_of_bounded_size_and_the_rest_has_the_next_one(writer: Writer) -> None:
    items = [f"item {n}" for n in range(2 * MOST + 1)]
    assert [each.result() for each in writer.put_all(*items)] == items
    assert [len(each) for each in writer.written] == [MOST, MOST, 1]


def test_writes_for_which_nobody_waits_queue_with_the_workers_and_may_be_fewer_at_once(writer: Writer) -> None:
    writer.together = Together(writer.turns, writer.write_all, first=False, most=2)
    with ThreadPoolExecutor(3) as workers:
        with writer.turns.take(LONG):
            futures = [workers.submit(writer.together.put, item, LONG) for item in ("a", "b", "c")]
            wait_until(lambda: len(writer.together._waiting) == 3)
            assert writer.turns.waiting() == (0, 1)
        assert [each.result() for each in futures] == ["a", "b", "c"]
    assert [len(each) for each in writer.written] == [2, 1]


def test_each_hears_its_own_outcome(writer: Writer) -> None:
    fine, bad, other = writer.put_all("fine", "bad", "other")
    assert (fine.result(), other.result()) == ("fine", "other")
    with pytest.raises(ValueError, match="bad"):
        bad.result()


def test_a_write_that_breaks_leaves_nobody_waiting_and_nothing_behind(writer: Writer) -> None:
    for each in writer.put_all("burst", "beside"):
        with pytest.raises((ZeroDivisionError, TimeoutError)):
            each.result()
    assert writer.together.put("after", LONG) == "after"


def test_who_had_no_turn_in_time_is_not_written(writer: Writer) -> None:
    with writer.turns.take(LONG), pytest.raises(TimeoutError):
        writer.together.put("late", NO_TIME)
    assert writer.together.put("after", LONG) == "after"
    assert writer.written == [["after"]]


@pytest.mark.slow
def test_when_the_first_gives_up_the_next_one_writes(writer: Writer) -> None:
    with ThreadPoolExecutor(2) as people, writer.turns.take(LONG):
        first = people.submit(writer.together.put, "first", timedelta(seconds=0.2))
        wait_until(lambda: bool(writer.together._waiting))
        second = people.submit(writer.together.put, "second", LONG)
        with pytest.raises(TimeoutError):
            first.result()
        writer_done = threading.Event()
        second.add_done_callback(lambda _: writer_done.set())
        assert not second.done()
    assert second.result() == "second"
    assert writer.written == [["second"]]


def test_who_waits_for_another_to_write_may_give_up_too(writer: Writer) -> None:
    with ThreadPoolExecutor(1) as people, writer.turns.take(LONG):
        first = people.submit(writer.together.put, "first", LONG)
        wait_until(lambda: bool(writer.together._waiting))
        with pytest.raises(TimeoutError):
            writer.together.put("second", NO_TIME)
    assert first.result() == "first"
    assert writer.written == [["first"]]
