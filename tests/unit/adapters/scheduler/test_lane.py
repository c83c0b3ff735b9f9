"""Who gets the next thread: requests share them fairly, and none waits behind another's hosts."""

from __future__ import annotations

from collections import Counter
from time import monotonic

from adapters.scheduler.lane import Lane
from bot.domain.request import WorkItem


def woken(lane: Lane, request_id: str, hosts: int, at: str = "") -> None:
    for number in range(hosts):
        lane.add(WorkItem(request_id=request_id, host=f"{at or request_id}-{number}"))


def taken(lane: Lane) -> Counter[str]:
    return Counter(item.request_id for item in lane.take())


def test_a_request_that_is_alone_has_all_threads_but_those_kept_for_newcomers() -> None:
    lane = Lane(200)
    woken(lane, "A", 1000)
    assert taken(lane) == {"A": 175}


def test_of_two_that_wait_none_has_more_than_half() -> None:
    lane = Lane(200)
    woken(lane, "A", 1000)
    woken(lane, "B", 1000)
    assert set(taken(lane).values()) <= {87, 88}


def test_a_small_request_begins_at_once_behind_any_number_of_hung_hosts() -> None:
    lane = Lane(200)
    woken(lane, "A", 1000)
    assert taken(lane)["A"] == 175
    woken(lane, "B", 500)
    assert taken(lane) == {"B": 13}
    woken(lane, "C", 500)
    assert taken(lane) == {"C": 6}
    for newcomer in ("D", "break-glass"):
        woken(lane, newcomer, 1)
        assert taken(lane) == {newcomer: 1}


def test_every_thread_that_is_free_again_goes_to_the_request_with_the_fewest() -> None:
    lane = Lane(16)
    woken(lane, "A", 100)
    first = list(lane.take())
    woken(lane, "B", 100)
    assert taken(lane) == {"B": 1}  # of two that are left
    running = Counter({"A": len(first), "B": 1})
    for item in first[:8]:
        lane.leave(item)
        running["A"] -= 1
        running += taken(lane)
    assert running == {"A": 7, "B": 7}


def test_the_hosts_of_one_request_go_in_the_order_of_waking() -> None:
    lane = Lane(4)
    woken(lane, "A", 9)
    assert [item.host for item in lane.take()] == ["A-0", "A-1", "A-2", "A-3"]


def test_a_request_that_only_waits_for_busy_hosts_holds_nobody_back() -> None:
    lane = Lane(4)
    woken(lane, "A", 2, at="comp")
    assert taken(lane) == {"A": 2}
    woken(lane, "B", 2, at="comp")
    woken(lane, "A", 9)
    assert taken(lane) == {"A": 2}


def test_an_item_that_runs_waits_for_its_own_end() -> None:
    lane, item = Lane(4), WorkItem(request_id="A", host="comp1")
    lane.add(item)
    assert list(lane.take()) == [item]
    lane.add(item)
    assert (list(lane.take()), lane.has_waiting, lane.runs(item)) == ([], True, True)
    lane.leave(item)
    assert (lane.is_quiet, list(lane.take())) == (True, [item])


def test_requests_run_side_by_side_as_many_as_there_are_threads() -> None:
    lane = Lane(16)
    for number in range(20):
        lane.add(WorkItem(request_id=str(number)))
    assert len(list(lane.take())) == 16


def test_a_lane_says_how_much_it_has_to_do_and_how_old_that_is() -> None:
    lane, now = Lane(2), monotonic()
    assert lane.load() == (0, 0, 0.0, 0.0)
    woken(lane, "A", 5)
    assert lane.load()[:2] == (5, 0)
    (first, second) = lane.take()
    load = lane.load()
    assert load[:2] == (3, 2)
    assert 0 <= load.oldest_waiting <= monotonic() - now
    assert 0 <= load.longest_running <= monotonic() - now
    lane.leave(first)
    lane.leave(second)
    assert lane.load().longest_running == 0


def test_an_item_that_is_woken_again_while_it_waits_is_as_old_as_its_first_wake() -> None:
    lane, item = Lane(1), WorkItem(request_id="A")
    lane.add(item)
    oldest = lane.load().oldest_waiting
    lane.add(item)
    assert lane.load().waiting == 1
    assert lane.load().oldest_waiting > oldest
