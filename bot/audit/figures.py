"""The figures of requests, in groups: the one place that counts, for tables, JSON, spreadsheets, pages and Slack."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC
from enum import StrEnum
from math import ceil
from statistics import median
from typing import TYPE_CHECKING

from bot.audit.history import DONE, NO, TAKEN_OUT, YES
from bot.domain.moments import in_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from bot.audit.history import RequestHistory, SessionOutcome


class By(StrEnum):
    """What a report groups by. A request counts once in each group that it belongs to."""

    USER = "user"  # the account of each session
    ACTOR = "actor"  # who asked
    APPROVER = "approver"  # each other person who said yes or no
    HOST = "host"  # each computer that the request is about
    RULE = "rule"  # each rule that decided
    DAY = "day"  # the day on which it was asked
    VERDICT = "verdict"  # the last verdict of each session
    FORCED = "forced"  # whether nobody was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is counted of one group, or of all requests."""

    group: str | None  # the value that the group has in common; empty: none; None: all requests
    name: str = ""  # the name of the person that the group is, for reading only
    requests: int
    forced: int  # requests that asked nobody
    refused: int  # requests in which somebody was told no
    yes: int  # requests to which another person said yes: this one where the group is an approver
    no: int  # the same, for no
    sessions: int  # sessions that the requests were about to act on
    done: int  # sessions at which the act was done
    not_done: int  # sessions that have another verdict
    verdicts: dict[str, int]  # sessions by their verdict
    decision_ms: int | None  # the median from the command to the deciding yes or no; None: nobody decided
    done_ms: int | None  # the median from the command to the end
    unverified: int  # requests with an entry that does not verify

    def values(self) -> dict[str, object]:
        """Return the figures as plain values."""
        return {name: getattr(self, name) for name in _FIELDS}


_FIELDS = tuple(Figures.__dataclass_fields__)


@dataclass(slots=True)
class _Tally:
    name: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    decisions: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))

    def add(self, request: RequestHistory, sessions: Iterable[SessionOutcome], approver: str = "") -> None:
        answers = {each.says for each in request.approvals if approver in ("", each.actor)}
        self.counts["requests"] += 1
        self.counts["forced"] += request.forced
        self.counts["refused"] += request.refused
        self.counts["unverified"] += bool(request.faults)
        self.counts["yes"] += YES in answers
        self.counts["no"] += NO in answers
        self.verdicts.update(each.verdict for each in sessions)
        if request.decision_ms is not None:
            self.decisions.append(request.decision_ms)
        if request.done_ms is not None:
            self.ends.append(request.done_ms)

    def figures(self, group: str | None) -> Figures:
        verdicts = {verdict: number for verdict, number in sorted(self.verdicts.items()) if verdict}
        taken_out = self.verdicts[TAKEN_OUT]
        done = sum(number for verdict, number in verdicts.items() if verdict in DONE)
        return Figures(
            group=group,
            name=self.name,
            **{name: self.counts[name] for name in ("requests", "forced", "refused", "yes", "no", "unverified")},
            sessions=self.verdicts.total() - taken_out,
            done=done,
            not_done=sum(verdicts.values()) - done - taken_out,
            verdicts=verdicts,
            decision_ms=_median(self.decisions),
            done_ms=_median(self.ends),
        )


class Report:
    """Counts requests one by one, and keeps nothing of them but two times each for the medians."""

    def __init__(self, by: By | None = None, zone: tzinfo = UTC) -> None:
        """`zone` says when a day begins. Without `by` there is the total alone."""
        self.by, self._zone = by, zone
        self._all, self._groups = _Tally(), dict[str, _Tally]()

    def add(self, request: RequestHistory) -> None:
        """Count a request that has the sessions and hosts alone that were asked for: `RequestHistory.about`."""
        self._all.add(request, request.sessions)
        for key in dict.fromkeys(self._keys(request)):
            tally = self._groups.setdefault(key, _Tally())
            tally.name = tally.name or self._name(request, key)
            tally.add(request, self._sessions(request, key), key if self.by is By.APPROVER else "")

    def total(self) -> Figures:
        """Return the figures of all requests."""
        return self._all.figures(None)

    def groups(self) -> tuple[Figures, ...]:
        """Return the figures of each group: days in their order, all others by how many requests they have."""
        found = [tally.figures(key) for key, tally in self._groups.items()]
        if self.by is By.DAY:
            return tuple(sorted(found, key=lambda each: each.group or ""))
        return tuple(sorted(found, key=lambda each: (-each.requests, each.group or "")))

    def _keys(self, request: RequestHistory) -> Iterable[str]:
        match self.by:
            case None:
                return ()
            case By.USER:
                return (each.user for each in request.sessions)
            case By.ACTOR:
                return (request.requester,)
            case By.APPROVER:
                return (each.actor for each in request.approvals)
            case By.HOST:
                return request.hosts
            case By.RULE:
                return request.rules or ("",)
            case By.DAY:
                return (self._day(request),)
            case By.VERDICT:
                return (each.verdict for each in request.sessions)
            case By.FORCED:
                return ("yes" if request.forced else "no",)

    def _sessions(self, request: RequestHistory, key: str) -> Iterator[SessionOutcome]:
        """Yield the sessions that belong to the group: all, where it is no group of sessions."""
        match self.by:
            case By.USER:
                return (each for each in request.sessions if each.user == key)
            case By.HOST:
                return (each for each in request.sessions if each.host == key)
            case By.VERDICT:
                return (each for each in request.sessions if each.verdict == key)
            case _:
                return iter(request.sessions)

    def _name(self, request: RequestHistory, key: str) -> str:
        if self.by is By.ACTOR:
            return request.requester_name
        if self.by is By.APPROVER:
            return next((each.name for each in request.approvals if each.actor == key), "")
        return ""

    def _day(self, request: RequestHistory) -> str:
        return f"{in_zone(request.asked_at, self._zone).date()}" if request.asked_at else ""


class Spread:
    """How long something took, of many requests: eight bytes each."""

    LIMITS_MS = (60_000, 300_000, 900_000, 3_600_000)
    """Up to which time each part of `parts` goes; the last part goes beyond them."""

    def __init__(self) -> None:
        self._times = array("q")

    def add(self, ms: int | None) -> None:
        """Count one time; None is none."""
        if ms is not None:
            self._times.append(ms)

    def __len__(self) -> int:
        return len(self._times)

    def parts(self) -> tuple[int, ...]:
        """Return how many times are in each part; a time at a limit belongs to the part that ends there."""
        counts = Counter(bisect_left(self.LIMITS_MS, ms) for ms in self._times)
        return tuple(counts[part] for part in range(len(self.LIMITS_MS) + 1))

    def within(self, share: float) -> int | None:
        """Return the shortest of these times within which so large a share of them was; None without a time."""
        if not self._times:
            return None
        return sorted(self._times)[max(ceil(share * len(self._times)), 1) - 1]


def _median(times: array[int]) -> int | None:
    return round(median(times)) if times else None
