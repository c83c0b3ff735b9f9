"""Slack that is slow for one channel keeps nobody else waiting, on real threads and with the bot's own adapter."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from adapters.clock import SystemClock
from adapters.scheduler.host_pool import FairHostPool
from adapters.scheduler.places import PLACES, Places
from adapters.scheduler.threads import ThreadScheduler
from adapters.slack.chat import SlackChat
from app.bot import TELLING, Waits
from app.replicas import REQUESTS_AT_ONCE
from bot.domain.people import Place
from bot.domain.request import Ending, State
from bot.workflow.courier import Courier
from bot.workflow.patience import Patience
from bot.workflow.receipts import Receipts
from rehearsal_testing.waiting import wait_until
from tests.fakes.chat import FakeChat
from tests.fakes.ledger import FakeLedger
from tests.fakes.terminal import FakeTerminal
from tests.fakes.web_client import FakeSlack, FakeUrls
from tests.support import builders as b
from tests.support.harness import POLICY, BotHarness, sessions
from tests.support.threaded_bot import ThreadedBot

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOW = Place(channel_id="C0SLOW", name="slow")
HOSTS = tuple(f"host-{number}" for number in range(3 * PLACES))


class SlowSlack(FakeSlack):
    """Says nothing about one channel until the test ends; `waiting` counts the calls about it."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self.end, self._method, self._lock, self.waiting = threading.Event(), method, threading.Lock(), 0

    def _wait(self, method: str, channel: str) -> None:
        if method == self._method and channel == SLOW.channel_id:
            with self._lock:
                self.waiting += 1
            self.end.wait(60)

    def conversations_info(self, *, channel: str) -> Any:
        self._wait("conversations_info", channel)
        return super().conversations_info(channel=channel)

    def chat_postMessage(self, *, channel: str, text: str, **more: Any) -> Any:  # noqa: N802 - Slack's name
        self._wait("chat_postMessage", channel)
        return super().chat_postMessage(channel=channel, text=text, **more)

    def chat_update(self, *, channel: str, **what: Any) -> Any:
        self._wait("chat_update", channel)
        return super().chat_update(channel=channel, **what)


class Bot(ThreadedBot):
    """A bot behind its places, as it runs."""

    def __init__(self, method: str) -> None:
        self.slack, places, hosts = SlowSlack(method), Places(), (*HOSTS, "comp1")
        super().__init__(
            terminal=FakeTerminal({host: sessions() for host in hosts}),
            chat=SlackChat(self.slack, {}, FakeUrls(), places.away),  # type: ignore[arg-type] # as the client and the URLs
            looks=FairHostPool(64, places.away),
            policy=replace(POLICY, max_requests=len(HOSTS)),
            hosts=hosts,
            around=places.one,
            scheduler=partial(ThreadScheduler, workers=REQUESTS_AT_ONCE),
        )

    def stop(self) -> None:
        self.slack.end.set()
        super().stop()


@pytest.fixture
def bot(request: pytest.FixtureRequest) -> Iterator[Bot]:
    bot = Bot(request.param)
    yield bot
    bot.stop()


@pytest.mark.parametrize("bot", ["conversations_info", "chat_postMessage", "chat_update"], indirect=True)
def test_steps_that_wait_for_slack_take_no_place_from_others(bot: Bot) -> None:
    slow = [bot.ask(f"{host} id=3", place=SLOW) for host in HOSTS]
    wait_until(lambda: bot.slack.waiting >= len(HOSTS))
    healthy = bot.ask("comp1 id=3 --force --reason x", by=b.OTHER)

    def is_shown() -> bool:
        found = bot.find(healthy)
        return found.ending is Ending.DONE and found.published_version == found.version

    wait_until(is_shown)
    found = [bot.find(each) for each in slow]
    assert all(each.state is State.AWAITING and each.published_version < each.version for each in found)


def test_who_waits_is_told_so_beside_others_whom_slack_keeps_waiting() -> None:
    told, end = list[str](), threading.Event()

    class Tells(Patience):
        def look(self) -> None:
            told.append(threading.current_thread().name)
            end.wait(60)

    courier = Courier(ledger=FakeLedger(SystemClock()), chat=FakeChat(), clock=SystemClock())
    waits = Waits(Tells(courier=courier), Receipts(courier=courier, authorizer=BotHarness().authorizer))
    waits.start()
    wait_until(lambda: len(told) == TELLING)
    waits.stop()
    end.set()
    assert TELLING > 1
