"""The scripted faults of the memory terminal: other tests rest on them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.verdicts import Reason, Verdict
from bot.errors import NoRight, TimedOut, Unreachable
from bot.ports.terminal import Answer, Order
from tests.fakes.terminal import FakeTerminal
from tests.support.builders import session

if TYPE_CHECKING:
    from bot.domain.session import Session

WITHIN = timedelta(seconds=8)


@pytest.fixture
def terminal() -> FakeTerminal:
    return FakeTerminal({"comp1": [session(5), session(3), session(7)]})


def order(seen: Session) -> Order:
    return Order(
        session_id=seen.id,
        account=seen.account,
        logon=seen.logon,
        said_state=seen.state,
        even_if_active=False,
        conditions=(),
    )


def act(terminal: FakeTerminal, *ids: int, wait: timedelta | None = WITHIN) -> list[Answer]:
    orders = [order(session(each)) for each in ids]
    return list(terminal.log_off("comp1", orders, wait=wait, within=WITHIN))


def ids(terminal: FakeTerminal) -> list[int]:
    return [each.id for each in terminal.sessions("comp1", within=WITHIN) if each.id != 7]


def test_a_look_fails_once_as_scripted(terminal: FakeTerminal) -> None:
    terminal.fail_look("comp1", NoRight("No.", host="comp1"))
    with pytest.raises(NoRight):
        ids(terminal)
    assert ids(terminal) == [3, 5]
    assert terminal.look_calls == ["comp1", "comp1"]


@pytest.mark.parametrize(("is_carried_out", "left"), [(True, []), (False, [5])])
def test_a_lost_reply_may_or_may_not_have_acted(
    terminal: FakeTerminal, left: list[int], *, is_carried_out: bool
) -> None:
    lost = TimedOut("Late.", host="comp1", delivered=True)
    terminal.fail_act("comp1", lost, after=1, is_carried_out=is_carried_out)
    orders = [order(session(each)) for each in (3, 5)]
    answers = iter(terminal.log_off("comp1", orders, wait=WITHIN, within=WITHIN))
    assert next(answers).verdict is Verdict.GONE
    with pytest.raises(TimedOut):
        next(answers)
    assert ids(terminal) == left


def test_something_happens_between_the_look_and_the_act(terminal: FakeTerminal) -> None:
    terminal.before_act("comp1", lambda: terminal.return_to_work("comp1", 3))
    assert [answer.reason for answer in act(terminal, 3, 5)] == [Reason.CAME_BACK, None]
    assert terminal.logged_off == [("comp1", 5)]


def test_a_session_that_hangs_goes_when_it_is_let_go(terminal: FakeTerminal) -> None:
    terminal.hang("comp1", 3)
    assert [answer.verdict for answer in act(terminal, 3, 5, wait=None)] == [None, None]
    assert ids(terminal) == [3]
    terminal.stop_hanging("comp1", 3)
    assert ids(terminal) == []


def test_a_host_that_is_down_comes_up_again(terminal: FakeTerminal) -> None:
    terminal.take_down("comp1")
    with pytest.raises(Unreachable):
        act(terminal, 3)
    terminal.bring_up("comp1")
    assert ids(terminal) == [3, 5]
    with pytest.raises(Unreachable):
        terminal.sessions("comp9", within=WITHIN)
