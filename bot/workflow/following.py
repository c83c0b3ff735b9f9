"""Looks after an order: a target is settled when it is seen gone, and ends when its time is over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, assert_never

from bot.domain.act_times import may_be_ordered, target_until
from bot.domain.actions import Action
from bot.domain.events import TargetEnded
from bot.domain.part import at_host
from bot.domain.session import NOT_NAMED
from bot.domain.verdicts import Verdict
from bot.workflow.outcomes import unsettled

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.request import Request, Target
    from bot.domain.session import Session
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.workflow.records import HostRecords
    from bot.workflow.shared_looks import SharedLooks


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """Looks at a host that had an order, and records what is proven. It holds no thread between two looks."""

    ledger: Ledger
    clock: Clock
    looks: SharedLooks
    records: HostRecords

    def follow(self, request: Request, host: str) -> Request:
        """Look at the host, and record a verdict for each target that is settled or whose time is over.

        The targets are proven first: the record says whom the bot acted on, and not what somebody wrote into a row.
        One whose order may have left is settled as well. One that was not ordered is none of this.
        """
        request = self.ledger.prove(request.id, at_host(host)) or request
        look = self.looks.look(host, came_at=self._came_at(request, host), asked_at=_asked_at(request, host))
        there = {session.id: session for session in look.sessions}
        for target in filter(partial(may_be_ordered, request), request.open_targets):
            seen = None if look.error else seen_of(request, target, there)
            if seen:
                request = self.records.record(request, TargetEnded(key=target.key, verdict=seen))
            elif target.requested_at and self.clock.now() >= target_until(request, target):
                request = self.records.record(request, unsettled(target, look.error))
        return request

    def _came_at(self, request: Request, host: str) -> datetime:
        """Return since when this look has been due: the step may have waited for its turn at the host since then."""
        look = request.survey_of(host)
        return min(look.due_at, self.clock.now()) if look and look.due_at else self.clock.now()


def _asked_at(request: Request, host: str) -> datetime:
    """Return the newest moment at which the host was asked for something: a look from before it says nothing of it."""
    look = request.survey_of(host)
    asked = [target.requested_at for target in request.open_targets]
    asked += [look.ordered_at, look.started_at] if look else []
    return max((at for at in asked if at), default=request.asked_at)


def seen_of(request: Request, target: Target, there: dict[int, Session]) -> Verdict | None:
    """Return the verdict that the sessions of the host prove; None when they prove none. A message leaves no trace.

    The sessions of another machine than the one on the card prove nothing.
    """
    machine = target.session.machine
    if machine != NOT_NAMED and not all(session.machine.is_same_as(machine) for session in there.values()):
        return None
    now = there.get(target.session.id)
    match request.action:
        case Action.LOG_OFF:
            return Verdict.GONE if target.is_gone_from(now) else None
        case Action.DISCONNECT:
            if target.is_gone_from(now):
                return Verdict.GONE
            return Verdict.DISCONNECTED if target.is_left_in(now) else None
        case Action.MESSAGE | Action.LIST | Action.AUDIT:
            return None
        case _:
            assert_never(request.action)
