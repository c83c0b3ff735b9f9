"""All figures of one page about a period: totals, days, computers, people, times, endings. One pass, nothing kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from bot.audit.figures import By, Report, Spread
from bot.domain.moments import in_zone

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from bot.audit.history import RequestHistory
    from bot.audit.selection import AuditFilter

MOST_FAULTS = 100
"""So many requests that do not verify are named. All are counted, and marked where they are listed."""


class Overview:
    """Counts requests one by one, by everything that the page shows."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        """`zone` says when a day begins."""
        self.days, self.hosts, self.users = Report(By.DAY, zone), Report(By.HOST), Report(By.USER)
        self.requesters, self.approvers, self.rules = Report(By.ACTOR), Report(By.APPROVER), Report(By.RULE)
        self.decisions = Spread()
        self.endings: Counter[str] = Counter()
        self.otherwise = 0
        self.faults: list[str] = []

    def add(self, request: RequestHistory) -> None:
        """Count a request that has the sessions and hosts alone that were asked for: `RequestHistory.about`."""
        for report in (self.days, self.hosts, self.users, self.requesters, self.approvers, self.rules):
            report.add(request)
        self.decisions.add(request.decision_ms)
        self.endings[request.ending] += 1
        self.otherwise += request.is_otherwise
        if request.faults and len(self.faults) < MOST_FAULTS:
            self.faults.append(f"{request.unverified}: {'; '.join(request.faults)}")

    def names(self) -> dict[str, str]:
        """Return the name of each person, by id, for reading only."""
        people = (*self.approvers.groups(), *self.requesters.groups())
        return {each.group: each.name for each in people if each.group and each.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The time that a page is about."""

    since: datetime | None  # None: from the first entry
    until: datetime  # the moment at which it ends, which does not belong to it

    @classmethod
    def of(cls, wanted: AuditFilter, now: datetime) -> Period:
        """Return the period that a filter means. One that is not over yet ends now."""
        until = wanted.until
        began = wanted.since is None or wanted.since < now
        return cls(since=wanted.since, until=min(until, now) if until and began else until or now)

    def before(self, zone: tzinfo) -> Period | None:
        """Return the period of the same length right before this one, by the clocks of the zone; None: it has none."""
        if self.since is None or self.since >= self.until:
            return None
        since, until = in_zone(self.since, zone), in_zone(self.until, zone)
        try:
            return Period(since=(since - (until - since)).astimezone(UTC), until=self.since)
        except OverflowError:
            return None

    def within(self, wanted: AuditFilter) -> AuditFilter:
        """Return the filter for this period."""
        return replace(wanted, since=self.since, until=self.until)
