"""While a request acts: two drawings stand at least three seconds apart, and nothing is read for the card between."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.cards.shapes import Shape
from bot.domain.part import WHOLE, Extent
from bot.domain.request import Ending, State, WorkItem
from bot.policy.model import Policy
from bot.workflow.publishing import PROGRESS_EVERY
from tests.fakes.chat import FakeChat
from tests.fakes.scheduler import FakeScheduler
from tests.fakes.terminal import FakeTerminal
from tests.support.harness import KEY, ON_CALL, BotHarness, CrashingLedger, sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from bot.audit.keys import SigningKeys
    from bot.cards.model import Card
    from bot.domain.part import Part
    from bot.domain.people import Place
    from bot.domain.posting import MessageRef
    from bot.domain.request import Request
    from bot.ports.clock import Clock
    from bot.ports.terminal import Answer, Order
    from tests.fakes.clock import SettableClock

A_HOST_TAKES = timedelta(seconds=0.7)
HOSTS = tuple(f"comp{number}" for number in range(1, 31))
POLICY = Policy(rules=(replace(ON_CALL, max_targets=len(HOSTS)),), second_person_above=len(HOSTS))
COMMAND = '"comp*" user=alice --force --sync --reason frozen'


class SlowTerminal(FakeTerminal):
    """Each host takes its time for an order."""

    clock: SettableClock

    def log_off(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        self.clock.move(A_HOST_TAKES)
        return super().log_off(host, orders, wait=wait, within=within)


class ReadingLedger(CrashingLedger):
    """Knows when more was read than the part of one host, which is what the step at that host reads."""

    def __init__(self, clock: Clock, keys: SigningKeys) -> None:
        super().__init__(clock, keys)
        self.read_at: list[datetime] = []

    def find(self, request_id: str, part: Part = WHOLE) -> Request | None:
        if part.extent is not Extent.HOST:
            self.read_at.append(self._clock.now())
        return super().find(request_id, part)


class TimedChat(FakeChat):
    """Knows when the card was drawn, and lets something happen during a drawing."""

    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        self.drawn_at: list[datetime] = []
        self.is_dressed = False
        self.meanwhile: list[Callable[[], None]] = []

    def post(self, place: Place, card: Card, shape: Shape = Shape.WHOLE) -> MessageRef:
        self._draw()
        return super().post(place, card, shape)

    def redraw(self, message_ref: MessageRef, card: Card, shape: Shape = Shape.WHOLE) -> None:
        self._draw()
        super().redraw(message_ref, card, shape)

    def _draw(self) -> None:
        if len(self.drawn_at) == 1 and not self.is_dressed:  # a new card is given its buttons at once
            self.is_dressed = True
        else:
            self.drawn_at.append(self.clock.now())
        if self.meanwhile:
            self.meanwhile.pop(0)()


class TwoLanes(FakeScheduler):
    """What is due for a request does not wait for hosts."""

    def _take(self) -> WorkItem | None:
        due = [key for key in self._woken if key[1] <= self._clock.now()]
        if not due:
            return None
        item, _ = min(due, key=lambda key: (bool(key[0].host), key[1]))
        for key in due:
            if key[0] == item:
                del self._woken[key]
        return item


class Bot(BotHarness):
    def __init__(self) -> None:
        terminal = SlowTerminal({host: sessions() for host in HOSTS})
        super().__init__(policy=POLICY, terminal=terminal, hosts=HOSTS)
        terminal.clock = self.clock
        self.chat: TimedChat = TimedChat()
        self.chat.clock = self.clock
        self.ledger: ReadingLedger = ReadingLedger(self.clock, KEY)
        self.restart()

    def restart(self) -> None:
        super().restart()
        self.scheduler = TwoLanes(self.ledger, self.clock)
        self.scheduler.start(self._step)


def test_progress_is_drawn_every_three_seconds_and_read_at_no_other_time() -> None:
    bot = Bot()
    request = bot.ask_and_run(COMMAND)
    assert request.ending is Ending.DONE
    drawn = bot.chat.drawn_at
    assert len(drawn) > 5
    *progress, end = drawn
    assert all(later - earlier >= PROGRESS_EVERY for earlier, later in pairwise(progress))
    assert set(bot.ledger.read_at) <= {request.asked_at, *progress, end}


def test_what_ends_during_a_drawing_waits_for_the_next_one() -> None:
    bot = Bot()

    def end_one() -> None:
        host = next(look.host for look in bot.request.surveys if look.started_at is None)
        bot.workflow.step(WorkItem(request_id=bot.request.id, host=host))
        assert bot.request.state is State.ACTING

    bot.chat.meanwhile = [end_one] * 4
    request = bot.ask_and_run(COMMAND)
    assert request.ending is Ending.DONE
    *progress, end = bot.chat.drawn_at
    assert all(later - earlier >= PROGRESS_EVERY for earlier, later in pairwise(progress))
    assert set(bot.ledger.read_at) <= {request.asked_at, *progress, end}
