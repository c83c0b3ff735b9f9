"""Changes of the rows of requests, as somebody makes them who may write the database and has no key."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Integer, and_, create_engine, select, text
from sqlalchemy.pool import NullPool

from adapters.sql.columns import Moment
from adapters.sql.database_url import read_url
from adapters.sql.tables import host_survey, request, target
from bot.domain.request import State
from tests.support.builders import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, ColumnElement, Connection, Engine, Table

MINUTE = timedelta(minutes=1)
TABLES = (request, target, host_survey)

HARMLESS = {
    "request": {
        "delivery": "the same delivery is one request; it says nothing of whom it touches",
        "actor_id": "counts how often somebody asks; the requester is in `actor`",
        "due_at": "when a step looks again",
        "attempts": "how often a step has failed",
        "excluded": "who was left out, for the card",
        "reason_asked": "what a form asks for; the rules ask again",
        "decided_at": "for the card",
        "deny_reason": "for the card; the record has it",
        "message": "a sentence for the card",
        "failure_reference": "for the card",
        "message_ref": "where the card stands",
        "published_version": "which version the card shows",
        "publish_after": "when the card is drawn again",
        "postings": "how far the card and the notices are",
        "postings_due_at": "when they are looked after",
        "voided": "who is told that their yes stopped counting",
        "listed": "how much of the list stands in the thread",
        "version": "counts drawings; a lower one than the record's is found",
        "ending": "a request that has not ended has none; its state says so",
        "ended_at": "the same",
        "targets": "a count for the card; the limit counts the rows",
        "open_targets": "a count for the card",
        "unsure_targets": "a count for the card",
    },
    "target": {
        "position": "the order on the card",
        "code": "what Windows said, for the card",
        "reason": "why it has its verdict, for the card",
        "note": "the same",
        "request_lost": "whether an order may not have arrived",
        "words": "what the host said itself, for the card",
    },
    "host_survey": {
        "position": "the order on the card",
        "looked_at": "for the card",
        "sessions": "for the card",
        "code": "for the card",
        "message": "for the card",
        "words": "for the card",
        "due_at": "when a step looks again",
    },
}
"""Columns that may change without a lie about whom the bot touches, when and why."""

OTHERS: dict[str, tuple[Any, ...]] = {
    "state": tuple(state.value for state in State),
    "action": ("disconnect", "list", "message"),
    "command": ("sessions",),
    "serving": ('[["U0EVE"]]',),
    "ending": ("done", "cancelled"),
    "verdict": ("gone", "skipped", "unknown"),
    "reason": ("stopped",),
    "requirement": (None, "null"),
    "counted": (
        '[{"user_id": "U0BO", "name": "bo"}, {"user_id": "U0CHEN", "name": "chen"}]',
        '[{"user_id": "U0BO", "name": "bo"}]',
        '[{"user_id": "U0DANA", "name": "dana"}]',
        "[]",
    ),
    "decided_by": ('{"user_id": "U0BO", "name": "bo"}', '{"user_id": "U0OLI", "name": "oli"}', "null"),
    "message_ref": ('{"channel_id": "C0OPS", "ts": "9.000"}', "null"),
    "reason_asked": ('["INC"]', "null"),
    "excluded": ("[]",),
}
IN_JSON: dict[str, tuple[dict[str, Any], ...]] = {
    "actor": ({"user_id": "U0CHEN", "name": "chen"}, {"name": "bo"}),
    "place": ({"channel_id": "C0LOUNGE"},),
    "ask": (
        {"force": True},
        {"even_if_active": True},
        {"warn": None},
        {"reason": "another"},
        {"whatif": True},
        {"text": "another"},
        {"caption": "another"},
        {"stop_on_error": False},
        {"hosts": ["comp2", "comp1"]},
        {"hosts": ["comp2"]},
    ),
    "requirement": (
        {"confirm": "self", "needs": []},
        {"needs": []},
        {"hold": "PT0S"},
        {"expires_after": "PT9H"},
        {"confirm": "at_once", "needs": []},
        {"confirm": "nobody"},
    ),
    "session": ({"id": 7}, {"logon": 134000000000000001}, {"account": {"domain": "CORP", "user": "carol"}}),
}
"""Keys of a JSON column with other values."""


@dataclass(frozen=True, slots=True)
class Change:
    """Another value in one column of the first row of a table."""

    table: Table
    column: Column[Any]
    value: Any

    def __str__(self) -> str:
        return f"{self.column} = {self.value!r}"

    @property
    def is_harmless(self) -> bool:
        return self.column.name in HARMLESS[self.table.name]

    def make(self, url: str) -> None:
        with writing(url) as connection:
            first = first_row(connection, self.table)
            assert connection.execute(self.table.update().where(first).values({self.column: self.value})).rowcount == 1


@contextmanager
def writing(url: str) -> Iterator[Connection]:
    """A transaction beside the bot's own connections. No foreign key stops it, and no trigger on PostgreSQL."""
    engine = engine_of(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        yield connection


@cache
def engine_of(url: str) -> Engine:
    return create_engine(read_url(url), poolclass=NullPool)


def first_row(connection: Connection, table: Table) -> ColumnElement[bool]:
    keys = table.primary_key.columns
    row = connection.execute(select(*keys).order_by(*keys).limit(1)).one()
    return and_(*(key == value for key, value in zip(keys, row, strict=True)))


def every_change(url: str) -> Iterator[Change]:
    """Every column of the first row of each table with values that it does not have."""
    with writing(url) as connection:
        for table in TABLES:
            rows = connection.execute(table.select().order_by(*table.primary_key.columns).limit(1)).mappings()
            for row, column in product(rows, table.columns):
                for value in others(column, row[column.name]):
                    if value != row[column.name] and (column.nullable or value is not None):
                        yield Change(table, column, value)


def others(column: Column[Any], value: Any) -> Iterator[Any]:
    yield from OTHERS.get(column.name, ())
    if column.name in IN_JSON and value and value != "null":
        there = json.loads(value)
        yield from (json.dumps(there | changes) for changes in IN_JSON[column.name] if changes.keys() <= there.keys())
    elif isinstance(column.type, Boolean):
        yield not value
    elif isinstance(column.type, Integer):
        yield from ((value or 0) + 1, 0)
    elif isinstance(column.type, Moment):
        yield from (None, *((value or NOW) + by for by in (-MINUTE, MINUTE, -9 * 60 * MINUTE)))
    elif column.name not in OTHERS:
        yield "another"
