"""Hosts that hang or say nothing keep no other request waiting, on real threads."""

from __future__ import annotations

import threading
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import pytest

from adapters.scheduler.host_pool import FairHostPool
from adapters.scheduler.procrastinate import ProcrastinateScheduler
from adapters.scheduler.shared_jobs import Place
from adapters.scheduler.threads import ThreadScheduler
from adapters.sql.database_url import for_libpq
from adapters.sql.migrate import upgrade
from app.config.settings import AllWinRm
from bot.domain.actions import Action
from bot.domain.request import Ending, State
from bot.domain.verdicts import Verdict
from bot.errors import TimedOut
from bot.policy.model import Force, Policy, Rule
from rehearsal_testing.waiting import wait_until
from tests.fakes.chat import FakeChat
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.threaded_bot import ThreadedBot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.ports.terminal import Answer

HOSTS_AT_ONCE = AllWinRm().hosts_at_once
MANY, FEW = 220, 80
SICK = tuple(f"sick-{number:03}" for number in range(MANY))
ON_CALL = Rule(name="on-call", who=b.ONCALL, may=frozenset(Action), force=Force(is_allowed=True), max_targets=MANY)
POLICY = Policy(rules=(ON_CALL,), second_person_above=10 * MANY, max_requests=1000)


class Hosts(FakeTerminal):
    """The sick hosts say nothing to an order until the test ends; `at_it` counts those that have one."""

    def __init__(self) -> None:
        super().__init__({host: [b.session(3), b.session(9)] for host in (*SICK, "comp1")})
        self.end = threading.Event()
        self.at_it = 0
        self.is_silent = True

    def log_off(self, host: str, *args: Any, **kwargs: Any) -> Iterator[Answer]:
        if host in SICK and self.is_silent:
            self.at_it += 1
            self.end.wait(60)
            raise TimedOut(f"{host} did not answer.", host=host)
        return super().log_off(host, *args, **kwargs)


def named(hosts: tuple[str, ...]) -> str:
    """The hosts as people may write them: a command takes a hundred names at most, and a pattern has any number."""
    if len(hosts) < FEW:
        return ",".join(hosts)
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(hosts[0], hosts[-1], strict=True))
    return f'"{"".join(letter for letter, _ in alike)}*"'


class Bot(ThreadedBot):
    """A bot beside hosts of which many are sick."""

    def __init__(self, host_workers: int, place: Place | None = None) -> None:
        self.terminal = Hosts()
        super().__init__(
            terminal=self.terminal,
            chat=FakeChat(),
            looks=FairHostPool(16),
            policy=POLICY,
            hosts=(*SICK, "comp1"),
            scheduler=partial(ProcrastinateScheduler, place=place, host_workers=host_workers)
            if place
            else partial(ThreadScheduler, host_workers=host_workers),
        )

    def force(self, hosts: tuple[str, ...], words: str = "") -> str:
        """Forced, so that no press is needed; the id of the request."""
        return self.ask(f"{named(hosts)} id=3 --force {words}")

    def stop(self) -> None:
        self.terminal.end.set()
        super().stop()


@pytest.fixture
def bot(request: pytest.FixtureRequest) -> Iterator[Bot]:
    bot = Bot(request.param)
    yield bot
    bot.stop()


def is_done(bot: Bot, request_id: str) -> bool:
    return bot.find(request_id).ending is Ending.DONE


@pytest.mark.parametrize("bot", [HOSTS_AT_ONCE], indirect=True)
@pytest.mark.parametrize("requests", [[30], [70], [MANY], [100, 100], [1] * 30])
@pytest.mark.parametrize("words", ["", "--timeout 10m"])
def test_behind_silent_hosts_a_healthy_one_is_done_at_once(bot: Bot, requests: list[int], words: str) -> None:
    hosts = iter(SICK)
    sick = [bot.force(tuple(next(hosts) for _ in range(number)), words) for number in requests]
    wait_until(lambda: all(bot.find(each).state is State.ACTING for each in sick))
    wait_until(lambda: bot.terminal.at_it >= min(30, sum(requests)))
    healthy = bot.force(("comp1",))
    wait_until(lambda: is_done(bot, healthy))
    assert not any(is_done(bot, each) for each in sick)


@pytest.mark.slow
@pytest.mark.parametrize("requests", [[MANY], [100, 100]])
def test_a_replica_shares_its_threads_as_fairly(new_postgresql: Callable[[], str], requests: list[int]) -> None:
    """Its jobs wait in the lane and not in the queue, where the healthy host would come last."""
    upgrade(url := new_postgresql())
    bot = Bot(HOSTS_AT_ONCE, Place(for_libpq(url)))
    try:
        test_behind_silent_hosts_a_healthy_one_is_done_at_once(bot, requests, "")
    finally:
        bot.stop()


@pytest.mark.parametrize("bot", [8], indirect=True)
@pytest.mark.parametrize("words", ["", "--sync", "--timeout 10m"])
def test_sessions_that_keep_closing_hold_no_thread(bot: Bot, words: str) -> None:
    bot.terminal.is_silent = False
    for host in SICK[:70]:
        bot.terminal.hang(host, 3)
    sick = bot.force(SICK[:70], words)
    wait_until(lambda: len(bot.terminal.logged_off) == 70)
    healthy = bot.force(("comp1",), words)
    wait_until(lambda: is_done(bot, healthy))
    assert [target.verdict for target in bot.find(healthy).targets] == [Verdict.GONE]
    assert bot.find(sick).counts.open == 70
