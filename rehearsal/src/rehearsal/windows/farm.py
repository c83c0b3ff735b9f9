"""The farm: Windows hosts that speak WS-Management on this machine's loopback, and controls to make trouble."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict

import trustme

from rehearsal.windows import user_activity
from rehearsal.windows.auth import Policy, accounts_file
from rehearsal.windows.behaviours import read_behaviour
from rehearsal.windows.engine_discovery import find_engine
from rehearsal.windows.engines import Engine, PowerShell
from rehearsal.windows.host import Host
from rehearsal.windows.http import Connection
from rehearsal.windows.listeners import AcceptLoop, ReservedPort
from rehearsal.windows.lockout import Attempts
from rehearsal.windows.names import names_in
from rehearsal.windows.negotiation import require_kerberos
from rehearsal.windows.remoting.engine import Engines, RestrictedSessions
from rehearsal.windows.seed import populate
from rehearsal.windows.sessions import Call, SessionFile, Table, now_ticks
from rehearsal.windows.settings import Account, EngineName, FarmSettings, read_farm
from rehearsal.windows.soap import Message
from rehearsal.windows.tls import make_tls

_LOOK_SECONDS = 0.02
_NAMED_HOSTS = 3


class SessionLine(TypedDict):
    """A session as the farm tells it: `user` with its domain, or empty; `state` as `Session.state_word`."""

    id: int
    user: str
    state: str


class Farm:
    """Hosts from a file, each on a port of 127.0.0.1 from `start` to `stop`.

    `engine` forces one engine for all hosts. Their HTTPS ports follow each other from `first_port` on; 0: free ones.
    `module` is the folder of a built module: hosts with PowerShell then have the real one behind their endpoints of
    PowerShell remoting, all others a double of it. Unknown host names are KeyErrors everywhere.
    """

    def __init__(
        self,
        settings: FarmSettings,
        *,
        engine: EngineName | None = None,
        first_port: int = 0,
        authority: trustme.CA | None = None,
        module: Path | None = None,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._first_port = first_port
        self._authority = authority
        self._module = module
        self._attempts = Attempts(settings.lockout)
        self._hosts: dict[str, Host] = {}
        self._plain: dict[str, ReservedPort] = {}
        self._secure: dict[str, ReservedPort] = {}
        self._accept_loop = AcceptLoop(self._sweep)
        self._stack = ExitStack()
        self.ca_file = Path()
        self.client_certificate = Path()

    @classmethod
    def from_file(cls, path: Path, *, engine: EngineName | None = None, module: Path | None = None) -> Self:
        """FarmFileError when the file cannot be used."""
        return cls(read_farm(path), engine=engine, module=module)

    def start(self) -> None:
        """EngineMissingError or KerberosMissingError when what the file asks for is not on this machine."""
        require_kerberos([name for name, host in self._settings.hosts.items() if "kerberos" in host.auth])
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="farm-", ignore_cleanup_errors=True)))
            self._build(folder)
            logons = {logon for host in self._hosts.values() for logon in host.policy.names.logons}
            stack.enter_context(accounts_file(folder / "accounts", logons, self.account.password))
            for host in self._hosts.values():
                stack.callback(host.stop)
            for name in self._hosts:
                stack.callback(self._plain[name].give_up)
                stack.callback(self._secure[name].give_up)
                self._open_or_close(name)
            self._accept_loop.start()
            stack.callback(self._accept_loop.stop)
            self._stack = stack.pop_all()

    def stop(self) -> None:
        """Every command is killed, every connection cut, every file removed."""
        self._stack.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _build(self, folder: Path) -> None:
        engines = {
            wanted: find_engine(wanted, folder)
            for wanted in {self._engine or each.engine for each in self._settings.hosts.values()}
        }
        tls = make_tls(folder, self._settings.hosts, self.account.name, self._authority)
        self.ca_file, self.client_certificate = tls.ca_file, tls.client
        names = names_in(self._settings.hosts, self.account)
        for place, (name, settings) in enumerate(self._settings.hosts.items()):
            sessions = SessionFile(folder / f"{name}.sessions")
            sessions.create(Table())
            engine = engines[self._engine or settings.engine]
            engines_here = Engines(engine, self._real_endpoints(engine))
            policy = Policy(
                account=self.account,
                names=names[name],
                methods=settings.auth,
                attempts=self._attempts,
                binds=settings.channel_binding,
            )
            host = self._hosts[name] = Host(policy, self._settings.completed(settings), sessions, engines_here)
            self._plain[name], self._secure[name] = (
                ReservedPort(host, None, Connection),
                ReservedPort(host, tls, Connection, self._first_port and self._first_port + place),
            )
        self._populate()

    def _real_endpoints(self, engine: Engine) -> RestrictedSessions | None:
        if self._module is None or not isinstance(engine, PowerShell):
            return None
        real = RestrictedSessions(engine=engine, module=self._module.resolve())
        real.make()
        return real

    def _populate(self) -> None:
        start = now_ticks()
        for name, host in self._hosts.items():
            host.restore(Table(sessions=populate(name, self._settings, start)))

    def _sweep(self) -> None:
        for host in self._hosts.values():
            host.service.sweep()

    # Its addresses

    @property
    def account(self) -> Account:
        return self._settings.account

    @property
    def endpoints(self) -> Mapping[str, str]:
        """`http://127.0.0.1:PORT/wsman` by host name; for a host that is down the port is closed."""
        return {name: port.url for name, port in self._plain.items()}

    @property
    def secure_endpoints(self) -> Mapping[str, str]:
        """The same over HTTPS; `ca_file` is what to trust, `client_certificate` (with its key) the account's own."""
        return {name: port.url for name, port in self._secure.items()}

    @property
    def banner(self) -> str:
        """Which hosts have which engine, in one line."""
        groups: dict[str, list[str]] = defaultdict(list)
        for name, host in self._hosts.items():
            groups[host.engine.title].append(name)
        return "; ".join(f"{_count(names)}: {title}" for title, names in groups.items())

    # Its state

    def sessions(self, host: str) -> list[SessionLine]:
        """All sessions there are, the services' and the listener included, by id."""
        return [
            {"id": each.id, "user": each.account, "state": each.state_word}
            for each in self._hosts[host].machine.sessions.all()
        ]

    def snapshot(self) -> dict[str, list[SessionLine]]:
        return {name: self.sessions(name) for name in self._hosts}

    def messages(self, host: str) -> list[str]:
        """What was served, in order.

        `401`, `401+challenge`, `200` (an empty message, accepted), `400`, `Create`, `Receive`, `Receive!2150858793` (a
        fault), `Send!dropped` (the connection was cut).
        """
        return list(self._hosts[host].messages)

    def requests(self, host: str) -> list[Message]:
        """The last envelopes that could be read, whatever was answered, in order: some hundred are kept."""
        return list(self._hosts[host].requests)

    def open_shells(self, host: str) -> int:
        return self._hosts[host].service.open_shells()

    def open_pipelines(self, host: str) -> int:
        """The commands in the pools of PowerShell remoting that no client has closed, whether they ended or not."""
        return self._hosts[host].service.open_pipelines()

    def most_open_shells(self, host: str) -> int:
        """The most shells that were open at the same time since the start of the farm."""
        return self._hosts[host].service.most_open

    def calls(self, host: str) -> list[Call]:
        """The WTS calls that would change something, in order, with the Win32 code of those that were refused."""
        return self._hosts[host].machine.sessions.calls()

    def touched(self, host: str) -> list[tuple[str, int, str]]:
        """What was really done, in order: the act, the session's id, and whose session it was in that moment."""
        return [(call.name, call.session_id, call.account) for call in self.calls(host) if not call.code]

    def refused_logons(self) -> list[str]:
        """The hosts that refused the account's password, in order, and those that did while it was locked."""
        return self._attempts.refused

    def is_account_locked(self) -> bool:
        """No host takes the account, whatever the password: see `lockout` in the file."""
        return self._attempts.is_locked()

    def wait_until(self, predicate: Callable[[], bool], timeout: float = 60.0) -> None:
        """Returns when the predicate holds; TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not predicate():
            if time.monotonic() > deadline:
                raise TimeoutError("the farm did not come to look as expected")
            time.sleep(_LOOK_SECONDS)

    # Trouble

    def sign_out(self, host: str, session_id: int) -> None:
        with self._hosts[host].machine.sessions.locked() as table:
            user_activity.sign_out(table, session_id)

    def return_to_work(self, host: str, session_id: int) -> None:
        with self._hosts[host].machine.sessions.locked() as table:
            user_activity.return_to_work(table, session_id)

    def take_over(self, host: str, session_id: int, user: str) -> None:
        """`user`, named with the domain, has the id now, by a logon of this moment."""
        with self._hosts[host].machine.sessions.locked() as table:
            user_activity.take_over(table, session_id, user)

    def take_down(self, host: str) -> None:
        """Closes the host's ports and cuts its connections; its programs go on running."""
        self._accept_loop.close(self._plain[host])
        self._accept_loop.close(self._secure[host])

    def bring_up(self, host: str) -> None:
        self._accept_loop.open(self._plain[host])
        self._accept_loop.open(self._secure[host])

    def set_behaviour(self, host: str, name: str, **options: Any) -> None:
        """From now on the host behaves so, and in no other special way; `none` makes it an ordinary one.

        ValueError for a behaviour or an option that does not exist.
        """
        behaviours = () if name == "none" else (read_behaviour(name, options),)
        self._hosts[host].behave(*behaviours)
        self._open_or_close(host)

    def restore(self) -> None:
        """Resets sessions, behaviours, messages and the lockout to the state of the file; ports and engines stay."""
        self._attempts.forget()
        self._populate()
        for name in self._hosts:
            self._open_or_close(name)

    def _open_or_close(self, host: str) -> None:
        if self._hosts[host].is_unreachable:
            self.take_down(host)
        else:
            self.bring_up(host)


def _count(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= _NAMED_HOSTS else f"{len(names)} hosts"
