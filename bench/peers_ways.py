"""The ways of `bench/peers.py` to list the sessions of hosts, and to log one off and see that it is gone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import winrm
from farm_process import ALICE
from pydantic import SecretStr
from pypsrp.client import Client

from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.shell import WinRmShell
from bot.domain.verdicts import Verdict
from bot.ports.terminal import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from farm_process import FarmProcess

    from bot.domain.session import Session

WITHIN = timedelta(minutes=2)
WAIT = timedelta(seconds=30)
KEPT_FOR = 60.0
"""Seconds that a connection lies idle before a new one is made, as in the bot. http.sys closes it after 120."""
ANSIBLE = Path(sys.executable).with_name("ansible")


class Way(Protocol):
    """Both raise when a host does not answer as it has to."""

    name: str
    slowest: float  # seconds that the slowest host took the last time; 0: nobody knows

    def look(self, hosts: Sequence[str]) -> None:
        """List the sessions of each host."""
        ...

    def act(self, hosts: Sequence[str]) -> None:
        """List the sessions of each host, log off the one with the id `ALICE`, and see that it is gone."""
        ...


def order_of(found: Session) -> Order:
    """Return the order to log this session off."""
    return Order(
        session_id=found.id,
        account=found.account,
        logon=found.logon,
        said_state=found.state,
        even_if_active=False,
        conditions=(),
        machine=found.machine,
    )


class Threads:
    """A way that is followed at one host at a time by each thread, and has as many threads as hosts.

    They have been started before, as those of a service.
    """

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool, self.slowest = pool, 0.0

    def look(self, hosts: Sequence[str]) -> None:
        self._at_each(self._look, hosts)

    def act(self, hosts: Sequence[str]) -> None:
        self._at_each(self._act, hosts)

    def _at_each(self, work: Callable[[str], object], hosts: Sequence[str]) -> None:
        """All begin together: who begins first would hold up the thread that hands out the work."""
        gate = Event()

        def timed(host: str) -> float:
            gate.wait()
            began = time.perf_counter()
            work(host)
            return time.perf_counter() - began

        done = [self._pool.submit(timed, host) for host in hosts]
        gate.set()
        self.slowest = max(each.result() for each in done)

    def _look(self, host: str) -> object:
        raise NotImplementedError

    def _act(self, host: str) -> object:
        raise NotImplementedError


def started(threads: int) -> ThreadPoolExecutor:
    pool, together = ThreadPoolExecutor(threads), Barrier(threads)
    list(pool.map(lambda _: together.wait(), range(threads)))
    return pool


class Terminal(Threads):
    name = "Terminal"

    def __init__(self, farm: FarmProcess, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)

        def connection_of(host: str) -> Connection:
            return Connection(
                endpoint=farm.endpoints[host],
                transport=Transport.NTLM,
                username=farm.username,
                password=SecretStr(farm.password),
            )

        self.terminal = WinRmTerminal(WinRmShell(connection_of))

    def _look(self, host: str) -> Order:
        (alice,) = [each for each in self.terminal.sessions(host, within=WITHIN) if each.id == ALICE]
        return order_of(alice)

    def _act(self, host: str) -> None:
        (answer,) = self.terminal.log_off(host, [self._look(host)], wait=WAIT, within=WITHIN)
        if answer.verdict is not Verdict.GONE:
            raise RuntimeError(f"{host}: {answer}")


class Kept:
    """What holds the connection to each host: made anew when it lay idle for longer than `KEPT_FOR`."""

    def __init__(self, new: Callable[[str], Any]) -> None:
        self._new = new
        self._held: dict[str, tuple[Any, float]] = {}

    @contextmanager
    def of(self, host: str) -> Iterator[Any]:
        held, used = self._held.get(host, (None, 0.0))
        if held is None or time.monotonic() - used > KEPT_FOR:
            held = self._new(host)
        yield held
        self._held[host] = held, time.monotonic()


class Tools(Threads):
    """With the tools of Windows, as scripts do: `quser`, `logoff`, and `quser` until the session is gone."""

    def _run(self, host: str, line: str) -> str:
        raise NotImplementedError

    def _look(self, host: str) -> None:
        if not _has_alice(self._run(host, "quser")):
            raise RuntimeError(f"{host} does not list the session {ALICE}")

    def _act(self, host: str) -> None:
        self._look(host)
        self._run(host, f"logoff {ALICE}")
        while _has_alice(self._run(host, "quser")):
            pass


def _has_alice(listed: str) -> bool:
    return re.search(rf"^.{{40}} *{ALICE}  ", listed, re.MULTILINE) is not None


class Loop(Tools):
    """pywinrm's `Session`, as its README shows it. A shell's end closes its connection."""

    name = "pywinrm loop"

    def __init__(self, farm: FarmProcess, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)
        auth = (farm.username, farm.password)
        self._sessions = {host: winrm.Session(url, auth=auth, transport="ntlm") for host, url in farm.endpoints.items()}

    def _run(self, host: str, line: str) -> str:
        program, *arguments = line.split()
        return str(self._sessions[host].run_cmd(program, arguments).std_out.decode("cp437"))


class Pypsrp(Tools):
    """pypsrp's `Client`, which keeps its connection."""

    name = "pypsrp"

    def __init__(self, farm: FarmProcess, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)
        self._clients = Kept(lambda host: _client(farm, farm.endpoints[host]))

    def _run(self, host: str, line: str) -> str:
        with self._clients.of(host) as client:
            stdout, _, _ = client.execute_cmd(line)
        return str(stdout)


def _client(farm: FarmProcess, url: str) -> Any:
    place = urlsplit(url)
    logon = {"username": farm.username, "password": farm.password, "auth": "ntlm"}
    return Client(place.hostname or "", port=place.port, ssl=False, **logon)


class Ansible:
    """Ansible's module `raw`, with as many forks as hosts. It starts anew for each question."""

    name, slowest = "Ansible raw", 0.0

    def __init__(self, farm: FarmProcess, folder: Path) -> None:
        self._folder, self._inventory = folder, folder / "hosts.json"
        given: dict[str, Any] = {
            "ansible_connection": "winrm",
            "ansible_winrm_scheme": "http",
            "ansible_winrm_transport": "ntlm",
            "ansible_user": farm.username,
            "ansible_password": farm.password,
        }
        places = {host: urlsplit(url) for host, url in farm.endpoints.items()}
        hosts = {
            host: given | {"ansible_host": place.hostname, "ansible_port": place.port} for host, place in places.items()
        }
        self._inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")

    def look(self, hosts: Sequence[str]) -> None:
        if sum(map(_has_alice, self._ask(hosts, "quser"))) != len(hosts):
            raise RuntimeError("Ansible did not see every session")

    def act(self, hosts: Sequence[str]) -> None:
        self.look(hosts)
        self._ask(hosts, f"logoff {ALICE}")
        while any(map(_has_alice, self._ask(hosts, "quser"))):
            pass

    def _ask(self, hosts: Sequence[str], line: str) -> list[str]:
        """What each host answered. Its own home, and nothing of the environment but the way to programs."""
        home = str(self._folder)
        own = {"PATH": os.environ["PATH"], "HOME": home, "ANSIBLE_HOME": home, "LC_ALL": "C.UTF-8"}
        words = [ANSIBLE, ",".join(hosts), "-i", self._inventory, "-f", str(len(hosts)), "-m", "raw", "-a", line]
        done = subprocess.run(  # noqa: S603 - Ansible of this environment, on the inventory of this bench
            [*map(str, words)],
            env=own | {"ANSIBLE_NOCOLOR": "1"},
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        answers = re.split(r"^\S+ \| CHANGED \| rc=0 >>\n", done.stdout, flags=re.MULTILINE)[1:]
        if len(answers) != len(hosts):
            raise RuntimeError(f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return answers
