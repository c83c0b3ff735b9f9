"""Which entries and which requests a reader of the audit log asks for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, get_args

from bot.audit import record
from bot.domain import events as e
from bot.domain.conditions import is_like

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

EVENTS = tuple(
    sorted(
        {e.name_of_kind(kind) for kind in (e.Asked, *get_args(e.Event))}
        | {record.PAUSED, record.RESUMED, record.POLICY_LOADED, record.KEY_CHANGED, record.KEY_TAKEN_UP}
    )
)
"""Every event that an entry may have."""

BETWEEN_RULES = ", "
"""What stands between the rules of one entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What a reader asks for, as they typed it. Everything has to hold; what is empty or None asks for nothing.

    Of entries each has to hold for the entry itself, or for one of the sessions that it names. Of requests each has to
    hold for some entry of the request; host, user and verdict have to hold for one session of it.
    """

    since: datetime | None = None  # entries from then on; requests that were asked from then on
    until: datetime | None = None  # and before then
    user: str = ""  # the account of the session: `CORP\\alice`, `alice`, or a pattern with `*` and `?`
    host: str = ""  # the computer, or a pattern
    actor: str = ""  # who did it, by id or name; of a request who asked for it
    approver: str = ""  # who said yes or no to another person's request, by id or name
    rule: str = ""  # a rule that decided, by its whole name
    event: str = ""  # one of `EVENTS`
    verdict: str = ""  # the verdict of a session; of a request its last one
    request: str = ""  # the id of a request
    forced: bool = False  # nobody was asked
    refused: bool = False  # somebody was told no

    def in_words(self) -> str:
        """Return what was asked for as the options of the command line; empty for everything. Times are in UTC."""
        return " ".join(self._options())

    def _options(self) -> Iterator[str]:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is True:
                yield f"--{field.name}"
            elif isinstance(value, str) and value:
                yield f"--{field.name} {value}"
            elif value:
                yield f"--{field.name} {value:%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names in the log that a filter means. None: the filter asks for none; empty: the log has no such name."""

    users: frozenset[str] | None = None
    hosts: frozenset[str] | None = None
    actors: frozenset[str] | None = None
    approvers: frozenset[str] | None = None
    rules: frozenset[str] | None = None  # as entries have them: the names of several rules are one text

    def unknown(self) -> tuple[str, ...]:
        """Return the options whose value names nobody and nothing in the log."""
        options = {"user": self.users, "host": self.hosts, "actor": self.actors}
        options |= {"approver": self.approvers, "rule": self.rules}
        return tuple(name for name, found in options.items() if found is not None and not found)


def users_like(asked: str, known: Iterable[str]) -> frozenset[str]:
    """Return the accounts that are meant. Without a domain the user of every domain is meant; letter case is free."""
    pattern = asked if "\\" in asked else f"*\\{asked}"
    return frozenset(each for each in known if is_like(pattern, each) or is_like(asked, each))


def hosts_like(asked: str, known: Iterable[str]) -> frozenset[str]:
    """Return the computers that are meant, in any letter case."""
    return frozenset(each for each in known if is_like(asked, each))


def people_like(asked: str, known: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the ids of the people who are meant, of pairs of id and name."""
    wanted = asked.removeprefix("@")
    return frozenset(id_ for id_, name in known if is_like(asked, id_) or (name and is_like(wanted, name)))


def rules_like(asked: str, known: Iterable[str]) -> frozenset[str]:
    """Return the texts that have this rule among the rules that they name."""
    return frozenset(each for each in known if asked == each or asked in rules_in(each))


def rules_in(rule: str) -> tuple[str, ...]:
    """Return the names of the rules in an entry's text."""
    return tuple(filter(None, rule.split(BETWEEN_RULES)))
