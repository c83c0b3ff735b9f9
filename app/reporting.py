"""What reads the audit log for answers in Slack: the reader of the steps, and the digest beside them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from adapters.scheduler.ticker import Ticker
from adapters.sql.audit_reader import reading
from bot.workflow.digest import Digest

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.config.settings import Settings
    from bot.ports.audit_reports import AuditReports
    from bot.ports.scheduler import Scheduler
    from bot.workflow.courier import Courier

LOOK_EVERY = timedelta(seconds=15)
"""How often the bot looks whether a digest is due."""


class NoService:
    """Nothing that starts or stops."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


def reports_of(database: Engine) -> AuditReports:
    """Return what opens the log of this database for one reader."""
    return partial(reading, database)


def digest_of(settings: Settings, courier: Courier, scheduler: Scheduler) -> Ticker | NoService:
    """Return what asks for the weekly digest; without the section `digest` nothing does."""
    if settings.digest is None:
        return NoService()
    plan = settings.digest.plan()
    digest = Digest(ledger=courier.ledger, clock=courier.clock, scheduler=scheduler, plan=plan)
    return Ticker("digest", digest.look, LOOK_EVERY)
