"""What a target costs in a request over many hosts, beside the bare appends to the audit log that it needs.

    .venv/bin/python bench/fleet.py [--quick] [--check] [--json]

The ledger, the workflow and the scheduler are the real ones, on SQLite and on PostgreSQL; the hosts answer at once and
the chat shows nothing. The floor is timed in the same run and database: as many entries, each appended in a transaction
of its own; events of hosts that wait at the same moment share one. Runs of all sizes take turns, and the best of each
counts. Compare ratios between machines and releases, not milliseconds. `--check` exits with 1 when a bound is missed,
and with 2 when PostgreSQL is not here.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from fleet_world import ASKER, KEY, PLACE, POLICY, Hosts, Quiet
from frame import Bound, databases, ended, options, rounds
from rich.table import Table

from adapters.clock import SystemClock
from adapters.scheduler.host_pool import FairHostPool
from adapters.scheduler.threads import ThreadScheduler
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from app.config.settings import AllWinRm
from app.replicas import REQUESTS_AT_ONCE
from app.running import spare_what_is_loaded
from bot.audit.record import entry_for_note
from bot.commands import ASK_TYPES
from bot.domain.events import Noted
from bot.domain.inventory import Inventory
from bot.domain.note_kind import NoteKind
from bot.domain.part import HEAD
from bot.domain.request import Ending
from bot.policy.in_force import InForce
from bot.workflow.authorization import Authorizer
from bot.workflow.courier import Courier
from bot.workflow.host_reader import LOOKS_AT_ONCE
from bot.workflow.inputs import CommandCall
from bot.workflow.intake import Intake
from bot.workflow.presses import PressHandler
from bot.workflow.steps import assemble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.request import Request

LARGEST_AGAINST_SMALLEST = 1.5
"""A target of the largest fleet costs at most so many times one of the smallest."""

AGAINST_APPENDS = 2.0
"""A target of the largest fleet costs at most so many times the bare appends that it needs."""

HOSTS_AT_ONCE = AllWinRm().hosts_at_once
"""As in production."""

WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Fleet:
    """So many hosts, with so many people on each."""

    hosts: int
    people: int = 1

    @property
    def targets(self) -> int:
        return self.hosts * self.people


LINE = (Fleet(40), Fleet(400), Fleet(1600))
QUICK = (Fleet(40), Fleet(400))
CROWDED = Fleet(25, 16)
"""As many targets as a middle fleet on few hosts, for the eye: no bound is set on it."""


@dataclass(slots=True)
class Cost:
    """Milliseconds a target: the best of all runs so far."""

    fleet: Fleet
    request: list[float] = field(default_factory=list)
    appends: list[float] = field(default_factory=list)

    @property
    def best(self) -> float:
        return min(self.request)

    @property
    def floor(self) -> float:
        return min(self.appends)


class Bench:
    """The bot over one database. Requests run one after the other, as many hosts side by side as in production."""

    def __init__(self, url: str) -> None:
        upgrade(url)
        self._database, self._clock = open_database(url), SystemClock()
        self._ledger = SqlLedger(self._database, self._clock, KEY, ASK_TYPES)
        self._pool = FairHostPool(LOOKS_AT_ONCE)
        self._deliveries = count(1)

    def close(self) -> None:
        self._pool.close()
        self._database.dispose()

    def measure(self, cost: Cost) -> None:
        """Time one request over the fleet, and then as many bare appends as it made."""
        before = self._ledger.head().seq
        cost.request.append(self._carry_out(cost.fleet) / cost.fleet.targets * 1000)
        entries = self._ledger.head().seq - before
        cost.appends.append(self._append(entries) / cost.fleet.targets * 1000)

    def _carry_out(self, fleet: Fleet) -> float:
        """Return how many seconds a forced request takes from the command until its card shows the end."""
        scheduler = ThreadScheduler(self._ledger, self._clock, workers=REQUESTS_AT_ONCE, host_workers=HOSTS_AT_ONCE)
        chat, ledger, clock = Quiet(), self._ledger, self._clock
        names = tuple(f"host-{number}" for number in range(fleet.hosts))
        in_force = InForce(POLICY, Inventory(names=names))
        authorizer = Authorizer(ledger=ledger, pause_switch=ledger, directory=chat, in_force=in_force, clock=clock)
        workflow = assemble(
            ledger=ledger,
            terminal=Hosts(fleet.people),
            courier=Courier(ledger=ledger, chat=chat, clock=clock),
            clock=clock,
            pool=self._pool,
            scheduler=scheduler,
            authorizer=authorizer,
        )
        presses = PressHandler(ledger=ledger, authorizer=authorizer)
        intake = Intake(ledger=ledger, presses=presses, clock=clock)
        scheduler.start(workflow.step, workflow.record_failure)
        try:
            began = time.perf_counter()
            response = intake.ask(self._command())
            if response.wake is None:
                raise SystemExit(f"The bot did not take the command: {response.text}")
            scheduler.wake(response.wake)
            scheduler.idle(WITHIN)
            seconds = time.perf_counter() - began
        finally:
            scheduler.stop(WITHIN)
        _check(ledger.find(response.wake.request_id, HEAD), fleet)
        return seconds

    def _command(self) -> CommandCall:
        text = '"host-*" --all --force --sync --reason "bench"'
        delivery = f"{os.urandom(8).hex()} {next(self._deliveries)}"
        return CommandCall(command="logoff", text=text, actor=ASKER, place=PLACE, delivery=delivery)

    def _append(self, entries: int) -> float:
        """Return how many seconds so many bare appends take, by as many threads as the request's hosts have."""
        entry = entry_for_note(Noted(kind=NoteKind.USAGE_ERROR, by=ASKER, detail="bench"), PLACE)

        def append(_: int) -> None:
            with self._ledger._writing() as (connection, head):  # noqa: SLF001 - notes of people share a commit, these do not
                self._ledger._chain.append(connection, head, entry, self._clock.now())  # noqa: SLF001 - the same

        with ThreadPoolExecutor(HOSTS_AT_ONCE) as writers:
            began = time.perf_counter()
            list(writers.map(append, range(entries)))
            return time.perf_counter() - began


def _check(request: Request | None, fleet: Fleet) -> None:
    """Raises `SystemExit` when the request did not do all of its work: its time would say nothing."""
    if request is None or request.ending is not Ending.DONE or request.counts.targets != fleet.targets:
        raise SystemExit(f"The request over {fleet.hosts} hosts was not carried out: {request}")


def measured(url: str, fleets: Sequence[Fleet], *, least: int, within: float) -> list[Cost]:
    """Return the cost for each fleet. The runs take turns, so that a busy machine hits all of them alike."""
    costs = [Cost(fleet) for fleet in fleets]
    with closing(Bench(url)) as bench:
        bench.measure(Cost(Fleet(4)))  # the first request compiles the statements
        spare_what_is_loaded()
        for _ in rounds(least, within, lambda: bounds_of("", costs)):
            for cost in costs:
                bench.measure(cost)
    return costs


def bounds_of(database: str, costs: Sequence[Cost]) -> tuple[Bound, ...]:
    """Return the two bounds on the largest fleet with one target a host."""
    line = [cost for cost in costs if cost.fleet.people == 1]
    small, large = line[0], line[-1]
    most = f"a target of {large.fleet.hosts} hosts, in times of"
    return (
        Bound(database, f"{most} one of {small.fleet.hosts}", LARGEST_AGAINST_SMALLEST, large.best / small.best),
        Bound(database, f"{most} its bare appends", AGAINST_APPENDS, large.best / large.floor),
    )


def rows_of(costs: Sequence[Cost]) -> list[dict[str, float]]:
    return [
        {
            "hosts": cost.fleet.hosts,
            "targets": cost.fleet.targets,
            "ms_per_target": round(cost.best, 3),
            "appends_ms_per_target": round(cost.floor, 3),
            "times_appends": round(cost.best / cost.floor, 2),
        }
        for cost in costs
    ]


def main() -> int:
    parser = options(__doc__, quick="smaller fleets, under a minute")
    parser.add_argument("--hosts", type=int, nargs="+", help="fleets of so many hosts, one round")
    asked = parser.parse_args()
    fleets: tuple[Fleet, ...]
    fleets, least, within = (QUICK, 1, 10.0) if asked.quick else ((*LINE, CROWDED), 2, 300.0)
    if asked.hosts:
        fleets, least, within = tuple(map(Fleet, asked.hosts)), 1, 0.0
    with databases(asked.only) as urls:
        costs = {name: measured(url, fleets, least=least, within=within) for name, url in urls.items()}
    found = {name: rows_of(each) for name, each in costs.items()}
    table = Table("database", "hosts", "targets", "ms a target", "its bare appends", "times the appends")
    for name, rows in found.items():
        for row in rows:
            table.add_row(name, *map(str, row.values()))
    bounds = [bound for name, each in costs.items() for bound in bounds_of(name, each)]
    return ended(asked, {"databases": found}, table, bounds)


if __name__ == "__main__":
    sys.exit(main())
