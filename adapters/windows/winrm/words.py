"""What a host said itself when a call failed, or what the system said of the connection to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import requests
import spnego.exceptions
import urllib3
import winrm.exceptions

from adapters.windows.winrm.http_adapter import OutOfBounds
from adapters.windows.winrm.tickets import NoTicket

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAGS = re.compile(r"<[^<>]*>")
_LONGEST_PAGE = 4096
_CREDENTIAL = re.compile(r"\b(Basic|Negotiate|NTLM|Kerberos)\s+[\w+/=-]{8,}", re.IGNORECASE)


def words_of(exc: Exception) -> str:
    """Return the innermost message of an exception; empty where neither the host nor the system said anything.

    A page may repeat the headers that it was sent, so what looks like a credential is left out.
    """
    return _CREDENTIAL.sub(r"\1 ...", _words_of(exc))


def _words_of(exc: Exception) -> str:
    match exc:
        case winrm.exceptions.WSManFaultError():
            return _innermost_message(exc.response) or str(exc.reason or "")
        case winrm.exceptions.WinRMTransportError():
            return f"HTTP {exc.code} {_TAGS.sub(' ', str(exc.response_text)[:_LONGEST_PAGE])}"
        case requests.Timeout() | OutOfBounds():
            return ""
        case NoTicket():
            return exc.words
        case requests.RequestException() | urllib3.exceptions.HTTPError() | OSError() | spnego.exceptions.SpnegoError():
            found: BaseException = exc
            for each in inside(exc):
                found = each
            while found.__cause__ is not None:
                found = found.__cause__
            return str(found)
    return ""


def _innermost_message(envelope: str) -> str:
    """Return the last message of a fault: a provider's own fault stands inside WSManFault. It was parsed before."""
    try:
        root = ET.fromstring(envelope)  # noqa: S314 - checked for a document type when it came
    except (ET.ParseError, TypeError):
        return ""
    found = [each.text for each in root.iter() if each.tag.endswith("}Message") and (each.text or "").strip()]
    return found[-1] or "" if found else ""


def inside(exc: BaseException) -> Iterator[BaseException]:
    """Yield what an exception of requests wraps: each `reason` of urllib3, down to that of OpenSSL or the resolver."""
    found: object = exc.args[0] if exc.args else None
    while isinstance(found, BaseException):
        yield found
        reason = getattr(found, "reason", None)
        found = reason if isinstance(reason, BaseException) else found.args[0] if found.args else None
