"""Whose turn it is when a request works on one host after the other and stops at the first error."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bot.domain.part import at_host
from bot.domain.verdicts import Verdict

if TYPE_CHECKING:
    from bot.domain.part import Part
    from bot.domain.request import Request

ERRORS = frozenset({Verdict.NO_RIGHT, Verdict.FAILED, Verdict.UNREACHABLE, Verdict.UNKNOWN, Verdict.STILL_CLOSING})
"""Verdicts that stop the hosts behind. A person who is gone, or came back to work, is no error."""


class Turn(StrEnum):
    """What a host does whose orders are pending."""

    GO = "go"  # it gets its orders now
    WAIT = "wait"  # a host before it is not done
    STOP = "stop"  # a host ended in an error: no further host gets orders


class Parts(Protocol):
    """What a turn needs of the ledger."""

    def find(self, request_id: str, part: Part) -> Request | None:
        """As the ledger's."""
        ...

    def prove(self, request_id: str, part: Part) -> Request | None:
        """As the ledger's."""
        ...


def turn_of(ledger: Parts, request: Request, host: str) -> Turn:
    """Return what a host does that has open targets without an order. `request` is that host's part.

    Hosts have their turns in the order of the command. The nearest host before that has had its turn speaks for all
    before it, so mostly one host is read. What lets this host go is proven: rows alone move no turn.
    Raises `Conflict` when it is not.
    """
    if not request.ask.stop_on_error or host in request.begun:
        return Turn.GO
    hosts = request.ask.hosts
    for before in reversed(hosts[: hosts.index(host)] if host in hosts else ()):
        part = ledger.find(request.id, at_host(before)) or request
        if part.open_targets:
            return Turn.WAIT
        part = ledger.prove(request.id, at_host(before)) or part
        if any(target.verdict in ERRORS for target in part.targets):
            return Turn.STOP
        if before in part.begun:
            return Turn.GO
    return Turn.GO
