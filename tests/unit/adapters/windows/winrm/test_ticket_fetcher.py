"""One thread at a time fetches a ticket, and none that has one waits for it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import requests

from adapters.windows.winrm.ticket_fetcher import GOOD_FOR, TicketFetcher
from adapters.windows.winrm.tickets import NoTicket, TicketFault

if TYPE_CHECKING:
    from collections.abc import Iterator

BOT, OTHER = "svc@CORP.TEST", "other@CORP.TEST"
SOON, LONG = 0.005, 30


@dataclass
class Ticket:
    lifetime: int = 36_000


@dataclass
class Kdc:
    """Answers when it is let, after so many seconds of a clock of its own."""

    now: float = 0.0
    times_read: int = 0
    is_read: threading.Condition = field(default_factory=threading.Condition)
    takes: float = 0.0
    failure: NoTicket | None = None
    asked: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    is_asked: threading.Event = field(default_factory=threading.Event)
    answers: threading.Event = field(default_factory=threading.Event)

    def ticks(self) -> float:
        with self.is_read:
            self.times_read += 1
            self.is_read.notify_all()
        return self.now

    def __call__(self, principal: str) -> Ticket:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.asked.append(principal)
        self.is_asked.set()
        self.answers.wait(LONG)
        self.now += self.takes
        self.at_once -= 1
        if self.failure:
            raise self.failure
        return Ticket()


@pytest.fixture
def kdc() -> Kdc:
    kdc = Kdc()
    kdc.answers.set()
    return kdc


@pytest.fixture
def fetcher(kdc: Kdc) -> TicketFetcher:
    return TicketFetcher(kdc, kdc.ticks, brief=SOON)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


def test_many_threads_ask_one_after_the_other(kdc: Kdc, fetcher: TicketFetcher, threads: ThreadPoolExecutor) -> None:
    list(threads.map(lambda number: fetcher.have((BOT, OTHER)[number % 2], within=LONG), range(32)))
    assert kdc.most_at_once == 1
    assert set(kdc.asked) == {BOT, OTHER}


def hold(kdc: Kdc, fetcher: TicketFetcher, threads: ThreadPoolExecutor) -> None:
    """Have a thread at the KDC, which does not answer yet."""
    kdc.is_asked.clear()
    kdc.answers.clear()
    threads.submit(fetcher.have, BOT, within=LONG)
    assert kdc.is_asked.wait(LONG)


def test_who_has_a_ticket_goes_on_while_another_renews_it(
    kdc: Kdc, fetcher: TicketFetcher, threads: ThreadPoolExecutor
) -> None:
    fetcher.have(BOT, within=LONG)
    fetcher.have(OTHER, within=LONG)
    hold(kdc, fetcher, threads)
    fetcher.have(BOT, within=LONG)
    fetcher.have(OTHER, within=LONG)
    assert kdc.asked == [BOT, OTHER, BOT]
    kdc.answers.set()


@pytest.mark.parametrize("who", [BOT, OTHER], ids=["whose is nearly over", "who has none"])
def test_who_has_no_good_ticket_waits_for_the_new_one_as_long_as_there_is_time(
    kdc: Kdc, fetcher: TicketFetcher, threads: ThreadPoolExecutor, who: str
) -> None:
    fetcher.have(BOT, within=LONG)
    kdc.now += Ticket.lifetime - GOOD_FOR
    hold(kdc, fetcher, threads)
    with pytest.raises(requests.ReadTimeout):
        fetcher.have(who, within=SOON)
    kdc.answers.set()


def test_who_waited_for_a_try_that_failed_does_not_try_again_but_who_comes_later_does(
    kdc: Kdc, fetcher: TicketFetcher, threads: ThreadPoolExecutor
) -> None:
    kdc.failure, kdc.takes = NoTicket(TicketFault.NO_KDC, "no KDC"), 5.0
    hold(kdc, fetcher, threads)
    before = kdc.times_read
    waiting = [threads.submit(fetcher.have, BOT, within=LONG) for _ in range(5)]
    with kdc.is_read:  # by each when it asked, and when it found the KDC busy
        kdc.is_read.wait_for(lambda: kdc.times_read == before + 2 * len(waiting), LONG)
    kdc.answers.set()
    assert [str(each.exception()) for each in waiting] == ["no KDC"] * 5
    assert kdc.asked == [BOT]
    kdc.failure = None
    fetcher.have(BOT, within=LONG)
    assert kdc.asked == [BOT, BOT]
