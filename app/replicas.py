"""What a bot that is one of several replicas has otherwise than one that runs alone: its lock, and its scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.scheduler.threads import ThreadScheduler
from adapters.sql.database_url import for_libpq
from adapters.sql.owner_file import FileLock
from adapters.sql.owner_session import SessionLock

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from adapters.sql.owner import Lock
    from app.config.settings import Settings
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import Scheduler


def lock_of(settings: Settings, database: Engine) -> Lock:
    """Return the lock with which the process owns its database, alone or as one of its replicas."""
    if database.dialect.name == "postgresql":
        return SessionLock(database, shared=settings.replicas)
    return FileLock(database)


def scheduler_of(settings: Settings, ledger: Ledger, clock: Clock, workers: int) -> Scheduler:
    """Return the scheduler of the process: with threads alone, or over jobs that the replicas share."""
    hosts = settings.winrm.hosts_at_once
    if not settings.replicas:
        return ThreadScheduler(ledger, clock, workers=workers, host_workers=hosts)
    from adapters.scheduler.procrastinate import ProcrastinateScheduler  # noqa: PLC0415 - it comes with an extra
    from adapters.scheduler.shared_jobs import Place  # noqa: PLC0415 - the same

    place = Place(for_libpq(settings.database.get_secret_value()))
    return ProcrastinateScheduler(ledger, clock, place, workers=workers, host_workers=hosts)
