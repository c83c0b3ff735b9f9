"""A database that is gone, busy, or not what it was: always a `LedgerError`, and nothing half done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError

from adapters.sql.database import LOCK_LIMIT, open_database
from adapters.sql.documents import Asks
from adapters.sql.errors import translate_errors
from adapters.sql.ledger import RECEIPT_LIMIT, SqlLedger
from adapters.sql.migrate import current, upgrade
from adapters.sql.request_queries import RowMoved, save_request
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.commands.sessions import SessionsAsk
from bot.domain import events as e
from bot.domain.lifecycle import advance
from bot.domain.note_kind import NoteKind
from bot.domain.request import WorkItem
from bot.domain.verdicts import Verdict
from bot.errors import LedgerError, UnreadableRequest
from tests.fakes.ledger import FakeLedger
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from tests.fakes.clock import SettableClock

KEY = SigningKeys("key")
ITEM = WorkItem(request_id="TS-AAAAAA")


class _Unheard(SQLAlchemyError):
    """A fault that nobody has thought of."""


@pytest.fixture
def database(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


def test_a_fault_nobody_thought_of_is_a_ledger_error_with_its_cause() -> None:
    with pytest.raises(LedgerError, match="I cannot reach my database, so I do nothing") as caught, translate_errors():
        raise _Unheard
    assert isinstance(caught.value.__cause__, _Unheard)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all/logoff.db",
        "sqlite:////proc/logoff.db",
        "postgresql://127.0.0.1:9/logoff",
        "postgresql:///logoff?host=/nowhere",
    ],
)
def test_every_call_on_a_database_that_is_not_there_is_a_ledger_error(url: str, clock: SettableClock) -> None:
    if url.startswith("postgresql"):
        pytest.importorskip("psycopg", reason="PostgreSQL: install the extra postgres (psycopg)")
    ledger = SqlLedger(open_database(url), clock, KEY, ASK_TYPES)
    calls = (
        lambda: ledger.open(b.request()),
        lambda: ledger.record("TS-AAAAAA", e.Expired()),
        lambda: ledger.note(e.Noted(kind=NoteKind.USAGE_ERROR, by=b.ASKER), b.PLACE),
        lambda: ledger.find("TS-AAAAAA"),
        lambda: ledger.mark_published("TS-AAAAAA", version=1, message_ref=None, publish_after=None),
        lambda: ledger.mark_listed("TS-AAAAAA", content_version=1, listed=1),
        lambda: ledger.postpone(ITEM, None),
        lambda: ledger.due(b.NOW),
        ledger.entries,
        lambda: ledger.newest(1),
        lambda: upgrade(url),
        *((lambda: current(url),) if "/proc/" not in url else ()),  # a folder is there, so the file may still be made
    )
    for call in calls:
        with pytest.raises(LedgerError):
            call()


def test_a_file_that_is_no_database_is_a_ledger_error(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("This is a letter. " * 100, encoding="utf-8")
    with pytest.raises(LedgerError):
        upgrade(f"sqlite:///{tmp_path}/x.db")


@pytest.mark.slow
def test_a_receipt_does_not_wait_for_a_database_that_somebody_holds(database: Engine, sql_ledger: SqlLedger) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE chain_head SET seq = seq"))
        with pytest.raises(LedgerError, match="I cannot reach my database"):
            sql_ledger.open(b.request())
    assert sql_ledger.entries() == ()
    assert sql_ledger.open(b.request()) == sql_ledger.find("TS-AAAAAA")


def test_only_the_receipt_is_in_a_hurry(sql_ledger: SqlLedger) -> None:
    limits: list[timedelta] = []

    def note(connection: Connection) -> None:
        limits.append(connection.get_execution_options()[LOCK_LIMIT])

    event.listen(sql_ledger._engine, "begin", note)
    sql_ledger.open(b.request())
    sql_ledger.record("TS-AAAAAA", e.Refused(rule="r", message="no"))
    hurried, patient = limits
    assert hurried <= RECEIPT_LIMIT < patient


def test_readers_do_not_wait_for_a_writer(database: Engine, sql_ledger: SqlLedger) -> None:
    sql_ledger.open(b.request())
    with database.begin() as connection:
        connection.execute(text("UPDATE chain_head SET seq = seq"))
        assert sql_ledger.find("TS-AAAAAA") == b.request()
        assert len(sql_ledger.entries()) == 1
        assert sql_ledger.due(b.NOW) == (ITEM,)


def test_a_write_that_breaks_half_way_leaves_nothing(database: Engine, sql_ledger: SqlLedger) -> None:
    """The entry comes last: without it there is no change."""
    before = sql_ledger.open(b.request())
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entry RENAME TO gone"))
    with pytest.raises(LedgerError):
        sql_ledger.record(before.id, b.surveyed())
    with pytest.raises(LedgerError):
        sql_ledger.open(b.request("TS-BBBBBB"))
    assert sql_ledger.newest(9) == (before,)


@pytest.mark.parametrize(
    "meddling",
    [
        "UPDATE target SET verdict = 'changed'",
        "UPDATE request SET version = version + 1",
        "UPDATE request SET state = 'ended'",
        "DELETE FROM host_survey",
    ],
)
def test_whoever_writes_beside_the_ledger_is_noticed(
    database: Engine, sql_ledger: SqlLedger, clock: SettableClock, meddling: str
) -> None:
    """Each row is compared when it is written: nothing is laid over what was not read."""
    sql_ledger.open(b.request())
    for step in (b.surveyed(), b.approved(), b.started()):
        before = sql_ledger.record("TS-AAAAAA", step)
    after = advance(before, e.TargetEnded(key=("comp1", 3), verdict=Verdict.GONE), clock.now())
    with database.begin() as connection:
        connection.execute(text(meddling))
    with pytest.raises(RowMoved), database.begin() as connection:
        save_request(connection, before, after, Asks(ASK_TYPES))


@pytest.mark.parametrize(
    "damage",
    ["UPDATE request SET state = 'dreaming'", "UPDATE request SET ask = '{}'", "UPDATE request SET actor = 'x'"],
)
def test_a_row_that_does_not_fit_is_a_ledger_error(database: Engine, sql_ledger: SqlLedger, damage: str) -> None:
    sql_ledger.open(b.request())
    with database.begin() as connection:
        connection.execute(text(damage))
    with pytest.raises(LedgerError, match="another release"):
        sql_ledger.find("TS-AAAAAA")


def test_a_command_that_is_no_more_is_a_ledger_error(database: Engine, sql_ledger: SqlLedger) -> None:
    sql_ledger.open(b.request())
    with database.begin() as connection:
        connection.execute(text("UPDATE request SET command = 'reboot'"))
    with pytest.raises(UnreadableRequest, match="another release") as caught:
        sql_ledger.find("TS-AAAAAA")
    assert "/reboot" in str(caught.value.__cause__)


def test_an_ask_of_another_command_is_not_cut_to_fit(sql_ledger: SqlLedger) -> None:
    with pytest.raises(TypeError, match="SessionsAsk is not the ask of the command 'logoff'"):
        sql_ledger.open(b.request(ask=SessionsAsk(hosts=("comp1",))))
    assert sql_ledger.entries() == ()


def test_a_new_command_needs_a_row_in_the_registry_alone(url: str, clock: SettableClock) -> None:
    engine = open_database(url)
    ledger = SqlLedger(engine, clock, KEY, {"reboot": RebootAsk})
    request = b.request(command="reboot", ask=RebootAsk(hosts=("comp1",), gently=True))
    ledger.open(request)
    assert ledger.find(request.id) == request
    engine.dispose()


@dataclass(frozen=True, slots=True, kw_only=True)
class RebootAsk(SessionsAsk):
    gently: bool = False


def test_the_ledger_in_memory_fails_when_it_is_told_and_records_nothing(clock: SettableClock) -> None:
    ledger = FakeLedger(clock)
    ledger.fail_next(2)
    with pytest.raises(LedgerError):
        ledger.open(b.request())
    with pytest.raises(LedgerError):
        ledger.note(e.Noted(kind=NoteKind.USAGE_ERROR, by=b.ASKER), b.PLACE)
    assert (ledger.newest(9), ledger.entries()) == ((), ())
    assert ledger.open(b.request()) == b.request()


def test_what_people_wrote_is_in_no_message_of_the_database(database: Engine, sql_ledger: SqlLedger) -> None:
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE request RENAME TO gone"))
    with pytest.raises(LedgerError) as caught:
        sql_ledger.open(b.request(delivery="private words"))
    assert caught.value.__cause__
    assert "private words" not in str(caught.value.__cause__)
    assert "SQL parameters hidden" in str(caught.value.__cause__)
