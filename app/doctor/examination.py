"""The doctor: all checks in their order. It looks, and changes nothing."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.windows.winrm.endpoint import Transport
from app.config import yaml_file
from app.config.files import is_read_by_all
from app.config.secrets import EVERY_SECRET
from app.config.settings import settings_in
from app.doctor.check import AGAIN, Area, Reporter
from app.doctor.clocks import RightTime, clocks
from app.doctor.computers import ComputerChecks, chosen
from app.doctor.database import DatabaseChecks
from app.doctor.kerberos import KerberosChecks
from app.doctor.policy import policy_checks
from app.doctor.slack import SlackChecks
from bot.errors import BotError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.config.settings import Settings
    from app.doctor.check import Check
    from app.doctor.computer import Computer
    from bot.ports.clock import Clock

FILE, PATTERNS, ALL = "app.yaml", "patterns", "all of it"
REHEARSAL = "This configuration is the rehearsal's: there is no Slack and no computer to look at."
_OWN = "Copy it, say `rehearsal: false`, and name the copy: --config"
_REPORT = Reporter(area=Area.CONFIGURATION)


def configured(path: Path) -> tuple[Settings | None, Check]:
    """Return the settings of the file, None when the bot could not run with them, and the check of the file."""
    try:
        file = yaml_file.read(path, os.environ)
        settings = settings_in(path, file, EVERY_SECRET)
    except SettingsError as error:
        return None, _REPORT.failed(FILE, error.message, "Correct each of these lines; docs/running.md, part 3.")
    if settings.rehearsal:
        return None, _REPORT.failed(FILE, REHEARSAL, _OWN)
    if shown := [str(each) for each in dict.fromkeys(file.files) if is_read_by_all(each)]:
        said = f"{path}; every user of this machine can read {', '.join(shown)}: chmod o="
        return settings, _REPORT.note(FILE, said)
    return settings, _REPORT.ok(FILE, str(path))


def examine(settings: Settings, computers: Sequence[Computer], clock: Clock) -> Iterator[Check]:
    """Yield all checks. `clock` is this machine's."""
    database, slack = DatabaseChecks(settings), SlackChecks(settings)
    yield from _whole(Area.DATABASE, database.run(clock))
    yield from _whole(Area.SLACK, slack.run(clock, may_connect=not database.has_owner))
    yield from clocks(slack.ahead, database.ahead)
    rules = policy_checks(settings, knows_people=slack.knows_people, faulty=slack.faulty_groups)
    yield from _whole(Area.POLICY, rules)
    kerberos = [KerberosChecks(*each) for each in _accounts(computers).items()]
    for each in kerberos:
        yield from _whole(Area.KERBEROS, each.run())
    right_time = RightTime(clock=clock, ahead=slack.ahead or timedelta())
    looks = ComputerChecks(
        settings,
        has_database=database.is_sound,
        tickets=frozenset(each.principal for each in kerberos if each.is_sound),
        right_time=right_time,
    )
    yield from _whole(Area.COMPUTER, looks.run(computers))
    inventory = settings.inventory()
    if inventory.patterns and all(each.name in inventory.names for each in computers):
        found = f"what only {', '.join(inventory.patterns)} lets in is looked at when --hosts names it"
        yield Reporter(area=Area.COMPUTER).note(PATTERNS, found)


def _whole(area: Area, checks: Iterator[Check]) -> Iterator[Check]:
    """Yield the checks. An error that ends them is a failure of their area, and the other areas are still checked."""
    try:
        yield from checks
    except BotError as error:
        yield Reporter(area=area).refused(ALL, error)
    except OSError as exc:
        yield Reporter(area=area).failed(ALL, f"{exc}.", AGAIN)


def _accounts(computers: Sequence[Computer]) -> dict[str, str]:
    """Return the accounts that need a ticket, each with a computer as its ticket names it."""
    connections = [(each.connection, each.name) for each in computers]
    return {way.username: way.kerberos_host or name for way, name in connections if way.transport is Transport.KERBEROS}


def named(settings: Settings, hosts: Sequence[str]) -> list[Computer]:
    """Return the computers behind the selectors. Raises `LookupError` for one that stands for no computer."""
    return chosen(settings, hosts)
