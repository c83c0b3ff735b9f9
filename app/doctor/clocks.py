"""The checks of the clocks. Slack's is taken for the right one where Slack answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import humanize

from app.doctor.check import Area, Reporter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from app.doctor.check import Check
    from bot.ports.clock import Clock

MACHINE, DATABASE = "this machine", "database"
MOST_OFF = timedelta(minutes=1)
"""How far this machine and the database may be off: times of entries and of expiries are read by people."""

HOST_MOST_OFF = timedelta(minutes=5)
"""How far a computer may be off: with more, a domain takes no Kerberos ticket."""

_NTP = "Let NTP set it: timedatectl set-ntp true, or w32tm /resync on Windows."
_REPORT = Reporter(area=Area.CLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class RightTime:
    """The `Clock` port: this machine's time, corrected by what Slack said."""

    clock: Clock
    ahead: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.ahead


def clocks(slack_ahead: timedelta | None, database_ahead: timedelta | None) -> Iterator[Check]:
    """Yield the checks. Both times say how far ahead of this machine the clock is; None: it is not known."""
    if slack_ahead is None:
        yield from _REPORT.skipped((MACHINE,), "Slack did not say the time")
    else:
        yield _compared(MACHINE, -slack_ahead, "Slack")
    if database_ahead is not None:
        reference = slack_ahead if slack_ahead is not None else timedelta()
        yield _compared(DATABASE, database_ahead - reference, "Slack" if slack_ahead is not None else "this machine")


def _compared(name: str, ahead: timedelta, than: str) -> Check:
    said = off_by(ahead, than)
    return _REPORT.failed(name, f"{said}.", _NTP) if abs(ahead) > MOST_OFF else _REPORT.ok(name, said)


def of_host(report: Reporter, name: str, ahead: timedelta) -> Check:
    """Return the check of a computer's clock. `ahead` is by the right time."""
    said = off_by(ahead, "the bot")
    return report.failed(name, f"{said}.", _NTP) if abs(ahead) > HOST_MOST_OFF else report.ok(name, said)


def off_by(ahead: timedelta, than: str) -> str:
    """Return the difference in words."""
    if abs(ahead) < timedelta(seconds=3):
        return f"as {than}"
    return (
        f"{humanize.precisedelta(abs(ahead), format='%.0f')} {'ahead of' if ahead > timedelta() else 'behind'} {than}"
    )
