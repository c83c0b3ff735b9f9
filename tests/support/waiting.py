"""A host on which sessions keep closing, and time that passes from date to date."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.request import State, WorkItem
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.harness import BotHarness

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.domain.request import Request
    from bot.domain.session import Session

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
BOTH = "comp1 id=3,5 --sync"


class TimedTerminal(FakeTerminal):
    """comp1 with seven sessions, from 3 on. `looked_at`: when each look was made."""

    def __init__(self) -> None:
        super().__init__({"comp1": [b.session(number) for number in range(3, 10)]})
        self.looked_at: list[datetime] = []
        self.now: Callable[[], datetime] = lambda: b.NOW

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        self.looked_at.append(self.now())
        return super().sessions(host, within=within)


def bot_at(terminal: TimedTerminal) -> BotHarness:
    """The bot with comp1 alone."""
    harness = BotHarness(terminal=terminal, hosts=("comp1",), records_failures=True)
    terminal.now = harness.clock.now
    return harness


def acted(harness: BotHarness, text: str) -> Request:
    """Ask, say yes, and run what is due."""
    harness.ask_and_run(text)
    return harness.approve_and_run()


def started(harness: BotHarness, text: str) -> Request:
    """Record the start, and let no host begin."""
    harness.ask_and_run(text)
    harness.press("approve")
    harness.workflow.step(WorkItem(request_id=harness.request.id))
    assert harness.request.state is State.ACTING
    return harness.request


def seconds(harness: BotHarness, number: int) -> None:
    """Time passes from date to date: everything runs at its second."""
    end = harness.clock.now() + number * SECOND
    while harness.clock.now() < end:
        harness.clock.move(max(SECOND, min(end, harness.scheduler.next_at or end) - harness.clock.now()))
        harness.run()


def ordered(harness: BotHarness) -> list[int]:
    """The session ids of all orders that arrived at a host."""
    return [order.session_id for _, order in harness.terminal.acts]
