"""The form of the corpus: what Windows reports of one session, what the card said of it, and what each rule says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.domain.conditions import Condition, Field, Operator

if TYPE_CHECKING:
    from collections.abc import Mapping

SECOND = 10_000_000
HOUR = 3600 * SECOND
NOW = 134_088_480_000_000_000
"""The host's clock in every report, in FILETIME ticks."""
LOGON, LEFT, TYPED = NOW - 26 * HOUR, NOW - 3 * HOUR, NOW - HOUR
FIRST_ID = 1001
"""The rows have ids from here on, in their order, unless they name one."""

YES, NO, OPEN = "yes", "no", "open"
"""A filter holds, or does not, or nobody can say. On a host the third is the second: nobody is touched."""

FILTERS = {
    "user": Condition(field=Field.USER, operator=Operator.LIKE, values=("bob", "alice")),
    "account": Condition(field=Field.USER, operator=Operator.LIKE, values=("corp\\a?i*",)),
    "state": Condition(field=Field.STATE, operator=Operator.IN, values=("1", "4")),
    "client": Condition(field=Field.CLIENT, operator=Operator.LIKE, values=("laptop-*",)),
    "address": Condition(field=Field.ADDRESS, operator=Operator.LIKE, values=("10.0.4.*",)),
    "station": Condition(field=Field.STATION, operator=Operator.LIKE, values=("rdp-tcp*",)),
    "idle for long": Condition(field=Field.IDLE, operator=Operator.MORE, values=("28800",)),
    "not idle for long": Condition(field=Field.IDLE, operator=Operator.AT_MOST, values=("28800",)),
    "logged on since": Condition(field=Field.LOGON, operator=Operator.AT_LEAST, values=(str(LOGON),)),
    "logged on before": Condition(field=Field.LOGON, operator=Operator.LESS, values=(str(LOGON),)),
}
AS_SHOWN = dict(zip(FILTERS, (YES, YES, YES, YES, YES, NO, NO, YES, YES, NO), strict=True))
"""What the filters say of a session that is as the card showed it."""

EVERY_RULE = frozenset({"touch", "gone", "same", "idle", "filters", "guard"})
READERS = {
    "pwsh": EVERY_RULE - {"guard"},
    "mono": EVERY_RULE - {"guard"},
    "double": EVERY_RULE - {"guard"},
    "fake": frozenset({"touch", "gone"}),
    "core": EVERY_RULE - {"touch"},
}
"""Who reads, and which rules each has: only the core guards before an order, only hosts compare and touch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What Windows reports; by default of alice, who left three hours ago. `unreadable` as in farm.yaml."""

    state: int = 4
    domain: str = "CORP"
    user: str = "alice"
    station: str = ""
    client: str = "LAPTOP-7"
    address: str = "10.0.4.17"
    protocol: int = 2
    build: int = 19045
    display: str = "1024x768x16"
    logon: int = LOGON
    connect: int = LOGON
    disconnect: int = LEFT
    input: int = 0
    now: int = NOW
    unreadable: Mapping[str, int | str] = field(default_factory=dict)
    listed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the card said, and the order."""

    state: int = 4
    domain: str = "CORP"
    user: str = "alice"
    logon: int = LOGON
    since: int = LEFT
    even_if_active: bool = False
    not_at_console: bool = True
    filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """The agent's verdict, why, and code. A host that refuses every act shows whom it would have touched."""

    verdict: str
    why: str = ""
    code: int = 0


TOUCHED = Touch(verdict="refused", why="WTSLogoffSession", code=5)
ABSENT = Touch(verdict="absent")


def changed(why: str) -> Touch:
    return Touch(verdict="changed", why=why)


def protected(why: str) -> Touch:
    return Touch(verdict="protected", why=why)


def unread(code: int) -> Touch:
    return Touch(verdict="refused", why="WTSQuerySessionInformationW", code=code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str
    report: Report | None = field(default_factory=Report)  # None: Windows has no such session
    said: Said = field(default_factory=Said)
    id: int = 0  # 0: the next one of the corpus
    is_session_0: bool = False
    gone: bool = False  # after an order, this proves the session gone
    same: bool = True  # the same person by the same logon
    touch: Touch = TOUCHED  # may it be touched, and why not
    guard: str = ""  # why the core asks for no order; empty: it may
    idle: int | None = 3 * 3600  # seconds; None: unknown
    filters: Mapping[str, str] = field(default_factory=dict)  # where they differ from `AS_SHOWN`
    differs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by reader and rule

    def expected(self, reader: str) -> dict[str, Any]:
        rules: dict[str, Any] = {
            "touch": self.touch,
            "gone": self.gone,
            "same": self.same,
            "idle": self.idle,
            "filters": AS_SHOWN | dict(self.filters) if self.report and self.report.listed else {},
            "guard": self.guard,
        }
        if reader != "core":
            rules["filters"] = {name: NO if each == OPEN else each for name, each in rules["filters"].items()}
        return {name: value for name, value in rules.items() if name in READERS[reader]} | dict(
            self.differs.get(reader, {})
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineRow:
    """The machine that the card was drawn from, by its DNS and NetBIOS name, and whether COMP1 is that one."""

    name: str
    said: tuple[str, str]
    same: bool
