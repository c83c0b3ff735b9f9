"""One limit for all that one person sends; what it remembers is bounded, whoever sends."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot.domain.people import Actor, Place
from bot.workflow.senders import MINUTE, Senders
from tests.fakes.clock import SettableClock
from tests.support import builders as b

MOST = 60
SECOND = timedelta(seconds=1)
PLACE = Place(channel_id="C0OPS00001")


def someone(number: int) -> Actor:
    return Actor(user_id=f"U{number:08}")


def taken(senders: Senders, clock: SettableClock, times: int, by: Actor = b.ASKER) -> int:
    return sum(senders.take(by, PLACE, clock.now(), MOST) is None for _ in range(times))


def entered(senders: Senders, clock: SettableClock) -> list[tuple[str, int]]:
    """Everything that is due, which is one entry a call."""
    found = []
    while entries := senders.to_enter(clock.now()):
        found += [(each.by.user_id, each.count) for each in entries]
    return found


def test_as_many_as_the_limit_are_taken_at_once_and_then_one_in_its_time() -> None:
    senders, clock = Senders(), SettableClock()
    assert taken(senders, clock, 100) == MOST
    clock.move(5 * SECOND)
    assert taken(senders, clock, 100) == 5
    clock.move(MINUTE)
    assert taken(senders, clock, 100) == MOST


def test_who_waits_as_long_as_they_were_told_is_taken() -> None:
    for most in (10, 60, 999):
        senders, clock = Senders(), SettableClock()
        while (held := senders.take(b.ASKER, PLACE, clock.now(), most)) is None:
            pass
        assert SECOND <= held.wait <= MINUTE / most + SECOND
        clock.move(held.wait)
        assert senders.take(b.ASKER, PLACE, clock.now(), most) is None


def test_the_limit_of_one_person_is_no_other_ones() -> None:
    senders, clock = Senders(), SettableClock()
    assert taken(senders, clock, 1500) == MOST
    assert taken(senders, clock, 1, by=b.OTHER) == 1


def test_a_person_is_told_again_after_some_seconds_only() -> None:
    senders, clock = Senders(), SettableClock()
    taken(senders, clock, MOST)
    told = []
    for _ in range(30):
        held = senders.take(b.ASKER, PLACE, clock.now(), MOST)
        told.append(held is not None and not held.is_told)
        clock.move(timedelta(milliseconds=500))
        senders.take(b.OTHER, PLACE, clock.now(), MOST)
    assert sum(told) == 2


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    senders, clock = Senders(), SettableClock()
    taken(senders, clock, MOST)
    clock.move(-timedelta(hours=1))
    assert taken(senders, clock, MOST + 1) == MOST


def test_what_was_not_taken_is_entered_at_once_and_then_once_a_minute_with_its_count() -> None:
    senders, clock = Senders(), SettableClock()
    counts = []
    for _ in range(150):
        senders.count(b.ASKER, PLACE, clock.now(), 10)
        counts += [count for _, count in entered(senders, clock)]
        clock.move(SECOND)
    assert counts == [10, 600, 600]
    clock.move(MINUTE)
    assert entered(senders, clock) == [(b.ASKER.user_id, 290)]
    clock.move(10 * MINUTE)
    assert entered(senders, clock) == []


def test_an_entry_about_one_person_keeps_none_about_another_back() -> None:
    senders, clock = Senders(), SettableClock()
    for number in range(5):
        senders.count(someone(number), PLACE, clock.now(), number + 1)
    assert entered(senders, clock) == [(someone(n).user_id, n + 1) for n in range(5)]


def test_a_clock_that_is_set_back_keeps_no_entry_back() -> None:
    senders, clock = Senders(), SettableClock()
    senders.count(b.ASKER, PLACE, clock.now())
    assert len(entered(senders, clock)) == 1
    clock.move(-timedelta(hours=1))
    senders.count(b.ASKER, PLACE, clock.now())
    assert len(entered(senders, clock)) == 1


def test_many_ids_are_forgotten_one_by_one_and_their_counts_are_not() -> None:
    senders, clock = Senders(most_people=100), SettableClock()
    for number in range(1000):
        taken(senders, clock, 1, by=someone(number))
        senders.count(someone(number), PLACE, clock.now())
        senders.to_enter(clock.now())
    assert len(senders) == 100
    for number in range(1000, 1010):
        senders.count(someone(number), PLACE, clock.now())
    for number in range(2000, 2200):
        taken(senders, clock, 1, by=someone(number))
    assert [user for user, _ in entered(senders, clock)] == [someone(n).user_id for n in range(1000, 1010)]


def test_eight_threads_take_no_more_than_the_limit() -> None:
    senders, clock, found = Senders(), SettableClock(), []
    threads = [threading.Thread(target=lambda: found.append(taken(senders, clock, 200))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found) == MOST


def told(senders: Senders, clock: SettableClock) -> dict[str, int]:
    return senders.untold(clock.now(), MOST)


def test_what_others_took_of_a_person_is_taken_here_no_more() -> None:
    here, there, clock = Senders(), Senders(), SettableClock()
    assert taken(here, clock, 40) == 40
    assert told(here, clock) == {b.ASKER.user_id: 40}
    assert told(here, clock) == {}
    there.take_elsewhere(b.ASKER.user_id, 40, clock.now(), MOST)
    assert told(there, clock) == {}
    assert taken(there, clock, 40) == 20
    assert taken(there, clock, 1, by=b.OTHER) == 1
    assert told(there, clock) == {b.ASKER.user_id: 20, b.OTHER.user_id: 1}
    here.take_elsewhere(b.ASKER.user_id, 20, clock.now(), MOST)
    assert taken(here, clock, 40) == 0
    clock.move(MINUTE)
    assert taken(here, clock, 100) == MOST


@pytest.mark.parametrize("replicas", [1, 2, 3])
@pytest.mark.parametrize("most", [10, 60, 200, 1000])
def test_a_flood_over_all_replicas_is_held_to_the_limit_of_one(replicas: int, most: int) -> None:
    """They tell each other twice a second; the person sends all the time to each, forty times a second."""
    all_of_them, clock, found = [Senders() for _ in range(replicas)], SettableClock(), [0, 0, 0, 0]
    for turn in range(4 * 120):
        for each in all_of_them:
            for _ in range(max(20, most // 50)):
                found[turn // 120] += each.take(b.ASKER, PLACE, clock.now(), most) is None
        heard = [each.untold(clock.now(), most).get(b.ASKER.user_id, 0) for each in all_of_them]
        for own, each in zip(heard, all_of_them, strict=True):
            if others := sum(heard) - own:
                each.take_elsewhere(b.ASKER.user_id, others, clock.now(), most)
        clock.move(timedelta(milliseconds=500))
    assert found[0] <= most * max(2, replicas)  # what each took before it heard of the others
    assert sum(found[1:]) <= 3 * most
    assert max(found[1:]) <= 1.01 * most + 2


def test_what_was_taken_long_ago_is_told_nobody() -> None:
    senders, clock = Senders(), SettableClock()
    for _ in range(60):
        assert taken(senders, clock, 1) == 1
        clock.move(MINUTE)
    assert told(senders, clock) == {}
    assert taken(senders, clock, 3) == 3
    clock.move(2 * SECOND)
    assert told(senders, clock) == {b.ASKER.user_id: 1}


def test_whatever_others_took_nobody_waits_for_more_than_two_minutes() -> None:
    senders, clock = Senders(), SettableClock()
    for _ in range(3):
        senders.take_elsewhere(b.ASKER.user_id, 1000, clock.now(), MOST)
    held = senders.take(b.ASKER, PLACE, clock.now(), MOST)
    assert held is not None
    assert held.wait == MINUTE + SECOND
    clock.move(2 * MINUTE)
    assert taken(senders, clock, 100) == MOST


def test_an_entry_names_the_person_and_the_place_where_something_was_held() -> None:
    senders, clock = Senders(), SettableClock()
    senders.take_elsewhere(b.ASKER.user_id, MOST, clock.now(), MOST)
    senders.count(b.ASKER, PLACE, clock.now())
    senders.take_elsewhere(b.ASKER.user_id, 1, clock.now(), MOST)
    (entry,) = senders.to_enter(clock.now())
    assert (entry.by, entry.place, entry.count) == (b.ASKER, PLACE, 1)


def test_people_of_whom_only_others_tell_are_forgotten_too() -> None:
    senders, clock = Senders(most_people=100), SettableClock()
    for number in range(1000):
        senders.take_elsewhere(someone(number).user_id, 1, clock.now(), MOST)
    assert len(senders) == 100
