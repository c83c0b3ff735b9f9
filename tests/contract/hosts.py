"""Hosts to try a `Terminal` on: in memory, and on the farm behind WinRM. Each test takes one that nobody else uses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

import pytest
import yaml
from pydantic import SecretStr

from adapters.windows.jea.carrier import JeaCarrier
from adapters.windows.terminal import WindowsTerminal, WinRmTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.shell import WinRmShell
from bot.domain.session import KNOWN_STATES, Account, Session, SessionState
from bot.ports.terminal import Order
from rehearsal.windows import EngineMissingError, Farm
from rehearsal.windows import programs as farm
from rehearsal.windows.sessions import State
from tests.fakes.terminal import FakeTerminal
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bot.domain.program import Program
    from bot.ports.terminal import Terminal
    from rehearsal.windows.settings import EngineName

LOOK = timedelta(seconds=20)
SHORTLY, ENOUGH = timedelta(seconds=4), timedelta(seconds=15)
"""For a call that ends when its time is over, and for one that ends by itself. A busy machine gets as far as either."""
ACT = timedelta(seconds=40)
WAIT = timedelta(seconds=10)
SHORT = timedelta(seconds=1)
HOUR = 36_000_000_000
NOW = 134_088_480_000_000_000
ENDPOINT = "LogoffBot"
LONG_USER = "bartholomew.featherstonehaugh"
LONG_DOMAIN = "SUBSIDIARY-OF-CORP"


class Row(NamedTuple):
    """One session. `logged_on` and `idle` (since the last input, or since the disconnect) are hours.

    The client's build is 19000 + id, and its display 1024x768x16, where there is a client.
    """

    id: int
    state: str
    account: str
    station: str
    client: str
    address: str
    logged_on: int
    idle: int

    @property
    def build(self) -> int:
        return 19_000 + self.id if self.client else 0

    @property
    def display(self) -> str:
        return "1024x768x16" if self.client else ""


SESSIONS = (
    Row(0, "disconnected", "", "Services", "", "", 0, 0),
    Row(1, "active", "CORP\\operator", "Console", "", "", 90, 0),
    Row(3, "disconnected", "CORP\\alice", "", "LAPTOP-7", "10.0.4.17", 26, 3),
    Row(5, "active", "CORP\\bob", "RDP-Tcp#5", "PC-12", "10.0.4.31", 5, 1),
    Row(7, "active", "CORP\\josé", "RDP-Tcp#7", "PC-40", "10.0.5.9", 2, 1),
    Row(8, "disconnected", f"{LONG_DOMAIN}\\{LONG_USER}", "", "PC-77", "10.0.6.2", 73, 26),
    Row(9, "disconnected", "CORP\\山田太郎 😀", "", "東京-PC", "", 48, 5),
    Row(10, "disconnected", "CORP\\<!channel> *x* `y` 'z'", "", "", "", 48, 5),
    Row(65536, "listen", "", "RDP-Tcp", "", "", 0, 0),
)


class Hosts(Protocol):
    """What a test may do to the host it was given, whatever stands behind it."""

    @property
    def terminal(self) -> Terminal: ...

    def take(self) -> str:
        """A host with the sessions of `SESSIONS`."""
        ...

    def people(self, host: str) -> dict[int, str]: ...
    def logged_off(self, host: str) -> list[int]:
        """The ids that were really asked to go, in order."""
        ...

    def disconnected(self, host: str) -> list[int]:
        """The ids that were really asked to disconnect, in order."""
        ...

    def messages(self, host: str) -> list[tuple[int, str, str]]:
        """Session id, title and text of each box that was really shown."""
        ...

    def sign_out(self, host: str, session_id: int) -> None: ...
    def return_to_work(self, host: str, session_id: int) -> None: ...
    def take_over(self, host: str, session_id: int, user: str) -> None: ...
    def go_to_console(self, host: str, session_id: int) -> None: ...
    def set_times(self, host: str, session_id: int, state: SessionState, since: int) -> None:
        """The session is in this state since then: its last input, or its disconnect; 0: Windows tells no time."""
        ...

    def set_ticks(self, host: str, session_id: int, **ticks: int) -> None:
        """Windows reports these ticks, whatever they are."""
        ...

    def set_state(self, host: str, session_id: int, state: int) -> None:
        """Windows reports the state with this number, whatever it is."""
        ...

    def set_address(self, host: str, session_id: int, address: str) -> None: ...
    def misread(self, host: str, session_id: int, what: str, manner: str) -> None:
        """What one of the rehearsal's `CLASSES` tells is `refused` with 5, or answered by `nothing` or too `short`."""
        ...

    def show_nothing(self, host: str) -> None:
        """The list of sessions succeeds and has none."""
        ...

    def run(self, host: str, session_id: int, programs: Sequence[Program]) -> None:
        """These run in the session from now on, and in no other session anything."""
        ...

    def hide_programs(self, host: str, session_id: int) -> None:
        """The list of the session's programs is refused with 5."""
        ...

    def hang(self, host: str) -> None: ...
    def refuse(self, host: str, code: int) -> None: ...
    def take_down(self, host: str) -> None: ...


def order_for(session: Session, **changes: Any) -> Order:
    """To log off the person as just seen."""
    fields: dict[str, Any] = {
        "session_id": session.id,
        "account": session.account,
        "logon": session.logon,
        "said_state": session.state,
        "even_if_active": False,
        "conditions": (),
    }
    return Order(**(fields | changes))


class MemoryHosts:
    def __init__(self) -> None:
        self._names = (f"host-{number}" for number in count(1))
        hosts = {f"host-{number}": [_memory_session(row) for row in SESSIONS] for number in range(1, 100)}
        self.terminal = FakeTerminal(hosts)

    def take(self) -> str:
        return next(self._names)

    def people(self, host: str) -> dict[int, str]:
        return {each.id: str(each.account) for each in self.terminal._hosts[host].values()}

    def logged_off(self, host: str) -> list[int]:
        return [session_id for on, session_id in self.terminal.logged_off if on == host]

    def disconnected(self, host: str) -> list[int]:
        return [session_id for on, session_id in self.terminal.disconnected if on == host]

    def messages(self, host: str) -> list[tuple[int, str, str]]:
        return [(session_id, title, text) for on, session_id, title, text in self.terminal.messages if on == host]

    def sign_out(self, host: str, session_id: int) -> None:
        self.terminal.sign_out(host, session_id)

    def return_to_work(self, host: str, session_id: int) -> None:
        self.terminal.return_to_work(host, session_id)

    def take_over(self, host: str, session_id: int, user: str) -> None:
        domain, _, name = user.partition("\\")
        self.terminal.take_over(host, session_id, Account(domain=domain, user=name))

    def go_to_console(self, host: str, session_id: int) -> None:
        self.terminal.go_to_console(host, session_id)

    def set_times(self, host: str, session_id: int, state: SessionState, since: int) -> None:
        there, is_active = self.terminal._hosts[host], state is SessionState.ACTIVE
        there[session_id] = replace(
            there[session_id], state=state, input=since if is_active else 0, disconnect=0 if is_active else since
        )

    def set_ticks(self, host: str, session_id: int, **ticks: int) -> None:
        self._change(host, session_id, **ticks)

    def set_state(self, host: str, session_id: int, state: int) -> None:
        if state in KNOWN_STATES:
            self._change(host, session_id, state=SessionState(state))
        else:
            self._change(host, session_id, state=SessionState.UNKNOWN, error=13)

    def set_address(self, host: str, session_id: int, address: str) -> None:
        self._change(host, session_id, address=address)

    def misread(self, host: str, session_id: int, what: str, manner: str) -> None:
        account = self.terminal._hosts[host][session_id].account
        blank: dict[str, dict[str, Any]] = {
            "user": {"account": replace(account, user="")},
            "domain": {"account": replace(account, domain="")},
            "client": {"client": ""},
            "address": {"address": ""},
            "protocol": {"protocol": 0},
            "build": {"build": 0},
            "display": {"display": ""},
            "times": {"logon": 0, "connect": 0, "disconnect": 0, "input": 0, "now": 0},
        }
        error = 0 if what not in ("user", "domain", "times") else 5 if manner == "refused" else 13
        self._change(host, session_id, error=error, **blank[what])

    def run(self, host: str, session_id: int, programs: Sequence[Program]) -> None:
        self.terminal.running = {(host, session_id): tuple(programs)}

    def hide_programs(self, host: str, session_id: int) -> None:
        self.terminal.hidden.add((host, session_id))

    def show_nothing(self, host: str) -> None:
        self.terminal._hosts[host].clear()

    def _change(self, host: str, session_id: int, **changes: Any) -> None:
        there = self.terminal._hosts[host]
        there[session_id] = replace(there[session_id], **changes)

    def hang(self, host: str) -> None:
        for session_id in self.people(host):
            self.terminal.hang(host, session_id)

    def refuse(self, host: str, code: int) -> None:
        self.terminal.refuse(host, code)

    def take_down(self, host: str) -> None:
        self.terminal.take_down(host)


def _memory_session(row: Row) -> Session:
    domain, _, user = row.account.rpartition("\\")
    known = {"active": SessionState.ACTIVE, "disconnected": SessionState.DISCONNECTED, "listen": SessionState.LISTENING}
    session = Session(
        host="",
        id=row.id,
        state=known[row.state],
        account=Account(domain=domain, user=user),
        station=row.station,
        client=row.client,
        address=row.address,
        build=row.build,
        display=row.display,
        logon=NOW - row.logged_on * HOUR if user else 0,
        now=NOW,
    )
    at = NOW - row.idle * HOUR if user else 0
    return replace(session, input=at) if session.state is SessionState.ACTIVE else replace(session, disconnect=at)


class FarmHosts:
    """`hosts` are names of the farm that have the sessions of `SESSIONS`."""

    def __init__(self, farm: Farm, hosts: list[str]) -> None:
        self.farm = farm
        self._names = iter(hosts)
        self.shell = WinRmShell(self.connection)
        self.terminal: WindowsTerminal = WinRmTerminal(self.shell)

    def close(self) -> None:
        self.shell.close()

    def connection(self, host: str) -> Connection:
        account = self.farm.account
        return Connection(
            endpoint=self.farm.endpoints[host],
            transport=Transport.NTLM,
            username=account.username,
            password=SecretStr(account.password),
        )

    def take(self) -> str:
        return next(self._names)

    def people(self, host: str) -> dict[int, str]:
        return {each["id"]: each["user"] for each in self.farm.sessions(host)}

    def logged_off(self, host: str) -> list[int]:
        return [call.session_id for call in self.farm.calls(host) if call.name == "logoff" and not call.code]

    def disconnected(self, host: str) -> list[int]:
        return [call.session_id for call in self.farm.calls(host) if call.name == "disconnect" and not call.code]

    def messages(self, host: str) -> list[tuple[int, str, str]]:
        calls = self.farm.calls(host)
        return [(call.session_id, call.title, call.text) for call in calls if call.name == "message" and not call.code]

    def sign_out(self, host: str, session_id: int) -> None:
        self.farm.sign_out(host, session_id)

    def return_to_work(self, host: str, session_id: int) -> None:
        self.farm.return_to_work(host, session_id)

    def take_over(self, host: str, session_id: int, user: str) -> None:
        self.farm.take_over(host, session_id, user)

    def go_to_console(self, host: str, session_id: int) -> None:
        with self.farm._hosts[host].machine.sessions.locked() as table:
            table.change(session_id, station="Console", protocol=0)

    def set_times(self, host: str, session_id: int, state: SessionState, since: int) -> None:
        times = {"input": since, "disconnect": 0} if state is SessionState.ACTIVE else {"input": 0, "disconnect": since}
        with self.farm._hosts[host].machine.sessions.locked() as table:
            table.change(session_id, state=State(int(state)), **times)

    def set_ticks(self, host: str, session_id: int, **ticks: int) -> None:
        with self.farm._hosts[host].machine.sessions.locked() as table:
            table.change(session_id, **ticks)

    def set_state(self, host: str, session_id: int, state: int) -> None:
        with self.farm._hosts[host].machine.sessions.locked() as table:
            table.change(session_id, state=state)

    def set_address(self, host: str, session_id: int, address: str) -> None:
        with self.farm._hosts[host].machine.sessions.locked() as table:
            table.change(session_id, address=address)

    def misread(self, host: str, session_id: int, what: str, manner: str) -> None:
        self.farm.set_behaviour(host, "unreadable", id=session_id, what=what, manner=manner)

    def run(self, host: str, session_id: int, programs: Sequence[Program]) -> None:
        rows = [farm.Program(each.name, each.cpu // timedelta(microseconds=1) * 10, each.memory) for each in programs]
        self.farm._hosts[host].machine.sessions.programs.run({session_id: rows})

    def hide_programs(self, host: str, session_id: int) -> None:
        with self.farm._hosts[host].machine.sessions.locked() as table:
            table.change(session_id, odd="programs:5")

    def show_nothing(self, host: str) -> None:
        self.farm.set_behaviour(host, "empty")

    def hang(self, host: str) -> None:
        self.farm.set_behaviour(host, "hangs")

    def refuse(self, host: str, code: int) -> None:
        self.farm.set_behaviour(host, "no-right", code=code)

    def take_down(self, host: str) -> None:
        self.farm.take_down(host)


class JeaHosts(FarmHosts):
    """The same hosts, asked by commands of the module behind their endpoint."""

    def __init__(self, farm: Farm, hosts: list[str]) -> None:
        super().__init__(farm, hosts)
        self.carrier = JeaCarrier(self.connection)
        self.terminal = WindowsTerminal(self.carrier)

    def close(self) -> None:
        self.carrier.close()
        super().close()

    def connection(self, host: str) -> Connection:
        return replace(super().connection(host), jea=ENDPOINT)


@contextmanager
def opened(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """`memory`, or the engine of a farm; skips the test where the engine is not on this machine.

    `jea` is the double of the module, `jea-pwsh` the module itself in a restricted session of PowerShell.
    """
    if kind == "memory":
        yield MemoryHosts()
        return
    path, names = farm_file(tmp_path_factory.mktemp("farm"))
    engine = {"jea": "double", "jea-pwsh": "pwsh"}.get(kind, kind)
    module = built_module(tmp_path_factory.getbasetemp() / "module") if kind == "jea-pwsh" else None
    farm = Farm.from_file(path, engine=cast("EngineName", engine), module=module)
    try:
        farm.start()
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    with closing((JeaHosts if kind.startswith("jea") else FarmHosts)(farm, names)) as there:
        yield there
    farm.stop()


def built_module(folder: Path) -> Path:
    """The module, built once from the sources here; skips the test where their compiler is not on this machine."""
    build = ROOT / "windows" / "build.py"
    if not (build.exists() and shutil.which("mcs")):
        pytest.skip("the module: install mono-mcs")
    if (folder / "LogoffBot").exists():
        return folder / "LogoffBot"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, str(build), str(folder)], check=True, env=environment, capture_output=True)  # noqa: S603 - our own program
    return folder / "LogoffBot"


def farm_file(folder: Path, hosts: int = 60) -> tuple[Path, list[str]]:
    """A farm of equal hosts, and their names."""
    names = [f"host-{number:02}" for number in range(1, hosts + 1)]
    account = {"username": "CORP\\svc-logoff", "password": "only the farm knows it"}
    each: dict[str, Any] = {"sessions": [_farm_session(row) for row in SESSIONS]}
    path = folder / "farm.yaml"
    whole = {"account": account, "remoting": ENDPOINT, "hosts": dict.fromkeys(names, each)}
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return path, names


def _farm_session(row: Row) -> dict[str, Any]:
    said: dict[str, Any] = {"id": row.id, "user": row.account, "client": row.client, "address": row.address}
    hours = {
        "logged_on": f"{row.logged_on}h",
        "disconnected" if row.state == "disconnected" else "idle": f"{row.idle}h",
    }
    state = {} if row.state == "disconnected" else {"state": row.state}
    said |= {"build": row.build, "display": row.display}
    return said | hours | state | ({"station": row.station} if row.station else {})


def look(hosts: Hosts, host: str) -> dict[int, Session]:
    return {session.id: session for session in hosts.terminal.sessions(host, within=LOOK)}
