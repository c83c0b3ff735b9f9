"""The kinds of failures that only an endpoint of the module has: to tell them apart needs no extra."""

from __future__ import annotations

from bot.errors import CannotCompile, NoRight, TerminalError, Unreachable


class NoEndpoint(CannotCompile):
    """The host has no endpoint of the configured name, or one that opens no session."""


class NotInGroup(NoRight):
    """The account is not in the group that the endpoint is for."""


class ModuleTooOld(CannotCompile):
    """The module of the host is older than what this release knows."""


class Changed(TerminalError):
    """The session is no longer that of the person whose programs were asked for."""


class SessionEnded(Unreachable):
    """The host no longer knows a session that was kept. Nothing was asked over it."""
