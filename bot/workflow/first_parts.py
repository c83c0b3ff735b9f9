"""The parts of hosts as the start of their request left them, so that the first step at a host reads nothing.

A part may be old when its host's turn comes. That harms nobody: the event that begins a host is decided on the rows as
they are then, and the rules are asked anew when these say something else.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

from bot.domain.request import WorkItem, counts_of

if TYPE_CHECKING:
    from bot.domain.request import Request, Target


@dataclass(frozen=True, slots=True)
class FirstParts:
    """Parts that are taken once each. A host whose part is not here is read from the database.

    Replicas do not use it: the host may begin at one of them and go on at another, which has its first part still.
    """

    is_used: bool = True
    _parts: dict[WorkItem, Request] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def keep(self, started: Request) -> None:
        """Keep the part of each host that is due. `started` is the whole request."""
        if not self.is_used:
            return
        at: dict[str, list[Target]] = defaultdict(list)
        counts = started.counts
        for target in started.targets:
            at[target.session.host].append(target)
        with self._lock:
            for survey in started.surveys:
                if survey.due_at:
                    targets = tuple(at[survey.host])
                    elsewhere = counts - counts_of(targets)
                    part = replace(started, surveys=(survey,), targets=targets, elsewhere=elsewhere)
                    self._parts[WorkItem(request_id=started.id, host=survey.host)] = part

    def take(self, item: WorkItem) -> Request | None:
        """Return the part of the host, if it was kept and not yet taken."""
        with self._lock:
            return self._parts.pop(item, None)
