"""The hold that a step has on its job, where several replicas share the work.

A replica that was suspended, or is very slow, is taken for dead and its jobs are given to others. Its steps may go on
all the same. So whatever a step writes or sends is preceded by the question whether its job is still its own.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

LEFT_ALONE = 30
"""So many times, a second apart, what another release wrote is left to another replica before it is ended."""


class LeftToOthers(Exception):
    """The step did nothing, and a replica of another release may know more. The scheduler lets it wait again."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One run of a job. Whoever takes the job over makes it another attempt, so the lease of the one before is lost."""

    job: int
    attempt: int


CURRENT: ContextVar[Lease | None] = ContextVar("lease", default=None)
"""The lease of the step that runs in this context; None: no step runs here, or this process works alone."""
