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

    from app.live import LiveSettings
    from bot.ports.audit_reports import AuditReports
    from bot.ports.scheduler import Scheduler
    from bot.workflow.courier import Courier

LOOK_EVERY = timedelta(seconds=15)
"""How often the bot looks whether a digest is due."""


def reports_of(database: Engine) -> AuditReports:
    """Return what opens the log of this database for one reader."""
    return partial(reading, database)


def digest_of(live: LiveSettings, courier: Courier, scheduler: Scheduler) -> Ticker:
    """Return what asks for the weekly digest, where the settings of now have the section `digest`."""

    def look() -> None:
        if section := live.now.digest:
            plan = section.plan()
            Digest(ledger=courier.ledger, clock=courier.clock, scheduler=scheduler, plan=plan).look()

    return Ticker("digest", look, LOOK_EVERY)
