"""The names that the audit log has: its users, hosts, rules and people. Each is read once, however often it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from adapters.sql.columns import restored, storable
from bot.audit.selection import Names, hosts_like, people_like, rules_like, users_like
from bot.errors import TooWide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from bot.audit.selection import AuditFilter

MOST_NAMES = 10_000
"""How many names a pattern may mean. SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535."""


def names_for(connection: Connection, wanted: AuditFilter) -> Names:
    """Return the names in the log that the filter means. Raises `TooWide` when a pattern means too many."""
    named = AuditNames(connection)
    return Names(
        users=_found(wanted.user, named.users, users_like),
        hosts=_found(wanted.host, named.hosts, hosts_like),
        actors=_people(wanted.actor, named),
        approvers=_people(wanted.approver, named),
        rules=_found(wanted.rule, named.rules, rules_like),
    )


class AuditNames:
    """What stands in the columns that people search by.

    Each query hops over an index from one value to the next one, so it takes as many steps as there are values.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def users(self) -> set[str]:
        return self._values('"user"', "\"user\" <> ''") | self._values('"user"', "", "audit_target")

    def hosts(self) -> set[str]:
        return self._values("host", "host <> ''") | self._values("host", "", "audit_target")

    def rules(self) -> set[str]:
        return self._values("rule", "rule <> ''")

    def people(self) -> list[tuple[str, str]]:
        """Return the id of everybody who did something, with the name in their newest entry."""
        newest = "SELECT actor_name FROM audit_entry WHERE actor = value ORDER BY at DESC, seq DESC LIMIT 1"
        query = f"{_hops('actor', '', 'audit_entry')} SELECT value, ({newest}) FROM known WHERE value IS NOT NULL"  # noqa: S608 - our own names
        return [(restored(id_), restored(name)) for id_, name in self._connection.execute(text(query))]

    def name_of(self, actor: str) -> str:
        """Return the name in the newest entry of this person; empty when there is none."""
        query = "SELECT actor_name FROM audit_entry WHERE actor = :actor ORDER BY at DESC, seq DESC LIMIT 1"
        found = self._connection.execute(text(query), {"actor": storable(actor)}).scalar_one_or_none()
        return restored(found) if isinstance(found, str) else ""

    def _values(self, column: str, condition: str, table: str = "audit_entry") -> set[str]:
        query = f"{_hops(column, condition, table)} SELECT value FROM known WHERE value IS NOT NULL"  # noqa: S608 - the same
        found = self._connection.execute(text(query)).scalars()
        return {restored(value) for value in found if isinstance(value, str)}


def _hops(column: str, condition: str, table: str) -> str:
    where = f"WHERE {condition}" if condition else ""
    further = f"AND {condition}" if condition else ""
    return (
        f"WITH RECURSIVE known(value) AS (SELECT min({column}) FROM {table} {where} UNION ALL "  # noqa: S608 - our own names
        f"SELECT (SELECT min({column}) FROM {table} WHERE {column} > known.value {further}) "
        "FROM known WHERE value IS NOT NULL)"
    )


def _found(
    asked: str, known: Callable[[], Iterable[str]], like: Callable[[str, Iterable[str]], frozenset[str]]
) -> frozenset[str] | None:
    return _few(asked, like(asked, known())) if asked else None


def _people(asked: str, named: AuditNames) -> frozenset[str] | None:
    return _few(asked, people_like(asked, named.people())) if asked else None


def _few(asked: str, found: frozenset[str]) -> frozenset[str]:
    if len(found) > MOST_NAMES:
        raise TooWide(f"{asked} means {len(found)} names, and I look for {MOST_NAMES} at the most. Name fewer.")
    return found
