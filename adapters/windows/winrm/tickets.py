"""Kerberos at the bot's end, step by step, for the doctor. It fetches tickets as a call would, and keeps them there."""

from __future__ import annotations

import os
from datetime import timedelta
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any


class TicketFault(StrEnum):
    """Why there is no ticket."""

    NO_KDC = "no KDC"  # none is known for the realm, or none answers
    CLOCK = "clock"  # the clocks of this machine and the KDC differ too much
    OTHER = "other"


class NoTicket(Exception):
    """There is no ticket; `words` are those of the Kerberos library."""

    def __init__(self, fault: TicketFault, words: str) -> None:
        super().__init__(words)
        self.fault, self.words = fault, words


_FAULTS = {
    -1765328228: TicketFault.NO_KDC,  # KRB5_KDC_UNREACH
    -1765328230: TicketFault.NO_KDC,  # KRB5_REALM_UNKNOWN
    -1765328164: TicketFault.NO_KDC,  # KRB5_REALM_CANT_RESOLVE
    -1765328347: TicketFault.CLOCK,  # KRB5KRB_AP_ERR_SKEW
}
"""Codes of krb5_err.h."""

_HOST_UNKNOWN = -1765328377
"""KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN: an answer of the KDC, about one host."""


def is_installed() -> bool:
    """Return whether the extra `kerberos` is there."""
    return all(find_spec(name) for name in ("kerberos", "gssapi"))


def client_keytab() -> Path | None:
    """Return the file of keys with which tickets are fetched; None: the environment names none."""
    named = os.environ.get("KRB5_CLIENT_KTNAME", "")
    return Path(named.removeprefix("FILE:")) if named else None


def ticket_of(principal: str) -> Any:
    """Return the credentials of the account, fetched with its keytab where they are not there. Raises `NoTicket`."""
    gssapi = _gssapi()
    try:
        name = gssapi.Name(principal, gssapi.NameType.kerberos_principal) if principal else None
        found = gssapi.Credentials(name=name, usage="initiate", mechs=[gssapi.MechType.kerberos])
        found.inquire(lifetime=True)  # only this fetches a ticket with the keytab
    except gssapi.exceptions.GSSError as exc:
        raise _no_ticket(exc) from exc
    return found


def left(ticket: Any) -> timedelta:
    """Return how long the ticket is good for."""
    return timedelta(seconds=ticket.lifetime or 0)


def ask_kdc(ticket: Any, host: str) -> None:
    """Fetch the ticket for one host. A domain that does not know the host has answered, too. Raises `NoTicket`."""
    gssapi = _gssapi()
    try:
        service = gssapi.Name(f"HTTP@{host}", gssapi.NameType.hostbased_service)
        gssapi.SecurityContext(name=service, creds=ticket, usage="initiate", mech=gssapi.MechType.kerberos).step()
    except gssapi.exceptions.GSSError as exc:
        if _code_of(exc) != _HOST_UNKNOWN:
            raise _no_ticket(exc) from exc


def _gssapi() -> Any:
    import gssapi  # noqa: PLC0415 - it is an extra

    return gssapi


def _code_of(exc: Any) -> int:
    """Return the library's own code as a signed number, as the header writes it."""
    code = int(exc.min_code) % 2**32
    return code - 2**32 if code >= 2**31 else code


def _no_ticket(exc: Any) -> NoTicket:
    words = ": ".join(filter(None, (exc.get_all_statuses(exc.min_code, is_maj=False) or [""])))
    return NoTicket(_FAULTS.get(_code_of(exc), TicketFault.OTHER), words)
