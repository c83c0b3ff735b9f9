"""The meaning of WS-Management's codes, of HTTP's codes, and of the exceptions of other libraries.

Codes: wsmerror.h for WS-Management, winerror.h for what it passes on.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import requests
import spnego.exceptions
import urllib3
import winrm.exceptions
from urllib3.exceptions import NameResolutionError

from adapters.windows.errors import LATE, MEMORY_CODES, NO_MEMORY, NO_POWERSHELL, SILENT, Fault, as_win32
from adapters.windows.winrm.call_limit import CALLS_AT_ONCE
from adapters.windows.winrm.http_adapter import OutOfBounds
from adapters.windows.winrm.logon_gate import Withheld
from adapters.windows.winrm.tickets import NoTicket
from adapters.windows.winrm.words import inside, words_of
from bot.errors import BadReply, CannotCompile, NoRight, NotAuthenticated, TerminalError, TimedOut, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

_BUSY = "{host} has no room for another shell of the bot's account. Ask again in two minutes: idle shells end then."
_LOST = "The connection to {host} was lost. Ask again."
_ODD = "{host} gave an answer that WinRM does not give. Look whether something stands between the bot and it."
_REFUSED = "{host} did not accept the bot's account. Check its password, and whether it is locked."
_TOO_LONG = (
    "{host} takes no message as long as the bot's. Raise MaxEnvelopeSizekb of WinRM there, or ask for fewer sessions "
    "at once."
)
_ENDED_EARLY = (
    "PowerShell on {host} ended before it had read the bot's script. Look whether a virus scanner stops it there."
)
_BROKE_OFF = "The answer of {host} broke off: its program or its pipe has ended. Look again."


class Step(StrEnum):
    """A message of a call, in the order of the call."""

    CONNECT = "connect"
    CREATE = "create"
    COMMAND = "command"
    SEND = "send"
    RECEIVE = "receive"
    SIGNAL = "signal"
    DELETE = "delete"


_DOING = {
    Step.CONNECT: "to be spoken to",
    Step.CREATE: "to open a shell",
    Step.COMMAND: "to start powershell.exe",
    Step.SEND: "to take the bot's script",
    Step.RECEIVE: "to hand over the answer",
    Step.SIGNAL: "to end the script",
    Step.DELETE: "to delete the shell",
}

# The codes of WSManFault in a fault of WS-Management, by the step that it answers. Those below 65536 are Win32 codes,
# which also come as HRESULTs. A step of None is any other one. Where the step is unknown, a code's first row holds.
WSMAN: dict[tuple[int, Step | None], Fault] = {
    (5, Step.CREATE): Fault(
        NoRight,
        "{host} lets the bot's account open no shell. "
        "With winrm configSDDL default give it Read and Execute in the WinRM root SDDL.",
        "ERROR_ACCESS_DENIED; pywinrm issues 275, 336, 362",
    ),
    (5, Step.COMMAND): Fault(
        NoRight,
        "{host} does not let the bot's account start powershell.exe. Look at AppLocker and at the rights on that file.",
        "ERROR_ACCESS_DENIED of CreateProcess",
    ),
    (5, None): Fault(
        NoRight,
        "{host} no longer lets the bot's account use the shell that it has opened. "
        "Look whether its rights or its password were changed just now, then ask again.",
        "ERROR_ACCESS_DENIED: a shell belongs to who opened it",
    ),
    (170, None): Fault(Unreachable, _BUSY, "ERROR_BUSY; met by Ansible's winrm connection"),
    (2, Step.COMMAND): NO_POWERSHELL,
    (2, Step.CREATE): Fault(
        CannotCompile,
        "{host} does not find a program that its text shells need (winrshost.exe, cmd.exe). "
        "Look whether Windows is whole there.",
        "ERROR_FILE_NOT_FOUND",
    ),
    (267, Step.CREATE): Fault(
        CannotCompile,
        "The bot's account has no usable profile folder on {host}. Let it have a profile there.",
        "ERROR_DIRECTORY: a shell begins in the account's profile",
    ),
    (109, Step.SEND): Fault(CannotCompile, _ENDED_EARLY, "ERROR_BROKEN_PIPE, seen as 0x8007006D"),
    (109, None): Fault(BadReply, _BROKE_OFF, "ERROR_BROKEN_PIPE"),
    (232, Step.SEND): Fault(CannotCompile, _ENDED_EARLY, "ERROR_NO_DATA: the pipe is being closed"),
    (232, None): Fault(BadReply, _BROKE_OFF, "ERROR_NO_DATA"),
    (1115, None): Fault(Unreachable, "{host} is shutting down. Ask again when it is up.", "ERROR_SHUTDOWN_IN_PROGRESS"),
    (2150858793, None): Fault(TimedOut, SILENT, "0x80338029, the operation timed out"),
    (2150858805, Step.SEND): Fault(TerminalError, _TOO_LONG, "0x80338035, ERROR_WSMAN_ENCODING_LIMIT"),
    (2150858843, None): Fault(
        Unreachable,
        "{host} ended the bot's shell before it was done, perhaps because WinRM was restarted there. Ask again.",
        "0x8033805B, the shell or command is unknown",
    ),
    (2150859173, None): Fault(Unreachable, _BUSY, "0x803381A5, quota of shells or operations"),
    (2150859174, None): Fault(Unreachable, _BUSY, "0x803381A6, quota of shells or operations"),
} | {(code, None): NO_MEMORY for code in sorted(MEMORY_CODES)}

_TOO_LONG_CODES = frozenset({2150858805})
_NEVER_SENT = frozenset({109, 232}) | _TOO_LONG_CODES
"""Codes at Send that prove that its input did not reach the program, which acts only on all of it."""

_FULL = frozenset({170, 2150859173, 2150859174})
"""The codes of a host that has no room now: as many shells, operations or users as it takes at once."""

NO_TURN = Fault(
    TimedOut,
    f"The bot makes no more than {CALLS_AT_ONCE} calls at {{host}} at a time, and those did not end in time. "
    "Ask again in a minute.",
)

UNKNOWN_NAME = Fault(
    Unreachable,
    "No address is known for {host}. Check its name and its address in app.yaml, and what DNS says.",
    "getaddrinfo found nothing",
)
NO_TLS = Fault(
    Unreachable,
    "{host} speaks no TLS on that port. Check scheme and port: https is 5986 by default, http is 5985.",
    "OpenSSL read something that is no TLS record",
)
NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})

_BAD_HTTP = Fault(BadReply, _ODD)
_TOO_LARGE = 413
HTTP = {
    400: Fault(Unreachable, _LOST, "sealed with the keys of a connection that is gone"),
    401: Fault(NotAuthenticated, _REFUSED),
    403: Fault(NoRight, "{host} forbids the bot's account to use WinRM. Check the listener and its IP filter."),
    404: Fault(Unreachable, "Nothing speaks WinRM at the address configured for {host}. Check the port and the path."),
    413: Fault(TerminalError, _TOO_LONG),
    503: Fault(Unreachable, "The WinRM service does not run on {host}. Run Start-Service WinRM there."),
}

NO_TICKET = Fault(
    NotAuthenticated,
    "There is no Kerberos ticket for {host}. Look at the bot's keytab (KRB5_CLIENT_KTNAME) and clock, and whether the "
    "domain knows HTTP/{host}.",
    "no ticket, an expired one, no KDC, or no such service principal",
)

try:
    from winrm.vendor.requests_kerberos.exceptions import KerberosExchangeError, MutualAuthenticationError
except ImportError:  # the extra `kerberos` is not installed, so nothing can raise these
    _KERBEROS: tuple[tuple[type[Exception], Fault], ...] = ()
else:
    _KERBEROS = (
        (KerberosExchangeError, NO_TICKET),
        (
            MutualAuthenticationError,
            Fault(NotAuthenticated, "{host} did not prove by Kerberos who it is, so it was told nothing."),
        ),
    )

# Exceptions of other libraries by their base classes, the narrow ones first.
_FOREIGN: tuple[tuple[type[Exception], Fault], ...] = (
    *_KERBEROS,
    (NoTicket, NO_TICKET),
    (Withheld, HTTP[401]),  # it carries its own fault
    (winrm.exceptions.WinRMOperationTimeoutError, LATE),
    (winrm.exceptions.AuthenticationError, HTTP[401]),
    (winrm.exceptions.WinRMError, Fault(TerminalError, "WinRM cannot be used with {host}. Check its configuration.")),
    (winrm.exceptions.WinRMTransportError, _BAD_HTTP),
    (OutOfBounds, _BAD_HTTP),
    (
        requests.exceptions.SSLError,
        Fault(
            Unreachable,
            "No TLS with {host}: its certificate is not trusted, or not its own. Check ca_file in app.yaml.",
        ),
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
        Fault(NotAuthenticated, "{host} and the bot cannot agree on how to authenticate. Check transport in app.yaml."),
    ),
    (PermissionError, HTTP[401]),  # requests-ntlm, when no challenge comes
    (OSError, Fault(Unreachable, _LOST)),
    # What the parser of pywinrm raises for a malformed answer.
    *((kind, _BAD_HTTP) for kind in (ParseError, StopIteration, LookupError, ValueError, TypeError, AttributeError)),
    *((kind, _BAD_HTTP) for kind in (struct.error, AssertionError)),
)

EXPECTED = tuple(kind for kind, _ in _FOREIGN)


@contextmanager
def translate_errors(host: str, *, delivered: bool, step: Step | None = None) -> Iterator[None]:
    """Raise `TerminalError` for an exception of another library. `step` is the message that it answers, if known."""
    try:
        yield
    except EXPECTED as exc:
        may_have_arrived = delivered and not _proves_undelivered(exc, step)
        phase = step.value if step else ""
        raise fault_of(exc, step).at(host, delivered=may_have_arrived, words=words_of(exc), phase=phase) from exc


def fault_of(exc: Exception, step: Step | None = None) -> Fault:
    """Return the meaning of the exception, by its code and step when it has a code, else by its base class."""
    match exc:
        case Withheld():
            return exc.fault
        case winrm.exceptions.WSManFaultError():
            return _fault_of_code(code_of(exc), step)
        case winrm.exceptions.WinRMTransportError() if exc.code == _TOO_LARGE and step not in (None, Step.SEND):
            return _BAD_HTTP
        case winrm.exceptions.WinRMTransportError() if exc.code in HTTP:
            return HTTP[exc.code]
        case requests.exceptions.SSLError() if any(getattr(each, "reason", "") in NOT_TLS for each in inside(exc)):
            return NO_TLS
        case requests.ConnectionError() if any(isinstance(each, NameResolutionError) for each in inside(exc)):
            return UNKNOWN_NAME
    return next(fault for kind, fault in _FOREIGN if isinstance(exc, kind))


def code_of(exc: BaseException | None) -> int:
    """Return the code of a fault of WS-Management; 0 for any other exception."""
    if isinstance(exc, winrm.exceptions.WSManFaultError):
        return as_win32(exc.wsman_fault_code or exc.wmierror_code or 0)
    return 0


def _fault_of_code(code: int, step: Step | None) -> Fault:
    known = WSMAN.get((code, step)) or WSMAN.get((code, None))
    if step is None:
        known = next((fault for (number, _), fault in WSMAN.items() if number == code), None)
    doing = f" {_DOING[step]}" if step else ""
    return known or Fault(
        TerminalError, f"WinRM on {{host}} refused{doing}, with code {code}. Look that code up, then ask again."
    )


def _proves_undelivered(exc: Exception, step: Step | None) -> bool:
    return step is Step.SEND and (was_not_read(exc) or code_of(exc) in _NEVER_SENT)


def was_not_read(exc: Exception) -> bool:
    """Return whether the account was not accepted or not tried, or the message too long: the host did not read it."""
    return isinstance(exc, Withheld | winrm.exceptions.AuthenticationError | PermissionError) or is_too_long(exc)


def is_too_long(exc: BaseException | None) -> bool:
    """Return whether the host refused a message for its length. It has not looked into it then."""
    if isinstance(exc, winrm.exceptions.WinRMTransportError):
        return bool(exc.code == _TOO_LARGE)
    return code_of(exc) in _TOO_LONG_CODES


def is_orderly(error: TerminalError) -> bool:
    """Return whether the host refused by a fault of WS-Management, so that the connection can be used again."""
    return isinstance(error.__cause__, winrm.exceptions.WSManFaultError)


def is_full(error: TerminalError) -> bool:
    """Return whether the host had no room for a call, of which nothing was delivered: it may be asked again."""
    return not error.delivered and code_of(error.__cause__) in _FULL


def has_lost_keys(error: TerminalError) -> bool:
    """Return whether the host could not open the message, because the connection that it was sealed for is gone."""
    cause = error.__cause__
    return isinstance(cause, winrm.exceptions.WinRMTransportError) and cause.code == 400


def is_lost_connection(error: TerminalError) -> bool:
    """Return whether a new connection may help: the old one was refused, was dropped, or its keys are gone."""
    match error.__cause__:
        case OutOfBounds() | requests.exceptions.SSLError() | requests.exceptions.Timeout():
            return False
        case requests.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return True
    return has_lost_keys(error)
