"""Whether the bot's account can open an ordinary shell at a host: then the endpoint of the module protects nothing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from adapters.windows.jea import errors
from adapters.windows.jea.kinds import NoEndpoint
from adapters.windows.jea.session import Session
from adapters.windows.shell import Deadline
from adapters.windows.winrm.errors import Step
from adapters.windows.winrm.errors import translate_errors as translate_winrm_errors
from adapters.windows.winrm.pool import PooledConnection
from bot.errors import NoRight, TerminalError

if TYPE_CHECKING:
    from datetime import timedelta

    from adapters.windows.winrm.endpoint import Connection
    from adapters.windows.winrm.logon_gate import LogonGate

TEXT_SHELL, POWERSHELL = "the text shell (WinRS)", "Microsoft.PowerShell"
_IDLE = "PT60S"  # after this idle time a shell that could not be deleted ends by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordinary:
    """The ordinary shells of a host. What is in neither list is closed to the account."""

    open_ones: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()  # the host said neither yes nor no


def ordinary_shells(connection: Connection, host: str, *, within: timedelta, gate: LogonGate | None) -> Ordinary:
    """Try to open each, and end it at once: nothing runs in it. `within` is for one of them. Raises nothing."""
    open_ones, untold = [], []
    for name, opens in ((TEXT_SHELL, _opens_text_shell), (POWERSHELL, _opens_powershell)):
        try:
            if opens(connection, host, Deadline(within), gate):
                open_ones.append(name)
        except (NoRight, NoEndpoint):
            pass
        except TerminalError:
            untold.append(name)
    return Ordinary(open_ones=tuple(open_ones), untold=tuple(untold))


def _opens_text_shell(connection: Connection, host: str, deadline: Deadline, gate: LogonGate | None) -> bool:
    """Return True. Raises `TerminalError` where no shell is opened."""
    line = PooledConnection(connection, host, gate)
    try:
        with (
            translate_winrm_errors(host, delivered=False, step=Step.CREATE),
            line.until(deadline, answer_within=deadline.left),
        ):
            line.authenticate()
            shell = line.protocol.open_shell(idle_timeout=_IDLE)
        with (
            suppress(TerminalError),
            translate_winrm_errors(host, delivered=True, step=Step.DELETE),
            line.until(deadline, answer_within=deadline.left),
        ):
            line.protocol.close_shell(shell, close_session=False)
    finally:
        line.close()
    return True


def _opens_powershell(connection: Connection, host: str, deadline: Deadline, gate: LogonGate | None) -> bool:
    """Return True. Raises `TerminalError` where no session is opened."""
    with errors.translate_errors(host, delivered=False, step=Step.CONNECT):
        session = Session(replace(connection, jea=POWERSHELL), host, gate)
    try:
        with (
            errors.translate_errors(host, delivered=False, step=Step.CREATE),
            session.until(deadline, answer_within=deadline.left),
        ):
            session.open()
    except TerminalError:
        if not session.is_open:  # else the host has let the account in, whatever came then
            session.hang_up()
            raise
    session.close()
    return True
