"""How long each host may be looked at: its own time, within that of the request."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from adapters.scheduler.host_pool import FairHostPool
from bot.errors import BadReply, TimedOut, Unreachable
from bot.workflow.allowed_looks import SURVEY_SPARE
from bot.workflow.host_reader import LOOK_WITHIN, HostReader
from bot.workflow.shared_looks import SharedLooks
from tests.fakes.clock import SettableClock
from tests.fakes.terminal import FakeTerminal
from tests.support.harness import BotHarness, InlinePool, sessions, text_of

if TYPE_CHECKING:
    from bot.domain.session import Session

ID = "TS-AAAAAA"
HOSTS = ("comp1", "comp2", "comp3")
TIMES = {"comp1": timedelta(seconds=2), "comp2": timedelta(seconds=60)}


def look_within(host: str) -> timedelta:
    return TIMES.get(host, LOOK_WITHIN)


def reader(terminal: FakeTerminal, clock: SettableClock) -> HostReader:
    return HostReader(terminal=terminal, pool=InlinePool(), clock=clock, look_within=look_within)


@pytest.fixture
def terminal() -> FakeTerminal:
    return FakeTerminal({host: sessions() for host in HOSTS})


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


def test_each_host_has_its_own_time(terminal: FakeTerminal, clock: SettableClock) -> None:
    reader(terminal, clock).look_at(ID, HOSTS)
    assert terminal.look_times == [timedelta(seconds=2), timedelta(seconds=60), timedelta(seconds=8)]


def test_no_look_goes_on_after_the_time_of_the_request(terminal: FakeTerminal, clock: SettableClock) -> None:
    reader(terminal, clock).look_at(ID, HOSTS, until=clock.now() + timedelta(seconds=5))
    assert terminal.look_times == [timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=5)]


def test_a_host_whose_turn_comes_too_late_is_not_asked_and_says_so(
    terminal: FakeTerminal, clock: SettableClock
) -> None:
    looks = reader(terminal, clock).look_at(ID, HOSTS, until=clock.now() + timedelta(seconds=0.5))
    assert terminal.look_calls == []
    assert [(type(look.error), look.host in str(look.error)) for look in looks] == [(TimedOut, True)] * 3
    assert "Ask for fewer computers." in str(looks[0].error)


def test_looks_run_side_by_side_so_that_the_longest_is_all_the_time_there_is(clock: SettableClock) -> None:
    """Each look waits until all of them have begun: one after the other would never end."""
    begun = Barrier(len(HOSTS), timeout=20)

    class Slow(FakeTerminal):
        def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
            begun.wait()
            return super().sessions(host, within=within)

    terminal, pool = Slow({host: sessions() for host in HOSTS}), FairHostPool(4)
    found = HostReader(terminal=terminal, pool=pool, clock=clock, look_within=look_within).look_at(ID, HOSTS)
    assert [look.error for look in found] == [None] * 3


def test_a_host_that_did_not_answer_is_looked_at_last_until_it_answers(
    terminal: FakeTerminal, clock: SettableClock
) -> None:
    pool = InlinePool()
    looks = HostReader(terminal=terminal, pool=pool, clock=clock)
    terminal.take_down("comp2", TimedOut("comp2 said nothing.", host="comp2"))
    terminal.take_down("comp3", BadReply("comp3 talks nonsense.", host="comp3"))
    looks.look_at(ID, HOSTS)
    looks.look_at(ID, HOSTS)
    terminal.bring_up("comp2")
    looks.look_at("TS-BBBBBB", HOSTS)
    looks.look_at(ID, HOSTS)
    assert pool.last == [frozenset(), {"comp2"}, {"comp2"}, frozenset()]


def test_a_host_that_had_no_turn_is_not_taken_for_silent(terminal: FakeTerminal, clock: SettableClock) -> None:
    pool = InlinePool()
    looks = HostReader(terminal=terminal, pool=pool, clock=clock)
    looks.look_at(ID, HOSTS, until=clock.now())
    looks.look_at(ID, HOSTS)
    assert pool.last == [frozenset(), frozenset()]


def test_the_survey_and_the_looks_after_the_act_take_the_time_of_their_host() -> None:
    harness = BotHarness(look_within=look_within)
    harness.ask_and_run("comp1,comp2,comp3 id=3")
    assert harness.terminal.look_times == [timedelta(seconds=2), timedelta(seconds=60), timedelta(seconds=8)]
    harness.terminal.hang("comp1", 3)
    harness.approve_and_run()
    harness.wait(timedelta(seconds=10))
    taken = set(zip(harness.terminal.look_calls, harness.terminal.look_times, strict=True))
    assert len(harness.terminal.look_times) > 2 * len(HOSTS)
    assert taken == {(host, look_within(host)) for host in HOSTS}


def test_the_looks_that_settle_a_verdict_take_it_too() -> None:
    harness = BotHarness(look_within=look_within)
    harness.terminal.fail_act("comp2", Unreachable("comp2 hung up.", host="comp2", delivered=True))
    harness.ask_and_run("comp2 id=3 --sync")
    harness.approve_and_run()
    harness.wait(timedelta(minutes=5))
    assert "comp2 hung up." in text_of(harness.card)
    assert len(harness.terminal.look_times) > 3
    assert set(harness.terminal.look_times) == {timedelta(seconds=60)}


def test_a_survey_that_begins_late_still_ends_before_its_request() -> None:
    harness = BotHarness(look_within=look_within)
    harness.ask("comp2 id=3")
    harness.clock.move(timedelta(seconds=80))
    harness.run()
    assert harness.terminal.look_times == [timedelta(seconds=40) - SURVEY_SPARE]
    assert harness.request.surveys[0].code == ""


def test_a_look_after_an_order_also_remembers_who_is_silent(terminal: FakeTerminal, clock: SettableClock) -> None:
    hosts = reader(terminal, clock)
    shared = SharedLooks(hosts=hosts, clock=clock)
    terminal.take_down("comp1")
    for host in HOSTS:
        shared.look(host, came_at=clock.now(), asked_at=clock.now())
    assert hosts.silent.among(HOSTS) == {"comp1"}
