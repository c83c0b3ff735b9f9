"""The farm of `bench/peers.py`, in a process of its own: what it costs is no client's cost."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.windows import Farm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from multiprocessing.connection import Connection

ALICE = 3
"""The id of the session that is logged off on each host."""

_FARM = """
account: {{username: CORP\\svc, password: fiction}}
every_host: [{{id: 0, station: Services, state: disconnected}}, {{id: 65536, station: RDP-Tcp, state: listen}}]
hosts:
  host-[001-{hosts:03}]:
    sessions:
      - {{id: 3, user: CORP\\alice, disconnected: 3h, logged_on: 1d2h, client: LAPTOP-7, address: 10.0.4.17}}
      - {{id: 5, user: CORP\\bob, idle: 2m, logged_on: 5h, client: PC-12, address: 10.0.4.31}}
"""


@dataclass(frozen=True, slots=True)
class Count:
    """What the farm has seen and spent since its start, over all hosts."""

    messages: int  # answered over HTTP, since the last `restore`
    cpu: float  # seconds of its process
    alices: int  # sessions with the id of `ALICE` that are still there


class FarmProcess:
    """The farm, seen from the process that measures."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.username, self.password, self.endpoints = self._asked_start()

    def _asked_start(self) -> tuple[str, str, Mapping[str, str]]:
        username, password, endpoints = self._pipe.recv()
        return username, password, endpoints

    def restore(self, host_costs: float) -> None:
        """Everybody is logged on again, and each command takes so many seconds more than its work."""
        self._ask("restore", host_costs)

    def count(self) -> Count:
        messages, cpu, alices = self._ask("count", None)
        return Count(messages, cpu, alices)

    def _ask(self, what: str, value: float | None) -> Any:
        self._pipe.send((what, value))
        return self._pipe.recv()


@contextmanager
def farm_process(hosts: int) -> Iterator[FarmProcess]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, hosts), daemon=True)
    process.start()
    theirs.close()
    try:
        yield FarmProcess(ours)
    finally:
        ours.close()
        process.join()


def _serve(pipe: Connection, hosts: int) -> None:
    """Runs the farm until the other end of the pipe is closed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "farm.yaml"
        path.write_text(_FARM.format(hosts=hosts), encoding="utf-8")
        with Farm.from_file(path, engine="double") as farm:
            pipe.send((farm.account.username, farm.account.password, dict(farm.endpoints)))
            while True:
                try:
                    what, value = pipe.recv()
                except EOFError:
                    return
                if what == "restore":
                    _restore(farm, value)
                pipe.send(_counted(farm))


def _restore(farm: Farm, host_costs: float) -> None:
    farm.restore()
    if host_costs:
        for host in farm.endpoints:
            farm.set_behaviour(host, "slow", seconds=host_costs)


def _counted(farm: Farm) -> tuple[int, float, int]:
    messages = sum(len(farm.messages(host)) for host in farm.endpoints)
    alices = sum(each["id"] == ALICE for host in farm.endpoints for each in farm.sessions(host))
    return messages, time.process_time(), alices
