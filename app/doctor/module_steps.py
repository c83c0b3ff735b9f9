"""The steps of a look at a computer that has the module, where others have a shell and a compiler.

Behind them it is tried whether the account needs the module at all: an ordinary shell may be open to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.windows.jea.kinds import NoEndpoint, NotInGroup
from bot.errors import CannotCompile, NoRight, NotAuthenticated, TerminalError, TimedOut, Unreachable, WrongMachine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.windows.jea.ordinary import Ordinary
    from app.doctor.check import Check, Reporter

ENDPOINT, GROUP, MODULE, SHELLS = "endpoint", "group", "module", "ordinary shells"
EXPERIMENTAL = "experimental: no real Windows has been seen with it yet"


def passed(endpoint: str, version: str) -> dict[str, str]:
    """Return what is said of a step that went well."""
    return {
        ENDPOINT: f"{endpoint}, {EXPERIMENTAL}",
        GROUP: "the account sees the module's commands",
        MODULE: f"version {version}" if version else "it answers",
    }


def row_of(error: TerminalError) -> str:
    """Return the step that this error has failed; empty when it is one that all computers have."""
    match error:
        case NotAuthenticated() | WrongMachine() | TimedOut() | Unreachable():
            return ""
        case NoEndpoint():
            return ENDPOINT
        case NotInGroup():
            return GROUP
        case CannotCompile():
            return MODULE
        case NoRight():
            return {"create": ENDPOINT, "connect": ENDPOINT, "command": GROUP, "receive": GROUP}.get(error.phase, "")
    return MODULE if error.phase in ("command", "receive", "answer") else ""


def in_short(said: Mapping[str, str]) -> str:
    """Return what one line about a sound computer says of its module; empty where it has none."""
    return f"by the module, {said[MODULE]}, experimental" if MODULE in said else ""


def shells_check(report: Reporter, found: Ordinary) -> Check:
    """Return whether the account can open no ordinary shell. One that is open is no failure: the bot works."""
    if found.open_ones:
        return report.note(
            SHELLS,
            f"{' and '.join(found.open_ones)} opened for the bot's account, so the endpoint protects "
            "nothing. Take the account out of Administrators and of Remote Management Users there, and out of WinRM's "
            "root descriptor (docs/windows.md, with the module).",
        )
    if found.untold:
        return report.note(SHELLS, f"not known: {' and '.join(found.untold)} gave no answer. Run the doctor again.")
    return report.ok(SHELLS, "none opens for the account")
