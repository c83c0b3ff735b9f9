"""Whether the step that runs here still has its job, where several replicas share the work."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import text

from adapters.sql.errors import reading
from bot.errors import NotOwner
from bot.ports.lease import CURRENT

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from bot.ports.lease import Lease

_HELD = text("SELECT 1 FROM procrastinate_jobs WHERE id = :job AND attempts = :attempt AND status = 'doing'")


def refuse_without_lease(connection: Connection, lease: Lease | None) -> None:
    """Raise `NotOwner` when another replica has taken this job over. A step without a job needs none.

    A write asks after it has locked the head of the audit log: who takes the job over writes behind it.
    """
    if lease and not connection.execute(_HELD, asdict(lease)).first():
        raise NotOwner("I was silent for so long that another replica goes on with this, so I leave it to that one.")


def lease_refusal(engine: Engine) -> NotOwner | None:
    """Return why this step may begin nothing more; None while it has its job. Raises `LedgerError`."""
    if (lease := CURRENT.get()) is None:
        return None
    try:
        with reading(engine) as connection:
            refuse_without_lease(connection, lease)
    except NotOwner as refusal:
        return refusal
    return None
