"""The computers side by side. A password is tried at one of them first: where it is refused, no other one gets it."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from adapters.clock import SystemClock
from adapters.sql.clock import DatabaseClock
from adapters.sql.database import open_database
from adapters.sql.logons import SqlLogons
from adapters.sql.write_queue import FairLock
from adapters.windows.terminal import WindowsTerminal
from adapters.windows.winrm.endpoint import Transport
from adapters.windows.winrm.logon_gate import LogonGate, digest_of
from app.carriers import Carriers
from app.connections import connections
from app.doctor.check import is_green
from app.doctor.computer import Computer, look_at, way_to
from bot.workflow.guarded_terminal import GuardedTerminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from adapters.windows.jea.ordinary import Ordinary
    from app.config.settings import Settings
    from app.doctor.check import Check
    from bot.ports.clock import Clock
    from bot.ports.logons import Logons

    Look = Callable[[Computer], tuple[list[Check], bool]]
    """Returns the checks of one look, and whether the computer has accepted the account."""

AT_ONCE = 32
"""How many computers are checked side by side."""

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
        self._clock: Clock = SystemClock()  # the database's own where it has one

    def run(self, computers: Sequence[Computer]) -> Iterator[Check]:
        """Yield the checks of each computer, in the order of the computers."""
        found: dict[str, list[Check]] = {}
        with ExitStack() as held, ThreadPoolExecutor(AT_ONCE, thread_name_prefix="doctor") as threads:
            found |= zip((each.name for each in computers), threads.map(way_to, computers), strict=True)
            open_ones = [each for each in computers if is_green(found[each.name])]
            for each in open_ones:
                if bar := self._bar_of(each):
                    found[each.name] += each.report.skipped(each.look, bar)
            logons = self._logons(held) if self._has_database else None
            look = self._look(held, logons)
            ready = [each for each in open_ones if not self._bar_of(each)]
            for key, group in self._by_credential(ready).items():
                rest = self._after_the_first(key, group, look, logons, found) if logons else group
                looks = threads.map(look, rest)
                for each, (checks, _) in zip(rest, looks, strict=True):
                    found[each.name] += checks
        for each in computers:
            if not is_green(found[each.name]) and not {check.name for check in found[each.name]} & set(each.look):
                found[each.name] += each.report.skipped(each.look, "it is not reached")
        yield from (check for each in computers for check in found[each.name])

    def _after_the_first(
        self, key: str, group: list[Computer], look: Look, logons: Logons, found: dict[str, list[Check]]
    ) -> list[Computer]:
        """Look at the computers that share a password, one after the other until one takes it; return the others.

        A refusal is the end, and so is the silence of a computer that may have the password: the bot counts it as one.
        """
        rest = list(group)
        while rest and _has_password(rest[0]):
            first, before = rest.pop(0), logons.standing(key).times_refused
            checks, is_accepted = look(first)
            found[first.name] += checks
            if is_accepted:
                break
            after = logons.standing(key)
            if after.times_refused > before or after.suspended_until:
                for each in rest:
                    found[each.name] += each.report.skipped(each.look, f"{first.name} did not take the same password")
                return []
        return rest

    def _bar_of(self, computer: Computer) -> str:
        """Return why there is no look at this computer; empty: there is one."""
        if _has_password(computer) and not self._has_database:
            return "without a sound database no password is tried, because nobody would count the refusals"
        way = computer.connection
        if way.transport is Transport.KERBEROS and way.username not in self._tickets:
            return "there is no Kerberos ticket"
        return ""

    def _by_credential(self, computers: Sequence[Computer]) -> dict[str, list[Computer]]:
        """Return the computers by the digest of their password, and those without one by their transport."""
        groups = defaultdict[str, list[Computer]](list)
        for each in computers:
            key = digest_of(each.connection, self._settings.signing_keys.credential_key)
            groups[key if _has_password(each) else each.connection.transport].append(each)
        return dict(groups)

    def _look(self, held: ExitStack, logons: SqlLogons | None) -> Look:
        """Return what looks at a computer, as the bot does it, behind the same gate for passwords."""
        settings = self._settings
        gate = LogonGate(logons, self._clock, settings.signing_keys.credential_key) if logons else None
        carriers = Carriers(connections(settings, None), gate=gate)
        held.callback(carriers.close)
        terminal = WindowsTerminal(carriers, machine_of=settings.machine_of, repeats=settings.may_repeat)
        guarded = GuardedTerminal(terminal=terminal)

        def shells_at(computer: Computer) -> Ordinary:
            from adapters.windows.jea.ordinary import ordinary_shells  # noqa: PLC0415 - it comes with an extra

            return ordinary_shells(computer.connection, computer.name, within=computer.within, gate=gate)

        return lambda each: look_at(each, guarded, self._right_time, carriers.module_version, shells_at)

    def _logons(self, held: ExitStack) -> SqlLogons:
        database = open_database(self._settings.database.get_secret_value())
        held.callback(database.dispose)
        if database.dialect.name == "postgresql":
            self._clock = DatabaseClock.of(database)
        return SqlLogons(database, self._clock, FairLock(), window=self._settings.winrm.lockout_window)


def _has_password(computer: Computer) -> bool:
    return computer.connection.transport in WITH_PASSWORD
