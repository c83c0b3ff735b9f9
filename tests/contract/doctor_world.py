"""Worlds for the doctor: a workspace, a farm and a database that are sound, and the settings that lead to them."""

from __future__ import annotations

import copy
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from socket import create_server
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import trustme
import yaml

from adapters.clock import SystemClock
from adapters.sql.migrate import upgrade
from app.config.settings import Settings
from app.doctor.check import Outcome
from app.doctor.computers import chosen
from app.doctor.examination import examine
from rehearsal.slack import SHIPPED_WORKSPACE, Workspace
from rehearsal.windows import Farm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.doctor.check import Check
    from bot.ports.clock import Clock

KEY = "the key of these tests, which is long enough"
ALICE = [
    {"id": 0, "station": "Services", "state": "disconnected"},
    {"id": 3, "user": "CORP\\alice", "disconnected": "3h", "logged_on": "1d"},
    {"id": 5, "user": "CORP\\bob", "idle": "2m"},
]
TEN_MINUTES, A_DAY = timedelta(minutes=10), timedelta(days=1)
TICKS = 10_000_000
NO_TEXT_SHELL = {"no-right": {"at": "text-shell"}}
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def ticks_at(moment: datetime) -> int:
    return int((moment - _EPOCH).total_seconds()) * TICKS


def _ahead(session: dict[str, Any]) -> dict[str, Any]:
    """The host's clock stands still from here on: the longest run of the tests does not catch up with it."""
    return session | {"ticks": {"now": ticks_at(datetime.now(UTC) + A_DAY)}}


def _behaves(behaviour: Any) -> dict[str, Any]:
    return {"behaviour": behaviour, "sessions": ALICE}


def _has_module(**endpoint: str) -> dict[str, Any]:
    return {"remoting": {"LogoffBot": endpoint}, "sessions": ALICE}


HOSTS: dict[str, Any] = {
    "sound": {"sessions": ALICE},
    "sound-too": {"sessions": ALICE},
    "by-certificate": {"auth": ["certificate"], "remoting": "LogoffBot", "sessions": ALICE},
    "by-basic": {"auth": ["basic"], "remoting": "LogoffBot", "sessions": ALICE},
    "closed": _behaves("unreachable"),
    "wrong-certificate": _behaves("wrong-certificate"),
    "refuses": _behaves("wrong-password"),
    "no-shell": _behaves({"no-right": {"at": "create"}}),
    "no-sight": _behaves({"no-right": {"at": "list"}}),
    "sees-nothing": _behaves("empty"),
    "constrained": _behaves("constrained"),
    "no-compiler": _behaves({"raises": {"like": "no-compiler"}}),
    "scanned": _behaves({"fails": {"like": "amsi"}}),
    "silent": _behaves({"trips": {"at": "create", "manner": "silence", "times": 0}}),
    "no-answer": _behaves({"trips": {"at": "handshake", "manner": "silence", "times": 0}}),
    "full": _behaves("quota"),
    "stopped": _behaves({"trips": {"at": "handshake", "status": 503, "times": 0}}),
    "garbage": _behaves("garbage"),
    "slow": _behaves({"slow": {"seconds": 1.5}}),
    "no-names": _behaves({"unreadable": {"id": 3, "what": "user"}}),
    "no-times": _behaves({"unreadable": {"id": 3, "what": "times"}}),
    "renamed": {"machine": "another", "sessions": ALICE},
    "ahead": {"sessions": [_ahead(each) for each in ALICE]},
    "has-module": {"remoting": "LogoffBot"} | _behaves(NO_TEXT_SHELL),
    "shell-open": _has_module(),
    "powershell-open": {"remoting": ["LogoffBot", "Microsoft.PowerShell"]} | _behaves(NO_TEXT_SHELL),
    "shells-untold": {"remoting": "LogoffBot"}
    | _behaves({"trips": {"at": "create", "after_first_look": True, "times": 0}}),
    "not-in-group": _has_module(access="other"),
    "not-let-in": _has_module(access="denied"),
    "old-module": _has_module(version="0.0.9"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`folder` is empty and of one test alone; workspace and farm are shared."""

    workspace: Workspace
    farm: Farm
    folder: Path

    def database(self, name: str = "bot.db") -> str:
        url = f"sqlite:///{self.folder}/{name}"
        upgrade(url)
        return url

    def values(self, *hosts: str, **changes: Any) -> dict[str, Any]:
        """The settings of a sound world, with these computers and changes of its sections."""
        account = self.farm.account
        values: dict[str, Any] = {
            "team": "T0HOME0001",
            "audit_key": KEY,
            "slack": {
                "bot_token": self.workspace.bot_token,
                "app_token": self.workspace.app_token,
                "api_url": self.workspace.api_url,
            },
            "winrm": {
                "transport": "ntlm",
                "scheme": "http",
                "insecure_ntlm": True,
                "username": account.username,
                "password": account.password,
            },
            "computers": [self.computer(host) for host in hosts],
            "rules": [{"name": "on-call", "who": ["@oncall"], "may": ["log_off"], "approve_in": "C0APPROVE1"}],
        }
        for name, change in changes.items():
            is_section = isinstance(change, dict) and name in values
            values[name] = copy.deepcopy(values[name]) | change if is_section else change
        if "database" not in values:
            values["database"] = self.database()
        return values

    def settings(self, *hosts: str, **changes: Any) -> Settings:
        hosts = hosts or (() if "computers" in changes else ("sound",))
        return Settings.model_validate(self.values(*hosts, **changes))

    def computer(self, host: str, *, https: bool = False, **way: Any) -> dict[str, Any]:
        url = (self.farm.secure_endpoints if https else self.farm.endpoints)[host]
        way |= {"port": urlsplit(url).port} | ({"scheme": "https"} if https else {})
        return {"name": host, "address": "127.0.0.1", "winrm": way}

    def touched(self) -> list[object]:
        """What was done to sessions, and said in the workspace."""
        acts = [call for host in self.farm.endpoints for call in self.farm.calls(host)]
        channels = list(self.workspace.store.channels)
        return [*acts, *(said for channel in channels for said in self.workspace.store.list_messages(channel))]


@contextmanager
def opened(folder: Path, farm_file: Path | None = None) -> Iterator[tuple[Workspace, Farm]]:
    said = yaml.safe_load(SHIPPED_WORKSPACE.read_text(encoding="utf-8"))
    said["user_groups"].append({"id": "S0EMPTY001", "handle": "empty", "name": "Nobody", "members": []})
    said["user_groups"].append({"id": "S0GUESTS01", "handle": "guests", "name": "Guests", "members": ["gus"]})
    (folder / "workspace.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    account = {"username": "CORP\\svc-logoff", "password": "only the farm knows it"}
    (folder / "farm.yaml").write_text(yaml.safe_dump({"account": account, "hosts": HOSTS}), encoding="utf-8")
    with (
        Workspace.from_file(folder / "workspace.yaml") as workspace,
        Farm.from_file(farm_file or folder / "farm.yaml", engine="double") as farm,
    ):
        yield workspace, farm


def examined(settings: Settings, hosts: Sequence[str] = (), clock: Clock | None = None) -> list[Check]:
    return list(examine(settings, chosen(settings, hosts), clock or SystemClock()))


def failed(checks: Sequence[Check]) -> list[Check]:
    return [each for each in checks if each.outcome is Outcome.FAILED]


class ClockBehind:
    def now(self) -> datetime:
        return datetime.now(UTC) - TEN_MINUTES


@contextmanager
def expired_listener(folder: Path) -> Iterator[tuple[int, Path]]:
    """A port whose certificate ended yesterday, and the authority that signed it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ca_file := folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    authority.issue_cert("127.0.0.1", not_before=yesterday - timedelta(days=9), not_after=yesterday).configure_cert(
        context
    )
    with create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, context), daemon=True).start()
        yield listener.getsockname()[1], ca_file


def _serve(listener: Any, context: ssl.SSLContext) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return  # the test is over
        try:
            context.wrap_socket(plain, server_side=True).close()
        except OSError:
            plain.close()
