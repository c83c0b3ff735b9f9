"""The meaning of a failed call at an endpoint of the module: by WS-Management's codes, and by PowerShell's identifiers.

Identifiers (FullyQualifiedErrorId) are the same in every language of Windows. Most failures of the way to the host are
those of `winrm.errors`, because pypsrp's exceptions are told as pywinrm's there.
"""

from __future__ import annotations

import base64
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pypsrp.exceptions
import spnego.exceptions
import winrm.exceptions

from adapters.windows.agent.errors import Constrained
from adapters.windows.agent.replies import Failed
from adapters.windows.errors import INCOMPLETE, MEMORY_CODES, Fault
from adapters.windows.jea.kinds import Changed, ModuleTooOld, NoEndpoint, NotInGroup, SessionEnded
from adapters.windows.winrm import errors
from adapters.windows.winrm.errors import Step
from adapters.windows.winrm.words import words_of
from bot.errors import CannotCompile, TerminalError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = "See docs/jea.md."


ENDED = Fault(SessionEnded, "{host} has ended the bot's session. Ask again.", "idle too long, or WinRM was restarted")
_CHANGED = Fault(Changed, "The session at {host} is another person's now. Look again.")
NO_ENDPOINT = Fault(
    NoEndpoint,
    f"{{host}} has no endpoint of the name that winrm.endpoint says. Register it there, or correct the name. {_PAGE}",
    "0x8033803B, ERROR_WSMAN_INVALID_RESOURCE_URI",
)
NOT_LET_IN = Fault(
    NotInGroup,
    "{host} does not let the bot's account into its endpoint. Put the account into the group that LogoffBot.pssc "
    "names there.",
    "ERROR_ACCESS_DENIED at Create",
)
BROKEN_ENDPOINT = Fault(
    NoEndpoint,
    f"The endpoint of {{host}} opens no session. Look there at Test-PSSessionConfigurationFile, and whether the module "
    f"LogoffBot is whole. {_PAGE}",
    "the state Broken of a runspace pool",
)
NO_COMMAND = Fault(
    NotInGroup,
    "The endpoint of {host} does not show the bot's account the commands of the module LogoffBot. Put the account into "
    "the group that LogoffBot.pssc names, and look whether the module is installed there.",
    "CommandNotFoundException",
)
TOO_OLD = Fault(
    ModuleTooOld,
    f"The module LogoffBot of {{host}} is older than this bot. Install the module of this release there. {_PAGE}",
)
OTHER_PARAMETERS = Fault(
    ModuleTooOld,
    "The module LogoffBot of {host} does not take an order as this bot gives it. Install the module of this release "
    f"there. {_PAGE}",
)
MODULE_BROKEN = Fault(
    CannotCompile,
    f"PowerShell on {{host}} cannot load the module LogoffBot. Compare its files with their SHA-256. {_PAGE}",
)
CONSTRAINED = Fault(
    Constrained,
    "Application control (AppLocker, App Control) on {host} does not let the module LogoffBot run. Allow LogoffBot.dll "
    "in its policy.",
)
REFUSED = Fault(
    TerminalError, "PowerShell on {host} refused the bot's command. --verbose shows what it said; look that up."
)

_GONE = 2150858843
"""The shell is unknown: the service was restarted, or the shell has ended idle."""

_NOT_BEGUN = frozenset({5, 170, _GONE, 2150859173, 2150859174})
"""Codes at Command that say that the command has not begun: no right, no room, or no session to begin it in."""

_AS_EVER = frozenset({170, 1115, 2150858793, 2150858805, _GONE, 2150859173, 2150859174}) | MEMORY_CODES
"""Codes that mean the same for every kind of shell."""

_WSMAN = {2150858811: NO_ENDPOINT}

_OF_PARAMETERS = (
    "NamedParameterNotFound",
    "MissingMandatoryParameter",
    "AmbiguousParameter",
    "PositionalParameterNotFound",
    "ParameterArgumentValidationError",
    "ParameterArgumentTransformationError",
    "CannotConvertArgument",
    "ParameterBindingFailed",
    "HostException",  # it would ask somebody
)
IDENTIFIERS = (
    ("InConstrainedLanguage", CONSTRAINED),
    ("CommandNotFoundException", NO_COMMAND),
    ("CouldNotAutoLoadModule", MODULE_BROKEN),
    ("CouldNotAutoloadMatchingModule", MODULE_BROKEN),
    ("FileLoadException", MODULE_BROKEN),
    ("BadImageFormatException", MODULE_BROKEN),
    *((identifier, OTHER_PARAMETERS) for identifier in _OF_PARAMETERS),
)
"""Beginnings of PowerShell's own identifiers, or parts of them. All of them are told before a cmdlet begins."""

_OF_MODULE = re.compile(r"([A-Za-z-]{1,80}):(-?\d{1,10})")
"""An identifier of the module: the function that failed, or the kind of an exception, and a Win32 code."""

_EXPECTED: tuple[type[Exception], ...] = (
    *errors.EXPECTED,
    pypsrp.exceptions.InvalidPSRPOperation,
    RecursionError,  # an object within an object within an object, and so on
)


def refusal(host: str, identifier: str, message: str, *, may_have_acted: bool) -> TerminalError:
    """Return the meaning of an error record. `may_have_acted`: it came for an act, or after some output."""
    head = identifier.partition(",")[0]  # behind it stands the class of the cmdlet
    if not head:
        return INCOMPLETE.at(host, delivered=True, words=message, phase="answer")
    if head == "changed:0":
        return _CHANGED.at(host, delivered=True)
    if found := _OF_MODULE.fullmatch(head):
        return _failed(found[1], found[2], message).at(host, is_first=True)
    known = next((fault for part, fault in IDENTIFIERS if part in head), None)
    words = f"{identifier}: {message}"
    return (known or REFUSED).at(host, delivered=may_have_acted and not known, words=words, phase="answer")


def _failed(where: str, code: str, message: str) -> Failed:
    """Return the error as the agent would write it. A code that is none means none."""
    number = int(code) if -(2**31) <= int(code) < 2**32 else 0
    told = base64.b64encode(message.encode("utf-8", "replace")).decode("ascii")
    return Failed.model_validate({"error": {"where": where, "code": number, "message64": told}})


@contextmanager
def translate_errors(host: str, *, delivered: bool, step: Step) -> Iterator[None]:
    """Raise `TerminalError` for an exception of another library. `step` is the message that it answers."""
    try:
        with _as_pywinrms():
            yield
    except _EXPECTED as exc:
        arrived = delivered and not _proves_undelivered(exc, step)
        raise _fault_of(exc, step).at(host, delivered=arrived, words=words_of(exc), phase=step.value) from exc


@contextmanager
def _as_pywinrms() -> Iterator[None]:
    """Raise pywinrm's exception for the same one of pypsrp."""
    try:
        yield
    except pypsrp.exceptions.WSManFaultError as exc:
        if exc.code is None:
            raise ValueError("an answer that is no fault") from exc
        code = exc.code if isinstance(exc.code, int) else None
        reason = str(exc.provider_fault or exc.reason or "")
        raise winrm.exceptions.WSManFaultError(500, "", "", reason, wsman_fault_code=code) from exc
    except pypsrp.exceptions.AuthenticationError as exc:
        raise winrm.exceptions.AuthenticationError(str(exc)) from exc
    except pypsrp.exceptions.WinRMTransportError as exc:
        raise winrm.exceptions.WinRMTransportError("http", exc.code, str(exc.response_text)) from exc
    except pypsrp.exceptions.InvalidPSRPOperation:
        raise
    except pypsrp.exceptions.WinRMError as exc:  # what it makes nothing of: a fragment, a state, an object, a reference
        raise ValueError(type(exc).__name__) from exc


def _fault_of(exc: Exception, step: Step) -> Fault:
    match exc:
        case pypsrp.exceptions.InvalidPSRPOperation():
            return BROKEN_ENDPOINT
        case spnego.exceptions.SpnegoError() if _is_of_kerberos(exc):
            return errors.NO_TICKET
        case RecursionError():
            return errors.fault_of(ValueError())
        case winrm.exceptions.WSManFaultError():
            return _fault_of_code(exc, step)
    return errors.fault_of(exc, step)


def _is_of_kerberos(exc: spnego.exceptions.SpnegoError) -> bool:
    """Return whether GSSAPI raised it, which has no other work here than Kerberos."""
    return type(exc.base_error).__module__.startswith("gssapi")


def _fault_of_code(exc: winrm.exceptions.WSManFaultError, step: Step) -> Fault:
    code = errors.code_of(exc)
    if code == 5:
        return NOT_LET_IN if step is Step.CREATE else errors.WSMAN[code, None]
    if known := _WSMAN.get(code):
        return known
    if code in _AS_EVER:
        return errors.fault_of(exc)
    return Fault(
        TerminalError, f"WinRM on {{host}} ended the call at its endpoint with code {code}. Look that code up."
    )


def _proves_undelivered(exc: Exception, step: Step) -> bool:
    """Return whether the host cannot have begun the command that the exception answers."""
    if step is not Step.COMMAND:
        return False
    return errors.code_of(exc) in _NOT_BEGUN or errors.was_not_read(exc)


def is_gone(exc: BaseException | None) -> bool:
    """Return whether the host no longer knows the session, so that nothing that was meant for it has run."""
    return isinstance(exc, winrm.exceptions.WSManFaultError) and errors.code_of(exc) == _GONE
