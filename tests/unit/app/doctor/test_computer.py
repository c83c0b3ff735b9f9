"""Whatever a look ends with, one check fails, and it says what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from adapters.windows import errors as windows_errors
from adapters.windows.agent import errors as agent_errors
from adapters.windows.agent import startup
from adapters.windows.errors import Fault
from adapters.windows.winrm import errors as winrm_errors
from adapters.windows.winrm import logon_gate, probe
from adapters.windows.winrm.endpoint import Connection, Transport
from app.doctor import computer
from app.doctor.check import Area, Outcome, is_green
from app.doctor.computer import Computer, look_at
from bot.domain.session import Account, Machine, Session, SessionState
from bot.errors import TerminalError
from tests.fakes.clock import SettableClock
from tests.support.cases import for_each

if TYPE_CHECKING:
    from types import ModuleType

    from app.doctor.check import Check

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TICKS = int((NOW - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
COMP1 = Computer(
    name="comp1",
    connection=Connection(endpoint="http://comp1:5985/wsman", transport=Transport.NTLM),
    within=timedelta(seconds=8),
)
ALICE = Session(
    host="comp1",
    id=3,
    state=SessionState.ACTIVE,
    account=Account(domain="CORP", user="alice"),
    logon=TICKS - 10**9,
    now=TICKS,
    machine=Machine(dns="comp1", netbios="COMP1"),
)
SERVICES = replace(ALICE, id=0, state=SessionState.DISCONNECTED, account=Account(domain="", user=""), logon=0)
PHASES = (
    "",
    "connect",
    "create",
    "command",
    "send",
    "receive",
    "start",
    "answer",
    "Add-Type",
    "WTSEnumerateSessionsExW",
)


class Host:
    """A terminal that answers with this."""

    def __init__(self, *answer: Session | TerminalError) -> None:
        self._answer = answer

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        assert (host, within) == ("comp1", COMP1.within)
        if isinstance(self._answer[0], TerminalError):
            raise self._answer[0]
        return self._answer  # type: ignore[return-value] # all of them are sessions


def looked(*answer: Session | TerminalError) -> tuple[list[Check], bool]:
    return look_at(COMP1, Host(*answer), SettableClock(NOW))  # type: ignore[arg-type] # a look is all that is asked


def faults_in(*modules: ModuleType) -> list[Fault]:
    """All rows of the tables of failures."""
    found: list[Fault] = []
    for module in modules:
        for value in vars(module).values():
            rows = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,)
            for row in rows:
                found += [each for each in (row if isinstance(row, tuple) else (row,)) if isinstance(each, Fault)]
    return list({id(each): each for each in found}.values())


FAULTS = faults_in(windows_errors, agent_errors, startup, winrm_errors, logon_gate, probe)


def test_the_tables_are_found() -> None:
    assert len(FAULTS) > 50


@for_each("fault", FAULTS, ids=lambda fault: fault.message)
def test_every_failure_of_a_look_fails_one_check_with_a_remedy(fault: Fault) -> None:
    for phase in PHASES:
        checks, is_accepted = looked(fault.at("comp1", delivered=False, phase=phase, words="It said so."))
        (failed,) = [each for each in checks if each.outcome is Outcome.FAILED]
        assert failed.remedy
        assert "It said so." in failed.found
        assert "{" not in failed.found + failed.remedy
        assert sorted(each.name for each in checks) == sorted(computer.LOOK)
        if failed.name in (computer.WINRM, computer.LOGON):
            assert not is_accepted


@for_each("phase", PHASES)
def test_a_failure_of_any_other_kind_is_told_too(phase: str) -> None:
    checks, _ = looked(TerminalError("comp1 is odd.", host="comp1", phase=phase))
    (failed,) = [each for each in checks if each.outcome is Outcome.FAILED]
    assert failed.found == "comp1 is odd."


@for_each(
    ("sessions", "outcome", "found"),
    [
        ((SERVICES, ALICE), Outcome.OK, "1 with names and times"),
        ((SERVICES,), Outcome.NOTE, "nobody is logged on"),
        ((ALICE,), Outcome.NOTE, "not that of the services"),
        ((SERVICES, replace(ALICE, error=5)), Outcome.FAILED, "1 of 1 could not be read"),
        ((SERVICES, replace(ALICE, logon=0)), Outcome.FAILED, "has no time"),
        ((SERVICES, replace(ALICE, state=SessionState.UNKNOWN)), Outcome.FAILED, "state is unknown"),
        ((SERVICES, replace(ALICE, id=7, state=SessionState.LISTENING, error=5)), Outcome.NOTE, "nobody"),
    ],
)
def test_sessions_are_readable_with_names_and_times(
    sessions: tuple[Session, ...], outcome: Outcome, found: str
) -> None:
    checks, is_accepted = looked(*sessions)
    (row,) = [each for each in checks if each.name == computer.SESSIONS]
    assert (row.outcome, row.area) == (outcome, Area.COMPUTER)
    assert found in row.found
    assert is_accepted


@for_each(("minutes", "green"), [(0, True), (4, True), (-4, True), (6, False), (-6, False)])
def test_a_computer_may_be_five_minutes_off(minutes: int, green: bool) -> None:  # noqa: FBT001 - a column
    off = TICKS + minutes * 60 * 10_000_000
    assert is_green(looked(replace(SERVICES, now=0), replace(ALICE, now=off))[0]) is green


def test_a_computer_that_tells_no_time_is_noted() -> None:
    checks, _ = looked(replace(SERVICES, now=0), replace(ALICE, now=0))
    assert [each.outcome for each in checks if each.name == computer.CLOCK] == [Outcome.NOTE]
