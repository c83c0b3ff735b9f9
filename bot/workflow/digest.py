"""The weekly digest: what the audit log says of a week, for one channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from bot.audit.entry import THE_BOT
from bot.commands.audit import AuditAsk
from bot.domain.actions import Action, facts_of
from bot.domain.people import Place
from bot.domain.request import Request, WorkItem
from bot.domain.request_ids import new_id
from bot.errors import Duplicate

if TYPE_CHECKING:
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import Scheduler

LATE = timedelta(hours=24)
"""A digest that is due for longer is not sent: the bot was off, or the digest was not switched on yet."""

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPlan:
    """When and where the digest is sent."""

    channel: str  # a Slack conversation id
    weekday: int  # 0 is Monday
    hour: int  # 0 to 23
    zone: tzinfo

    def last_due(self, now: datetime) -> datetime:
        """Return the newest moment at which a digest was due."""
        here = now.astimezone(self.zone)
        day = here.date() - timedelta(days=(here.weekday() - self.weekday) % 7)
        due = datetime.combine(day, time(self.hour), self.zone)
        return due if due <= here else self.week_before(due)

    def week_before(self, due: datetime) -> datetime:
        """Return the same hour of a week before, by the clocks of the zone."""
        here = due.astimezone(self.zone)
        return datetime.combine(here.date() - WEEK, time(self.hour), self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Asks for the digest when it is due. The delivery names the moment, so the ledger takes it once."""

    ledger: Ledger
    clock: Clock
    scheduler: Scheduler
    plan: DigestPlan

    def look(self) -> None:
        """Ask for the digest when it is due and nobody has. It is called again and again. Raises `LedgerError`."""
        now = self.clock.now()
        due = self.plan.last_due(now)
        if now - due > LATE or self.ledger.standstill():
            return
        try:
            opened = self.ledger.open(self._request(now, due))
        except Duplicate:
            return
        self.scheduler.wake(WorkItem(request_id=opened.id))

    def _request(self, now: datetime, due: datetime) -> Request:
        ask = AuditAsk(since=self.plan.week_before(due), until=due, is_digest=True)
        return Request(
            id=new_id(),
            delivery=f"digest {due:%Y-%m-%dT%H:%M%z}",
            command=facts_of(Action.AUDIT).command,
            text="the weekly digest",
            actor=THE_BOT,
            place=Place(channel_id=self.plan.channel),
            ask=ask,
            action=Action.AUDIT,
            asked_at=now,
            expires_at=now + LATE,
            due_at=now,
        )
