"""The computers side by side. A password is tried at one of them first: where it is refused, no other one gets it."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from adapters.clock import SystemClock
from adapters.sql.clock import DatabaseClock
from adapters.sql.database import open_database
from adapters.sql.logons import SqlLogons
from adapters.sql.write_queue import FairLock
from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.endpoint import Transport
from adapters.windows.winrm.logon_gate import LogonGate, digest_of
from adapters.windows.winrm.shell import WinRmShell
from app.connections import connections
from app.doctor.check import is_green
from app.doctor.computer import LOOK, Account, Computer, look_at, way_to
from bot.workflow.guarded_terminal import GuardedTerminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.config.settings import Settings
    from app.doctor.check import Check
    from bot.ports.clock import Clock
    from bot.ports.terminal import Terminal

AT_ONCE = 32
"""How many computers are checked side by side."""

MOST_SILENT = 1
"""So many computers may keep a password that no other one has accepted. With a second one the bot would stop it."""

WITH_PASSWORD = (Transport.NTLM, Transport.BASIC)


def chosen(settings: Settings, hosts: Sequence[str]) -> list[Computer]:
    """Return the computers of the file behind these selectors, or all of them. Raises `LookupError` for one of nobody.

    A name that only a pattern lets in is checked when it is named.
    """
    inventory, connection_of = settings.inventory(), connections(settings, None)
    names: dict[str, None] = {}
    for selector in hosts:
        found = inventory.find(selector)
        if not found:
            raise LookupError(selector)
        names |= dict.fromkeys(found)
    return [
        Computer(name=name, connection=connection_of(name), within=settings.look_within(name))
        for name in (names if hosts else inventory.names)
    ]


class ComputerChecks:
    """Checks computers. `tickets` are the accounts that have one.

    Without a sound database no password is tried: it has what became of the last tries.
    """

    def __init__(self, settings: Settings, *, has_database: bool, tickets: frozenset[str], right_time: Clock) -> None:
        self._settings, self._right_time = settings, right_time
        self._has_database, self._tickets = has_database, tickets

    def run(self, computers: Sequence[Computer]) -> list[Check]:
        """Return the checks of each computer, in the order of the computers."""
        found: dict[str, list[Check]] = {}
        with self._terminal() as terminal, ThreadPoolExecutor(AT_ONCE, thread_name_prefix="doctor") as threads:
            found |= zip((each.name for each in computers), threads.map(way_to, computers), strict=True)
            open_ones = [each for each in computers if is_green(found[each.name])]
            for because, group in self._barred(open_ones).items():
                for each in group:
                    found[each.name] += each.report.skipped(LOOK, because)
            ready = [each for each in open_ones if not self._bar_of(each)]
            for group in self._by_credential(ready):
                self._look(group, terminal, threads, found)
        for each in computers:
            if not is_green(found[each.name]) and not {check.name for check in found[each.name]} & set(LOOK):
                found[each.name] += each.report.skipped(LOOK, "it is not reached")
        return [check for each in computers for check in found[each.name]]

    def _look(
        self, group: list[Computer], terminal: Terminal, threads: ThreadPoolExecutor, found: dict[str, list[Check]]
    ) -> None:
        """Look at the computers that share a credential: one after the other until one takes it, then side by side."""
        rest, silent = list(group), 0
        while rest and _has_password(rest[0]):
            first = rest.pop(0)
            checks, account = look_at(first, terminal, self._right_time)
            found[first.name] += checks
            silent += account is Account.SILENT
            if account is Account.ACCEPTED:
                break
            if account is Account.REFUSED or silent > MOST_SILENT:
                what = "refused" if account is Account.REFUSED else "kept"
                for each in rest:
                    found[each.name] += each.report.skipped(LOOK, f"{first.name} {what} the same account")
                return
        for each, (checks, _) in zip(
            rest, threads.map(lambda c: look_at(c, terminal, self._right_time), rest), strict=True
        ):
            found[each.name] += checks

    def _bar_of(self, computer: Computer) -> str:
        """Return why there is no look at this computer; empty: there is one."""
        if _has_password(computer) and not self._has_database:
            return "without a sound database no password is tried, because nobody would count the refusals"
        way = computer.connection
        if way.transport is Transport.KERBEROS and way.username not in self._tickets:
            return "there is no Kerberos ticket"
        return ""

    def _barred(self, computers: Sequence[Computer]) -> dict[str, list[Computer]]:
        barred = defaultdict[str, list[Computer]](list)
        for each in computers:
            if bar := self._bar_of(each):
                barred[bar].append(each)
        return barred

    def _by_credential(self, computers: Sequence[Computer]) -> list[list[Computer]]:
        groups = defaultdict[str, list[Computer]](list)
        for each in computers:
            key = digest_of(each.connection, self._settings.signing_keys.credential_key)
            groups[key if _has_password(each) else each.connection.transport].append(each)
        return list(groups.values())

    @contextmanager
    def _terminal(self) -> Iterator[Terminal]:
        """Yield the terminal as the bot has it, behind the same gate for passwords."""
        settings = self._settings
        with ExitStack() as held:
            shell = WinRmShell(connections(settings, None), gate=self._gate(held) if self._has_database else None)
            held.callback(shell.close)
            yield GuardedTerminal(
                terminal=WinRmTerminal(shell, machine_of=settings.machine_of, repeats=settings.may_repeat)
            )

    def _gate(self, held: ExitStack) -> LogonGate:
        database = open_database(self._settings.database.get_secret_value())
        held.callback(database.dispose)
        clock = DatabaseClock.of(database) if database.dialect.name == "postgresql" else SystemClock()
        logons = SqlLogons(database, clock, FairLock(), window=self._settings.winrm.lockout_window)
        return LogonGate(logons, clock, self._settings.signing_keys.credential_key)


def _has_password(computer: Computer) -> bool:
    return computer.connection.transport in WITH_PASSWORD
