"""The newest requests with what the audit log says of how they were decided, for who compares rules."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from adapters.sql.documents import Asks
from adapters.sql.errors import translate_errors
from adapters.sql.request_queries import newest_ids, read_requests
from adapters.sql.tables import audit_entry
from bot.audit.entry import THE_BOT
from bot.audit.record import POLICY_LOADED
from bot.audit.selection import rules_in
from bot.policy.compare import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from bot.domain.ask import Ask
    from bot.domain.request import Request

_AT_ONCE = 100
"""So many requests are in memory together."""

_ABOVE = ("status", "home workspace")
"""The checks of a person that no rule can change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Requests of a database. No key is needed: whoever has to be sure verifies the audit log."""

    engine: Engine
    ask_types: Mapping[str, type[Ask]]

    def newest(self, limit: int, since: datetime | None) -> Iterator[tuple[str, Request | None, Evidence]]:
        """Yield id, request and evidence of the newest requests of people, the newest first.

        The request is None when its rows cannot be read. Raises `LedgerError`.
        """
        with translate_errors(), self.engine.connect() as connection:
            policies = _policies(connection)
            ids = newest_ids(connection, limit)
            for first in range(0, len(ids), _AT_ONCE):
                some = ids[first : first + _AT_ONCE]
                found = read_requests(connection, some, Asks(self.ask_types))
                entries = _entries(connection, some)
                for request_id in some:
                    request = found.get(request_id)
                    if request and (since is not None and request.asked_at < since):
                        return
                    if request is None or request.actor.user_id != THE_BOT.user_id:
                        yield request_id, request, _evidence(request, entries.get(request_id), policies)


@dataclass(frozen=True, slots=True)
class _Decided:
    event: str
    rules: tuple[str, ...]
    policy: str


def _entries(connection: Connection, ids: Sequence[str]) -> dict[str, _Decided]:
    """Return the entry of each request that says by which rules its survey ended."""
    columns = (audit_entry.c.request_id, audit_entry.c.event, audit_entry.c.rule, audit_entry.c.policy)
    query = select(*columns).where(audit_entry.c.request_id.in_(ids), audit_entry.c.event.in_(("surveyed", "refused")))
    found: dict[str, _Decided] = {}
    for request_id, event, rule, policy in connection.execute(query.order_by(audit_entry.c.seq)):
        found.setdefault(request_id, _Decided(event, rules_in(rule), policy))
    return found


def _policies(connection: Connection) -> dict[str, dict[str, tuple[frozenset[str], frozenset[str]]]]:
    """Return who and what each rule of each recorded policy was for: digest -> name -> `who`, `may`."""
    columns = (audit_entry.c.policy, audit_entry.c.text)
    found = {}
    for digest, text in connection.execute(select(*columns).where(audit_entry.c.event == POLICY_LOADED)):
        with suppress(ValueError, LookupError, TypeError):  # a text of another release tells nothing
            found[digest] = {
                rule["name"]: (frozenset(rule["who"]), frozenset(rule["may"])) for rule in json.loads(text)["rules"]
            }
    return found


def _evidence(
    request: Request | None,
    decided: _Decided | None,
    policies: Mapping[str, Mapping[str, tuple[frozenset[str], frozenset[str]]]],
) -> Evidence:
    """Return what the entry proves with the policy of its digest. Without that text it proves nothing."""
    if request is None or decided is None:
        return Evidence()
    if decided.event == "refused" and decided.rules and decided.rules[0] in _ABOVE:
        return Evidence(above=decided.rules[0])
    rules = policies.get(decided.policy, {})
    if decided.event == "surveyed":
        among = tuple(rules[name][0] for name in decided.rules if name in rules)
        return Evidence(among=among, rules=frozenset(decided.rules), policy=decided.policy)
    if decided.rules == ("no rule",) and not request.surveys:
        may = request.action.name.lower()
        return Evidence(not_among=frozenset().union(*(who for who, those in rules.values() if may in those)))
    return Evidence()
