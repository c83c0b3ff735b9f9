"""What a healthy request takes while others are ill: alone, and beside hung hosts, silent hosts and a flood.

    .venv/bin/python bench/neighbours.py [--quick] [--check] [--json]

The ledger, the workflow, the scheduler and the intake are the real ones, on SQLite and on PostgreSQL. The host of the
healthy request takes 1.5 s for each look and each act; its time is that of a forced request from the command until its
card shows the end. Beside it: thirty hosts whose sessions never close, a request to 1,000 hosts that say nothing, and
people who type and press as fast as they are answered. The median counts, in times of the median alone. `--check` exits
with 1 when a bound is missed, and with 2 when PostgreSQL is not here.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from statistics import median
from typing import TYPE_CHECKING

from frame import Bound, databases, ended, log_aside, options, rounds
from neighbours_world import COSTS, HEALTHY, HUNG, SILENT, World
from rich.table import Table
from sqlalchemy.engine import make_url

from adapters.sql.database import open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

AGAINST_ALONE = 1.5
"""Beside others, the median of a healthy request is at most so many times that of one alone."""

TRIES, QUICK_TRIES = 20, 1
FLOODING = 8
"""How many people type and press without a pause."""

ROUND_TRIP = 0.05
"""Seconds that Slack takes to show an answer: nobody sends the next thing before."""

SETTLE = 1.0
"""Seconds until those beside are at work."""


@dataclass(slots=True)
class Times:
    """The seconds of healthy requests in one company."""

    beside: str
    seconds: list[float] = field(default_factory=list)

    @property
    def middle(self) -> float:
        return median(self.seconds)


@contextmanager
def flood(world: World) -> Iterator[None]:
    """People who type commands, some of them wrong, and press buttons that are old, each as fast as they can.

    Each of them is soon above the limit of what one person sends, and goes on.
    """
    ends = threading.Event()

    def one(number: int) -> None:
        request_id = ""
        while not ends.is_set():
            request_id = world.type(f"{HEALTHY} id=99", by=number) or request_id
            time.sleep(ROUND_TRIP)
            world.mistype(by=number)
            time.sleep(ROUND_TRIP)
            world.press(request_id, by=number)
            time.sleep(ROUND_TRIP)

    people = [threading.Thread(target=one, args=(number + 1,), daemon=True) for number in range(FLOODING)]
    for each in people:
        each.start()
    try:
        yield
    finally:
        ends.set()
        for each in people:
            each.join()


@contextmanager
def asked(world: World, *texts: str) -> Iterator[None]:
    """Requests that are under way, and are stopped at the end."""
    for number, text in enumerate(texts):
        world.ask(text, by=-1 - number)
    yield


COMPANY: dict[str, Callable[[World], AbstractContextManager[None]]] = {
    "alone": lambda _world: nullcontext(),
    "30 hung hosts": lambda world: asked(world, *(f"{HUNG}-{number} --all --force --sync" for number in range(30))),
    "1,000 silent hosts": lambda world: asked(world, f'"{SILENT}-*" --all --force'),
    "a flood": flood,
}


def fresh(url: str, number: int) -> str:
    """Return the URL of an empty database beside this one."""
    where = make_url(url)
    other = where.set(database=f"{where.database}{number}")
    if where.get_backend_name() == "postgresql":
        engine = open_database(url).execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {other.database}")
        engine.dispose()
    return other.render_as_string(hide_password=False)


def measured(url: str, company: Sequence[str], *, tries: int, within: float) -> list[Times]:
    """Return the times of healthy requests in each company, which has a bot and a database of its own in each round."""
    found, numbers = [Times(beside) for beside in company], count()
    for _ in rounds(1, within, lambda: bounds_of("", found)):
        for times in found:
            with closing(World(fresh(url, next(numbers)))) as world, COMPANY[times.beside](world):
                time.sleep(SETTLE)
                for _ in range(tries):
                    began = time.perf_counter()
                    world.carry_out(f"{HEALTHY} --all --force --sync")
                    times.seconds.append(time.perf_counter() - began)
    return found


def bounds_of(database: str, times: Sequence[Times]) -> tuple[Bound, ...]:
    alone, *others = times
    says = "a healthy request beside {}, in times of one alone"
    return tuple(
        Bound(database, says.format(each.beside), AGAINST_ALONE, each.middle / alone.middle) for each in others
    )


def main() -> int:
    parser = options(__doc__, quick=f"{QUICK_TRIES} try, and another where a bound is missed, not {TRIES}")
    parser.add_argument("--tries", type=int, help="so many healthy requests in each company")
    parser.add_argument("--beside", choices=COMPANY, nargs="+", default=list(COMPANY), help="these companies")
    asked_for = parser.parse_args()
    log_aside(logging.CRITICAL)  # hosts that fail are the matter here
    tries = asked_for.tries or (QUICK_TRIES if asked_for.quick else TRIES)
    company = list(dict.fromkeys(("alone", *asked_for.beside)))
    within = 10.0 if asked_for.quick else 0.0
    with databases(asked_for.only) as urls:
        times = {name: measured(url, company, tries=tries, within=within) for name, url in urls.items()}
    table = Table("database", "beside", "median s", "shortest", "longest")
    for name, each in ((name, each) for name, row in times.items() for each in row):
        numbers = (each.middle, min(each.seconds), max(each.seconds))
        table.add_row(name, each.beside, *(f"{number:.2f}" for number in numbers))
    seconds = {
        name: {each.beside: {"median_s": round(each.middle, 3), "tries": len(each.seconds)} for each in row}
        for name, row in times.items()
    }
    bounds = [bound for name, row in times.items() for bound in bounds_of(name, row)]
    return ended(asked_for, {"host_costs_s": COSTS, "databases": seconds}, table, bounds)


if __name__ == "__main__":
    sys.exit(main())
