"""Recording what happens at a host: each event wakes the request, which redraws its card or goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.audit.entry import THE_BOT
from bot.domain.events import Noted, Settled, TargetEnded, TargetRequested
from bot.domain.note_kind import NoteKind
from bot.domain.request import WorkItem
from bot.domain.verdicts import Verdict
from bot.errors import Conflict
from bot.workflow.planning import plan

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.events import Event
    from bot.domain.request import Request
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import Scheduler


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRecords:
    """Records the events of hosts. After every event it wakes the request's own work item, which redraws the card."""

    ledger: Ledger
    clock: Clock
    scheduler: Scheduler

    def record(self, request: Request, event: Event) -> Request:
        """Record the event and wake the request for its next drawing, or at once for what follows.

        What follows is its end after the last target, and the next host where hosts work one after the other. The
        first order of all is drawn at once.
        """
        after = self.ledger.record(request.id, event)
        now = self.clock.now()
        is_due = not after.counts.open or (after.due_at is not None and after.due_at <= now)
        self.scheduler.wake(WorkItem(request_id=request.id), None if is_due else after.publish_after)
        return after

    def record_fact(self, request: Request, event: TargetEnded | TargetRequested) -> Request:
        """Record what the host did, also when the request has ended meanwhile."""
        try:
            return self.record(request, event)
        except Conflict:
            return self._record_late(request, event)

    def _record_late(self, request: Request, event: TargetEnded | TargetRequested) -> Request:
        verdict = event.verdict if isinstance(event, TargetEnded) else Verdict.UNKNOWN
        try:
            unseen = event.unseen if isinstance(event, TargetEnded) else ""
            return self.record(
                request,
                Settled(key=event.key, verdict=verdict, reason=event.reason, note=event.note, unseen=unseen),
            )
        except Conflict as conflict:
            host, number = event.key
            what = f"{host} {number}: {verdict.value} {event.reason or ''} {event.note}".strip()
            self.ledger.record(request.id, Noted(kind=NoteKind.LATE_VERDICT, by=THE_BOT, detail=what))
            return conflict.request

    def plan(self, request: Request, host: str, at: datetime) -> None:
        """Keep when the next step of the host is due, and wake it then."""
        plan(self.ledger, self.scheduler, WorkItem(request_id=request.id, host=host), at)
