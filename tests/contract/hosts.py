"""Hosts to try a `Terminal` on: in memory, and on the farm behind WinRM. Each test takes one that nobody else uses."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import SecretStr

from adapters.memory.terminal import MemoryTerminal
from adapters.windows.connection import Connection, Transport
from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm import WinRmShell
from bot.model import Account, Session, SessionState
from bot.ports import Order

if TYPE_CHECKING:
    from pathlib import Path

    from bot.ports import Terminal
    from rehearsal.windows import Farm

HOUR = 36_000_000_000
NOW = 134_088_480_000_000_000
LONG_USER = "bartholomew.featherstonehaugh"
LONG_DOMAIN = "SUBSIDIARY-OF-CORP"

# id, state, account, station, client, address, hours since the logon, hours since the last input or the disconnect
SESSIONS: tuple[tuple[int, str, str, str, str, str, int, int], ...] = (
    (0, "disconnected", "", "Services", "", "", 0, 0),
    (1, "active", "CORP\\operator", "Console", "", "", 90, 0),
    (3, "disconnected", "CORP\\alice", "", "LAPTOP-7", "10.0.4.17", 26, 3),
    (5, "active", "CORP\\bob", "RDP-Tcp#5", "PC-12", "10.0.4.31", 5, 1),
    (7, "active", "CORP\\josé", "RDP-Tcp#7", "PC-40", "10.0.5.9", 2, 1),
    (8, "disconnected", f"{LONG_DOMAIN}\\{LONG_USER}", "", "PC-77", "10.0.6.2", 73, 26),
    (9, "disconnected", "CORP\\山田太郎 😀", "", "東京-PC", "", 48, 5),
    (10, "disconnected", "CORP\\<!channel> *x* `y` 'z'", "", "", "", 48, 5),
    (65536, "listen", "", "RDP-Tcp", "", "", 0, 0),
)


class Hosts(Protocol):
    """What a test may do to the host it was given, whatever stands behind it."""

    terminal: Terminal

    def take(self) -> str:
        """A host with the sessions of `SESSIONS`."""
        ...

    def people(self, host: str) -> dict[int, str]: ...
    def logged_off(self, host: str) -> list[int]:
        """The ids that were really asked to go, in order."""
        ...

    def sign_out(self, host: str, session_id: int) -> None: ...
    def return_to_work(self, host: str, session_id: int) -> None: ...
    def take_over(self, host: str, session_id: int, user: str) -> None: ...
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
        hosts = {f"host-{number}": [_memory_session(*row) for row in SESSIONS] for number in range(1, 100)}
        self.terminal = MemoryTerminal(hosts)

    def take(self) -> str:
        return next(self._names)

    def people(self, host: str) -> dict[int, str]:
        return {each.id: str(each.account) for each in self.terminal._hosts[host].values()}

    def logged_off(self, host: str) -> list[int]:
        return [session_id for on, session_id in self.terminal.logged_off if on == host]

    def sign_out(self, host: str, session_id: int) -> None:
        self.terminal.sign_out(host, session_id)

    def return_to_work(self, host: str, session_id: int) -> None:
        self.terminal.return_to_work(host, session_id)

    def take_over(self, host: str, session_id: int, user: str) -> None:
        domain, _, name = user.partition("\\")
        self.terminal.take_over(host, session_id, Account(domain=domain, user=name))

    def hang(self, host: str) -> None:
        for session_id in self.people(host):
            self.terminal.hang(host, session_id)

    def refuse(self, host: str, code: int) -> None:
        self.terminal.refuse(host, code)

    def take_down(self, host: str) -> None:
        self.terminal.take_down(host)


def _memory_session(  # noqa: PLR0913 - a row of the table above
    session_id: int, state: str, account: str, station: str, client: str, address: str, logged_on: int, idle: int
) -> Session:
    domain, _, user = account.rpartition("\\")
    known = {"active": SessionState.ACTIVE, "disconnected": SessionState.DISCONNECTED, "listen": SessionState.LISTENING}
    session = Session(
        host="",
        id=session_id,
        state=known[state],
        account=Account(domain=domain, user=user),
        station=station,
        client=client,
        address=address,
        logon=NOW - logged_on * HOUR if user else 0,
        now=NOW,
    )
    at = NOW - idle * HOUR if user else 0
    return replace(session, input=at) if session.state is SessionState.ACTIVE else replace(session, disconnect=at)


class FarmHosts:
    """`hosts` are names of the farm that have the sessions of `SESSIONS`."""

    def __init__(self, farm: Farm, hosts: list[str]) -> None:
        self.farm = farm
        self._names = iter(hosts)
        self.shell = WinRmShell(self.connection)
        self.terminal = WinRmTerminal(self.shell)

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

    def sign_out(self, host: str, session_id: int) -> None:
        self.farm.sign_out(host, session_id)

    def return_to_work(self, host: str, session_id: int) -> None:
        self.farm.return_to_work(host, session_id)

    def take_over(self, host: str, session_id: int, user: str) -> None:
        self.farm.take_over(host, session_id, user)

    def hang(self, host: str) -> None:
        self.farm.set_behaviour(host, "hangs")

    def refuse(self, host: str, code: int) -> None:
        self.farm.set_behaviour(host, "no-right", code=code)

    def take_down(self, host: str) -> None:
        self.farm.take_down(host)


def farm_file(folder: Path) -> tuple[Path, list[str]]:
    """A farm of equal hosts, and their names."""
    rows = "\n".join(_yaml_row(*row) for row in SESSIONS)
    path = folder / "farm.yaml"
    text = f"account: {{username: CORP\\svc-logoff, password: 'only the farm knows it'}}\nhosts:\n  host-[01-60]:\n{rows}\n"
    path.write_text(text.replace("host-[01-60]:\n", "host-[01-60]:\n    sessions:\n"), encoding="utf-8")
    return path, [f"host-{number:02}" for number in range(1, 61)]


def _yaml_row(  # noqa: PLR0913 - a row of the table above
    session_id: int, state: str, account: str, station: str, client: str, address: str, logged_on: int, idle: int
) -> str:
    fields = {"id": str(session_id), "user": account, "client": client, "address": address}
    if station:
        fields["station"] = station
    quoted = ", ".join(f"{key}: '{value.replace(chr(39), chr(39) * 2)}'" for key, value in fields.items())
    times = f"logged_on: {logged_on}h, disconnected: {idle}h" if state == "disconnected" else f"state: {state}, "
    times = times if state == "disconnected" else f"{times}logged_on: {logged_on}h, idle: {idle}h"
    return f"      - {{{quoted}, {times}}}"
