"""The steps of a look at a computer that has the module, where others have a shell and a compiler."""

from __future__ import annotations

from adapters.windows.jea.kinds import NoEndpoint, NotInGroup
from bot.errors import CannotCompile, NoRight, NotAuthenticated, TerminalError, TimedOut, Unreachable, WrongMachine

ENDPOINT, GROUP, MODULE = "endpoint", "group", "module"
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
