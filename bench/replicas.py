"""What several replicas on one PostgreSQL do for 300 mixed requests: wall time, and what each of them computes.

    .venv/bin/python bench/replicas.py [--quick] [--check] [--json]

The replicas are whole bots, each in a process of its own, against the rehearsal's workspace, which spreads what people
do over their sockets, and its farm. People decide alone, by four eyes and by quorum, warn, force, and log off fleets of
50 hosts, many side by side. Runs with one, two and three replicas each have a database and a farm of their own. A run
counts only when every request ended as asked, with the verdict that the farm's own log bears out, and nobody else was
touched. The workspace and the farm share the machine with the replicas: on two cores more replicas are no faster, and
the bound holds that they are not much slower. Rounds go on while a bound is missed, and the best run of each number
counts. Few requests mostly pay for what each replica opens for itself, so `--quick` allows more.

A replica that waits for a slow host is killed, too: what is measured is the time until another one is at that host.
`--check` exits with 1 when a bound is missed, and with 2 when PostgreSQL is not here.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING

from errands import Errand, Kind, errands
from frame import Bound, ended, options, postgresql, rounds
from rich.table import Table
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from whole_world import world

if TYPE_CHECKING:
    from collections.abc import Sequence

AGAINST_ONE, AGAINST_ONE_QUICK = 1.5, 2.0
"""With more replicas all requests take at most so many times as long as with one."""

CPU_AGAINST_ONE, CPU_AGAINST_ONE_QUICK = 1.8, 2.0
"""All replicas together compute at most so many times as long as one alone."""

TAKEN_OVER = 5.0
"""Seconds after its death in which what a replica was at goes on elsewhere."""

DEATHS, DEATHS_QUICK = 5, 1
SLOW, SLOW_HOST = 60.0, "own-01"
"""Seconds that the host takes for an answer: the replica dies before, and before it gives the host up (`CONFIG`)."""

REQUESTS, QUICK = 300, 30
MIX = (Kind.OWN, Kind.FOUR_EYES, Kind.FORCED, Kind.OWN, Kind.QUORUM, Kind.WARNED, Kind.OWN, Kind.FORCED)
FLEET_EVERY = 30
"""One of so many requests is over a whole fleet."""

AT_ONCE = 24


@dataclass(frozen=True, slots=True)
class Run:
    """So many replicas: the seconds until every card showed its end, and what each replica computed."""

    replicas: int
    seconds: float
    cpu: tuple[float, ...]


def mixed(requests: int) -> list[Errand]:
    """Return so many requests of all kinds, one of `FLEET_EVERY` over a fleet."""
    kinds = list(islice(cycle(MIX), requests))
    for number in range(FLEET_EVERY // 2, requests, FLEET_EVERY):
        kinds[number] = Kind.FLEET
    return errands(kinds)


def run(url: str, replicas: int, requests: int) -> Run:
    wave = mixed(requests)
    fleets = sum(each.kind is Kind.FLEET for each in wave)
    with world(url, fleets=fleets, replicas=True) as space, space.bots(replicas) as bots:
        before, began = [bot.cpu for bot in bots], time.perf_counter()
        space.carry_out(wave, at_once=AT_ONCE)
        seconds = time.perf_counter() - began
        cpu = tuple(bot.cpu - earlier for bot, earlier in zip(bots, before, strict=True))
    return Run(replicas, seconds, cpu)


def takeover(url: str) -> float:
    """Kill a replica while it waits for a host, and return the seconds until another one is there."""
    errand = Errand(Kind.LIST, f"/sessions {SLOW_HOST}")
    with world(url, replicas=True) as space, space.bots(1) as (first,):
        space.farm.set_behaviour(SLOW_HOST, "slow", seconds=SLOW)
        space.ask(errand)
        space.farm.wait_until(lambda: bool(space.farm.requests(SLOW_HOST)))
        with space.bots(1):
            first.process.kill()
            first.process.wait()
            began, before = time.perf_counter(), len(space.farm.requests(SLOW_HOST))
            space.farm.wait_until(lambda: len(space.farm.requests(SLOW_HOST)) > before, timeout=10 * TAKEN_OVER)
            return time.perf_counter() - began


def new_database(server: str, name: str) -> str:
    """Return the URL of an empty database of this name on this server."""
    where = make_url(server)
    engine = create_engine(where.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return where.set(database=name).render_as_string(hide_password=False)


def bounds_of(runs: Sequence[Run], *, is_quick: bool) -> tuple[Bound, ...]:
    """Return the bounds on the best run of each number of replicas, in times of the best of one."""
    seconds = {count: min(each.seconds for each in runs if each.replicas == count) for count in numbers_in(runs)}
    cpu = {count: min(sum(each.cpu) for each in runs if each.replicas == count) for count in seconds}
    most, most_cpu = AGAINST_ONE, CPU_AGAINST_ONE
    if is_quick:
        most, most_cpu = AGAINST_ONE_QUICK, CPU_AGAINST_ONE_QUICK
    bounds = []
    for count in (each for each in seconds if each > 1):
        says = f"{count} replicas, in times of one"
        bounds.append(Bound("postgresql", f"seconds of {says}", most, seconds[count] / seconds[1]))
        bounds.append(Bound("postgresql", f"CPU of {says}", most_cpu, cpu[count] / cpu[1]))
    return tuple(bounds)


def numbers_in(runs: Sequence[Run]) -> list[int]:
    return sorted({each.replicas for each in runs})


def measured(numbers: Sequence[int], requests: int, *, within: float, is_quick: bool) -> tuple[list[Run], list[float]]:
    """Return the runs of all rounds, and the times of takeovers. Raises `ModuleNotFoundError` without PostgreSQL."""
    runs: list[Run] = []

    def bounds() -> tuple[Bound, ...]:
        return bounds_of(runs, is_quick=is_quick)

    with postgresql() as server:
        for _ in rounds(1, within, bounds):
            for number in numbers:
                runs.append(run(new_database(server, f"run_{len(runs)}"), number, requests))
        deaths = DEATHS_QUICK if is_quick else DEATHS
        return runs, [takeover(new_database(server, f"death_{number}")) for number in range(deaths)]


def main() -> int:
    parser = options(__doc__, quick=f"{QUICK} requests, one and two replicas", has_databases=False)
    parser.add_argument("--requests", type=int, help="so many, with one and two replicas")
    asked = parser.parse_args()
    is_quick = bool(asked.quick or asked.requests)
    requests = asked.requests or (QUICK if asked.quick else REQUESTS)
    try:
        runs, deaths = measured(
            (1, 2) if is_quick else (1, 2, 3), requests, within=0.0 if is_quick else 900.0, is_quick=is_quick
        )
    except ModuleNotFoundError as error:
        sys.stderr.write(f"PostgreSQL is not here: {error}. Install it: uv sync --extra postgres --group dev\n")
        return 2
    table = Table("replicas", "seconds", "CPU seconds of each")
    for each in runs:
        table.add_row(str(each.replicas), f"{each.seconds:.1f}", " ".join(f"{cpu:.1f}" for cpu in each.cpu))
    found = {"requests": requests, "runs": [asdict(each) for each in runs], "seconds_until_taken_over": deaths}
    taken_over = Bound("postgresql", "seconds until another replica is where one died", TAKEN_OVER, max(deaths))
    return ended(asked, found, table, (*bounds_of(runs, is_quick=is_quick), taken_over))


if __name__ == "__main__":
    sys.exit(main())
