"""Logs to meddle with: long ones with every kind of entry, and the check that `audit verify` makes of them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from adapters.sql.audit_rows import every_text
from adapters.sql.audit_scan import AuditScan, scanned
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.tables import metadata
from bot.audit.keys import SigningKeys
from bot.audit.verify import check_log
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.domain.note_kind import NoteKind
from bot.domain.request import ExcludedSession
from bot.domain.verdicts import Reason, Verdict
from tests.fakes.clock import SettableClock
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from bot.audit.entry import Entry, Head
    from bot.audit.keys import PublicKey
    from bot.audit.verify import Found

KEYS = SigningKeys("the key of the tests")
ODD_NAME = "josé \x00 \ud83d \ue000"
"""A name that a database cannot take as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log in a database that may be changed behind its back."""

    engine: Engine
    entries: tuple[Entry, ...]
    half: PublicKey

    @contextmanager
    def meddling(self) -> Iterator[Connection]:
        """A transaction of somebody who may do anything. Nothing of it stays."""
        with self.engine.connect() as connection, connection.begin() as changes:
            unguarded(connection)
            yield connection
            changes.rollback()


def written(url: str, length: int, keys: SigningKeys = KEYS) -> Log:
    """Return a log of so many entries: lives of requests, notes, and a pause."""
    engine, clock = open_database(url), SettableClock(b.NOW)
    ledger = SqlLedger(engine, clock, keys, ASK_TYPES)
    number = 0
    while ledger.head().seq < length:
        number += 1
        _live(ledger, clock, f"TS-{number}", length)
    return Log(engine=engine, entries=ledger.entries(limit=length + 1), half=keys.public)


def _live(ledger: SqlLedger, clock: SettableClock, number: str, length: int) -> None:
    one, two, out = b.target(3), b.target(7, host="comp2"), ExcludedSession(session=b.session(0), why="session 0")
    steps: list[e.Event] = [
        b.surveyed(one, two, excluded=(out,), message="look well"),
        e.Noted(kind=NoteKind.OUTSIDER_PRESS, by=b.OTHER, detail=ODD_NAME),
        b.approved(by=b.OTHER),
        b.started(),
        e.HostStarted(host="comp1"),
        e.TargetRequested(key=one.key, code=7007),
        e.TargetEnded(key=one.key, verdict=Verdict.GONE),
        e.TargetEnded(key=two.key, verdict=Verdict.UNKNOWN, code=5, reason=Reason.HOST_ERROR, note="lost"),
        e.Ended(),
        e.Settled(key=two.key, verdict=Verdict.GONE, reason=Reason.SEEN_LATER),
    ]
    ledger.open(b.request(number, asked_at=clock.now(), expires_at=clock.now() + b.GRACE))
    for event in steps:
        if ledger.head().seq < length:
            clock.move(timedelta(seconds=1.5))
            ledger.record(number, event)
    if ledger.head().seq < length:
        ledger.pause("operator ann", "patch day")


def unguarded(connection: Connection) -> None:
    """Take the triggers and the keys away, as whoever owns the database may."""
    if connection.dialect.name == "postgresql":
        for table in ("audit_entry", "audit_target"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}"))
        return
    names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
    for name in names:
        connection.execute(text(f"DROP TRIGGER {name}"))


def checked(connection: Connection, half: PublicKey, anchors: Sequence[Head] = ()) -> Found:
    """Return what a check finds inside a transaction that is not over."""
    with every_text(connection):
        scan = AuditScan(connection)
        return check_log(scan.rows(), scan.head(), half, named=scan.named_keys(), anchors=anchors)


def verified(engine: Engine, half: PublicKey, anchors: Sequence[Head] = ()) -> Found:
    """Return what a check finds in the database as it stands."""
    with scanned(engine) as scan:
        return check_log(scan.rows(), scan.head(), half, named=scan.named_keys(), anchors=anchors)


def columns_of(table: str) -> list[str]:
    return list(metadata.tables[table].c.keys())
