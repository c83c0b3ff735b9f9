"""One row of the doctor: what was checked, what was found, and for a failure what heals it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.errors import BotError


AGAIN = "Try again in some minutes. If it stays so, tell whoever develops the bot what was found."


class Outcome(StrEnum):
    """What became of a check."""

    OK = "ok"
    NOTE = "note"  # nothing is known to be wrong, and a person should read it
    SKIPPED = "skipped"  # not tried, because another check failed
    FAILED = "failed"


class Area(StrEnum):
    """What a check is about, in the order of the table."""

    CONFIGURATION = "configuration"
    DATABASE = "database"
    SLACK = "slack"
    CLOCK = "clock"
    POLICY = "policy"
    KERBEROS = "kerberos"
    COMPUTER = "computer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The result of one check. Only a failure has a remedy, and each failure has one."""

    area: Area
    name: str  # what was checked, always in the same words
    outcome: Outcome
    found: str
    remedy: str = ""
    host: str = ""  # the computer, where the area is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Makes the checks of one area, or of one computer."""

    area: Area
    host: str = ""

    def ok(self, name: str, found: str) -> Check:
        return Check(area=self.area, host=self.host, name=name, outcome=Outcome.OK, found=found)

    def note(self, name: str, found: str) -> Check:
        return Check(area=self.area, host=self.host, name=name, outcome=Outcome.NOTE, found=found)

    def failed(self, name: str, found: str, remedy: str) -> Check:
        return Check(area=self.area, host=self.host, name=name, outcome=Outcome.FAILED, found=found, remedy=remedy)

    def skipped(self, names: Iterable[str], because: str) -> list[Check]:
        found = f"not tried: {because}"
        return [
            Check(area=self.area, host=self.host, name=each, outcome=Outcome.SKIPPED, found=found) for each in names
        ]

    def refused(self, name: str, error: BotError, *, also: str = "") -> Check:
        """Return the failure that an error means. Its first sentence says what is wrong, the rest what helps.

        `also` is a further step, often the place in the documentation. What names no step at all may pass.
        """
        found, _, remedy = error.message.partition(". ")
        return self.failed(name, f"{found.removesuffix('.')}.", " ".join(filter(None, (remedy, also))) or AGAIN)


def is_green(checks: Iterable[Check]) -> bool:
    """Return whether nothing has failed."""
    return all(each.outcome is not Outcome.FAILED for each in checks)
