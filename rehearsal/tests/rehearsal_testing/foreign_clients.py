"""A farm with a host for each way to log on, for clients that were written for Windows and know nothing of the farm."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml

from rehearsal.windows import EngineMissingError, Farm
from rehearsal_testing.kerberos_realm import REALM, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.windows.settings import EngineName

ACCOUNT = {"username": "CORP\\svc", "password": "fiction", "principal": f"svc@{REALM}"}
HOST_OF = {each: f"{each}.corp.test" for each in ("ntlm", "negotiate", "basic", "certificate", "kerberos")}
NO_POWERSHELL = "There is no PowerShell behind this host"


class Way(NamedTuple):
    """`method` is what the host takes and its name says; `scheme` is http or https."""

    method: str
    scheme: str

    @property
    def host(self) -> str:
        return HOST_OF[self.method]

    @property
    def transport(self) -> str:
        """The method in the words of pywinrm: it speaks NTLM to a host that negotiates."""
        return "ntlm" if self.method == "negotiate" else self.method

    def url(self, farm: Farm) -> str:
        return (farm.secure_endpoints if self.scheme == "https" else farm.endpoints)[self.host]

    def __str__(self) -> str:
        return f"{self.method}-{self.scheme}"


WAYS = [
    Way(method, scheme)
    for method in HOST_OF
    for scheme in ("http", "https")
    if (method, scheme) != ("certificate", "http")
]


@contextmanager
def farm_of_all_ways(folder: Path, engine: EngineName) -> Iterator[Farm]:
    """Skips the test where the engine is missing. One more host, `plain`, has no engine but the Python double."""
    hosts = {name: {"auth": [method], "engine": engine} for method, name in HOST_OF.items()}
    hosts["plain"] = {"auth": ["basic"], "engine": "double"}
    path = folder / "farm.yaml"
    path.write_text(yaml.safe_dump({"account": ACCOUNT, "hosts": hosts, "remoting": "LogoffBot"}), encoding="utf-8")
    farm = Farm.from_file(path)
    try:
        farm.start()
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    try:
        yield farm
    finally:
        farm.stop()


@contextmanager
def logged_on(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a realm in which the account has a ticket, and the host that takes tickets its keys.

    Skips the test where Kerberos is missing.
    """
    realm = started(folder)
    try:
        realm.add(f"HTTP/{HOST_OF['kerberos']}", folder / "hosts.keytab")
        realm.add(ACCOUNT["principal"], folder / "svc.keytab")
        realm.log_on(ACCOUNT["principal"], folder / "svc.keytab", cache=folder / "tickets")
        with pytest.MonkeyPatch.context() as patch:
            for name, value in realm.environment.items():
                patch.setenv(name, value)
            yield realm.environment
    finally:
        realm.stop()
