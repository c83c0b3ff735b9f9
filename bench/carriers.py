"""What it costs to carry a list and a logoff to a host: as a script to a shell, and as commands of its module.

    .venv/bin/python bench/carriers.py [--quick] [--check] [--json]

One farm answers both, in a process of its own, with a real PowerShell on its hosts: `script` starts an engine for each
call, as Windows does, and `jea` has the engine's own server of remoting with the module of `windows/` behind it. A cold
call opens a connection, a warm one finds that of the call before. Hosts with 3 and with 300 sessions are listed, and
one session is logged off without waiting until it is gone. The ways take turns, and of each the median counts. The
farm's share is its process and the engines it started; a warm engine goes on between calls. Compare ratios, on a
machine that does nothing else. Windows has an engine of its own and starts programs otherwise, so there the ratios are
others. `--check` exits with 1 when a bound is missed, and with 2 when there is no PowerShell or no `mcs` here.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from farm_process import ALICE, farm_process
from frame import Bound, ended, options, rounds
from peers_ways import order_of
from pydantic import SecretStr
from rich.table import Table

from adapters.windows.carrier import ScriptCarrier
from adapters.windows.jea.carrier import JeaCarrier
from adapters.windows.terminal import WindowsTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.shell import WinRmShell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from farm_process import FarmProcess

    from bot.domain.session import Session

WARM_AGAINST_SCRIPT = 0.1
"""A warm list by commands takes at most this part of the time of a warm one by script, with few sessions."""

WARM_MESSAGES = 4
"""Command, Receive once or twice, and Signal: the most messages of a warm list of few sessions."""

FEW, MANY = 3, 300
WITHIN = timedelta(minutes=2)
CARRIERS, CONNECTIONS = ("script", "jea"), ("cold", "warm")
ENDPOINT = "LogoffBot"
MODULE = Path(__file__).parents[1] / "windows" / "build.py"


@dataclass(frozen=True, slots=True)
class Cell:
    """A job at a host with so many sessions, by one of the carriers, over a new connection or a kept one."""

    job: str
    sessions: int
    carrier: str
    connection: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one call: seconds, seconds of processor time of both ends, and messages."""

    wall: float
    client: float
    farm: float
    messages: int


@dataclass(frozen=True, slots=True)
class Extent:
    """What is measured, how often, and for how many seconds more while a bound is missed."""

    jobs: tuple[str, ...]
    sizes: tuple[int, ...]
    least: int
    within: float


WHOLE = Extent(("list", "stop"), (FEW, MANY), 9, 60.0)
QUICK = Extent(("list", "stop"), (FEW,), 3, 30.0)
LEAST = Extent(("list",), (FEW,), 1, 0.0)

Found = dict[Cell, list[Cost]]


def farm_text(sizes: Sequence[int]) -> str:
    """Return a farm with a host of each size; the session that is logged off is the first one of a person."""
    lines = [
        "account: {username: CORP\\svc, password: fiction}",
        f"remoting: {ENDPOINT}",
        "every_host: [{id: 0, station: Services, state: disconnected}]",
        "hosts:",
    ]
    for size in sizes:
        lines.append(f"  host-{size}:\n    sessions:")
        lines += [f"      - {{id: {n}, user: 'CORP\\user{n}', disconnected: 3h}}" for n in range(ALICE, ALICE + size)]
    return "\n".join(lines) + "\n"


class Asker:
    """The terminal over one of the carriers, as the bot has it."""

    def __init__(self, farm: FarmProcess, carrier: str) -> None:
        jea = ENDPOINT if carrier == "jea" else ""

        def connection_of(host: str) -> Connection:
            return Connection(
                endpoint=farm.endpoints[host],
                transport=Transport.NTLM,
                username=farm.username,
                password=SecretStr(farm.password),
                jea=jea,
            )

        self._shell = WinRmShell(connection_of)
        self._jea = JeaCarrier(connection_of)
        self._terminal = WindowsTerminal(self._jea if jea else ScriptCarrier(self._shell))

    def close(self) -> None:
        self._shell.close()
        self._jea.close()

    def list(self, host: str) -> tuple[Session, ...]:
        return self._terminal.sessions(host, within=WITHIN)

    def stop(self, host: str, found: Session) -> None:
        (answer,) = self._terminal.log_off(host, [order_of(found)], wait=None, within=WITHIN)
        if answer.verdict is not None:
            raise RuntimeError(f"{host} answered {answer.verdict}, and it was asked only to begin")


def measured(extent: Extent, module: Path) -> Found:
    found: Found = {Cell(*each): [] for each in product(extent.jobs, extent.sizes, CARRIERS, CONNECTIONS)}
    with farm_process(farm_text(extent.sizes), engine="pwsh", module=module) as farm:
        farm.restore(0.0)
        for _ in rounds(extent.least, extent.within, lambda: bounds_of(found)):
            for cell in found:
                found[cell].append(_cost(farm, cell))
    return found


def _cost(farm: FarmProcess, cell: Cell) -> Cost:
    """Do the job once and return what it cost. Everybody is logged on again before."""
    host = f"host-{cell.sessions}"
    with closing(Asker(farm, cell.carrier)) as known:
        farm.restore(0.0)
        (alice,) = (each for each in known.list(host) if each.id == ALICE)
        if cell.connection == "warm":
            return _timed(farm, known, cell, host, alice)
    with closing(Asker(farm, cell.carrier)) as fresh:
        return _timed(farm, fresh, cell, host, alice)


def _timed(farm: FarmProcess, asker: Asker, cell: Cell, host: str, alice: Session) -> Cost:
    before, own, began = farm.count(), _own_cpu(), time.perf_counter()
    if cell.job == "list":
        asker.list(host)
    else:
        asker.stop(host, alice)
    wall, client, after = time.perf_counter() - began, _own_cpu() - own, farm.count()
    return Cost(wall, client, after.cpu - before.cpu, after.messages - before.messages)


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def bounds_of(found: Found) -> tuple[Bound, ...]:
    script, jea = (_median(found[Cell("list", FEW, carrier, "warm")]) for carrier in CARRIERS)
    return (
        Bound("engine", "a warm list by jea, in times of one by script", WARM_AGAINST_SCRIPT, jea.wall / script.wall),
        Bound("engine", "messages of a warm list by jea", WARM_MESSAGES, jea.messages),
    )


def _median(costs: Sequence[Cost]) -> Cost:
    wall, client, farm = (median(getattr(each, name) for each in costs) for name in ("wall", "client", "farm"))
    return Cost(wall, client, farm, round(median(each.messages for each in costs)))


def _rows(found: Found) -> Iterator[dict[str, object]]:
    for cell, costs in found.items():
        of = _median(costs)
        times = {"seconds": of.wall, "client_ms": of.client * 1000, "farm_ms": of.farm * 1000}
        yield asdict(cell) | {name: round(value, 4) for name, value in times.items()} | {"messages": of.messages}


def what_is_missing() -> str:
    """Return what is needed and not here, in words; empty: nothing."""
    if shutil.which(os.environ.get("TS_PWSH", "pwsh")) is None:
        return "PowerShell is not here. Put pwsh on PATH, or name its executable in $TS_PWSH."
    if shutil.which("mcs") is None:
        return "mcs is not here. Install mono-mcs: it builds the module."
    return ""


def main() -> int:
    parser = options(__doc__, quick="few sessions, few rounds", has_databases=False)
    parser.add_argument("--least", action="store_true", help="lists of few sessions, one round")
    asked = parser.parse_args()
    if missing := what_is_missing():
        sys.stderr.write(f"{missing}\n")
        return 2
    extent = LEAST if asked.least else QUICK if asked.quick else WHOLE
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, MODULE, folder], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        found = measured(extent, Path(folder) / ENDPOINT)
    table = Table("job", "sessions", "carrier", "connection", "seconds", "client ms", "farm ms", "messages")
    rows = list(_rows(found))
    for row in rows:
        table.add_row(*map(str, row.values()))
    return ended(asked, {"rows": rows}, table, bounds_of(found))


if __name__ == "__main__":
    sys.exit(main())
