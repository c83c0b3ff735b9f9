"""The checks of one computer: each step of a look, in its order. A look lists sessions and touches nobody."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from adapters.windows.agent import script
from adapters.windows.agent.errors import Constrained
from adapters.windows.winrm import probe
from app.doctor import module_steps
from app.doctor.check import Area, Reporter
from app.doctor.clocks import of_host
from bot.domain.session import WITHOUT_USER, filetime_to_datetime
from bot.errors import CannotCompile, NoRight, NotAuthenticated, TerminalError, TimedOut, Unreachable, WrongMachine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters.windows.jea.ordinary import Ordinary
    from adapters.windows.winrm.endpoint import Connection
    from app.doctor.check import Check
    from bot.domain.session import Session
    from bot.ports.clock import Clock
    from bot.ports.terminal import Terminal

CARRIER, NAME, PORT, CERTIFICATE = "carrier", "name", "port", "certificate"
WINRM, LOGON, SHELL, LANGUAGE, COMPILER = "WinRM", "logon", "shell", "language mode", "compiler"
MACHINE, SESSIONS, TIME, CLOCK = "machine name", "sessions", "time of a look", "clock"
LOOK = (WINRM, LOGON, SHELL, LANGUAGE, COMPILER, MACHINE, SESSIONS, TIME, CLOCK)
"""What one look tells, in the order in which it comes to that."""
LOOK_BY_MODULE = (
    WINRM,
    LOGON,
    module_steps.ENDPOINT,
    module_steps.GROUP,
    module_steps.MODULE,
    *LOOK[5:],
    module_steps.SHELLS,
)
"""The same where the computer has the module: no shell is opened there, and nothing compiled."""

RENEW_WITHIN = timedelta(days=14)
"""A certificate that ends sooner is told."""

_BEFORE_LOGON = ("", "connect")
_IN_SHELL = ("command", "send", "receive", "start", "answer")

STEPS = {
    NAME: "",
    PORT: "(docs/windows.md, step 3)",
    CERTIFICATE: "(docs/windows.md, step 3)",
    WINRM: "(docs/windows.md, step 3)",
    LOGON: "(docs/windows.md, step 1)",
    SHELL: "(docs/windows.md, step 2)",
    SESSIONS: "(docs/windows.md, step 2)",
    COMPILER: "(docs/windows.md, step 5)",
    LANGUAGE: "Except the bot's account, or its script by the SHA-256 that logoff-bot agent prints.",
}
"""Where the documentation says how to get what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Computer:
    """One computer, how it is reached, and how long it may take."""

    name: str
    connection: Connection
    within: timedelta

    @property
    def report(self) -> Reporter:
        return Reporter(area=Area.COMPUTER, host=self.name)

    @property
    def has_module(self) -> bool:
        return bool(self.connection.jea)

    @property
    def look(self) -> tuple[str, ...]:
        """The steps of a look at it."""
        return LOOK_BY_MODULE if self.has_module else LOOK


def way_to(computer: Computer) -> list[Check]:
    """Return the checks up to the certificate: no account is needed. They end with the first failure."""
    report, connection = computer.report, computer.connection
    checks = [report.ok(CARRIER, "jea (experimental)" if computer.has_module else "script")]
    step = NAME
    try:
        addresses = probe.resolve(computer.name, connection)
        checks.append(report.ok(NAME, ", ".join(addresses)))
        step = PORT
        checks.append(report.ok(PORT, str(probe.connect(computer.name, connection))))
        step = CERTIFICATE
        if connection.endpoint.startswith("https:"):
            checks.append(_certificate(report, probe.certificate_of(computer.name, connection)))
    except TerminalError as error:
        checks.append(report.refused(step, error, also=STEPS[step]))
    return checks


def _certificate(report: Reporter, found: probe.Certificate) -> Check:
    left = found.until - datetime.now(UTC)
    said = f"{', '.join(found.names[:3])}, until {found.until:%Y-%m-%d} ({left.days} days)"
    return report.note(CERTIFICATE, f"renew it: {said}") if left < RENEW_WITHIN else report.ok(CERTIFICATE, said)


def _unknown(_computer: str) -> str:
    return ""


def look_at(
    computer: Computer,
    terminal: Terminal,
    right_time: Clock,
    version_of: Callable[[str], str] = _unknown,
    shells_at: Callable[[Computer], Ordinary] | None = None,
) -> tuple[list[Check], bool]:
    """Return the checks of one look, and whether the computer has accepted the bot's account.

    `version_of` gives the version of the module that answered at a computer; empty: none did. `shells_at` tries the
    ordinary shells of one that has the module.
    """
    began = time.monotonic()
    try:
        sessions = terminal.sessions(computer.name, within=computer.within)
    except TerminalError as error:
        return _failed(computer, error), _is_behind_logon(computer, error)
    took, right_now = timedelta(seconds=time.monotonic() - began), right_time.now()
    report = computer.report
    passed = _passed(computer, version_of(computer.name))
    checks = [report.ok(name, said) for name, said in passed.items() if name != MACHINE]
    checks += [
        report.ok(MACHINE, sessions[0].machine.dns or sessions[0].machine.netbios),
        _sessions(report, sessions),
        report.ok(TIME, f"{took.total_seconds():.1f} s of {computer.within.total_seconds():g} s"),
        _clock(report, sessions, right_now),
    ]
    if computer.has_module and shells_at:
        checks.append(module_steps.shells_check(report, shells_at(computer)))
    return checks, True


def _passed(computer: Computer, version: str = "") -> dict[str, str]:
    """Return what is said of a step that went well."""
    before = {WINRM: "it answers", LOGON: "accepted"}
    by_script = {SHELL: "opened", LANGUAGE: "full", COMPILER: f"the agent runs, SHA-256 {script.digest()}"}
    own = module_steps.passed(computer.connection.jea, version) if computer.has_module else by_script
    return before | own | {MACHINE: "as configured"}


def _failed(computer: Computer, error: TerminalError) -> list[Check]:
    """Return the checks of a look that failed: what came before is well, what comes later was not tried."""
    row, report, look = _row_of(computer, error), computer.report, computer.look
    at = look.index(row)
    also = STEPS.get(row, "")
    if row == TIME:
        also = f"It has {computer.within.total_seconds():g} s; winrm.look_within gives it longer."
    failed = report.refused(row, error, also=also)
    if error.words:
        found = f"{failed.found} It says: {error.words}"
        failed = report.failed(row, found, failed.remedy)
    before = [] if row == TIME else [report.ok(name, _passed(computer)[name]) for name in look[:at]]
    later = [name for name in look if name != row] if row == TIME else look[at + 1 :]
    return [*before, failed, *report.skipped(later, "the look did not come so far")]


def _row_of(computer: Computer, error: TerminalError) -> str:
    """Return the check that this error has failed."""
    if computer.has_module and (row := module_steps.row_of(error)):
        return row
    match error:
        case NotAuthenticated():
            return LOGON
        case Constrained():
            return LANGUAGE
        case CannotCompile():
            return SHELL if error.phase in ("create", "command") else COMPILER
        case WrongMachine():
            return MACHINE
        case TimedOut():
            return TIME
        case NoRight():
            return SHELL if error.phase in (*_BEFORE_LOGON, "create", *_IN_SHELL) else SESSIONS
        case Unreachable():
            return WINRM
    if error.phase in (*_BEFORE_LOGON, "create"):
        return WINRM
    return SHELL if error.phase in _IN_SHELL else SESSIONS


def _is_behind_logon(computer: Computer, error: TerminalError) -> bool:
    """Return whether the error came after the logon, which was accepted then."""
    row = _row_of(computer, error)
    return error.phase in _IN_SHELL if row == TIME else row not in (WINRM, LOGON)


def _sessions(report: Reporter, sessions: Sequence[Session]) -> Check:
    """Return whether all sessions of people could be read, with their names and times."""
    people = [each for each in sessions if each.id and each.state not in WITHOUT_USER]
    unread = [each for each in people if each.unread or (each.account.user and not each.logon)]
    if unread:
        first = unread[0]
        found = f"{len(unread)} of {len(people)} could not be read. Session {first.id} {first.unread or 'has no time'}."
        remedy = f"Grant the bot's account Query Information on RDP-Tcp; new sessions show it {STEPS[SESSIONS]}."
        return report.failed(SESSIONS, found, remedy)
    named = [each for each in people if each.account.user]
    if not named:
        return report.note(SESSIONS, "nobody is logged on there now, so no name could be read")
    if not any(each.id == 0 for each in sessions):
        return report.note(
            SESSIONS, f"{len(named)} with names and times, and not that of the services: perhaps not all"
        )
    return report.ok(SESSIONS, f"{len(named)} with names and times")


def _clock(report: Reporter, sessions: Sequence[Session], right_now: datetime) -> Check:
    told = [at for at in (filetime_to_datetime(each.now) for each in sessions) if at]
    return of_host(report, CLOCK, max(told) - right_now) if told else report.note(CLOCK, "the computer told no time")
