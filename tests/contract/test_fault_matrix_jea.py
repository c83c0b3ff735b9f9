"""The fault matrix over the carrier of the module: every message of a call times everything that can go wrong with it.

A cold call opens its session first; a warm one has a session that an earlier call left. With the Command of an act the
host has the order, so what goes wrong there leaves its result unknown, unless the host says that it has not begun.
"""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.windows.jea.carrier import JeaCarrier
from adapters.windows.jea.kinds import NotInGroup
from adapters.windows.terminal import WindowsTerminal
from bot.domain.verdicts import Verdict
from bot.errors import BadReply, NoRight, NotAuthenticated, TerminalError, TimedOut, Unreachable
from rehearsal.windows import Farm
from tests.contract.hosts import ENOUGH, SESSIONS, SHORTLY, JeaHosts, farm_file, order_for
from tests.support.effort import few

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapters.windows.winrm.endpoint import Connection

FINE = None
LOST, LATE, ODD, OUT, FULL, SAID = Unreachable, TimedOut, BadReply, NotAuthenticated, Unreachable, TerminalError
GROUP = NotInGroup

Expected = type[TerminalError] | str | None
MESSAGES = ("handshake", "create", "opening", "command", "receive", "signal", "delete")
# `opening` is a Receive of the session itself, `receive` one of a command over a warm session. A failure of a Signal or
# of a Delete changes no result.
MATRIX: dict[str, tuple[Expected, ...]] = {
    #             handshake  create   opening  command  receive  signal  delete
    "dropped":   (LOST,      LOST,    LOST,    LOST,    LOST,    FINE,   FINE),
    "400":       (LOST,      LOST,    LOST,    LOST,    LOST,    FINE,   FINE),
    "401":       (OUT,       LOST,    LOST,    LOST,    LOST,    FINE,   FINE),
    "500":       (ODD,       ODD,     ODD,     ODD,     ODD,     FINE,   FINE),
    "redirect":  (ODD,       ODD,     ODD,     ODD,     ODD,     FINE,   FINE),
    "flood":     (ODD,       ODD,     ODD,     ODD,     ODD,     FINE,   FINE),
    "silence":   (LATE,      LATE,    LATE,    LATE,    LATE,    "-",    FINE),
    "trickle":   (LATE,      LATE,    LATE,    LATE,    LATE,    "-",    FINE),
    "fault":     ("-",       SAID,    SAID,    SAID,    SAID,    FINE,   FINE),
    "timed-out": ("-",       LATE,    LATE,    LATE,    LATE,    FINE,   FINE),
    "quota":     ("-",       FULL,    FULL,    FULL,    FULL,    FINE,   FINE),
    "denied":    ("-",       GROUP,   GROUP,   NoRight, NoRight, FINE,   FINE),
}  # fmt: skip
NEEDS_TIME = {"silence", "trickle", "timed-out", "quota"}
NOT_BEGUN = {"quota", "denied"}
"""What a host says to a Command that has not begun."""
CELLS = [
    pytest.param(manner, at, expected, id=f"{manner}-{at}", marks=[pytest.mark.slow] * (manner in NEEDS_TIME))
    for manner, row in MATRIX.items()
    for at, expected in zip(MESSAGES, row, strict=True)
    if expected != "-"
]
# With the Command the host has the order: what goes wrong there is tried always, where it needs no waiting.
ORDERED = [cell for cell in CELLS if cell.values[1] == "command" and cell.values[0] not in NEEDS_TIME]
TRIED = [cell for cell in CELLS if cell in few(CELLS, 11) or cell in ORDERED]
ACTIONS = ("list", "logoff", "disconnect", "message")


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JeaHosts]:
    path, names = farm_file(tmp_path_factory.mktemp("farm"), hosts=len(TRIED) * len(ACTIONS))
    with Farm.from_file(path, engine="double") as farm, closing(JeaHosts(farm, names)) as there:
        yield there


class Call:
    """A look, or an act on session 5 or 3, on a host of its own and over a carrier of its own."""

    def __init__(self, hosts: JeaHosts, action: str) -> None:
        self.hosts, self.action, self.host = hosts, action, hosts.take()
        self.there = {each.id: each for each in hosts.terminal.sessions(self.host, within=timedelta(seconds=20))}
        hosts.carrier._sessions.close()
        hosts.farm.wait_until(lambda: hosts.farm.open_shells(self.host) == 0)
        self.messages_before = len(hosts.farm.messages(self.host))

    def make(
        self,
        *,
        within: timedelta,
        before: Callable[[], None] = lambda: None,
        is_warm: bool = False,
        change: Callable[[Connection], Connection] = lambda it: it,
    ) -> None:
        """Make the call; `before` is done right before it, when a warm carrier has its session already."""
        with closing(JeaCarrier(lambda host: change(self.hosts.connection(host)))) as carrier:
            terminal = WindowsTerminal(carrier)
            if is_warm:
                terminal.sessions(self.host, within=timedelta(seconds=20))
            before()
            self._do(terminal, within)

    def _do(self, terminal: WindowsTerminal, within: timedelta) -> None:
        wait, host = timedelta(seconds=5), self.host
        match self.action:
            case "list":
                assert len(terminal.sessions(host, within=within)) == len(SESSIONS)
                return
            case "logoff":
                (answer,) = terminal.log_off(host, [order_for(self.there[3])], wait=wait, within=within)
            case "disconnect":
                (answer,) = terminal.disconnect(host, [order_for(self.there[5])], wait=wait, within=within)
            case _:
                orders = [order_for(self.there[5])]
                (answer,) = terminal.message(host, orders, title="Hi", text="Save now", within=within)
        assert answer.verdict in (Verdict.GONE, Verdict.DISCONNECTED, Verdict.SENT)

    @property
    def messages(self) -> list[str]:
        return self.hosts.farm.messages(self.host)[self.messages_before :]

    def done(self) -> list[int]:
        """The sessions that something was really done to."""
        hosts, host = self.hosts, self.host
        return [*hosts.logged_off(host), *hosts.disconnected(host), *(each for each, _, _ in hosts.messages(host))]

    def check(self, *, has_run: bool) -> None:
        """Nobody is touched but the target, and no order is sent twice."""
        acted = [] if not has_run or self.action == "list" else [3 if self.action == "logoff" else 5]
        if acted:
            self.hosts.farm.wait_until(lambda: bool(self.done()))
        assert self.done() == acted
        if self.action != "list":
            assert self.messages.count("Command") <= 2  # one of them may be the look that left a session


def may_have_arrived(action: str, manner: str, at: str, expected: object) -> bool:
    """A look that was lost is repeated by the terminal, and the second one fails before it is delivered."""
    if action == "list":
        return at == "receive" and expected is not Unreachable
    return at == "receive" or (at == "command" and manner not in NOT_BEGUN)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(("manner", "at", "expected"), TRIED)
def test_a_message_that_goes_wrong(
    hosts: JeaHosts, action: str, manner: str, at: str, expected: type[TerminalError] | None
) -> None:
    call, farm, is_warm = Call(hosts, action), hosts.farm, at == "receive"
    where = "receive" if at == "opening" else at

    def trip() -> None:
        farm.set_behaviour(call.host, "trips", at=where, manner=manner, times=0, done=at in ("receive", "delete"))

    if expected is FINE:
        call.make(within=timedelta(seconds=20), before=trip)
    else:
        with pytest.raises(TerminalError) as caught:
            call.make(within=SHORTLY if manner in NEEDS_TIME else ENOUGH, before=trip, is_warm=is_warm)
        error, is_delivered = caught.value, may_have_arrived(action, manner, at, expected)
        assert (type(error), error.delivered) == (expected, is_delivered)
        assert call.host in error.message
    call.check(has_run=at in ("receive", "signal", "delete"))
    if at not in ("delete", "handshake") and manner not in NEEDS_TIME:  # those end by themselves, idle
        farm.wait_until(lambda: farm.open_shells(call.host) == 0)
