"""What a kept connection is worth: looks per second over kept lines and over new ones.

    .venv/bin/python bench/connections.py [looks] [threads]

Prints a table. The floor is what the same number of HTTP messages costs on this machine without WinRM, measured in the
same run: compare ratios between machines and releases, not seconds.
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

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.shell import WinRmShell
from rehearsal.windows import Farm

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGES = 5
BODY = b"x" * 4096
WITHIN = timedelta(minutes=1)
FARM = """
account: {username: CORP\\svc, password: fiction}
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


def per_second(look: Callable[[int], object], looks: int, threads: int) -> float:
    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        list(pool.map(look, range(looks)))
        return looks / (time.perf_counter() - began)


def measure_floor(looks: int, threads: int) -> float:
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
        return per_second(exchange, looks, threads)
    finally:
        server.shutdown()
        server.server_close()


def measure(farm: Farm, keep_idle: timedelta, looks: int, threads: int) -> float:
    def connection_of(host: str) -> Connection:
        password = SecretStr(farm.account.password)
        endpoint = farm.endpoints[host]
        return Connection(
            endpoint=endpoint, transport=Transport.NTLM, username=farm.account.username, password=password
        )

    hosts = list(farm.endpoints)
    with closing(WinRmShell(connection_of, keep_idle=keep_idle)) as shell:
        terminal = WinRmTerminal(shell)
        return per_second(lambda number: terminal.sessions(hosts[number % len(hosts)], within=WITHIN), looks, threads)


def main(looks: int = 200, threads: int = 4) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "farm.yaml"
        path.write_text(FARM, encoding="utf-8")
        with Farm.from_file(path, engine="double") as farm:
            rows = {
                f"floor: {MESSAGES} plain HTTP messages": measure_floor(looks, threads),
                "kept lines": measure(farm, timedelta(minutes=1), looks, threads),
                "a new line for each look": measure(farm, timedelta(0), looks, threads),
            }
    floor = next(iter(rows.values()))
    table = Table("way", "looks per second", "times the floor's cost")
    for name, rate in rows.items():
        table.add_row(name, f"{rate:,.0f}", f"{floor / rate:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
