"""The ways of `bench/peers.py` to list the sessions of hosts, and to log one off and see that it is gone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import requests
import winrm
from peers_farm import ALICE
from pydantic import SecretStr
from pypsrp.client import Client
from requests_ntlm import HttpNtlmAuth

from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.shell import WinRmShell
from bot.domain.verdicts import Verdict
from bot.ports.terminal import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peers_farm import FarmProcess

WITHIN = timedelta(minutes=2)
WAIT = timedelta(seconds=30)
ANSIBLE = Path(sys.executable).with_name("ansible")
_TYPE = "application/HTTP-SPNEGO-session-encrypted"
_BOUNDARY = b"--Encrypted Boundary"
_PART = b"\r\n\tContent-Type: application/octet-stream\r\n"


class Way(Protocol):
    """Both raise when a host does not answer as it has to."""

    name: str

    def look(self, hosts: Sequence[str]) -> None:
        """List the sessions of each host."""
        ...

    def act(self, hosts: Sequence[str]) -> None:
        """List the sessions of each host, log off the one with the id `ALICE`, and see that it is gone."""
        ...


class Threads:
    """A way that is followed at one host at a time by each thread, and has as many threads as hosts."""

    def look(self, hosts: Sequence[str]) -> None:
        _at_each(self._look, hosts)

    def act(self, hosts: Sequence[str]) -> None:
        _at_each(self._act, hosts)

    def _look(self, host: str) -> object:
        raise NotImplementedError

    def _act(self, host: str) -> object:
        raise NotImplementedError


def _at_each(work: Callable[[str], object], hosts: Sequence[str]) -> None:
    if len(hosts) == 1:
        work(hosts[0])
        return
    with ThreadPoolExecutor(len(hosts)) as pool:
        list(pool.map(work, hosts))


class Terminal(Threads):
    name = "Terminal"

    def __init__(self, farm: FarmProcess) -> None:
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
        return Order(
            session_id=alice.id,
            account=alice.account,
            logon=alice.logon,
            said_state=alice.state,
            even_if_active=False,
            conditions=(),
            machine=alice.machine,
        )

    def _act(self, host: str) -> None:
        (answer,) = self.terminal.log_off(host, [self._look(host)], wait=WAIT, within=WITHIN)
        if answer.verdict is not Verdict.GONE:
            raise RuntimeError(f"{host}: {answer}")


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

    def __init__(self, farm: FarmProcess) -> None:
        auth = (farm.username, farm.password)
        self._sessions = {host: winrm.Session(url, auth=auth, transport="ntlm") for host, url in farm.endpoints.items()}

    def _run(self, host: str, line: str) -> str:
        program, *arguments = line.split()
        return str(self._sessions[host].run_cmd(program, arguments).std_out.decode("cp437"))


class Pypsrp(Tools):
    """pypsrp's `Client`, which keeps its connection."""

    name = "pypsrp"

    def __init__(self, farm: FarmProcess) -> None:
        self._clients = {host: _client(farm, url) for host, url in farm.endpoints.items()}

    def _run(self, host: str, line: str) -> str:
        stdout, _, _ = self._clients[host].execute_cmd(line)
        return str(stdout)


def _client(farm: FarmProcess, url: str) -> Any:
    place = urlsplit(url)
    logon = {"username": farm.username, "password": farm.password, "auth": "ntlm"}
    return Client(place.hostname or "", port=place.port, ssl=False, **logon)


class Ansible:
    """Ansible's module `raw`, with as many forks as hosts. It starts anew for each question."""

    name = "Ansible raw"

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


class Floor(Threads):
    """The messages of the bot's own look by bare requests: the same bytes, the same logon, and nothing read."""

    name = "floor"

    def __init__(self, farm: FarmProcess) -> None:
        self._farm = farm
        self._sessions: dict[str, requests.Session] = {}
        self._messages, self._shell, self._command = _recorded(farm)

    def _look(self, host: str) -> None:
        session = self._sessions.get(host) or self._logged_on(host)
        shell, command = self._shell, self._command
        for number, message in enumerate(self._messages):
            own = message.replace(self._shell, shell).replace(self._command, command)
            answer = _exchange(session, self._farm.endpoints[host], own)
            if number == 0:
                shell = _found(rb'Name="ShellId">([^<]*)', answer)
            elif number == 1:
                command = _found(rb"<rsp:CommandId>([^<]*)", answer)

    def _act(self, host: str) -> None:
        raise NotImplementedError("the floor is measured for a look")

    def _logged_on(self, host: str) -> requests.Session:
        session = self._sessions[host] = requests.Session()
        session.trust_env = False
        session.auth = HttpNtlmAuth(self._farm.username, self._farm.password)
        session.post(self._farm.endpoints[host], timeout=60).raise_for_status()
        return session


def _exchange(session: requests.Session, url: str, message: bytes) -> bytes:
    """Seal the message, post it, and open the answer: [MS-WSMV] 2.2.9.1."""
    keys: Any = session.auth.session_security  # type: ignore[union-attr]  # of HttpNtlmAuth, after the logon
    sealed, signature = keys.wrap(message)
    head = f"\r\n\tContent-Type: {_TYPE}\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length="
    parts = (_BOUNDARY, head.encode(), b"%d\r\n" % len(message), _BOUNDARY, _PART)
    body = b"".join((*parts, len(signature).to_bytes(4, "little"), signature, sealed, _BOUNDARY, b"--\r\n"))
    kind = f'multipart/encrypted;protocol="{_TYPE}";boundary="Encrypted Boundary"'
    answer = session.post(url, data=body, headers={"Content-Type": kind}, timeout=60)
    answer.raise_for_status()
    found = answer.content.partition(_PART)[2].removesuffix(_BOUNDARY + b"--\r\n")
    opened: bytes = keys.unwrap(found[20:], found[4:20])
    return opened


def _recorded(farm: FarmProcess) -> tuple[list[bytes], bytes, bytes]:
    """The messages of one look of the bot, and the ids of its shell and its command."""
    sent: list[bytes] = []
    kind: Any = winrm.transport.Transport
    before = kind.send_message

    def record(transport: object, message: str) -> object:
        sent.append(message.encode())
        return before(transport, message)

    kind.send_message = record
    try:
        Terminal(farm).look([next(iter(farm.endpoints))])
    finally:
        kind.send_message = before
    return sent, _found(rb'Name="ShellId">([^<]*)', sent[1]), _found(rb'CommandId="([^"]*)"', sent[2])


def _found(pattern: bytes, text: bytes) -> bytes:
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"{pattern!r} is not in the answer")
    return bytes(match[1])
