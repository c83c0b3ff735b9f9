"""The roles of docs/audit.md on PostgreSQL: each logs in, does its work, and is refused everything else."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from adapters.scheduler.procrastinate import ProcrastinateScheduler
from adapters.scheduler.shared_jobs import Place
from adapters.sql.database import open_database
from adapters.sql.database_url import for_libpq
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.domain import people
from bot.domain.note_kind import NoteKind
from bot.domain.request import WorkItem
from bot.domain.verdicts import Verdict
from bot.errors import LedgerError
from tests.contract import logs
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import FakeLedger
from tests.support import builders as b
from tests.support.checkout import ROOT
from tests.support.command_line import invoke

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BOT, AUDITOR = "logoff_bot", "logoff_auditor"
OTHERS = ("request", "target", "host_survey", "credential")
LOG = ("audit_entry", "audit_target", "chain_head")


def statements() -> list[str]:
    page = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return [line for line in block.splitlines() if line]


@pytest.fixture(scope="module")
def owner(new_postgresql: Callable[[], str]) -> Iterator[str]:
    """The URL of the owner of the tables. Roles belong to the whole server, so they are taken away in the end."""
    url = new_postgresql()
    upgrade(url)
    execute(url, *statements())
    yield url
    gone = [statement for role in (BOT, AUDITOR) for statement in (f"DROP OWNED BY {role}", f"DROP ROLE {role}")]
    execute(url, *gone)


def execute(url: str, *statements: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def as_role(url: str, role: str) -> str:
    return make_url(url).set(username=role).render_as_string(hide_password=False)


def refused(url: str, role: str, statement: str) -> bool:
    try:
        execute(as_role(url, role), statement)
    except ProgrammingError as error:
        return getattr(error.orig, "sqlstate", "") == "42501"
    return False


def test_the_role_of_the_bot_does_all_that_the_bot_does(owner: str) -> None:
    engine = open_database(as_role(owner, BOT))
    ledger = SqlLedger(engine, SettableClock(b.NOW), logs.KEYS, ASK_TYPES)
    ledger.load_policy("rules")
    ledger.open(b.request())
    one, two = b.target(3), b.target(7)
    steps: tuple[e.Event, ...] = (
        b.surveyed(one, two),
        e.Narrowed(by=b.ASKER, on_version=2, keys=frozenset({one.key})),
        b.approved(on_version=3),
        b.started(),
        e.HostStarted(host="comp1"),
        e.TargetEnded(key=one.key, verdict=Verdict.GONE),
        e.Ended(),
    )
    for event in steps:
        ledger.record("TS-AAAAAA", event)
    ledger.note(e.Noted(kind=NoteKind.USAGE_ERROR, by=b.ASKER, detail="x"), people.Place(channel_id="C0", name="c"))
    ledger.mark_published("TS-AAAAAA", version=1, message_ref=None, publish_after=None)
    ledger.pause("operator ann", "patch day")
    assert [item.request_id for item in ledger.due(b.NOW)] == ["TS-AAAAAA"], "the card is behind"
    assert (ledger.unended(), len(ledger.entries())) == ((), 11)
    engine.dispose()


def test_the_role_of_the_bot_may_share_its_work_with_replicas(owner: str) -> None:
    clock, begun = SettableClock(b.NOW), threading.Event()
    place = Place(for_libpq(as_role(owner, BOT)))
    replica = ProcrastinateScheduler(FakeLedger(clock), clock, place)
    replica.start(lambda _item: begun.set(), lambda _item, _reference, _error: None)
    replica.wake(WorkItem(request_id="A"), clock.now() + timedelta(hours=1))
    replica.wake(WorkItem(request_id="A"))
    assert begun.wait(30)
    assert replica.stop(timedelta(seconds=30))


@pytest.mark.parametrize(
    "statement",
    [
        *(f"DELETE FROM {table}" for table in LOG),
        *(f"TRUNCATE {table}" for table in LOG),
        *(f"DROP TABLE {table}" for table in LOG),
        *(f"UPDATE {table} SET seq = 1" for table in LOG[:2]),
        *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in LOG[:2]),
        "DROP TRIGGER audit_entry_no_change ON audit_entry",
        "INSERT INTO chain_head SELECT 2, seq, hash, key_id FROM chain_head",
        "CREATE TRIGGER thief BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_only_grows()",
        "UPDATE alembic_version SET version_num = 'x'",
    ],
)
def test_the_role_of_the_bot_cannot_change_what_stands_in_the_log(owner: str, statement: str) -> None:
    assert refused(owner, BOT, statement)


def test_the_role_of_an_auditor_answers_every_question(owner: str) -> None:
    engine = open_database(as_role(owner, BOT))
    SqlLedger(engine, SettableClock(b.NOW), logs.KEYS, ASK_TYPES).resume("operator ann")
    engine.dispose()
    half = logs.KEYS.public.text
    for words in (
        "list",
        "requests",
        "report",
        f"verify --key {half}",
        "anchor",
        "export --output -",
        f"list --key {half}",
    ):
        done = invoke(["audit", *words.split(), "--database", as_role(owner, AUDITOR)])
        assert done.exit_code == 0, (words, done.output)


@pytest.mark.parametrize(
    "statement",
    [
        *(f"SELECT * FROM {table}" for table in OTHERS),
        *(f"INSERT INTO {table} SELECT * FROM {table}" for table in LOG),
        *(f"DELETE FROM {table}" for table in (*LOG, *OTHERS)),
        *(f"UPDATE {table} SET seq = 1" for table in LOG),
        "SELECT * FROM chain_head FOR UPDATE",
        "DROP TABLE audit_entry",
    ],
)
def test_the_role_of_an_auditor_reads_the_log_and_does_nothing_else(owner: str, statement: str) -> None:
    assert refused(owner, AUDITOR, statement)


def test_another_role_takes_the_bots_work_over_and_the_first_one_goes(new_postgresql: Callable[[], str]) -> None:
    """So the password of the database is changed without a moment in which neither of two is right."""
    upgrade(url := new_postgresql())
    roles = ("logoff_bot_old", "logoff_bot_new")
    for role in roles:
        execute(url, *(each.replace(BOT, role) for each in statements() if AUDITOR not in each))
    for number, role in enumerate(roles, start=1):
        ledger = SqlLedger(engine := open_database(as_role(url, role)), SettableClock(b.NOW), logs.KEYS, ASK_TYPES)
        ledger.pause("operator ann", f"day {number}")
        assert len(ledger.entries()) == number
        engine.dispose()
        execute(url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_an_auditor_who_tries_to_write_is_told_that_the_account_lacks_the_right(owner: str) -> None:
    engine = open_database(as_role(owner, AUDITOR))
    with pytest.raises(LedgerError, match="lacks a right"):
        SqlLedger(engine, SettableClock(b.NOW), logs.KEYS, ASK_TYPES).pause("operator eve", "x")
    engine.dispose()


def test_what_an_auditor_reads_is_logged_by_the_server(owner: str) -> None:
    engine = open_database(as_role(owner, AUDITOR))
    with engine.connect() as connection:
        assert connection.execute(text("SHOW log_statement")).scalar_one() == "all"
        with pytest.raises(ProgrammingError):
            connection.execute(text("SET log_statement = 'none'"))
    engine.dispose()
