"""Appending to the audit log: what the database swallows, what stands there no longer, and whose key signs."""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from bot.audit.chain import GENESIS
from bot.audit.entry import Head, Origin
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.domain.request import Ending, State
from bot.errors import KeyChanged, LedgerError, RecordChanged
from bot.workflow.key_change import ASK_AGAIN, change_key
from tests.contract import logs
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from tests.fakes.clock import SettableClock

KEYS, NEW_KEYS = SigningKeys("the key of the tests"), SigningKeys("the new key of the tests")


@pytest.fixture
def database(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def another(database: Engine, clock: SettableClock) -> Callable[..., SqlLedger]:
    """Makes the ledger of another process."""
    return lambda keys=KEYS, origin=Origin(): SqlLedger(database, clock, keys, ASK_TYPES, origin)  # noqa: B008 - frozen


def execute(database: Engine, *statements: str) -> None:
    with database.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def swallow(database: Engine, table: str) -> None:
    """From now on this table takes rows and keeps none."""
    if database.dialect.name == "sqlite":
        execute(database, f"CREATE TRIGGER thief BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END")
        return
    execute(
        database,
        "CREATE FUNCTION thief() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        f"CREATE TRIGGER thief BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION thief()",
    )


def touch_up(database: Engine, table: str, column: str) -> None:
    """From now on this table keeps another value than the one that it was given."""
    if database.dialect.name == "sqlite":
        unguarded = f"DROP TRIGGER {table}_no_update"
        same = "seq = NEW.seq"
        change = f"UPDATE {table} SET {column} = 'x' WHERE {same}"  # noqa: S608 - our own names
        execute(database, unguarded, f"CREATE TRIGGER thief AFTER INSERT ON {table} BEGIN {change}; END")
        return
    execute(
        database,
        f"""CREATE FUNCTION thief() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN NEW.{column} := 'x'; RETURN NEW; END $$""",
        f"CREATE TRIGGER thief BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION thief()",
    )


@pytest.mark.parametrize("table", ["audit_entry", "audit_target"])
def test_an_insert_that_something_swallows_is_noticed_and_nothing_is_changed(
    database: Engine, sql_ledger: SqlLedger, table: str
) -> None:
    before, entries = sql_ledger.open(b.request()), sql_ledger.entries()
    swallow(database, table)
    with pytest.raises(LedgerError, match="did not keep it"):
        sql_ledger.record(before.id, b.surveyed())
    assert (sql_ledger.find(before.id), sql_ledger.entries()) == (before, entries)
    assert logs.verified(database, KEYS.public).fault == ""


@pytest.mark.parametrize(("table", "column"), [("audit_entry", "actor"), ("audit_target", '"user"')])
def test_an_insert_that_something_changes_is_noticed(
    database: Engine, sql_ledger: SqlLedger, table: str, column: str
) -> None:
    before = sql_ledger.open(b.request())
    touch_up(database, table, column)
    with pytest.raises(LedgerError, match="did not keep it"):
        sql_ledger.record(before.id, b.surveyed())
    assert sql_ledger.find(before.id) == before


def test_a_mark_of_the_end_that_is_not_moved_is_noticed(database: Engine, sql_ledger: SqlLedger) -> None:
    if database.dialect.name == "sqlite":
        execute(database, "CREATE TRIGGER thief BEFORE UPDATE ON chain_head BEGIN SELECT RAISE(IGNORE); END")
    else:
        execute(database, "CREATE RULE thief AS ON UPDATE TO chain_head DO INSTEAD NOTHING")
    with pytest.raises(LedgerError):
        sql_ledger.open(b.request())
    assert (sql_ledger.newest(9), sql_ledger.entries()) == ((), ())


CHANGED = (
    "UPDATE audit_entry SET actor = 'x' WHERE seq = 2",
    "UPDATE audit_entry SET signature = 'x' WHERE seq = 2",
    "UPDATE audit_entry SET at = '2031-01-01 00:00:00.000000' WHERE seq = 2",
    "UPDATE audit_target SET why = 'x' WHERE seq = 2",
    "DELETE FROM audit_target WHERE seq = 2",
    "DELETE FROM audit_entry WHERE seq = 2",
    "UPDATE chain_head SET seq = 1",
    "UPDATE chain_head SET seq = 0",
)


@pytest.mark.parametrize("change", CHANGED)
def test_a_process_stops_for_good_when_what_it_has_seen_is_changed_and_another_goes_on(
    database: Engine, sql_ledger: SqlLedger, another: Callable[..., SqlLedger], change: str
) -> None:
    request = sql_ledger.open(b.request())
    before = sql_ledger.record(request.id, b.surveyed())
    seen = sql_ledger.entries()[-1]
    with database.begin() as connection:
        logs.unguarded(connection)
        connection.execute(text(change))
    for _ in range(2):
        with capture_logs() as told, pytest.raises(RecordChanged, match=f"--anchor 2:{seen.hash}"):
            sql_ledger.record(request.id, b.approved())
    assert told == []
    assert sql_ledger.find(request.id) == before
    execute(database, f"UPDATE chain_head SET seq = 2, hash = '{seen.hash}'")  # noqa: S608 - our own hash
    with pytest.raises(RecordChanged):
        sql_ledger.open(b.request("TS-BBBBBB"))
    another().open(b.request("TS-BBBBBB"))
    assert another().head().seq == 3


def test_the_log_of_the_program_says_that_the_record_was_changed(database: Engine, sql_ledger: SqlLedger) -> None:
    sql_ledger.open(b.request())
    with database.begin() as connection:
        logs.unguarded(connection)
        connection.execute(text("UPDATE audit_entry SET actor = 'x'"))
    with capture_logs() as told, pytest.raises(RecordChanged):
        sql_ledger.record("TS-AAAAAA", b.surveyed())
    (line,) = told
    assert (line["event"], line["log_level"], line["seq"]) == ("record.changed", "error", 1)


def test_what_a_process_found_when_it_came_counts_as_seen(
    database: Engine, sql_ledger: SqlLedger, another: Callable[..., SqlLedger]
) -> None:
    sql_ledger.load_policy("rules")
    newcomer = another()
    newcomer.load_policy("rules")
    with database.begin() as connection:
        logs.unguarded(connection)
        connection.execute(text("UPDATE audit_entry SET actor = 'x'"))
    with pytest.raises(RecordChanged):
        newcomer.open(b.request())


def test_what_others_write_meanwhile_stops_nobody(sql_ledger: SqlLedger, another: Callable[..., SqlLedger]) -> None:
    other = another()
    for number in range(6):
        (sql_ledger if number % 2 else other).open(b.request(f"TS-{number}"))
    assert sql_ledger.head().seq == 6


def test_every_entry_says_what_ran(another: Callable[..., SqlLedger]) -> None:
    ledger = another(origin=Origin(bot_version="0.1.0", agent_version="a" * 64, policy="b" * 64))
    ledger.open(b.request())
    (entry,) = ledger.entries()
    assert (entry.bot_version, entry.agent_version, entry.policy) == ("0.1.0", "a" * 64, "b" * 64)


def test_a_policy_is_recorded_when_it_is_loaded_and_changed_and_not_again(sql_ledger: SqlLedger) -> None:
    for policy in ("one", "one", "two", "one", "one"):
        sql_ledger.load_policy(policy)
    assert [(entry.event, entry.text) for entry in sql_ledger.entries()] == [
        ("policy_loaded", "one"),
        ("policy_loaded", "two"),
        ("policy_loaded", "one"),
    ]


def test_a_commit_is_told_with_number_and_hash(sql_ledger: SqlLedger) -> None:
    with capture_logs() as told:
        sql_ledger.open(b.request())
    (line,) = told
    assert (line["seq"], line["hash"]) == (1, sql_ledger.entries()[0].hash)


@pytest.mark.parametrize("damage", ["DELETE FROM chain_head", "UPDATE chain_head SET seq = -1"])
def test_a_mark_of_the_end_that_is_none_is_said_in_words_and_nothing_is_written(
    database: Engine, sql_ledger: SqlLedger, damage: str
) -> None:
    sql_ledger.open(b.request())
    execute(database, damage)
    for call in (sql_ledger.head, lambda: sql_ledger.record("TS-AAAAAA", b.surveyed())):
        with pytest.raises(LedgerError, match="The mark of the end of my audit log"):
            call()
    with pytest.raises(LedgerError, match="The mark of the end of my audit log"):
        logs.verified(database, KEYS.public)


def test_a_process_with_another_key_writes_nothing_and_says_why(
    sql_ledger: SqlLedger, another: Callable[..., SqlLedger]
) -> None:
    sql_ledger.open(b.request())
    with pytest.raises(KeyChanged, match=f"{KEYS.key_id} alone, and mine is {NEW_KEYS.key_id}"):
        another(NEW_KEYS).record("TS-AAAAAA", b.surveyed())
    assert len(sql_ledger.entries()) == 1


def waiting_and_acting(ledger: SqlLedger) -> None:
    """One request in each state, and one that is over."""
    lives: dict[str, list[e.Event]] = {
        "asked": [],
        "awaiting": [b.surveyed()],
        "ready": [b.surveyed(), b.approved()],
        "acting": [b.surveyed(), b.approved(), b.started(), e.HostStarted(host="comp1")],
        "ended": [e.Refused(rule="r", message="no")],
    }
    for name, steps in lives.items():
        ledger.open(b.request(name))
        for step in steps:
            ledger.record(name, step)


def test_with_the_key_what_waits_ends_and_what_acts_fails(
    database: Engine, sql_ledger: SqlLedger, another: Callable[..., SqlLedger], clock: SettableClock
) -> None:
    waiting_and_acting(sql_ledger)
    entry = change_key(another(), clock, "operator ann", NEW_KEYS)
    ends = {request.id: (request.ending, request.message) for request in sql_ledger.newest(9)}
    assert ends == {
        "asked": (Ending.REFUSED, ASK_AGAIN),
        "awaiting": (Ending.REFUSED, ASK_AGAIN),
        "ready": (Ending.REFUSED, ASK_AGAIN),
        "acting": (Ending.FAILED, ""),
        "ended": (Ending.REFUSED, "no"),
    }
    named, taken = sql_ledger.entries()[-2:]
    assert (named.event, named.key_id, named.text) == (
        "key_changed",
        KEYS.key_id,
        f"{KEYS.public.text} {NEW_KEYS.public.text}",
    )
    assert (taken, taken.event, taken.key_id, taken.actor) == (entry, "key_taken_up", NEW_KEYS.key_id, "operator ann")
    assert sql_ledger.head() == Head(taken.seq, taken.hash, NEW_KEYS.key_id)
    with pytest.raises(KeyChanged, match="start me with the new audit_key"):
        sql_ledger.open(b.request("later"))
    another(NEW_KEYS).open(b.request("later"))
    for half in (KEYS.public, NEW_KEYS.public):
        found = logs.verified(database, half)
        assert (found.fault, found.keys) == ("", (KEYS.key_id, NEW_KEYS.key_id))


def test_a_request_whose_time_is_over_expires_with_the_key(
    sql_ledger: SqlLedger, another: Callable[..., SqlLedger], clock: SettableClock
) -> None:
    sql_ledger.open(b.request())
    clock.move(b.GRACE)
    change_key(another(), clock, "operator ann", NEW_KEYS)
    found = sql_ledger.find("TS-AAAAAA")
    assert found
    assert (found.state, found.ending) == (State.ENDED, Ending.EXPIRED)


def test_a_key_is_not_handed_over_while_something_is_not_over(sql_ledger: SqlLedger) -> None:
    sql_ledger.open(b.request())
    with pytest.raises(LedgerError, match="Requests are not over yet"):
        sql_ledger.hand_over("operator ann", NEW_KEYS)
    assert sql_ledger.head().key_id == KEYS.key_id


def test_a_log_without_an_entry_has_no_key_to_change(sql_ledger: SqlLedger) -> None:
    with pytest.raises(LedgerError, match="The audit log is empty"):
        sql_ledger.hand_over("operator ann", NEW_KEYS)
    assert sql_ledger.head() == Head(0, GENESIS)


def with_keys(another: Callable[..., SqlLedger], many: int) -> list[SigningKeys]:
    """Write a log with so many keys, three entries from one to the next, and return the keys."""
    several = [SigningKeys(f"key {number}") for number in range(many)]
    for old, new in pairwise(several):
        another(old).pause("operator ann", "patch day")
        another(old).hand_over("operator ann", new)
    return several


def test_any_public_half_of_a_log_with_several_keys_verifies_all_of_it_and_another_one_nothing(
    database: Engine, another: Callable[..., SqlLedger]
) -> None:
    several = with_keys(another, 4)
    for keys in several:
        found = logs.verified(database, keys.public)
        assert (found.fault, found.last.seq) == ("", 9)
        assert found.keys == tuple(each.key_id for each in several)
    assert "no entry up to it is signed with the key" in logs.verified(database, NEW_KEYS.public).fault


def test_a_change_around_a_change_of_the_key_is_found_with_any_half(
    database: Engine, another: Callable[..., SqlLedger]
) -> None:
    several = with_keys(another, 4)
    for seq, column in product(range(1, 10), ("text", "actor", "key_id", "signature", "hash", "event")):
        with database.connect() as connection, connection.begin() as changes:
            logs.unguarded(connection)
            change = f"UPDATE audit_entry SET {column} = {column} || '0' WHERE seq = {seq}"  # noqa: S608 - our own names
            connection.execute(text(change))
            faults = [logs.checked(connection, keys.public).fault for keys in several]
            changes.rollback()
        assert all(faults), (seq, column)
        assert all(fault.startswith(f"Entry {seq}:") for fault in faults), (seq, column, faults)


def test_whoever_has_a_public_half_cannot_write_a_log_that_only_names_it(
    database: Engine, another: Callable[..., SqlLedger]
) -> None:
    """A forger signs everything with a key of their own, and the last entry hands over to the key that is trusted."""
    forger = SigningKeys("the forger's own key")
    another(forger).pause("operator ann", "nothing happened here")
    another(forger).hand_over("operator ann", KEYS)
    with database.begin() as connection:
        logs.unguarded(connection)
        connection.execute(text("DELETE FROM audit_entry WHERE event = 'key_taken_up'"))
        connection.execute(text("UPDATE chain_head SET seq = 2, hash = (SELECT hash FROM audit_entry WHERE seq = 2)"))
    assert "no entry up to it is signed with the key" in logs.verified(database, KEYS.public).fault
