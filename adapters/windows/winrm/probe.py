"""The steps before WinRM, one by one, for the doctor: the name, the port, the certificate. No password is sent."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

from adapters.windows.errors import Fault
from adapters.windows.winrm.errors import NO_TLS, NOT_TLS, UNKNOWN_NAME
from bot.errors import Unreachable

if TYPE_CHECKING:
    from adapters.windows.winrm.endpoint import Connection

WITHIN = timedelta(seconds=5)
"""How long a connection, or a handshake, may take."""

CLOSED = Fault(
    Unreachable,
    "{host} takes no connection on that port. Look whether it is up, whether WinRM listens there "
    "(winrm enumerate winrm/config/listener), and at the firewall.",
)
EXPIRED = Fault(
    Unreachable, "The certificate of {host} is not valid now. Give its listener a new one, and look at the clocks."
)
OTHER_NAME = Fault(
    Unreachable,
    "The certificate of {host} is for another name than the one in app.yaml. Name the computer as its certificate "
    "does, or give its listener another certificate.",
)
UNTRUSTED = Fault(
    Unreachable,
    "The certificate of {host} comes from an authority that the bot does not trust. Name the authority's PEM file in "
    "winrm.ca_file.",
)
NO_HANDSHAKE = Fault(
    Unreachable, "The TLS handshake with {host} failed. Look at its listener: winrm enumerate winrm/config/listener."
)
NO_FILE = Fault(
    Unreachable,
    "A PEM file of the way to {host} cannot be read. Compare ca_file, certificate and key of winrm in app.yaml.",
)

_VERIFY = {9: EXPIRED, 10: EXPIRED, 62: OTHER_NAME, 64: OTHER_NAME}
"""OpenSSL's codes (X509_V_ERR_...): not yet valid, expired, another name, another address. Others are of the chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The certificate that a host has proven to own."""

    names: tuple[str, ...]
    until: datetime


def resolve(host: str, connection: Connection) -> tuple[str, ...]:
    """Return the addresses behind the configured one. Raises `Unreachable`."""
    name, port = _place(connection)
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise UNKNOWN_NAME.at(host, delivered=False, words=str(exc)) from exc
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


def connect(host: str, connection: Connection) -> int:
    """Connect, hang up, and return the port. Raises `Unreachable`."""
    try:
        with socket.create_connection(_place(connection), timeout=WITHIN.total_seconds()):
            return _place(connection)[1]
    except OSError as exc:
        raise CLOSED.at(host, delivered=False, words=str(exc)) from exc


def certificate_of(host: str, connection: Connection) -> Certificate:
    """Return the certificate, checked as a call would check it. Raises `Unreachable`."""
    try:
        context = create_urllib3_context()
        context.load_verify_locations(connection.ca_file or DEFAULT_CA_BUNDLE_PATH)
        if connection.certificate:
            context.load_cert_chain(connection.certificate, connection.key)
    except OSError as exc:  # ssl.SSLError is one
        raise NO_FILE.at(host, delivered=False, words=str(exc)) from exc
    name, port = _place(connection)
    try:
        with (
            socket.create_connection((name, port), timeout=WITHIN.total_seconds()) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            shown = secure.getpeercert() or {}
    except OSError as exc:
        raise _fault_of(exc).at(host, delivered=False, words=str(exc)) from exc
    alternatives: Any = shown.get("subjectAltName", ())
    names = tuple(str(each[1]) for each in alternatives)
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    return Certificate(names=names, until=until)


def _fault_of(exc: OSError) -> Fault:
    match exc:
        case ssl.SSLCertVerificationError():
            return _VERIFY.get(exc.verify_code, UNTRUSTED)
        case ssl.SSLError() if exc.reason in NOT_TLS:
            return NO_TLS
    return NO_HANDSHAKE


def _place(connection: Connection) -> tuple[str, int]:
    parts = urlsplit(connection.endpoint)
    return parts.hostname or "", parts.port or 0
