"""Whose turn it is when a request works on one host after the other and stops at the first error."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bot.domain.act_times import BEGIN_WITHIN
from bot.domain.part import at_host
from bot.domain.verdicts import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.part import Part
    from bot.domain.request import Request

ERRORS = frozenset({Verdict.NO_RIGHT, Verdict.FAILED, Verdict.UNREACHABLE, Verdict.UNKNOWN, Verdict.STILL_CLOSING})
"""Verdicts that stop the hosts behind. A person who is gone, or came back to work, is no error."""


class Turn(StrEnum):
    """What a host does whose orders are pending."""

    GO = "go"  # it gets its orders now
    WAIT = "wait"  # a host before it is not done
    LATE = "late"  # it has waited too long for its beginning
    STOP = "stop"  # a host ended in an error: no further host gets orders


class Parts(Protocol):
    """What a turn needs of the ledger."""

    def find(self, request_id: str, part: Part) -> Request | None:
        """As the ledger's."""
        ...

    def prove(self, request_id: str, part: Part) -> Request | None:
        """As the ledger's."""
        ...


def turn_of(ledger: Parts, request: Request, host: str, now: datetime) -> Turn:
    """Return what a host does that has open targets and has not begun. `request` is that host's part.

    It has to begin soon after the start of the act, and with `--stop-on-error` after the host before it.

    Those hosts have their turns in the order of the command. The nearest host before that has had its turn speaks for
    all before it, so mostly one host is read. What lets this host go is proven: rows alone move no turn.
    Raises `Conflict` when it is not.
    """
    if not request.ask.stop_on_error:
        return _in_time(request.started_at, now)
    hosts = request.ask.hosts
    for before in reversed(hosts[: hosts.index(host)] if host in hosts else ()):
        part = ledger.find(request.id, at_host(before)) or request
        if part.open_targets:
            return Turn.WAIT
        part = ledger.prove(request.id, at_host(before)) or part
        if any(target.verdict in ERRORS for target in part.targets):
            return Turn.STOP
        if (look := part.survey_of(before)) and look.started_at:
            return _in_time(look.ended_at, now)
    return _in_time(request.started_at, now)


def _in_time(since: datetime | None, now: datetime) -> Turn:
    return Turn.LATE if since and now >= since + BEGIN_WITHIN else Turn.GO


def next_host(whole: Request) -> str:
    """Return the host that is next where hosts work one after the other; empty when one is in hand, or none is left."""
    waiting = {target.session.host for target in whole.open_targets}
    first = next((host for host in whole.ask.hosts if host in waiting), "")
    return "" if first in whole.begun else first
