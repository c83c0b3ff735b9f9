"""How long a call waits, and for what: its turn at the host, room there, the answer, and one repetition."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.windows.request import Request, Verb
from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.call_limit import CALLS_AT_ONCE
from adapters.windows.winrm.shell import WinRmShell
from app.carriers import Carriers
from bot.domain.verdicts import Verdict
from bot.errors import TerminalError, TimedOut, Unreachable
from rehearsal.windows import Farm
from tests.contract.hosts import ENDPOINT, FarmHosts, farm_file, order_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.domain.session import Session

LONG = timedelta(seconds=60)
LOOK = timedelta(seconds=8)
ROOM = [170, 2147942570, 2150859173, 2150859174]


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarmHosts]:
    path, names = farm_file(tmp_path_factory.mktemp("farm"))
    with Farm.from_file(path, engine="double") as farm, closing(FarmHosts(farm, names)) as there:
        yield there


@pytest.fixture
def farm(hosts: FarmHosts) -> Farm:
    return hosts.farm


@pytest.fixture
def host(hosts: FarmHosts) -> str:
    return hosts.take()


@pytest.fixture
def once(hosts: FarmHosts) -> Iterator[WinRmTerminal]:
    """A terminal for computers at which nothing is repeated."""
    with closing(WinRmShell(lambda host: replace(hosts.connection(host), repeats=False))) as shell:
        yield WinRmTerminal(shell, repeats=lambda _: False)


def look(hosts: FarmHosts, host: str, within: timedelta = LONG) -> dict[int, Session]:
    return {session.id: session for session in hosts.terminal.sessions(host, within=within)}


def failure(call: Callable[[], object]) -> TerminalError:
    with pytest.raises(TerminalError) as caught:
        call()
    return caught.value


# Its turn


def test_of_twelve_requests_at_one_host_four_are_answered_at_a_time(hosts: FarmHosts, farm: Farm, host: str) -> None:
    farm.set_behaviour(host, "slow", seconds=0.2)
    with ThreadPoolExecutor(12) as requests:
        lists = list(requests.map(lambda _: look(hosts, host).keys(), range(12)))
    assert all(each == lists[0] for each in lists)
    assert farm.most_open_shells(host) == CALLS_AT_ONCE == 4
    assert farm.messages(host).count("Create") == 12
    assert farm.open_shells(host) == 0


def test_looks_logoffs_and_messages_wait_in_one_line(hosts: FarmHosts, farm: Farm, host: str) -> None:
    there = look(hosts, host)
    farm.set_behaviour(host, "slow", seconds=0.2)

    def act(number: int) -> object:
        if number % 3 == 0:
            return look(hosts, host)
        order = [order_for(there[3 if number % 3 == 1 else 5])]
        if number % 3 == 1:
            return list(hosts.terminal.log_off(host, order, wait=None, within=LONG))
        return list(hosts.terminal.message(host, order, title="Alert", text="Go.", within=LONG))

    with ThreadPoolExecutor(9) as requests:
        assert all(requests.map(act, range(9)))
    assert farm.most_open_shells(host) == 4
    assert len(hosts.messages(host)) == 3


def test_a_host_that_is_busy_keeps_no_other_host_waiting(hosts: FarmHosts, farm: Farm, host: str) -> None:
    other = hosts.take()
    farm.set_behaviour(host, "slow", seconds=60)
    with ThreadPoolExecutor(8) as requests:
        busy = [requests.submit(failure, lambda: look(hosts, host, timedelta(seconds=2))) for _ in range(8)]
        farm.wait_until(lambda: farm.open_shells(host) == 4)
        assert 3 in look(hosts, other)
        errors = [each.result() for each in busy]
    assert {type(error) for error in errors} == {TimedOut}
    assert farm.most_open_shells(host) == 4


@pytest.mark.slow
def test_who_had_no_turn_in_time_says_so_and_the_host_heard_nothing_of_it(
    hosts: FarmHosts, farm: Farm, host: str
) -> None:
    there = look(hosts, host)
    farm.set_behaviour(host, "slow", seconds=60)
    with ThreadPoolExecutor(4) as requests:
        running = [requests.submit(failure, lambda: look(hosts, host, timedelta(seconds=4))) for _ in range(4)]
        farm.wait_until(lambda: farm.open_shells(host) == 4)
        order = [order_for(there[3])]
        late = failure(lambda: list(hosts.terminal.log_off(host, order, wait=None, within=timedelta(seconds=1))))
        assert all("did not answer in time" in each.result().message for each in running)
    assert farm.messages(host).count("Create") == 5  # of the first look, and of the four that run
    assert (type(late), late.delivered) == (TimedOut, False)
    assert f"no more than 4 calls at {host} at a time" in late.message
    assert hosts.logged_off(host) == []
    farm.set_behaviour(host, "none")
    assert 3 in look(hosts, host)


@pytest.mark.parametrize(("before", "after"), [(ENDPOINT, ""), ("", ENDPOINT)], ids=["to-script", "to-jea"])
def test_the_calls_at_a_host_are_counted_together_while_its_carrier_changes(
    hosts: FarmHosts, farm: Farm, host: str, before: str, after: str
) -> None:
    """`before` and `after` are the endpoints in its settings. A call lasts as long as somebody reads its replies."""
    endpoint, looking = before, Request(verb=Verb.LIST)
    with closing(Carriers(lambda each: replace(hosts.connection(each), jea=endpoint), gate=None)) as carriers:
        running = [carriers.ask(host, looking, within=LONG) for _ in range(CALLS_AT_ONCE)]
        for each in running:
            next(each)
        endpoint, heard = after, farm.messages(host)
        late = failure(lambda: next(carriers.ask(host, looking, within=timedelta(seconds=0.5))))
        assert (type(late), late.delivered, farm.messages(host)) == (TimedOut, False, heard)
        assert f"no more than 4 calls at {host} at a time" in late.message
        for each in running:
            each.close()
        next(carriers.ask(host, looking, within=LONG))  # there is room again


# Room


@pytest.mark.parametrize("code", ROOM)
@pytest.mark.parametrize("action", ["list", "logoff"])
def test_a_full_host_is_asked_again_until_it_has_room(
    hosts: FarmHosts, farm: Farm, host: str, action: str, code: int
) -> None:
    alice = look(hosts, host)[3]
    before = len(farm.messages(host))
    farm.set_behaviour(host, "quota", times=2, code=code)
    if action == "list":
        assert 3 in look(hosts, host, LOOK)
    else:
        (answer,) = hosts.terminal.log_off(host, [order_for(alice)], wait=LONG, within=LOOK)
        assert answer.verdict is Verdict.GONE
    messages = farm.messages(host)[before:]
    assert messages[:3] == [f"Create!{code}", f"Create!{code}", "Create"]
    assert messages.count("Send") == 1


def test_a_host_without_room_for_the_command_is_asked_again_with_a_new_shell(
    hosts: FarmHosts, farm: Farm, host: str
) -> None:
    farm.set_behaviour(host, "trips", at="command", manner="quota", times=1)
    assert 3 in look(hosts, host, LOOK)
    assert (farm.messages(host).count("Create"), farm.messages(host).count("Send")) == (2, 1)
    assert farm.open_shells(host) == 0


@pytest.mark.slow
def test_a_host_that_is_full_for_three_seconds_is_looked_at_all_the_same(
    hosts: FarmHosts, farm: Farm, host: str
) -> None:
    farm.set_behaviour(host, "quota", seconds=3)
    assert 3 in look(hosts, host, LOOK)
    refusals = farm.messages(host).count("Create!2150859173")
    assert 2 <= refusals <= 5
    assert farm.messages(host).count("Create") == 1


def test_a_host_that_stays_full_is_asked_as_long_as_the_look_may_take_and_then_told(
    hosts: FarmHosts, farm: Farm, host: str
) -> None:
    farm.set_behaviour(host, "quota")
    error = failure(lambda: look(hosts, host, timedelta(seconds=2)))
    assert (type(error), error.delivered) == (Unreachable, False)
    assert f"{host} has no room for another shell" in error.message
    assert 2 <= farm.messages(host).count("Create!2150859173") <= 6
    assert "Send" not in farm.messages(host)


def test_who_waits_for_room_holds_no_turn_meanwhile(hosts: FarmHosts, farm: Farm, host: str) -> None:
    farm.set_behaviour(host, "quota")
    with ThreadPoolExecutor(8) as requests:
        errors = list(requests.map(lambda _: failure(lambda: look(hosts, host, timedelta(seconds=2))), range(8)))
    assert all("has no room" in error.message for error in errors)


@pytest.mark.parametrize("at", ["send", "receive"])
def test_a_host_that_says_it_is_full_after_the_order_may_have_arrived_is_not_asked_again(
    hosts: FarmHosts, farm: Farm, host: str, at: str
) -> None:
    alice = look(hosts, host)[3]
    farm.set_behaviour(host, "trips", at=at, manner="quota", times=0, done=True)
    error = failure(lambda: list(hosts.terminal.log_off(host, [order_for(alice)], wait=None, within=LOOK)))
    assert error.delivered
    assert sum(message.startswith("Send") for message in farm.messages(host)) == 2


def test_a_host_that_hangs_up_after_it_was_full_is_told_as_that(hosts: FarmHosts, farm: Farm, host: str) -> None:
    farm.set_behaviour(host, "quota", times=1)
    with ThreadPoolExecutor(1) as requests:
        asked = requests.submit(failure, lambda: look(hosts, host, timedelta(seconds=4)))
        farm.wait_until(lambda: "Create!2150859173" in farm.messages(host))
        farm.take_down(host)
        error = asked.result()
    assert (type(error), "cannot be reached" in error.message) == (Unreachable, True)


# The answer


@pytest.mark.slow
def test_a_host_that_answers_after_seven_seconds_is_read_within_eight(hosts: FarmHosts, farm: Farm, host: str) -> None:
    farm.set_behaviour(host, "slow", seconds=7)
    assert 3 in look(hosts, host, LOOK)
    assert farm.messages(host).count("Create") == 1


@pytest.mark.slow
def test_a_host_that_may_take_two_seconds_is_given_up_then_and_leaves_nothing(
    hosts: FarmHosts, farm: Farm, host: str
) -> None:
    farm.set_behaviour(host, "slow", seconds=7)
    error = failure(lambda: look(hosts, host, timedelta(seconds=2)))
    assert "did not answer in time" in error.message
    assert farm.messages(host)[-2:] == ["Signal", "Delete"]
    assert farm.open_shells(host) == 0


def test_the_host_is_told_to_answer_just_before_the_time_is_over(hosts: FarmHosts, farm: Farm, host: str) -> None:
    look(hosts, host, LOOK)
    (received,) = [message for message in farm.requests(host) if message.operation == "Receive"]
    assert timedelta(seconds=6) < received.timeout < LOOK


# One repetition


@pytest.mark.parametrize("is_kept", [False, True], ids=["a new connection", "a kept one"])
@pytest.mark.parametrize("at", ["create", "command", "send", "receive"])
def test_a_computer_at_which_nothing_is_repeated_is_asked_once(
    once: WinRmTerminal, farm: Farm, host: str, at: str, *, is_kept: bool
) -> None:
    if is_kept:
        once.sessions(host, within=LONG)
    before = len(farm.messages(host))
    farm.set_behaviour(host, "drops", at=at)
    assert isinstance(failure(lambda: once.sessions(host, within=LONG)), Unreachable)
    asked = [message.partition("!")[0] for message in farm.messages(host)[before:]]
    assert asked.count("Create") == 1


def test_a_failed_compilation_is_not_repeated_there_either(
    hosts: FarmHosts, once: WinRmTerminal, farm: Farm, host: str
) -> None:
    alice = look(hosts, host)[3]
    farm.set_behaviour(host, "miscompiles", times=1)
    failure(lambda: list(once.log_off(host, [order_for(alice)], wait=None, within=LONG)))
    assert farm.messages(host).count("Send") == 2  # that of the first look, and one
    assert hosts.logged_off(host) == []


def test_a_kept_connection_that_died_is_no_answer_of_the_host_and_is_replaced(
    once: WinRmTerminal, farm: Farm, host: str
) -> None:
    once.sessions(host, within=LONG)
    farm.take_down(host)
    farm.bring_up(host)
    assert once.sessions(host, within=LONG)
