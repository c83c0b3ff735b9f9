"""Whose turn it is when a request works on one host after the other and stops at the first error."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from bot.domain.verdicts import Verdict

if TYPE_CHECKING:
    from bot.domain.request import Request

ERRORS = frozenset({Verdict.NO_RIGHT, Verdict.FAILED, Verdict.UNREACHABLE, Verdict.UNKNOWN, Verdict.STILL_CLOSING})
"""Verdicts that stop the hosts behind. A person who is gone, or came back to work, is no error."""


class Turn(StrEnum):
    """What a host does whose orders are pending."""

    GO = "go"  # it gets its orders now
    WAIT = "wait"  # a host before it is not done
    STOP = "stop"  # a host ended in an error: no further host gets orders


def turn_of(request: Request, host: str) -> Turn:
    """Return what a host does that has had no orders: hosts have their turns in the order of the command."""
    if not request.ask.stop_on_error:
        return Turn.GO
    if any(target.verdict in ERRORS for target in request.targets):
        return Turn.STOP
    before = request.ask.hosts[: request.ask.hosts.index(host)] if host in request.ask.hosts else ()
    return Turn.WAIT if any(target.session.host in before for target in request.open_targets) else Turn.GO
