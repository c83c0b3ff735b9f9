"""How one computer is reached. The core knows hosts by name; this value never leaves the adapter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from pathlib import Path


class Transport(StrEnum):
    KERBEROS = "kerberos"
    NTLM = "ntlm"
    CERTIFICATE = "certificate"
    BASIC = "basic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Address and credential. Two equal ones may share an authenticated line; the password never prints.

    `kerberos_host`: the name in the service ticket where it is not the endpoint's. `certificate` and `key`: PEM files
    of a client certificate. `ca_file`: trusted instead of the public authorities. Whether an unsealed or unverified
    connection is allowed is decided where connections are made, by the configuration.
    """

    endpoint: str
    transport: Transport
    username: str = ""
    password: SecretStr = field(default_factory=lambda: SecretStr(""))
    ca_file: Path | None = None
    verify: bool = True
    certificate: Path | None = None
    key: Path | None = None
    kerberos_host: str = ""

    @property
    def seals(self) -> bool:
        """Bodies are sealed by the security context because the connection itself is in the clear."""
        return self.transport in (Transport.NTLM, Transport.KERBEROS) and not self.endpoint.lower().startswith("https:")


Lookup = Callable[[str], Connection]
