"""What a replica has otherwise than a bot that runs alone: its lock, its scheduler, and what the others tell it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.scheduler.threads import ThreadScheduler
from adapters.scheduler.ticker import Ticker
from adapters.sql.database_url import for_libpq
from adapters.sql.owner_file import FileLock
from adapters.sql.owner_session import SessionLock

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from adapters.sql.owner import Lock
    from app.config.settings import Settings
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import Scheduler
    from bot.workflow.authorization import Authorizer
    from bot.workflow.senders import Senders

REQUESTS_AT_ONCE = 256
"""How many steps of requests run side by side. Most of these threads wait for hosts, and some for Slack."""

TOLD_EVERY = timedelta(seconds=0.5)
"""How often a replica tells the others what each person has sent."""


def lock_of(settings: Settings, database: Engine) -> Lock:
    """Return the lock with which the process owns its database, alone or as one of its replicas."""
    if database.dialect.name == "postgresql":
        return SessionLock(database, shared=settings.replicas)
    return FileLock(database)


def scheduler_of(settings: Settings, ledger: Ledger, clock: Clock) -> Scheduler:
    """Return the scheduler of the process: with threads alone, or over jobs that the replicas share."""
    hosts = settings.winrm.hosts_at_once
    if not settings.replicas:
        return ThreadScheduler(ledger, clock, workers=REQUESTS_AT_ONCE, host_workers=hosts)
    from adapters.scheduler.procrastinate import ProcrastinateScheduler  # noqa: PLC0415 - it comes with an extra
    from adapters.scheduler.shared_jobs import Place  # noqa: PLC0415 - the same

    place = Place(for_libpq(settings.database.get_secret_value()))
    return ProcrastinateScheduler(ledger, clock, place, workers=REQUESTS_AT_ONCE, host_workers=hosts)


class Sends:
    """Lets replicas know of each other how much each person has sent. A bot that runs alone knows it anyway."""

    def __init__(self, settings: Settings, senders: Senders, authorizer: Authorizer) -> None:
        self._senders, self._authorizer = senders, authorizer
        self._ticker = self._shared = None
        if settings.replicas:
            from adapters.sql.shared_sends import SharedSends  # noqa: PLC0415 - its driver comes with an extra

            url = for_libpq(settings.database.get_secret_value())
            self._shared = SharedSends(url, self._untold, self._elsewhere)
            self._ticker = Ticker("sends", self._shared.exchange, TOLD_EVERY)

    def start(self) -> None:
        if self._ticker:
            self._ticker.start()

    def stop(self) -> None:
        """What nobody was told yet is forgotten, as everything that this process knew."""
        if self._ticker and self._shared:
            self._ticker.stop(timedelta(seconds=1))
            self._shared.close()

    def _untold(self) -> dict[str, int]:
        return self._senders.untold(*self._now())

    def _elsewhere(self, user_id: str, count: int) -> None:
        self._senders.take_elsewhere(user_id, count, *self._now())

    def _now(self) -> tuple[datetime, int]:
        """Return the time, and the limit of a minute."""
        return self._authorizer.clock.now(), self._authorizer.policy.max_sent
