"""Settling unsure verdicts: the bot looks at the hosts again after the request has ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.events import Settled, SettlingAbandoned
from bot.domain.part import HEAD, UNSURE
from bot.domain.request import WorkItem
from bot.domain.transitions import SETTLE_AFTER, SETTLE_FOR
from bot.domain.verdicts import Reason
from bot.workflow.following import seen_of

if TYPE_CHECKING:
    from bot.domain.request import Request, Target
    from bot.domain.session import Session
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.workflow.host_reader import HostReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """Corrects the verdicts `unknown` and `still_closing`. The time between two looks grows."""

    ledger: Ledger
    hosts: HostReader
    clock: Clock

    def settle(self, request: Request) -> None:
        """Look at the hosts of unsure targets, record what is seen, and plan the next look or give up.

        It does nothing before the request is due.
        """
        now = self.clock.now()
        if request.due_at is None or now < request.due_at:
            return
        part = self.ledger.find(request.id, UNSURE)
        unsure = part.unsure_targets if part else ()
        if not unsure:
            self.ledger.postpone(WorkItem(request_id=request.id), None)
            return
        for look in self.hosts.look_at(request.id, tuple(dict.fromkeys(target.session.host for target in unsure))):
            there = {session.id: session for session in look.sessions}
            for target in unsure:
                if target.session.host == look.host and not look.error:
                    self._settle_one(request, target, there)
        past = now - (request.ended_at or now)
        again_at = now + max(SETTLE_AFTER, past) if past < SETTLE_FOR else None
        left = self.ledger.find(request.id, HEAD)
        if again_at is None and left and left.counts.unsure:
            self.ledger.record(request.id, SettlingAbandoned())
        else:
            self.ledger.postpone(WorkItem(request_id=request.id), again_at)

    def _settle_one(self, request: Request, target: Target, there: dict[int, Session]) -> None:
        if verdict := seen_of(request, target, there):
            self.ledger.record(request.id, Settled(key=target.key, verdict=verdict, reason=Reason.SEEN_LATER))
