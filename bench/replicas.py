"""What several replicas on one PostgreSQL do for 300 mixed requests: wall time, and what each of them computes.

    .venv/bin/python bench/replicas.py [--quick] [--check] [--json]

The replicas are whole bots, each in a process of its own, against the rehearsal's workspace, which spreads what people
do over their sockets, and its farm. People decide alone, by four eyes and by quorum, warn, force, and log off fleets of
50 hosts, many side by side. Runs with one, two and three replicas each have a database and a farm of their own. A run
counts only when every request ended as asked, with the verdict that the farm's own log bears out, and nobody else was
touched. The workspace and the farm share the machine with the replicas: on two cores more replicas are no faster, and
the bound holds that they are not much slower. `--check` exits with 1 when a bound is missed, and with 2 when PostgreSQL
is not here.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING

from errands import Errand, Kind, errands
from frame import Bound, ended, options, postgresql
from rich.table import Table
from whole_world import world

if TYPE_CHECKING:
    from collections.abc import Sequence

AGAINST_ONE = 1.3
"""With more replicas all requests take at most so many times as long as with one."""

CPU_AGAINST_ONE = 1.6
"""All replicas together compute at most so many times as long as one alone."""

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
    """Return so many requests of all kinds, one of `FLEET_EVERY` over a fleet, and one at least."""
    kinds = list(islice(cycle(MIX), requests))
    for number in range(0, requests, FLEET_EVERY):
        kinds[number] = Kind.FLEET
    return errands(kinds)


def run(replicas: int, requests: int) -> Run:
    wave = mixed(requests)
    fleets = sum(each.kind is Kind.FLEET for each in wave)
    with postgresql() as url, world(url, fleets=fleets, replicas=True) as space, ExitStack() as stack:
        bots = [stack.enter_context(space.bot()) for _ in range(replicas)]
        before, began = [bot.cpu for bot in bots], time.perf_counter()
        space.carry_out(wave, at_once=AT_ONCE)
        seconds = time.perf_counter() - began
        cpu = tuple(bot.cpu - earlier for bot, earlier in zip(bots, before, strict=True))
    return Run(replicas, seconds, cpu)


def bounds_of(runs: Sequence[Run]) -> tuple[Bound, ...]:
    one, *more = runs
    bounds = []
    for each in more:
        says = f"{each.replicas} replicas, in times of one"
        bounds.append(Bound("postgresql", f"seconds of {says}", AGAINST_ONE, each.seconds / one.seconds))
        bounds.append(Bound("postgresql", f"CPU of {says}", CPU_AGAINST_ONE, sum(each.cpu) / sum(one.cpu)))
    return tuple(bounds)


def main() -> int:
    parser = options(__doc__, quick=f"{QUICK} requests, one and two replicas", has_databases=False)
    parser.add_argument("--requests", type=int, help="so many, with one and two replicas")
    asked = parser.parse_args()
    counts, requests = ((1, 2), QUICK) if asked.quick or asked.requests else ((1, 2, 3), REQUESTS)
    try:
        runs = [run(count, asked.requests or requests) for count in counts]
    except ModuleNotFoundError as error:
        sys.stderr.write(f"PostgreSQL is not here: {error}. Install it: uv sync --extra postgres --group dev\n")
        return 2
    table = Table("replicas", "seconds", "CPU seconds of each")
    for each in runs:
        table.add_row(str(each.replicas), f"{each.seconds:.1f}", " ".join(f"{cpu:.1f}" for cpu in each.cpu))
    found = {"requests": asked.requests or requests, "runs": [asdict(each) for each in runs]}
    return ended(asked, found, table, bounds_of(runs))


if __name__ == "__main__":
    sys.exit(main())
