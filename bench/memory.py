"""What a bot that goes on and on holds: memory, threads, descriptors, and bytes of its database.

    .venv/bin/python bench/memory.py [--quick] [--check] [--json]

The whole bot runs in a process of its own, on SQLite and on PostgreSQL, against the rehearsal's workspace and farm.
People try in waves that are all alike: lists, own and forced logoffs, four eyes, refusals and mistypes. A mistype makes
no request, and is none of the 2,000 that are counted, though what it costs is. After each wave the bot is left alone
for a moment and then measured. What comes first is not counted: lists of more sessions than the bot keeps in memory,
and waves with twice as many requests side by side as the others, fill caches. Half way through them each connection to
the database that the bot may ever keep is opened, and fills its own cache: one more would else be opened in the busiest
moment yet, which may come in any wave, and would look like growth.

Growth is the slope of a line through all waves that count. A few waves do not tell growth from noise, so `--quick`
fills no cache and allows more of each. `--check` exits with 1 when a bound is missed, and with 2 when PostgreSQL is not
here.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from statistics import linear_regression
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from errands import FLEET_OF, Errand, Kind, errands
from frame import Bound, databases, ended, options
from rich.table import Table
from sqlalchemy import text
from whole_world import Bot, World, world

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

RSS_EACH, RSS_EACH_QUICK = 4.0, 128.0
"""KiB: what the process may grow by with each request. Addresses for answers to commands are kept for 25 minutes."""

MORE, MORE_QUICK = 0, 40
"""Threads, and descriptors, that the process may have more than after the first waves."""

DATABASE_EACH = 40.0
"""KiB: what a request may take in the database, its indexes and its part of the audit log included."""

LINEAR = 1.2
"""The later requests take at most so many times the bytes of the earlier ones."""

MIX = (Kind.OWN, Kind.LIST, Kind.FORCED, Kind.FOUR_EYES, Kind.OWN, Kind.LIST, Kind.FORCED, Kind.REFUSED, Kind.MISTYPED)
AT_ONCE = 8
REST = 1.0
"""Seconds after a wave, before it is measured: what a wave leaves behind is done by then."""


@dataclass(frozen=True, slots=True)
class Size:
    """So many tries in each wave, waves that fill pools, and waves that count."""

    wave: int
    first: int
    waves: int
    is_whole: bool = False  # caches are filled first, and the bounds are tight


WHOLE, QUICK = Size(100, 8, 23, is_whole=True), Size(40, 1, 2)
"""Of 100 tries 89 make a request, so 23 waves make 2,047."""

CROWD = 4_500 // FLEET_OF
"""Sessions on each host of the fleet, so that all together are more than the bot keeps in memory."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the bot holds after so many requests."""

    requests: int
    rss_kib: float
    threads: int
    descriptors: int
    database_kib: float


def bytes_of(engine: Engine) -> int:
    asked = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        "postgresql": "SELECT pg_database_size(current_database())",
    }
    with engine.connect() as connection:
        return int(connection.execute(text(asked[engine.dialect.name])).scalar_one())


def measured(url: str, size: Size) -> list[Held]:
    """Return what the bot holds after each wave, the last of the first ones included."""
    lists = [Errand(Kind.LIST, f"/sessions fleet-{host:02}") for host in range(1, FLEET_OF + 1)]
    with world(url, fleets=CROWD if size.is_whole else 0) as space, space.bots() as (bot,):
        if size.is_whole:
            space.carry_out(lists, at_once=2 * AT_ONCE)
        requests = 0
        for number in range(size.first):
            if number * 2 == size.first:
                bot.fill_pools()
            requests += wave(space, size.wave, at_once=2 * AT_ONCE)
        held = [holds(bot, space, requests)]
        for _ in range(size.waves):
            requests += wave(space, size.wave, at_once=AT_ONCE)
            held.append(holds(bot, space, requests))
    return held


def errands_of(tries: int) -> list[Errand]:
    return errands(tuple(islice(cycle(MIX), tries)))


def wave(space: World, tries: int, *, at_once: int) -> int:
    """Have people try so often, and return how many requests that made."""
    space.farm.restore()
    space.carry_out(tried := errands_of(tries), at_once=at_once)
    return sum(each.makes_a_request for each in tried)


def holds(bot: Bot, space: World, requests: int) -> Held:
    """Measure the bot at rest. Connections that are kept to hosts are left out: they close when they lie idle."""
    time.sleep(REST)
    facts, ports = bot.facts, {urlsplit(each).port for each in space.farm.endpoints.values()}
    kept = sum(bool(each.raddr) and each.raddr.port in ports for each in facts.net_connections("tcp"))
    rss, database = facts.memory_info().rss / 1024, bytes_of(space.database) / 1024
    return Held(requests, rss, facts.num_threads(), facts.num_fds() - kept, database)


def slope(held: Sequence[Held], name: str) -> float:
    """Return by how much it grows with each request."""
    return linear_regression([each.requests for each in held], [getattr(each, name) for each in held]).slope


def bounds_of(database: str, held: Sequence[Held], *, is_whole: bool) -> tuple[Bound, ...]:
    half = len(held) // 2
    rss_each, more = (RSS_EACH, MORE) if is_whole else (RSS_EACH_QUICK, MORE_QUICK)
    earlier, later = slope(held[: half + 1], "database_kib"), slope(held[half:], "database_kib")
    return (
        Bound(database, "KiB of memory a request", rss_each, slope(held, "rss_kib")),
        Bound(database, "threads more than after the first waves", more, held[-1].threads - held[0].threads),
        Bound(
            database, "descriptors more than after the first waves", more, held[-1].descriptors - held[0].descriptors
        ),
        Bound(database, "KiB of the database a request", DATABASE_EACH, slope(held, "database_kib")),
        Bound(database, "bytes of a later request, in times of an earlier one", LINEAR, later / earlier),
    )


def main() -> int:
    parser = options(__doc__, quick="few tries, under a minute")
    parser.add_argument("--tries", type=int, help="so many in all, a third of them first")
    asked = parser.parse_args()
    size = QUICK if asked.quick else WHOLE
    if asked.tries:
        size = Size(asked.tries // 3, 1, 2)
    with databases(asked.only) as urls:
        held = {name: measured(url, size) for name, url in urls.items()}
    table = Table("database", "requests", "memory MiB", "threads", "descriptors", "database KiB")
    for name, rows in held.items():
        for row in rows:
            numbers = (
                row.requests,
                round(row.rss_kib / 1024, 1),
                row.threads,
                row.descriptors,
                round(row.database_kib),
            )
            table.add_row(name, *map(str, numbers))
    bounds = [bound for name, rows in held.items() for bound in bounds_of(name, rows, is_whole=size.is_whole)]
    return ended(
        asked, {"databases": {name: [asdict(row) for row in rows] for name, rows in held.items()}}, table, bounds
    )


if __name__ == "__main__":
    sys.exit(main())
