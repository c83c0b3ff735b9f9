"""The meaning of Win32 codes of calls that failed as a whole, and of failures of the agent while it ran.

Codes: [MS-ERREF] 2.2 and winerror.h. `startup` has the failures of an agent that did not run.
"""

from __future__ import annotations

from adapters.windows.errors import MEMORY_CODES, NO_MEMORY, SILENT, Fault
from bot.errors import BadReply, CannotCompile, NoRight, TerminalError, TimedOut, WrongMachine


class Miscompiled(CannotCompile):
    """One compilation of the agent failed. Nothing ran, and the next one may succeed."""


class Constrained(CannotCompile):
    """PowerShell runs in Constrained Language Mode, so nothing of the agent ran."""


_SIGHT = "{host} does not show its sessions to the bot's account. Grant it Query Information on RDP-Tcp."
_NO_RDS = "The session service of {host} does not answer. Look whether Remote Desktop Services (TermService) run there."

# Win32 codes of a WTS call that failed as a whole.
WIN32 = {
    5: Fault(NoRight, _SIGHT, "ERROR_ACCESS_DENIED; Remote Desktop Services permissions"),
    7045: Fault(NoRight, _SIGHT, "ERROR_CTX_WINSTATION_ACCESS_DENIED"),
    120: Fault(TerminalError, _NO_RDS, "ERROR_CALL_NOT_IMPLEMENTED: the role is absent"),
    1722: Fault(TerminalError, _NO_RDS, "RPC_S_SERVER_UNAVAILABLE: the service is down"),
    7040: Fault(TimedOut, SILENT, "ERROR_CTX_CLIENT_QUERY_TIMEOUT"),
} | dict.fromkeys(sorted(MEMORY_CODES), NO_MEMORY)


def win32(code: int) -> Fault:
    """Return the meaning of the Win32 code of a call that failed as a whole."""
    other = Fault(
        BadReply, f"Windows on {{host}} refused, with code {code}, a call that should work. Tell who runs the bot."
    )
    return WIN32.get(code, other)


DENIED = (5, 7045)
"""ERROR_ACCESS_DENIED and ERROR_CTX_WINSTATION_ACCESS_DENIED."""

NO_PROGRAMS = Fault(
    NoRight,
    "{host} does not show to the bot's account what runs in its sessions. Grant it Query Information on RDP-Tcp.",
    "WTSEnumerateProcessesExW: ERROR_ACCESS_DENIED",
)
NO_SESSION = Fault(NoRight, _SIGHT, "no Windows that answers has no session, not even that of its services")
ANOTHER_MACHINE = Fault(WrongMachine, "{host} is another machine now than the one on the card. Ask again.")
FELL_OVER = Fault(
    BadReply, "The bot's agent on {host} broke off with an error that it does not know. Tell who runs the bot."
)
OUT_OF_MEMORY = Fault(BadReply, NO_MEMORY.message, "OutOfMemoryException in the agent itself, perhaps after an act")
TORN_ORDER = Fault(TerminalError, "The order reached {host} damaged. Ask again.", "the tally did not fit")
CONSTRAINED = Fault(
    Constrained,
    "Application control (AppLocker, WDAC) keeps PowerShell in Constrained Language Mode on {host}, "
    "so the bot cannot work there.",
)
MISCOMPILED = Fault(
    Miscompiled,
    "PowerShell on {host} could not compile the bot's agent. --verbose shows what it said there.",
)
