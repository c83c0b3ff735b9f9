"""Threads for looks and warnings: nobody's request waits behind the silent hosts of another one."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from adapters.scheduler.host_pool import FairHostPool
from bot.ports.lease import CURRENT, Lease

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONG = 20.0


class Hosts:
    """Hosts that answer with their names. Those whose names begin with `silent` answer when they are told to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.speak = threading.Event()
        self._one_speaks = threading.Semaphore(0)
        self._changed = threading.Condition()

    def call(self, host: str) -> str:
        with self._changed:
            self.begun.append(host)
            self._changed.notify_all()
        if host.startswith("silent"):
            assert self._one_speaks.acquire(timeout=LONG)
            if self.speak.is_set():
                self._one_speaks.release()
        return host

    def all_speak(self) -> None:
        self.speak.set()
        self._one_speaks.release()

    def one_speaks(self) -> None:
        """Let one silent host answer, and wait until another host has been asked in its thread."""
        begun = len(self.begun)
        self._one_speaks.release()
        self.wait_for(begun + 1)

    def wait_for(self, begun: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.begun) >= begun, LONG), self.begun


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    hosts = Hosts()
    yield hosts
    hosts.all_speak()


@contextmanager
def asked(
    pool: FairHostPool, hosts: Hosts, *requests: tuple[str, Sequence[str]], last: Sequence[str] = ()
) -> Iterator[list[Future[list[str]]]]:
    """These requests, each in a thread of its own, begun one after the other; silent hosts speak at the end."""
    with ThreadPoolExecutor(max(1, len(requests))) as steps, ExitStack() as stack:
        stack.callback(hosts.all_speak)
        yield [steps.submit(pool.each, id_, names, hosts.call, last=last) for id_, names in requests]


def named(kind: str, many: int) -> list[str]:
    return [f"{kind}-{number}" for number in range(many)]


@pytest.mark.parametrize("many", [16, 320, 1000, 1100])
def test_a_request_is_answered_at_once_beside_any_number_of_silent_hosts(hosts: Hosts, many: int) -> None:
    pool = FairHostPool(16)
    with asked(pool, hosts, ("TS-A", silent := named("silent", many))) as (theirs,):
        hosts.wait_for(11)
        assert pool.each("TS-B", ["comp1"], hosts.call) == ["comp1"]
        assert not theirs.done()
    assert theirs.result() == silent


@pytest.mark.parametrize("requests", [2, 5, 20, pytest.param(100, marks=pytest.mark.slow)])
def test_any_number_of_requests_with_silent_hosts_leaves_a_thread_for_the_next_one(hosts: Hosts, requests: int) -> None:
    pool = FairHostPool(64)
    theirs = [(f"TS-{number}", named(f"silent-{number}", 100)) for number in range(requests)]
    with asked(pool, hosts, *theirs) as futures:
        hosts.wait_for(requests)
        for number in range(3):
            assert pool.each(f"TS-MINE{number}", ["comp1"], hosts.call) == ["comp1"]
        assert not any(each.done() for each in futures)


@pytest.mark.parametrize(("threads", "at_once"), [(1, 1), (8, 6), (16, 11), (256, 168)])
def test_a_request_alone_has_two_thirds_of_the_threads(hosts: Hosts, threads: int, at_once: int) -> None:
    with asked(FairHostPool(threads), hosts, ("TS-A", named("silent", 2 * threads))):
        hosts.wait_for(at_once)
        assert len(hosts.begun) == at_once


def test_a_free_thread_goes_to_the_request_that_has_the_fewest(hosts: Hosts) -> None:
    """Two requests with many hosts share the threads, whoever came first."""
    pool = FairHostPool(8)
    with asked(pool, hosts, ("TS-A", named("silent-a", 50))) as (first,):
        hosts.wait_for(6)
        with asked(pool, hosts, ("TS-B", named("silent-b", 50))) as (second,):
            hosts.wait_for(8)
            for _ in range(50):
                hosts.one_speaks()
        assert first.result() == named("silent-a", 50)
    assert second.result() == named("silent-b", 50)
    turns = [name.split("-")[1] for name in hosts.begun]
    assert turns[:8] == ["a"] * 6 + ["b"] * 2
    assert turns[8:58].count("b") >= 20


def test_hosts_that_are_known_to_be_silent_come_after_the_others(hosts: Hosts) -> None:
    names = ["known-1", "comp1", "known-2", "comp2"]
    assert FairHostPool(1).each("TS-A", names, hosts.call, last={"known-1", "known-2"}) == names
    assert hosts.begun == ["comp1", "comp2", "known-1", "known-2"]


def test_hosts_that_are_known_to_be_silent_never_have_more_than_half_of_the_threads(hosts: Hosts) -> None:
    pool = FairHostPool(16)
    theirs = [(f"TS-{number}", named(f"silent-{number}", 20)) for number in range(5)]
    with asked(pool, hosts, *theirs, last=[name for _, names in theirs for name in names]):
        hosts.wait_for(12)  # half of them, and the only call of each of the other four
        assert pool.each("TS-MINE", named("comp", 8), hosts.call) == named("comp", 8)
        assert sum(name.startswith("silent") for name in hosts.begun) == 12


def test_what_a_call_raises_is_raised_after_all_calls_have_ended(hosts: Hosts) -> None:
    done = []

    def call(host: str) -> str:
        if host == "comp1":
            raise ZeroDivisionError(host)
        done.append(host)
        return host

    pool = FairHostPool(1)
    with pytest.raises(ZeroDivisionError, match="comp1"):
        pool.each("TS-A", ["comp1", "comp2", "comp3"], call)
    assert done == ["comp2", "comp3"]
    assert pool.each("TS-A", ["comp4"], hosts.call) == ["comp4"]


def test_no_hosts_are_no_work(hosts: Hosts) -> None:
    assert FairHostPool(1).each("TS-A", [], hosts.call) == []


def test_a_closed_pool_begins_nothing_more_and_says_so(hosts: Hosts) -> None:
    pool = FairHostPool(1)
    with asked(pool, hosts, ("TS-A", ["silent", "comp1"])) as (theirs,):
        hosts.wait_for(1)
        pool.close()
        with pytest.raises(CancelledError):
            pool.each("TS-B", ["comp2"], hosts.call)
    with pytest.raises(CancelledError):
        theirs.result()
    assert hosts.begun == ["silent"]


def test_a_pool_without_work_has_no_threads_and_keeps_nothing(hosts: Hosts) -> None:
    pool = FairHostPool(4)
    for number in range(20):
        pool.each(f"TS-{number}", named("comp", 5), hosts.call)
    for thread in threading.enumerate():
        if thread.name.startswith("host-comp"):
            thread.join(LONG)
    assert pool._shares == {}
    assert pool._running == 0


@pytest.mark.parametrize("begun", [0, 1])
def test_a_system_without_threads_is_told_to_who_waits_or_others_do_the_work(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, begun: int
) -> None:
    pool, start = FairHostPool(4), threading.Thread.start
    left = begun

    def starts(thread: threading.Thread) -> None:
        nonlocal left
        if thread.name.startswith("host-"):
            if not left:
                raise RuntimeError("can't start new thread")
            left -= 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", starts)
    if begun:
        assert pool.each("TS-A", named("comp", 5), hosts.call) == named("comp", 5)
    else:
        with pytest.raises(RuntimeError, match="can't start new thread"):
            pool.each("TS-A", named("comp", 5), hosts.call)


def test_a_call_runs_in_the_context_of_its_caller() -> None:
    """A step that loses its job to another replica is asked for its lease before each order, wherever that runs."""
    lease = Lease(job=7, attempt=1)
    token = CURRENT.set(lease)
    try:
        assert FairHostPool(2).each("A", ("one", "two", "three"), lambda _: CURRENT.get()) == [lease] * 3
    finally:
        CURRENT.reset(token)
    assert FairHostPool(2).each("A", ("one",), lambda _: CURRENT.get()) == [None]
