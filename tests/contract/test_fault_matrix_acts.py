"""The fault matrix for `/disconnect` and `/tsmessage`: an order is sent once at the most, whatever goes wrong."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.shell import WinRmShell
from bot.domain.verdicts import Verdict
from tests.contract.hosts import ENOUGH, SHORTLY, order_for
from tests.contract.test_fault_matrix import (
    CELLS,
    FINE,
    IS_WAITED_FOR,
    MAY_HAVE_ARRIVED,
    OUTPUTS,
    REPEATED,
    SPOILED,
    Call,
    hosts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.windows.winrm.endpoint import Connection
    from bot.errors import TerminalError
    from tests.contract.hosts import FarmHosts

__all__ = ["hosts"]  # the fixture of the farm

BOB = 5
ACTIONS = ("disconnect", "message")


class Act(Call):
    """A disconnect of session 5, or a message to it, on a host of its own."""

    def make(self, *, within: timedelta, change: Callable[[Connection], Connection] = lambda it: it) -> None:
        with closing(WinRmShell(lambda host: change(self.hosts.connection(host)))) as shell:
            terminal, order = WinRmTerminal(shell), order_for(self.there[BOB])
            if self.action == "message":
                (answer,) = terminal.message(self.host, [order], title="Hi", text="Save now", within=within)
                assert answer.verdict is Verdict.SENT
                return
            wait = timedelta(seconds=5)
            (answer,) = terminal.disconnect(self.host, [order], wait=wait, within=within)
            assert answer.verdict is Verdict.DISCONNECTED

    def check(self, *, has_run: bool, sends: int = 1) -> None:
        """Nobody is logged off, only the target is disconnected or told, and nothing is sent twice."""
        done = [BOB] if has_run else []
        if has_run:  # as for a logoff
            self.hosts.farm.wait_until(lambda: bool(self.hosts.farm.calls(self.host)))
        told = [number for number, _, _ in self.hosts.messages(self.host)]
        expected = (done, []) if self.action == "disconnect" else ([], done)
        assert (self.hosts.disconnected(self.host), told) == expected
        assert self.hosts.logged_off(self.host) == []
        assert self.hosts.people(self.host).keys() == self.there.keys()
        assert sum(message.startswith("Send") for message in self.messages) <= sends


@pytest.fixture(params=ACTIONS)
def act(request: pytest.FixtureRequest, hosts: FarmHosts) -> Act:
    return Act(hosts, request.param)


@pytest.mark.parametrize(("manner", "at", "expected"), CELLS)
def test_a_message_that_goes_wrong(act: Act, manner: str, at: str, expected: type[TerminalError] | None) -> None:
    act.hosts.farm.set_behaviour(act.host, "trips", at=at, manner=manner, times=0, done=at == "receive")
    if expected is FINE:
        act.make(within=timedelta(seconds=3))
    else:
        error = act.fail(within=SHORTLY if manner in IS_WAITED_FOR else ENOUGH)
        assert (type(error), error.delivered) == (expected, at in MAY_HAVE_ARRIVED)
    act.check(has_run=at in {"receive", "delete"})


@pytest.mark.parametrize("output", OUTPUTS)
def test_an_output_that_is_no_answer(act: Act, output: str) -> None:
    behaviour, options, expected, may_have_acted = OUTPUTS[output]
    act.hosts.farm.set_behaviour(act.host, behaviour, **options)
    error = act.fail(within=timedelta(seconds=15))
    assert isinstance(error, expected)
    assert error.delivered is may_have_acted
    act.check(has_run=options.get("how") in SPOILED, sends=2 if output in REPEATED else 1)
