"""The connection to one host: its address and the bot's credential. The core knows hosts by name only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from pathlib import Path


class Transport(StrEnum):
    """How the bot authenticates."""

    KERBEROS = "kerberos"  # by a ticket
    NTLM = "ntlm"  # by user name and password, in a challenge
    CERTIFICATE = "certificate"  # by a client certificate
    BASIC = "basic"  # by user name and password, sent as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Address and credential. Calls with equal values may share an authenticated connection.

    The configuration decides whether an unsealed or unverified connection is allowed.
    """

    endpoint: str  # the URL, `https://comp1:5986/wsman`
    transport: Transport  # how the bot authenticates
    username: str = ""  # the bot's account; empty: the transport needs none
    password: SecretStr = field(default_factory=lambda: SecretStr(""))  # never printed
    ca_file: Path | None = None  # PEM file, trusted instead of the public authorities; None: those
    verify: bool = True  # check the host's certificate
    certificate: Path | None = None  # PEM file of the client certificate; None: no certificate
    key: Path | None = None  # PEM file of its private key; None: no certificate
    repeats: bool = True  # a call that was not delivered may be made once more
    kerberos_host: str = ""  # the host name in the service ticket; empty: the endpoint's
    jea: str = ""  # the name of the host's PowerShell endpoint with the module; empty: scripts go to a shell

    @property
    def seals(self) -> bool:
        """Whether the security context encrypts the bodies, because the connection itself is plain HTTP."""
        return self.transport in (Transport.NTLM, Transport.KERBEROS) and not self.endpoint.lower().startswith("https:")


Lookup = Callable[[str], Connection]
