"""What one scenario has come to, and the judge who counts what must never happen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.request import State
from bot.domain.verdicts import Verdict
from tests.support.chains import first_fault
from tests.support.harness import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.audit.entry import Entry
    from bot.domain.request import Request
    from bot.ports.store import Store
    from tests.chaos.world import World

ORDER_TIME = timedelta(seconds=30)
"""Two orders to one session within this time are two that are under way at once."""

_ORDERED = ("host_started", "target_requested", "warning_started")

_CALLED = ("host_started", "host_continued")
"""Each call for acts has an entry of its own."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """A row of the table. Every column but `tries` has to be zero."""

    tries: int = 0
    wrong_person: int = 0  # somebody was touched whom no card that was decided named, or at another logon
    ended_twice: int = 0  # a session had a second order while the first could be under way
    unrecorded: int = 0  # a host was touched without an entry, the log does not hold, or a verdict is not true
    doubled: int = 0  # a card, a warning or a message came twice
    not_told: int = 0  # what came of a request stands nowhere where its requester sees it
    stuck: int = 0  # a request is not over long after its time
    examples: list[str] = field(default_factory=list)  # the first faults, in words

    @property
    def is_clean(self) -> bool:
        return not any(self.faults().values())

    def faults(self) -> dict[str, int]:
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in ("tries", "examples")}

    def count(self, column: str, number: int, example: str) -> None:
        if number:
            setattr(self, column, getattr(self, column) + number)
            self.examples = [*self.examples, f"{column}: {example}"][:5]


def judge(tally: Tally, world: World, about: str) -> None:
    """Add what one try has come to. `about` finds it again."""
    tally.tries += 1
    ledger = world.store
    requests = ledger.newest(10_000)
    tally.count("wrong_person", _wrong(world, requests), about)
    tally.count("ended_twice", _twice(world), about)
    tally.count("unrecorded", _unrecorded(world, ledger, requests), about)
    tally.count("doubled", _doubled(world), about)
    tally.count("not_told", _not_told(requests), about)
    tally.count("stuck", sum(request.state is not State.ENDED for request in requests), about)


def _wrong(world: World, requests: Iterable[Request]) -> int:
    """Count who was touched and is no target of a request that was decided on, or forced."""
    meant = {
        (target.session.host, target.session.id, target.session.account, target.session.logon)
        for request in requests
        if request.decided_by or (request.requirement and not request.requirement.is_open)
        for target in request.targets
    }
    touched = [(one.host, one.id, one.account, one.logon) for one in world.terminal.touched]
    return sum(one not in meant for one in touched)


def _twice(world: World) -> int:
    ordered: dict[tuple[str, int], object] = {}
    twice = 0
    for at, host, session_id in world.orders:
        before = ordered.get((host, session_id))
        twice += before is not None and at - before < ORDER_TIME  # type: ignore[operator] # moments
        ordered[host, session_id] = at
    return twice


def _unrecorded(world: World, ledger: Store, requests: Iterable[Request]) -> int:
    entries: list[Entry] = []
    while more := ledger.entries(after=len(entries)):
        entries += more
    ordered = {entry.host for entry in entries if entry.event in _ORDERED}
    bad = sum(one.host not in ordered for one in world.terminal.touched)
    begun = Counter(entry.host for entry in entries if entry.event in _CALLED)
    bad += sum(max(0, number - begun[host]) for host, number in world.calls.items())
    bad += first_fault(entries, KEY.public) is not None
    bad += [entry.at for entry in entries] != sorted(entry.at for entry in entries if entry.at)
    requests = tuple(requests)
    return bad + sum(_is_untrue(world, request, alone=len(requests) == 1) for request in requests)


def _is_untrue(world: World, request: Request, *, alone: bool) -> bool:
    """Return whether the request says of somebody that they are gone, or that nothing was done, and it is not so."""
    touched = {(one.host, one.id, one.logon) for one in world.terminal.touched}
    for target in request.targets:
        session = target.session
        there = world.terminal._hosts[session.host].get(session.id)  # the truth behind all looks
        is_there = there is not None and there.logon == session.logon
        was_touched = (session.host, session.id, session.logon) in touched
        if target.verdict is Verdict.GONE and is_there:
            return True
        if target.verdict is Verdict.SKIPPED and was_touched and alone:
            return True
    return False


def _doubled(world: World) -> int:
    messages = Counter((host, number, text) for host, number, _, text in world.terminal.messages)
    cards = Counter(world.posted)
    twice = sum(number - 1 for number in messages.values())
    return twice + sum(max(0, number - 1 - world.lost_posts[request]) for request, number in cards.items())


def _not_told(requests: Iterable[Request]) -> int:
    """A request that is over has its last version on its card, or was answered privately."""
    return sum(request.state is State.ENDED and request.published_version < request.version for request in requests)
