"""What a look costs, and a look plus a logoff until *gone*, beside what people use without the bot.

    .venv/bin/python bench/peers.py [--quick] [--check] [--json] [--hosts N ...] [--costs S ...] [--no-ansible]

The same farm of hosts answers all, from a process of its own: the bot's `Terminal`, a loop over pywinrm's `Session`,
pypsrp's `Client`, and Ansible's `raw`, each with as many threads (forks) as hosts. The hosts take 0, 0.3 or 1.5 seconds
more for each command. Each way has made one look before it is timed, as a service has that runs; what it keeps, it has.
Ways take turns, five times, and of each the median of the five is judged: a missed bound is measured no second time.
Ansible starts anew for each question and is timed once.

The floor is what the messages of the bot's look cost when `requests` alone sends the same bytes with the same logon and
reads nothing in the answers. The time of many hosts is compared with the slowest of them in the same run, or with the
processor time of both ends where that is more, and with the floor's. Compare ratios, on a machine that does nothing
else. The whole takes half an hour.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from farm_process import farm_process
from frame import Bound, ended, log_aside
from peers_floor import Floor
from peers_ways import ANSIBLE, Ansible, Loop, Pypsrp, Terminal, started
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from farm_process import FarmProcess
    from peers_ways import Way

FARM = """
account: {{username: CORP\\svc, password: fiction}}
every_host: [{{id: 0, station: Services, state: disconnected}}, {{id: 65536, station: RDP-Tcp, state: listen}}]
hosts:
  host-[001-{hosts:03}]:
    sessions:
      - {{id: 3, user: CORP\\alice, disconnected: 3h, logged_on: 1d2h, client: LAPTOP-7, address: 10.0.4.17}}
      - {{id: 5, user: CORP\\bob, idle: 2m, logged_on: 5h, client: PC-12, address: 10.0.4.31}}
"""
SIZES, COSTS = (1, 50, 200), (0.0, 0.3, 1.5)
QUICK_SIZES, QUICK_COSTS = (1, 8), (0.0, 0.1)
LEAST_LOOKS = 40
"""Looks in one measurement of hosts that cost nothing: one alone says little."""
ROUNDS = 5
MANY = 200
MOST_OF_LOOP = 1.05
"""A job takes at most so many times the time of a loop over pywinrm with as many threads."""

MOST_OF_ANSIBLE = 1 / 8
"""A job takes at most this part of the processor time of Ansible's `raw`."""

MOST_OF_FLOOR = 1.5
"""A look takes at most so many times the processor time of the same bytes by `requests` alone."""

MOST_OF_MANY = 1.3
"""Many hosts take at most so many times what has to be waited for."""

JOBS = ("look", "act")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one job at all hosts, once, in seconds: `client` and `farm` of processor time, `slowest` of one host."""

    wall: float
    slowest: float
    client: float
    farm: float
    messages: float


@dataclass(frozen=True, slots=True)
class Cell:
    job: str
    hosts: int
    host_costs: float


QUICK_ANSIBLE = Cell("look", 8, 0.0)
Found = dict[Cell, dict[str, list[Cost]]]


def main() -> int:
    asked = _options().parse_args()
    found: Found = {}
    with ExitStack() as stack:
        farm = stack.enter_context(farm_process(FARM.format(hosts=max(asked.hosts))))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ansible = _ansible(farm, folder) if asked.ansible else None
        pool = stack.enter_context(started(max(asked.hosts)))
        ways: list[Way] = [Terminal(farm, pool), Loop(farm, pool), Pypsrp(farm, pool), Floor(farm, pool)]
        for way in ways:
            farm.restore(0.0)
            way.look(list(farm.endpoints))
        for cell in (Cell(*each) for each in product(JOBS, asked.hosts, asked.costs)):
            found[cell] = _of_cell(farm, [way for way in ways if _is_asked(way, cell)], cell, asked)
            if ansible and asked.ansible_at in (None, cell):
                found[cell][ansible.name] = [_measured(farm, ansible, cell)]
    asked.only = ["farm", "Ansible"] if asked.ansible else ["farm"]
    rows = [row for cell in found for row in _rows(cell, found[cell])]
    return ended(asked, {"rows": rows}, _table(rows), list(_bounds(found)))


def _options() -> argparse.ArgumentParser:
    class Quick(argparse.Action):
        def __call__(self, parser: object, namespace: argparse.Namespace, *_: object) -> None:
            del parser
            namespace.hosts, namespace.costs = QUICK_SIZES, QUICK_COSTS
            namespace.ansible_at = QUICK_ANSIBLE

    log_aside()
    parsed = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parsed.add_argument("--quick", action=Quick, nargs=0, help=f"{QUICK_SIZES} hosts of {QUICK_COSTS} seconds")
    parsed.add_argument("--hosts", type=int, nargs="+", default=SIZES, help="these numbers of hosts")
    parsed.add_argument("--costs", type=float, nargs="+", default=COSTS, help="these seconds of the hosts' own")
    parsed.add_argument("--rounds", type=int, default=ROUNDS, help="measure so many times; Ansible once")
    parsed.add_argument("--check", action="store_true", help="exit with 1 when a bound is missed")
    parsed.add_argument("--json", action="store_true", help="print one JSON object")
    parsed.add_argument("--no-ansible", dest="ansible", action="store_false", help="without Ansible")
    parsed.set_defaults(ansible_at=None)
    return parsed


def _ansible(farm: FarmProcess, folder: Path) -> Ansible | None:
    if ANSIBLE.exists():
        return Ansible(farm, folder)
    sys.stderr.write("Ansible is not measured, because it is not installed. Install it: make foreign\n")
    return None


def _is_asked(way: Way, cell: Cell) -> bool:
    """The floor is that of a look."""
    return not isinstance(way, Floor) or cell.job == "look"


def _of_cell(farm: FarmProcess, ways: Sequence[Way], cell: Cell, asked: argparse.Namespace) -> dict[str, list[Cost]]:
    """Measure in turns, in so many rounds whatever they find: more of them would make other medians."""
    found: dict[str, list[Cost]] = {way.name: [] for way in ways}
    for _ in range(asked.rounds):
        for way in ways:
            found[way.name].append(_measured(farm, way, cell))
    return found


def _measured(farm: FarmProcess, way: Way, cell: Cell) -> Cost:
    hosts = list(farm.endpoints)[: cell.hosts]
    times = max(1, LEAST_LOOKS // cell.hosts) if cell.job == "look" and not cell.host_costs else 1
    farm.restore(cell.host_costs)
    farm_before, before, began = farm.count().cpu, _own_cpu(), time.perf_counter()
    for _ in range(times):
        way.look(hosts) if cell.job == "look" else way.act(hosts)
    wall, client = time.perf_counter() - began, _own_cpu() - before
    after = farm.count()
    if cell.job == "act" and after.alices != len(farm.endpoints) - cell.hosts:
        raise RuntimeError(f"{way.name} left {after.alices} of {len(farm.endpoints)} sessions")
    return Cost(wall / times, way.slowest, client / times, (after.cpu - farm_before) / times, after.messages / times)


def _own_cpu() -> float:
    """Of this process and of its children that have ended. The farm has not."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _bounds(found: Found) -> Iterator[Bound]:
    for cell, costs in found.items():
        said = f"{cell.job}, {cell.hosts} of {cell.host_costs} s"
        ours, loop = costs[Terminal.name], costs[Loop.name]
        yield Bound("farm", f"{said}: time in times of the loop's", MOST_OF_LOOP, _wall(ours) / _wall(loop))
        if (floor := costs.get(Floor.name)) and not cell.host_costs:
            times = _client(ours) / _client(floor)
            yield Bound("farm", f"{said}: processor time in times of the floor's", MOST_OF_FLOOR, times)
        if ansible := costs.get(Ansible.name):
            times = _client(ours) / _client(ansible)
            yield Bound("Ansible", f"{said}: processor time in times of Ansible's", MOST_OF_ANSIBLE, times)
        if cell.hosts == MANY:
            yield Bound("farm", f"{said}: time in times of what it has to take", MOST_OF_MANY, _of_least(ours))
            if floor:
                yield Bound("farm", f"{said}: time in times of the floor's", MOST_OF_MANY, _wall(ours) / _wall(floor))


def _of_least(costs: Iterable[Cost]) -> float:
    """The time in times of the slowest host's, or of the processor time of both ends where that is more."""
    return median(cost.wall / max(cost.slowest, cost.client + cost.farm) for cost in costs)


def _wall(costs: Iterable[Cost]) -> float:
    return median(cost.wall for cost in costs)


def _client(costs: Iterable[Cost]) -> float:
    return median(cost.client for cost in costs)


def _rows(cell: Cell, costs: dict[str, list[Cost]]) -> Iterator[dict[str, Any]]:
    for way, measured in costs.items():
        yield asdict(cell) | {
            "way": way,
            "rounds": len(measured),
            "seconds": _wall(measured),
            "slowest_seconds": median(cost.slowest for cost in measured),
            "client_ms_a_host": 1000 * _client(measured) / cell.hosts,
            "farm_ms_a_host": 1000 * median(cost.farm for cost in measured) / cell.hosts,
            "messages_a_host": median(cost.messages for cost in measured) / cell.hosts,
        }


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(
        "job", "way", "seconds", "client ms", "farm ms", "messages", caption="ms and messages are those of a host"
    )
    for row in rows:
        ms = (f"{row[each]:.1f}" for each in ("client_ms_a_host", "farm_ms_a_host", "messages_a_host"))
        job = f"{row['job']}, {row['hosts']} of {row['host_costs']} s"
        table.add_row(job, row["way"], f"{row['seconds']:.2f}", *ms)
    return table


if __name__ == "__main__":
    sys.exit(main())
