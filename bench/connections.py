"""What a kept connection is worth: the time of a look over kept lines and over new ones.

    .venv/bin/python bench/connections.py [--quick] [--check] [--json]

The hosts are those of the rehearsal's farm, in this very process, so their work is a part of each look. The floor is
what as many plain HTTP messages cost in the same run. All three take turns, and the best round of each counts: noise
makes a round longer and never shorter. Compare ratios between machines and releases, not milliseconds. `--check` exits
with 1 when a bound is missed.
"""

from __future__ import annotations

import http.client
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from frame import Bound, ended, options, rounds
from pydantic import SecretStr
from rich.table import Table

from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.shell import WinRmShell
from rehearsal.windows import Farm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

KEPT_AGAINST_NEW = 0.85
"""A look over a kept line takes at most this part of the time of one over a new line."""

KEPT_AGAINST_FLOOR = 30.0
"""A look over a kept line takes at most so many times as long as its messages without WinRM and without a host."""

LOOKS, THREADS = 200, 4
MESSAGES = 5
BODY = b"x" * 4096
WITHIN = timedelta(minutes=1)
FARM = """
account: {username: CORP\\svc, password: fiction}
every_host: [{id: 0, station: Services, state: disconnected}]
hosts:
  host-[1-8]:
    sessions: [{id: 3, user: CORP\\alice, disconnected: 3h}, {id: 5, user: CORP\\bob}]
"""


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def seconds_each(look: Callable[[int], object], looks: int) -> float:
    with ThreadPoolExecutor(THREADS) as pool:
        began = time.perf_counter()
        list(pool.map(look, range(looks)))
        return (time.perf_counter() - began) / looks


def floor(looks: int) -> float:
    """As many messages as a look has, over kept connections, with nothing to do at either end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    local = threading.local()

    def exchange(_: int) -> None:
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
        for _ in range(MESSAGES):
            local.connection.request("POST", "/", BODY)
            local.connection.getresponse().read()

    try:
        return seconds_each(exchange, looks)
    finally:
        server.shutdown()
        server.server_close()


def look(farm: Farm, keep_idle: timedelta, looks: int) -> float:
    password = SecretStr(farm.account.password)

    def connection_of(host: str) -> Connection:
        endpoint, name = farm.endpoints[host], farm.account.username
        return Connection(endpoint=endpoint, transport=Transport.NTLM, username=name, password=password)

    hosts = list(farm.endpoints)
    with closing(WinRmShell(connection_of, keep_idle=keep_idle)) as shell:
        terminal = WinRmTerminal(shell)
        return seconds_each(lambda number: terminal.sessions(hosts[number % len(hosts)], within=WITHIN), looks)


WAYS: dict[str, Callable[[Farm, int], float]] = {
    "floor": lambda _, looks: floor(looks),
    "kept": lambda farm, looks: look(farm, timedelta(minutes=1), looks),
    "new": lambda farm, looks: look(farm, timedelta(0), looks),
}


def measured(looks: int, *, least: int, within: float) -> dict[str, list[float]]:
    """Return the seconds of a look in each way, round by round."""
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "farm.yaml"
        path.write_text(FARM, encoding="utf-8")
        with Farm.from_file(path, engine="double") as farm:
            for _ in rounds(least, within, lambda: bounds_of(seconds)):
                for name, way in WAYS.items():
                    seconds[name].append(way(farm, looks))
    return seconds


def bounds_of(seconds: Mapping[str, Sequence[float]]) -> tuple[Bound, ...]:
    best = {name: min(each) for name, each in seconds.items()}
    says = "a look over a kept line, in times of"
    return (
        Bound("lines", f"{says} one over a new line", KEPT_AGAINST_NEW, best["kept"] / best["new"]),
        Bound("lines", f"{says} {MESSAGES} plain messages", KEPT_AGAINST_FLOOR, best["kept"] / best["floor"]),
    )


def main() -> int:
    parser = options(__doc__, quick="few looks, some seconds", has_databases=False)
    parser.add_argument("--looks", type=int, help="so many in each round, one round")
    asked = parser.parse_args()
    looks, least, within = (40, 2, 20.0) if asked.quick else (LOOKS, 3, 60.0)
    if asked.looks:
        looks, least, within = asked.looks, 1, 0.0
    seconds = measured(looks, least=least, within=within)
    table = Table("way", "ms a look", "times the floor")
    for name, each in seconds.items():
        table.add_row(name, f"{min(each) * 1000:.2f}", f"{min(each) / min(seconds['floor']):.1f}")
    found = {name: {"ms_per_look": [round(one * 1000, 3) for one in each]} for name, each in seconds.items()}
    return ended(asked, {"ways": found}, table, bounds_of(seconds))


if __name__ == "__main__":
    sys.exit(main())
