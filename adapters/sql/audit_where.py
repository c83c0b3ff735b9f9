"""The conditions on the audit log that a reader's filter means, each answered by an index.

A condition repeats the one of its partial index to the letter: only then a database takes that index.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, bindparam, text

from adapters.sql.columns import storable
from adapters.sql.tables import APPROVAL, REFUSAL

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import BindParameter, TextClause

    from bot.audit.selection import AuditFilter, Names

NAMED_TARGETS = "('target', 'kept')"
"""The roles of sessions that a request was about to act on."""


@dataclass(slots=True)
class Where:
    """Conditions, with a value for each of their parameters."""

    dialect: str
    conditions: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, condition: str, **values: object) -> None:
        self.conditions.append(condition)
        self.values |= values

    @property
    def sql(self) -> str:
        return f"WHERE {' AND '.join(self.conditions)}" if self.conditions else ""

    def several(self) -> list[BindParameter[Any]]:
        """Return the parameters that stand for a list of texts. PostgreSQL has to know the type of an empty list."""
        names = [name for name, value in self.values.items() if isinstance(value, list)]
        return [bindparam(name, expanding=True, type_=Text()) for name in names]

    def moment(self, at: datetime) -> object:
        """Return a time as the column holds it: SQLite has texts of a fixed form in UTC."""
        there = at.astimezone(UTC)
        return there if self.dialect != "sqlite" else there.strftime("%Y-%m-%d %H:%M:%S.%f")

    def between(self, wanted: AuditFilter) -> None:
        if wanted.since:
            self.add("at >= :since", since=self.moment(wanted.since))
        if wanted.until:
            self.add("at < :until", until=self.moment(wanted.until))


def entries_where(dialect: str, wanted: AuditFilter, names: Names) -> Where:
    """Return the conditions on single entries. What several sessions are named by is looked for among their rows."""
    where = Where(dialect)
    where.between(wanted)
    if wanted.request:
        where.add("request_id = :request", request=storable(wanted.request))
    if wanted.event:
        where.add("event = :event", event=storable(wanted.event))
    if names.actors is not None:
        where.add("actor IN :actors", actors=_list(names.actors))
    if names.approvers is not None:
        where.add(f"{APPROVAL} AND actor IN :approvers AND actor <> requester", approvers=_list(names.approvers))
    if names.rules is not None:
        where.add("rule <> '' AND rule IN :rules", rules=_list(names.rules))
    if wanted.forced:
        where.add("forced")
    if wanted.refused:
        where.add(REFUSAL)
    _sessions(where, wanted, names)
    return where


def _sessions(where: Where, wanted: AuditFilter, names: Names) -> None:
    own, among_rows = _session_conditions(where, wanted, names)
    if wanted.verdict:
        where.add(own)
    elif own:
        rows = f"SELECT seq FROM audit_target WHERE {among_rows}"  # noqa: S608 - our own words
        where.add(f"seq IN (SELECT seq FROM audit_entry WHERE {own} UNION ALL {rows})")  # noqa: S608 - the same


def _session_conditions(where: Where, wanted: AuditFilter, names: Names) -> tuple[str, str]:
    """Return the conditions on an entry about one session, and on a row of an entry about several; empty for none."""
    own, rows = [], []
    if names.users is not None:
        own.append('"user" <> \'\' AND "user" IN :users')
        rows.append('"user" IN :users')
        where.values["users"] = _list(names.users)
    if names.hosts is not None:
        own.append("host <> '' AND host IN :hosts")
        rows.append("host IN :hosts")
        where.values["hosts"] = _list(names.hosts)
    if wanted.verdict:
        own.append("verdict <> '' AND verdict = :verdict")
        where.values["verdict"] = storable(wanted.verdict)
    return " AND ".join(own), " AND ".join(rows)


def requests_where(dialect: str, wanted: AuditFilter, names: Names) -> Where:
    """Return the conditions on the `asked` entries of requests."""
    where = Where(dialect)
    where.add("event = 'asked'")
    where.between(wanted)
    if wanted.request:
        where.add("request_id = :request", request=storable(wanted.request))
    if names.actors is not None:
        where.add("actor IN :actors", actors=_list(names.actors))
    if names.approvers is not None:
        some = f"{APPROVAL} AND actor IN :approvers AND actor <> requester"
        where.add(_has(some), approvers=_list(names.approvers))
    if names.rules is not None:
        where.add(_has("rule <> '' AND rule IN :rules"), rules=_list(names.rules))
    if wanted.event:
        where.add(_has("event = :event"), event=storable(wanted.event))
    if wanted.forced:
        where.add(_has("forced AND event <> 'asked'"))
    if wanted.refused:
        where.add(_has(REFUSAL))
    _sessions_of_request(where, wanted, names)
    return where


def _has(condition: str) -> str:
    return f"request_id IN (SELECT request_id FROM audit_entry WHERE {condition})"  # noqa: S608 - our own words


def _sessions_of_request(where: Where, wanted: AuditFilter, names: Names) -> None:
    """One session has to be the one that is asked for: one that was to be acted on where a user or a verdict is."""
    own, rows = _session_conditions(where, wanted, names)
    if wanted.verdict:
        later = (
            "SELECT 1 FROM audit_entry later WHERE later.request_id = audit_entry.request_id AND later.verdict <> '' "
            "AND later.host = audit_entry.host AND later.session_id = audit_entry.session_id "
            "AND later.seq > audit_entry.seq"
        )
        where.add(_has(f"{own} AND NOT EXISTS ({later})"))
    elif own:
        role = f" AND role IN {NAMED_TARGETS}" if names.users is not None else ""
        found = f"SELECT seq FROM audit_target WHERE {rows}{role}"  # noqa: S608 - the same
        among = f"SELECT request_id FROM audit_entry WHERE seq IN ({found})"  # noqa: S608 - the same
        where.add(f"request_id IN (SELECT request_id FROM audit_entry WHERE {own} UNION ALL {among})")  # noqa: S608 - the same


def _list(names: frozenset[str]) -> list[str]:
    return [storable(name) for name in sorted(names)]


def counting(where: Where) -> TextClause:
    return text(f"SELECT count(*) FROM audit_entry {where.sql}").bindparams(*where.several())  # noqa: S608 - our own words
