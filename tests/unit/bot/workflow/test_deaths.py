"""The process is killed before or after each call of a port, while one session of two keeps closing under `--sync`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.request import Ending
from tests.support.harness import Crash
from tests.support.waiting import SECOND, TimedTerminal, bot_at, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.ports.terminal import Answer
    from tests.support.harness import BotHarness

PORTS = {
    "ledger": ("find", "record", "prove", "postpone", "mark_published"),
    "terminal": ("sessions", "log_off"),
    "chat": ("post", "redraw", "reply", "tell"),
}
CLOSES_FOR = 20
CALL = timedelta(seconds=45)


class Death:
    """Kills at the call with this number, before it is made or after it was."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.calls, self.happened = at, after, 0, False

    def around(self, call: Any) -> Any:
        def counted(*args: Any, **kwargs: Any) -> Any:
            is_now = self._is_now()
            if is_now and not self.after:
                raise Crash
            result = call(*args, **kwargs)
            if is_now:
                raise Crash
            return result

        return counted

    def _is_now(self) -> bool:
        self.calls += 1
        is_now = self.calls == self.at
        self.happened |= is_now
        return is_now


class Ordered(TimedTerminal):
    """`calls`: when each call for orders began, and when it ended; None: it never did."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[datetime, datetime | None]] = []

    def log_off(self, *args: Any, **kwargs: Any) -> Iterator[Answer]:
        began = self.now()
        self.calls.append((began, None))
        yield from super().log_off(*args, **kwargs)
        self.calls[-1] = (began, self.now())


def lived(harness: BotHarness, death: Death) -> None:
    """Press, wait, and start again after the death."""
    with pytest.MonkeyPatch.context() as patch:
        for port, names in PORTS.items():
            there = getattr(harness, port)
            for name in names:
                patch.setattr(there, name, death.around(getattr(there, name)))
        for second in range(CLOSES_FOR + 5):
            if second == CLOSES_FOR:
                harness.terminal.stop_hanging("comp1", 3)
            try:
                harness.run() if second == 0 else seconds(harness, 1)
            except Crash:
                harness.restart()
    harness.terminal.stop_hanging("comp1", 3)
    harness.restart()
    seconds(harness, 120)


def played(number: int, *, after: bool) -> tuple[BotHarness, Ordered, Death]:
    terminal, death = Ordered(), Death(number, after=after)
    harness = bot_at(terminal)
    terminal.hang("comp1", 3)
    harness.ask_and_run("comp1 id=3,5 --sync")
    harness.press("approve")
    lived(harness, death)
    return harness, terminal, death


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_death_at_any_call_ends_nobody_twice_and_leaves_nobody_open(moment: str) -> None:
    number, happened = 0, True
    while happened:
        number += 1
        harness, terminal, death = played(number, after=moment == "after")
        happened = death.happened
        assert (harness.request.ending, set(harness.verdicts().values())) == (Ending.DONE, {"gone"}), number
        assert terminal.logged_off.count(("comp1", 5)) == 1, number
        check_pauses(terminal, number)
        assert harness.card_of(harness.request).headline == "Logged off 2 sessions on comp1", number
        written = sum(harness.events.count(event) for event in ("host_started", "host_continued"))
        assert len(terminal.calls) <= written <= len(terminal.calls) + 1, number
    assert number > 30


def check_pauses(terminal: Ordered, number: int) -> None:
    """No call leaves before the one before it has ended, or its time is over."""
    for (began, ended), (following, _) in zip(terminal.calls, terminal.calls[1:], strict=False):
        assert ended or following - began >= CALL - SECOND, number
