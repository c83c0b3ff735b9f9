"""Few steps compute at a time, and any number of them may wait for hosts."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.scheduler.places import PLACES, PLACES_BEHIND, Places


class Steps:
    """Steps that stay at their place, or away from it, until they are told to go on."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._changed = threading.Condition()
        self.computing = self.most = self.away = 0
        self.go_on = threading.Event()

    def _count(self, computing: int, away: int = 0) -> None:
        with self._changed:
            self.computing += computing
            self.away += away
            self.most = max(self.most, self.computing)
            self._changed.notify_all()

    def compute(self) -> None:
        with self._places.one():
            self._count(1)
            assert self.go_on.wait(20)
            self._count(-1)

    def wait_for_hosts(self) -> None:
        with self._places.one():
            self._count(1)
            self._count(-1, away=1)
            with self._places.away():
                assert self.go_on.wait(20)
            self._count(1, away=-1)
            self._count(-1)

    def wait_until(self, *, computing: int = 0, away: int = 0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: (self.computing, self.away) == (computing, away), 20)


@pytest.mark.parametrize(("is_busy", "most"), [(False, PLACES), (True, PLACES_BEHIND)])
def test_so_many_steps_compute_at_once_and_few_while_people_wait(is_busy: bool, most: int) -> None:  # noqa: FBT001 - a case
    steps = Steps(Places(lambda: is_busy))
    with ThreadPoolExecutor(3 * PLACES) as threads:
        done = [threads.submit(steps.compute) for _ in range(3 * PLACES)]
        steps.wait_until(computing=most)
        steps.go_on.set()
    assert [each.result() for each in done] == [None] * 3 * PLACES
    assert steps.most <= most


def test_steps_that_wait_for_hosts_take_no_place_from_others() -> None:
    steps = Steps(Places())
    with ThreadPoolExecutor(10 * PLACES) as threads:
        done = [threads.submit(steps.wait_for_hosts) for _ in range(10 * PLACES - 1)]
        steps.wait_until(away=10 * PLACES - 1)
        with steps._places.one():
            steps.go_on.set()
    assert [each.result() for each in done] == [None] * (10 * PLACES - 1)
    assert steps.most <= PLACES


def test_a_thread_without_a_place_has_none_to_give_away() -> None:
    places = Places()
    with places.away():
        pass
    assert places._taken == 0


def test_a_step_that_fails_leaves_its_place() -> None:
    places = Places()
    with pytest.raises(ZeroDivisionError), places.one(), places.away():
        raise ZeroDivisionError
    assert places._taken == 0


def test_who_is_away_may_say_so_again_and_has_one_place_after_it() -> None:
    places = Places()
    with places.one():
        with places.away(), places.away():
            assert places._taken == 0
        assert places._taken == 1
    assert places._taken == 0
