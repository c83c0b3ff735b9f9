"""The checks of Kerberos on this machine, where a computer wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import humanize

from adapters.windows.winrm import tickets
from adapters.windows.winrm.tickets import NoTicket, TicketFault
from app.config.draft import TICKETS
from app.doctor.check import Area, Reporter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.doctor.check import Check

EXTRA, KEYTAB, TICKET, KDC = "extra", "keytab", "ticket", "KDC"

_REPORT = Reporter(area=Area.KERBEROS)
_STEP = "(docs/windows.md, step 4)"
_INSTALL = "Run: uv sync --locked --inexact --extra kerberos"
_MAKE = f"Make one with ktpass, give it to the bot's user alone, and name it in KRB5_CLIENT_KTNAME {_STEP}."
_TRY = f"Compare winrm.username with the keytab: klist -k -t, then kinit {_STEP}."
_NO_KEYTAB = "KRB5_CLIENT_KTNAME names none: when the ticket ends, everything stops, and somebody has to call kinit."


class KerberosChecks:
    """Yields the checks. `is_sound` says afterwards whether tickets can be had."""

    def __init__(self, principal: str, host: str) -> None:
        """`principal` is the bot's account, and `host` one of the computers as its ticket names it."""
        self.principal, self._host = principal, host
        self.is_sound = False

    def run(self) -> Iterator[Check]:
        if not tickets.is_installed():
            yield _REPORT.failed(EXTRA, "The extra kerberos is not installed.", _INSTALL)
            yield from _REPORT.skipped((KEYTAB, TICKET, KDC), "the extra is not installed")
            return
        yield _REPORT.ok(EXTRA, "installed")
        keytab = _keytab()
        if keytab:
            yield keytab
        if keytab and keytab.remedy:
            yield from _REPORT.skipped((TICKET, KDC), "there is no keytab")
            return
        yield from self._ticket(has_keytab=keytab is not None)

    def _ticket(self, *, has_keytab: bool) -> Iterator[Check]:
        try:
            ticket = tickets.ticket_of(self.principal)
            left = tickets.left(ticket)
        except NoTicket as error:
            if error.fault is TicketFault.OTHER and not has_keytab:
                yield _REPORT.failed(KEYTAB, f"There is no keytab, and no ticket: {error.words}.", _MAKE)
                yield from _REPORT.skipped((TICKET, KDC), "there is no keytab")
            else:
                yield from _refused(error)
            return
        if not has_keytab:
            yield _REPORT.note(KEYTAB, _NO_KEYTAB)
        yield _REPORT.ok(TICKET, f"good for {humanize.precisedelta(left, minimum_unit='minutes', format='%.0f')}")
        try:
            tickets.ask_kdc(ticket, self._host)
        except NoTicket as error:
            yield _failed(KDC, error)
            return
        yield _REPORT.ok(KDC, "it answers")
        self.is_sound = True


def _keytab() -> Check | None:
    """Return the check of the keytab; None: the environment names none."""
    path = tickets.client_keytab()
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as exc:
        return _REPORT.failed(KEYTAB, f"{path}: {exc.strerror}.", _MAKE)
    if path.stat().st_mode & 0o077:
        return _REPORT.note(KEYTAB, f"{path} can be read by others than the bot's user: chmod 600")
    return _REPORT.ok(KEYTAB, str(path))


def _refused(error: NoTicket) -> Iterator[Check]:
    if error.fault is TicketFault.NO_KDC:
        yield from _REPORT.skipped((TICKET,), "no KDC answers")
        yield _failed(KDC, error)
    else:
        yield _failed(TICKET, error)
        yield from _REPORT.skipped((KDC,), "there is no ticket")


def _failed(name: str, error: NoTicket) -> Check:
    match error.fault:
        case TicketFault.NO_KDC:
            remedy = f"Name the realm's KDC in /etc/krb5.conf, and let this machine reach its port 88 {_STEP}."
        case TicketFault.CLOCK:
            remedy = "Set this machine's clock by that of the domain: they may differ by five minutes."
        case TicketFault.TAKEN:
            remedy = f"Let KRB5CCNAME name a folder, which holds tickets of several accounts: {TICKETS} {_STEP}."
        case TicketFault.OTHER:
            remedy = _TRY
    return _REPORT.failed(name, f"{error.words or 'Kerberos gives no ticket'}.", remedy)
