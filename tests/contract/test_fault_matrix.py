"""Every message of a call times everything that can go wrong with it, for a look and for a logoff.

Whatever happens, the error is the right one, `delivered` is honest, a logoff is sent once at the most, nobody but the
target is touched, and no shell stays: or it ends by itself within two minutes.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.shell import WinRmShell
from bot.domain.verdicts import Verdict
from bot.errors import BadReply, CannotCompile, NoRight, NotAuthenticated, TerminalError, TimedOut, Unreachable
from rehearsal.windows import Farm
from tests.contract.hosts import ENOUGH, SESSIONS, SHORTLY, FarmHosts, farm_file, opened, order_for
from tests.contract.powershell import knows_language_modes, powershell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from adapters.windows.winrm.endpoint import Connection

MESSAGES = ("handshake", "create", "command", "send", "receive", "delete")
FINE = None
DROPPED, LOST, LATE, ODD, OUT, FULL, SAID = (
    Unreachable,
    Unreachable,
    TimedOut,
    BadReply,
    NotAuthenticated,
    Unreachable,
    TerminalError,
)

# What becomes of a call when each of these messages is answered so, every time. `-`: there is no such thing.
# After a 401 in the middle the line authenticates anew by itself, and then its keys do not fit what it says.
MATRIX: dict[str, tuple[type[TerminalError] | str | None, ...]] = {
    #             handshake  create   command  send     receive  delete
    "dropped":   (DROPPED,   DROPPED, DROPPED, DROPPED, DROPPED, FINE),
    "400":       (LOST,      LOST,    LOST,    LOST,    LOST,    FINE),
    "401":       (OUT,       LOST,    LOST,    LOST,    LOST,    FINE),
    "500":       (ODD,       ODD,     ODD,     ODD,     ODD,     FINE),
    "redirect":  (ODD,       ODD,     ODD,     ODD,     ODD,     FINE),
    "flood":     (ODD,       ODD,     ODD,     ODD,     ODD,     FINE),
    "silence":   (LATE,      LATE,    LATE,    LATE,    LATE,    FINE),
    "trickle":   (LATE,      LATE,    LATE,    LATE,    LATE,    FINE),
    "fault":     ("-",       SAID,    SAID,    SAID,    SAID,    FINE),
    "timed-out": ("-",       LATE,    LATE,    LATE,    LATE,    FINE),
    "quota":     ("-",       FULL,    FULL,    FULL,    FULL,    FINE),
    "denied":    ("-",       NoRight, NoRight, NoRight, NoRight, FINE),
}  # fmt: skip
NEEDS_TIME = {"silence", "trickle", "timed-out"}
IS_WAITED_FOR = NEEDS_TIME | {"quota"}
"""An answer, or room at the host."""
CELLS = [
    pytest.param(manner, at, expected, id=f"{manner}-{at}", marks=[pytest.mark.slow] * (manner in IS_WAITED_FOR))
    for manner, row in MATRIX.items()
    for at, expected in zip(MESSAGES, row, strict=True)
    if expected != "-"
]
MAY_HAVE_ARRIVED = {"send", "receive"}

# What the program on the host writes, and whether it may have acted.
OUTPUTS: dict[str, tuple[str, dict[str, object], type[TerminalError], bool]] = {
    "a torn line": ("babbles", {"how": "torn"}, BadReply, True),
    "another call's nonce": ("babbles", {"how": "other-nonce"}, BadReply, True),
    "no end": ("babbles", {"how": "no-end"}, BadReply, True),
    "an object within an object, and so on": ("babbles", {"how": "deep"}, BadReply, True),
    "nothing, and exit code 0": ("babbles", {"how": "silence"}, BadReply, True),
    "10 MB of garbage": ("babbles", {"how": "flood"}, BadReply, True),
    "an answer of somebody else": ("garbage", {}, BadReply, True),
    "Constrained Language Mode": ("constrained", {}, CannotCompile, False),
    "a failed compilation": ("miscompiles", {}, CannotCompile, False),
    "a list that is refused": ("no-right", {"at": "list"}, NoRight, False),
}


SPOILED = {"torn", "other-nonce", "no-end", "deep"}
"""The agent ran, and what it wrote was spoiled."""
REPEATED = {"a failed compilation"}
"""Nothing was run, so it is tried once more."""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarmHosts]:
    path, names = farm_file(tmp_path_factory.mktemp("farm"), hosts=200)
    with Farm.from_file(path, engine="double") as farm, closing(FarmHosts(farm, names)) as there:
        yield there


class Call:
    """A look or a logoff of session 3 on a host of its own, over a connection of its own."""

    def __init__(self, hosts: FarmHosts, action: str) -> None:
        self.hosts, self.action, self.host = hosts, action, hosts.take()
        self.there = {each.id: each for each in hosts.terminal.sessions(self.host, within=timedelta(seconds=20))}
        self.messages_before = len(hosts.farm.messages(self.host))

    def make(self, *, within: timedelta, change: Callable[[Connection], Connection] = lambda it: it) -> None:
        with closing(WinRmShell(lambda host: change(self.hosts.connection(host)))) as shell:
            terminal = WinRmTerminal(shell)
            if self.action == "list":
                assert len(terminal.sessions(self.host, within=within)) == len(SESSIONS)
                return
            wait = timedelta(seconds=5)
            (answer,) = terminal.log_off(self.host, [order_for(self.there[3])], wait=wait, within=within)
            assert answer.verdict is Verdict.GONE

    @property
    def messages(self) -> list[str]:
        return self.hosts.farm.messages(self.host)[self.messages_before :]

    def fail(self, *, within: timedelta, change: Callable[[Connection], Connection] = lambda it: it) -> TerminalError:
        with pytest.raises(TerminalError) as caught:
            self.make(within=within, change=change)
        assert self.host in caught.value.message
        return caught.value

    def check(self, *, has_run: bool, sends: int = 1) -> None:
        """Nobody is touched but the target, and nothing stays for long."""
        acted = has_run and self.action == "logoff"
        if acted:  # a quick client hears of its failure after the first nonce, which the agent writes before it acts
            self.hosts.farm.wait_until(lambda: bool(self.hosts.logged_off(self.host)))
        assert self.hosts.logged_off(self.host) == ([3] if acted else [])
        assert self.hosts.people(self.host).keys() == self.there.keys() - ({3} if acted else set())
        if self.action == "logoff":
            assert sum(message.startswith("Send") for message in self.messages) <= sends
        left = list(self.hosts.farm._hosts[self.host].service._shells.values())
        assert all(shell.idle <= timedelta(minutes=2) for shell in left)


@pytest.fixture(params=["list", "logoff"])
def call(request: pytest.FixtureRequest, hosts: FarmHosts) -> Call:
    return Call(hosts, request.param)


@pytest.mark.parametrize(("manner", "at", "expected"), CELLS)
def test_a_message_that_goes_wrong(call: Call, manner: str, at: str, expected: type[TerminalError] | None) -> None:
    farm = call.hosts.farm
    # The script has output once it has acted; a fault before that may end it in the middle, and either would be right.
    farm.set_behaviour(call.host, "trips", at=at, manner=manner, times=0, done=at == "receive")
    if expected is FINE:
        call.make(within=timedelta(seconds=3))
    else:
        error = call.fail(within=SHORTLY if manner in IS_WAITED_FOR else ENOUGH)
        assert (type(error), error.delivered) == (expected, at in MAY_HAVE_ARRIVED)
    call.check(has_run=at in {"receive", "delete"})
    if at != "delete" and manner not in NEEDS_TIME:
        assert farm.open_shells(call.host) == 0


@pytest.mark.parametrize("manner", ["fault", "quota"])
def test_a_fault_while_the_script_still_runs_is_honest_and_nothing_is_sent_again(hosts: FarmHosts, manner: str) -> None:
    """Whether the script comes as far as the logoff is not certain, and all the rest is."""
    call = Call(hosts, "logoff")
    hosts.farm.set_behaviour(call.host, "trips", at="receive", manner=manner, times=0, done=False)
    error = call.fail(within=timedelta(seconds=15))
    assert error.delivered is True
    assert hosts.logged_off(call.host) in ([], [3])
    assert call.there.keys() - {3} <= hosts.people(call.host).keys() <= call.there.keys()
    assert sum(message.startswith("Send") for message in call.messages) <= 1


@pytest.mark.parametrize("output", OUTPUTS)
def test_an_output_that_is_no_answer(call: Call, output: str) -> None:
    behaviour, options, expected, may_have_acted = OUTPUTS[output]
    call.hosts.farm.set_behaviour(call.host, behaviour, **options)
    error = call.fail(within=timedelta(seconds=15))
    assert isinstance(error, expected)
    assert error.delivered is may_have_acted
    call.check(has_run=options.get("how") in SPOILED, sends=2 if output in REPEATED else 1)
    assert call.hosts.farm.open_shells(call.host) == 0


def test_one_failed_compilation_costs_a_second_call_and_nothing_else(call: Call) -> None:
    call.hosts.farm.set_behaviour(call.host, "miscompiles", times=1)
    call.make(within=timedelta(seconds=15))
    call.check(has_run=True, sends=2)


@pytest.mark.parametrize("engine", ["pwsh", "mono", "double"])
def test_on_every_engine_a_failed_compilation_delivers_nothing_and_says_what_the_compiler_said(
    engine: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with opened(engine, tmp_path_factory) as there:
        assert isinstance(there, FarmHosts)
        call = Call(there, "logoff")
        there.farm.set_behaviour(call.host, "miscompiles")
        error = call.fail(within=timedelta(seconds=30))
        assert (isinstance(error, CannotCompile), error.delivered, "CS1029" in error.words) == (True, False, True)
        call.check(has_run=False, sends=1 if engine == "mono" else 2)  # mono is no PowerShell


def test_the_certificate_of_another_host_ends_it_before_a_word_is_said(call: Call) -> None:
    farm = call.hosts.farm

    def over_tls(connection: Connection) -> Connection:
        return replace(connection, endpoint=farm.secure_endpoints[call.host], ca_file=farm.ca_file)

    farm.set_behaviour(call.host, "wrong-certificate")
    error = call.fail(within=timedelta(seconds=15), change=over_tls)
    assert (type(error), error.delivered, call.messages) == (Unreachable, False, [])
    assert "certificate" in error.message
    farm.set_behaviour(call.host, "none")
    call.make(within=timedelta(seconds=15), change=over_tls)


@pytest.mark.parametrize(
    ("behaviour", "action"), [("constrained", "list"), ("constrained", "logoff"), ("miscompiles", "logoff")]
)
def test_a_real_powershell_that_does_not_run_the_agent_is_understood(
    tmp_path: Path, action: str, behaviour: str
) -> None:
    engine = powershell(tmp_path)
    if behaviour == "constrained" and not knows_language_modes(engine):
        pytest.skip("PowerShell with a switch for its language mode: name one in $TS_PWSH")
    path, names = farm_file(tmp_path, hosts=1)
    with Farm.from_file(path, engine="pwsh") as farm, closing(FarmHosts(farm, names)) as there:
        call = Call(there, action)
        farm.set_behaviour(call.host, behaviour)
        error = call.fail(within=timedelta(seconds=30))
        assert isinstance(error, CannotCompile)
        assert not error.delivered
        assert ("AppLocker" in error.message) is (behaviour == "constrained")
        call.check(has_run=False, sends=2)
