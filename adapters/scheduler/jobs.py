"""A work item as a job in the database, and the item of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procrastinate.jobs import Job

from bot.domain.request import WorkItem

if TYPE_CHECKING:
    from datetime import datetime

VERSION = 1
"""How this release writes an item into a job. One of another version is left for a while to replicas that know it."""

STEP, LATER = "step", "later"
"""The tasks: run the step of an item, and wake an item whose date has come."""

SWEEP, TAKEOVER = "sweep", "takeover"
"""The tasks of the schedule, which any replica does for all of them."""

PERIODIC = [SWEEP, TAKEOVER]
TASKS = frozenset({STEP, LATER, *PERIODIC})

REQUESTS, HOSTS = "requests", "hosts"
"""The queues, one for each lane."""


def queue_of(item: WorkItem, home: str = "") -> str:
    """Return the queue of the item. `home` is the replica that shall run it if it can; empty: any."""
    if item.host:
        return HOSTS
    return home_queue(home) if home else REQUESTS


def home_queue(replica: str) -> str:
    """Return the queue of requests from which only this replica takes."""
    return f"{REQUESTS} {replica}"


def shared_queue(queue: str) -> str:
    """Return the queue of the same lane from which all replicas take."""
    return HOSTS if queue == HOSTS else REQUESTS


def job_of(item: WorkItem, at: datetime | None = None, home: str = "", *, first: bool = False) -> Job:
    """Return the job that runs the item's step now, or that wakes the item then.

    One step of a request, and one of a host, runs at a time: that is the job's `lock`. One job an item waits at a time,
    and one more for each date: that is its `queueing_lock`. A job with a date has no lock, because a job that waits for
    its date would hold up those behind it. `first`: before those that are not, whatever waits already.
    """
    name = f"{item.request_id} {item.host}"
    return Job(
        id=None,
        task_name=LATER if at else STEP,
        queue=queue_of(item, "" if at else home),
        lock=None if at else f"host {item.host}" if item.host else f"request {item.request_id}",
        queueing_lock=f"{name} {at.isoformat()}" if at else name,
        task_kwargs={"v": VERSION, "request_id": item.request_id, "host": item.host},
        scheduled_at=at,
        priority=int(first),
    )


def read_item(said: object) -> WorkItem | None:
    """Return the item of a job, whatever else the job says; None for a job that another version wrote.

    A row that somebody has changed is an item of no request: its step finds nothing to do.
    """
    if not isinstance(said, dict) or said.get("v") != VERSION:
        return None
    return WorkItem(request_id=str(said.get("request_id", "")), host=str(said.get("host", "")))
