"""The meaning of WS-Management's codes, of HTTP's codes, and of the exceptions of other libraries.

Codes: wsmerror.h for WS-Management, winerror.h for what it passes on.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import requests
import spnego.exceptions
import urllib3
import winrm.exceptions
from urllib3.exceptions import NameResolutionError

from adapters.windows.errors import LATE, SILENT, Fault, as_win32
from adapters.windows.winrm.call_limit import CALLS_AT_ONCE
from adapters.windows.winrm.http_adapter import OutOfBounds
from adapters.windows.winrm.logon_gate import Withheld
from bot.errors import BadReply, CannotCompile, NoRight, NotAuthenticated, TerminalError, TimedOut, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

_BUSY = "{host} has no room for another shell of the bot's account. Ask again in two minutes: idle shells end then."
_LOST = "The connection to {host} was lost. Ask again."
_ODD = "{host} gave an answer that WinRM does not give. Look whether something stands between the bot and it."
_REFUSED = "{host} did not accept the bot's account. Check its password, and whether it is locked."

# The codes of WSManFault in a fault of WS-Management. Those below 65536 are Win32 codes, which also come as HRESULTs.
WSMAN = {
    5: Fault(
        NoRight,
        "{host} lets the bot's account open no shell. "
        "Give it Read and Execute in the WinRM root SDDL: `winrm configSDDL default`.",
        "ERROR_ACCESS_DENIED at Create; pywinrm issues 275, 336, 362",
    ),
    170: Fault(Unreachable, _BUSY, "ERROR_BUSY; met by Ansible's winrm connection"),
    2: Fault(
        CannotCompile,
        "{host} does not find powershell.exe. The bot needs Windows PowerShell 5.1 there.",
        "ERROR_FILE_NOT_FOUND at Command, seen as 0x80070002",
    ),
    109: Fault(
        CannotCompile,
        "PowerShell on {host} ended before it had read the bot's script. Look whether a virus scanner stops it there.",
        "ERROR_BROKEN_PIPE at Send, seen as 0x8007006D",
    ),
    2150858793: Fault(TimedOut, SILENT, "0x80338029, the operation timed out"),
    2150858843: Fault(
        Unreachable,
        "{host} ended the bot's shell before it was done, perhaps because WinRM was restarted there. Ask again.",
        "0x8033805B, the shell or command is unknown",
    ),
    2150859173: Fault(Unreachable, _BUSY, "0x803381A5, quota of shells or operations"),
    2150859174: Fault(Unreachable, _BUSY, "0x803381A6, quota of shells or operations"),
}

_FULL = frozenset({170, 2150859173, 2150859174})
"""The codes of a host that has no room now: as many shells, operations or users as it takes at once."""

NO_TURN = Fault(
    TimedOut,
    f"The bot makes no more than {CALLS_AT_ONCE} calls at {{host}} at a time, and those did not end in time. "
    "Ask again in a minute.",
)

_UNKNOWN_NAME = Fault(
    Unreachable,
    "No address is known for {host}. Check its name and its `address` in app.yaml, and what DNS says.",
    "getaddrinfo found nothing",
)
_NO_TLS = Fault(
    Unreachable,
    "{host} speaks no TLS on that port. Check `scheme` and `port`: https is 5986 by default, http is 5985.",
    "OpenSSL read something that is no TLS record",
)
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})

_BAD_HTTP = Fault(BadReply, _ODD)
HTTP = {
    400: Fault(Unreachable, _LOST, "sealed with the keys of a connection that is gone"),
    401: Fault(NotAuthenticated, _REFUSED),
    403: Fault(NoRight, "{host} forbids the bot's account to use WinRM. Check the listener and its IP filter."),
    404: Fault(Unreachable, "Nothing speaks WinRM at the address configured for {host}. Check the port and the path."),
    413: Fault(TerminalError, "The order was too long for {host}. Ask for fewer sessions at once."),
    503: Fault(Unreachable, "The WinRM service does not run on {host}. Start it there: `Start-Service WinRM`."),
}

try:
    from winrm.vendor.requests_kerberos.exceptions import KerberosExchangeError, MutualAuthenticationError
except ImportError:  # the extra `kerberos` is not installed, so nothing can raise these
    _KERBEROS: tuple[tuple[type[Exception], Fault], ...] = ()
else:
    _KERBEROS = (
        (
            KerberosExchangeError,
            Fault(
                NotAuthenticated,
                "There is no Kerberos ticket for {host}. Look at the bot's keytab (KRB5_CLIENT_KTNAME) and clock, "
                "and whether the domain knows HTTP/{host}.",
                "no ticket, an expired one, no KDC, or no such service principal",
            ),
        ),
        (
            MutualAuthenticationError,
            Fault(NotAuthenticated, "{host} did not prove by Kerberos who it is, so it was told nothing."),
        ),
    )

# Exceptions of other libraries by their base classes, the narrow ones first.
_FOREIGN: tuple[tuple[type[Exception], Fault], ...] = (
    *_KERBEROS,
    (Withheld, HTTP[401]),  # it carries its own fault
    (winrm.exceptions.WinRMOperationTimeoutError, LATE),
    (winrm.exceptions.AuthenticationError, HTTP[401]),
    (winrm.exceptions.WinRMError, Fault(TerminalError, "WinRM cannot be used with {host}. Check its configuration.")),
    (winrm.exceptions.WinRMTransportError, _BAD_HTTP),
    (OutOfBounds, _BAD_HTTP),
    (
        requests.exceptions.SSLError,
        Fault(Unreachable, "No TLS with {host}: its certificate is not trusted, or not its own. Check `ca_file`."),
    ),
    (
        requests.ConnectTimeout,
        Fault(Unreachable, "{host} cannot be reached. Look whether it is up, and at the firewall."),
    ),
    (requests.Timeout, LATE),
    (requests.ConnectionError, Fault(Unreachable, "{host} cannot be reached or hung up. Look whether it is up.")),
    (requests.RequestException, Fault(Unreachable, _LOST)),
    (urllib3.exceptions.HTTPError, Fault(Unreachable, _LOST)),
    (
        spnego.exceptions.SpnegoError,
        Fault(NotAuthenticated, "{host} and the bot cannot agree on how to authenticate. Check `transport`."),
    ),
    (PermissionError, HTTP[401]),  # requests-ntlm, when no challenge comes
    (OSError, Fault(Unreachable, _LOST)),
    # What the parser of pywinrm raises for a malformed answer.
    *((kind, _BAD_HTTP) for kind in (ParseError, StopIteration, LookupError, ValueError, TypeError, AttributeError)),
    *((kind, _BAD_HTTP) for kind in (struct.error, AssertionError)),
)


@contextmanager
def translate_errors(host: str, *, delivered: bool) -> Iterator[None]:
    """Raise `TerminalError` for an exception of another library."""
    try:
        yield
    except tuple(kind for kind, _ in _FOREIGN) as exc:
        raise fault_of(exc).at(host, delivered=delivered) from exc


def fault_of(exc: Exception) -> Fault:
    """Return the meaning of the exception, by its code when it has one, else by its base class."""
    match exc:
        case Withheld():
            return exc.fault
        case winrm.exceptions.WSManFaultError():
            code = as_win32(exc.wsman_fault_code or exc.wmierror_code or 0)
            unknown = Fault(
                TerminalError, f"WinRM on {{host}} refused with code {code}. Look that code up, then ask again."
            )
            return WSMAN.get(code, unknown)
        case winrm.exceptions.WinRMTransportError() if exc.code in HTTP:
            return HTTP[exc.code]
        case requests.exceptions.SSLError() if any(getattr(each, "reason", "") in _NOT_TLS for each in _inside(exc)):
            return _NO_TLS
        case requests.ConnectionError() if any(isinstance(each, NameResolutionError) for each in _inside(exc)):
            return _UNKNOWN_NAME
    return next(fault for kind, fault in _FOREIGN if isinstance(exc, kind))


def _inside(exc: BaseException) -> Iterator[object]:
    """Yield what an exception of requests wraps: each `reason` of urllib3, down to that of OpenSSL or the resolver."""
    found: object = exc.args[0] if exc.args else None
    while isinstance(found, BaseException):
        yield found
        reason = getattr(found, "reason", None)
        found = reason if isinstance(reason, BaseException) else found.args[0] if found.args else None


def is_orderly(error: TerminalError) -> bool:
    """Return whether the host refused by a fault of WS-Management, so that the connection can be used again."""
    return isinstance(error.__cause__, winrm.exceptions.WSManFaultError)


def is_full(error: TerminalError) -> bool:
    """Return whether the host had no room for a call, of which nothing was delivered: it may be asked again."""
    match error.__cause__:
        case winrm.exceptions.WSManFaultError() as exc if not error.delivered:
            return as_win32(exc.wsman_fault_code or exc.wmierror_code or 0) in _FULL
    return False


def has_lost_keys(error: TerminalError) -> bool:
    """Return whether the host could not open the message, because the connection that it was sealed for is gone."""
    cause = error.__cause__
    return isinstance(cause, winrm.exceptions.WinRMTransportError) and cause.code == 400


def is_turned_away(error: TerminalError) -> bool:
    """Return whether the account was not accepted or not tried, so that the host did not read the message."""
    return isinstance(error.__cause__, Withheld | winrm.exceptions.AuthenticationError | PermissionError)


def is_lost_connection(error: TerminalError) -> bool:
    """Return whether a new connection may help: the old one was refused, was dropped, or its keys are gone."""
    match error.__cause__:
        case OutOfBounds() | requests.exceptions.SSLError() | requests.exceptions.Timeout():
            return False
        case requests.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return True
    return has_lost_keys(error)
