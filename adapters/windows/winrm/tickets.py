"""Kerberos at the bot's end, step by step: tickets are fetched into the cache, and used from there."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class TicketFault(StrEnum):
    """Why there is no ticket."""

    NO_KDC = "no KDC"  # none is known for the realm, or none answers
    CLOCK = "clock"  # the clocks of this machine and the KDC differ too much
    TAKEN = "taken"  # the cache has the tickets of another account, and holds those of one alone
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
    39756032: TicketFault.TAKEN,  # KG_CCACHE_NOMATCH
}
"""Codes of krb5_err.h, and one of gssapi_krb5.h."""

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


@contextmanager
def in_cache_of(principal: str) -> Iterator[None]:
    """Let this thread use the cache that has the tickets of the account, whichever is the default one.

    So no library has to be told the account: pykerberos lets no other thread of the process run while it looks for its
    ticket, and that may be a question to the KDC. Raises `NoTicket`.
    """
    import krb5  # noqa: PLC0415 - of the same extra

    context, raw = krb5.init_context(), _gssapi().raw
    try:
        cache = krb5.cc_cache_match(context, krb5.parse_name_flags(context, principal.encode()))
    except krb5.Krb5Error as exc:
        raise NoTicket(TicketFault.OTHER, str(exc)) from exc
    raw.krb5_ccache_name((cache.cache_type or b"FILE") + b":" + (cache.name or b""))
    try:
        yield
    finally:
        raw.krb5_ccache_name(None)


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
