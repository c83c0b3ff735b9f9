"""The farm of a bench, in a process of its own: what it costs is no client's cost."""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from rehearsal.windows import Farm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from multiprocessing.connection import Connection

    from rehearsal.windows.settings import EngineName

ALICE = 3
"""The id of the session that is logged off on each host."""


@dataclass(frozen=True, slots=True)
class Count:
    """What the farm has seen and spent since its start, over all hosts."""

    messages: int  # answered over HTTP, since the last `restore`
    cpu: float  # seconds of its process, and of what runs on its hosts
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
def farm_process(text: str, *, engine: EngineName = "double", module: Path | None = None) -> Iterator[FarmProcess]:
    """Start the farm of this file. `module` is a built module, for endpoints with a real engine."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, text, engine, module), daemon=True)
    process.start()
    theirs.close()
    try:
        yield FarmProcess(ours)
    finally:
        ours.close()
        process.join()


def _serve(pipe: Connection, text: str, engine: EngineName, module: Path | None) -> None:
    """Runs the farm until the other end of the pipe is closed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "farm.yaml"
        path.write_text(text, encoding="utf-8")
        with Farm.from_file(path, engine=engine, module=module) as farm:
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
    return messages, time.process_time() + _cpu_of_hosts(), alices


def _cpu_of_hosts() -> float:
    """Return the seconds of the engines that have ended, and of those that run."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = ended.ru_utime + ended.ru_stime
    for engine in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times = engine.cpu_times()
            seconds += times.user + times.system
    return seconds
