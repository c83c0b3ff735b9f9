"""One look at a host serves all requests that came before it ended."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.errors import Unreachable
from bot.workflow.host_reader import HostReader
from bot.workflow.shared_looks import KEPT_FOR, SharedLooks
from tests.fakes.clock import SettableClock
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.harness import InlinePool

if TYPE_CHECKING:
    from bot.domain.session import Session

SECOND = timedelta(seconds=1)
LONG = 20.0
"""Seconds; only a broken look waits so long."""


class Terminal(FakeTerminal):
    """A look waits at the gate; the clock goes on while it runs."""

    def __init__(self, clock: SettableClock) -> None:
        super().__init__({"comp1": [b.session(3)], "comp2": [b.session(3)]})
        self.clock, self.begun, self.gate = clock, threading.Event(), threading.Event()
        self.gate.set()
        self.breaks: BaseException | None = None

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        self.begun.set()
        assert self.gate.wait(LONG)
        self.clock.move(SECOND)
        if self.breaks:
            breaks, self.breaks = self.breaks, None
            raise breaks
        return super().sessions(host, within=within)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(b.NOW)


@pytest.fixture
def terminal(clock: SettableClock) -> Terminal:
    return Terminal(clock)


@pytest.fixture
def looks(terminal: Terminal, clock: SettableClock) -> SharedLooks:
    reader = HostReader(terminal=terminal, pool=InlinePool(), clock=clock)
    return SharedLooks(hosts=reader, clock=clock)


def test_who_comes_while_a_look_runs_takes_its_answer(looks: SharedLooks, terminal: Terminal) -> None:
    terminal.gate.clear()
    with ThreadPoolExecutor(5) as callers:
        first = callers.submit(looks.look, "comp1", came_at=b.NOW, asked_at=b.NOW)
        assert terminal.begun.wait(LONG)
        others = [callers.submit(looks.look, "comp1", came_at=b.NOW, asked_at=b.NOW) for _ in range(4)]
        terminal.gate.set()
        assert {each.result(LONG) for each in others} == {first.result(LONG)}
    assert terminal.look_calls == ["comp1"]


def test_who_waited_for_the_host_while_a_look_ran_takes_its_answer(looks: SharedLooks, terminal: Terminal) -> None:
    answer = looks.look("comp1", came_at=b.NOW, asked_at=b.NOW)
    assert looks.look("comp1", came_at=b.NOW + SECOND, asked_at=b.NOW) is answer
    assert terminal.look_calls == ["comp1"]


@pytest.mark.parametrize(("came", "asked"), [(2 * SECOND, timedelta()), (SECOND, SECOND / 2)])
def test_who_comes_after_it_or_asked_the_host_after_its_beginning_looks_again(
    looks: SharedLooks, terminal: Terminal, came: timedelta, asked: timedelta
) -> None:
    looks.look("comp1", came_at=b.NOW, asked_at=b.NOW)
    looks.look("comp1", came_at=b.NOW + came, asked_at=b.NOW + asked)
    assert terminal.look_calls == ["comp1", "comp1"]


def test_a_host_that_cannot_be_read_is_said_to_all_who_wait(looks: SharedLooks, terminal: Terminal) -> None:
    terminal.take_down("comp1")
    answers = [looks.look("comp1", came_at=b.NOW, asked_at=b.NOW) for _ in range(2)]
    assert [type(answer.error) for answer in answers] == [Unreachable, Unreachable]
    assert terminal.look_calls == ["comp1"]


def test_when_something_else_breaks_the_next_one_looks_for_itself(looks: SharedLooks, terminal: Terminal) -> None:
    terminal.breaks = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        looks.look("comp1", came_at=b.NOW, asked_at=b.NOW)
    assert looks.look("comp1", came_at=b.NOW, asked_at=b.NOW).sessions


def test_those_who_waited_for_a_look_that_broke_look_for_themselves(looks: SharedLooks, terminal: Terminal) -> None:
    terminal.breaks = ZeroDivisionError()
    terminal.gate.clear()
    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(looks.look, "comp1", came_at=b.NOW, asked_at=b.NOW)
        assert terminal.begun.wait(LONG)
        other = callers.submit(looks.look, "comp1", came_at=b.NOW, asked_at=b.NOW)
        terminal.gate.set()
        assert isinstance(first.exception(LONG), ZeroDivisionError)
        assert other.result(LONG).sessions


def test_an_answer_of_before_the_clock_was_set_back_serves_nobody(
    looks: SharedLooks, terminal: Terminal, clock: SettableClock
) -> None:
    looks.look("comp1", came_at=b.NOW, asked_at=b.NOW)
    clock.move(-timedelta(seconds=20))
    ordered = clock.now()
    looks.look("comp1", came_at=ordered + SECOND, asked_at=ordered)
    assert terminal.look_calls == ["comp1", "comp1"]


def test_an_old_answer_is_not_kept(looks: SharedLooks, clock: SettableClock) -> None:
    looks.look("comp1", came_at=clock.now(), asked_at=b.NOW)
    clock.move(KEPT_FOR + SECOND)
    looks.look("comp2", came_at=clock.now(), asked_at=b.NOW)
    assert list(looks._newest) == ["comp2"]
