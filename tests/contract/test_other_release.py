"""What a newer release on the same tables writes: this one reads past it, or leaves the whole request alone."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from adapters.sql.audit_reader import AuditReader
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.logons import SqlLogons
from adapters.sql.write_queue import FairLock
from bot.audit.entry import Entry
from bot.audit.selection import AuditFilter
from bot.commands import ASK_TYPES
from bot.domain.posting import Posting
from bot.domain.request import Ending, State, WorkItem
from bot.domain.requirement import Confirm
from bot.errors import UnreadableRequest
from bot.ports.lease import CURRENT, LEFT_ALONE, Lease, LeftToOthers
from bot.workflow.inputs import PressCall
from tests.contract.conftest import KEY
from tests.contract.writers import LIMIT
from tests.support import builders as b
from tests.support.chains import first_fault
from tests.support.harness import BotHarness, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from bot.domain.request import Request

COLUMNS = (
    ("target", "session"),
    *(("request", column) for column in ("ask", "actor", "place", "requirement", "message_ref", "postings")),
)
KEYS = {"request": "id", "target": "request_id", "credential": "digest"}
SAYS_SOMETHING: list[Any] = [True, 5, "alice", ["alice"], {"of": "alice"}]
SAYS_NOTHING: list[Any] = [None, False, 0, "", [], {}]

pytestmark = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


class Replica(BotHarness):
    """One of several bots on PostgreSQL. Each of its steps has a job, which was put back so often."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(records_failures=True)
        self.engine = engine
        self.ledger = SqlLedger(engine, self.clock, KEY, ASK_TYPES)  # type: ignore[assignment] # the same port
        self.left: list[WorkItem] = []
        self.restart()
        self.write(
            "INSERT INTO procrastinate_jobs (id, queue_name, task_name, args, status, attempts)"
            " VALUES (1, 'requests', 'step', '{}', 'doing', 0)"
        )

    def _step(self, item: WorkItem) -> None:
        token = CURRENT.set(Lease(job=1, attempt=self.attempts))
        try:
            with suppress(LeftToOthers):
                super()._step(item)
                return
            self.left.append(item)
        finally:
            CURRENT.reset(token)

    @property
    def attempts(self) -> int:
        with self.engine.begin() as connection:
            return int(connection.execute(text("SELECT attempts FROM procrastinate_jobs")).scalar_one())

    def write(self, statement: str, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def awaiting(self) -> Request:
        asked = self.ask_and_run("comp1 id=3 --sync")
        self.ledger.mark_posting(asked.id, Posting(key="x"), Posting(key="x", is_over=True))
        return self.find(asked.id)

    @contextmanager
    def with_field(self, table: str, column: str, request_id: str, value: object) -> Iterator[None]:
        """Add a field to the document in a column: to each value of a list. It is gone behind the block."""
        where = f"{KEYS[table]} = :id"
        with self.engine.begin() as connection:
            found = connection.execute(text(f"SELECT {column} FROM {table} WHERE {where}"), {"id": request_id})  # noqa: S608 - our own names
            before = found.scalar_one()
        stored = json.loads(before)
        for each in stored if isinstance(stored, list) else [stored]:
            each["colour"] = value
        change = f"UPDATE {table} SET {column} = :stored WHERE {where}"  # noqa: S608 - the same
        self.write(change, stored=json.dumps(stored), id=request_id)
        yield
        self.write(change, stored=before, id=request_id)

    def write_entry(self, event: str, request_id: str, host: str = "") -> None:
        """Append an entry as another release writes and signs it."""
        ledger: Any = self.ledger
        with ledger._writing() as (connection, head):
            entry = Entry(event=event, request_id=request_id, actor="bot", host=host)
            ledger._chain.append(connection, head, entry, self.clock.now())

    def assert_left_alone(self, request: Request) -> None:
        """A press on it is answered and does nothing, its steps are left to others, and another request goes on."""
        value = f"{request.id}:{request.version}"
        intake = replace(self.intake, is_shared=True)
        answer = intake.press(PressCall(press="approve", value=value, actor=self.asker, place=self.place))
        assert answer.wake is None  # else whoever presses again and again would keep the other release from it
        self.scheduler.wake(WorkItem(request_id=request.id))
        assert "another release of me wrote it" in answer.text
        assert "try again in a minute" in answer.text
        self.run()
        assert {item.request_id for item in self.left} <= {request.id}
        other = self.ask_and_run("comp2 id=3 --sync")
        self.press("approve", on=other)
        self.run()
        assert self.find(other.id).ending is Ending.DONE
        assert [host for host, *_ in self.terminal.logged_off] == ["comp2"]
        assert [entry.event for entry in self.ledger.entries(request_id=request.id)][-1] != "failed"


@pytest.fixture
def replica(url: str) -> Iterator[Replica]:
    engine = open_database(url)
    yield Replica(engine)
    engine.dispose()


def test_new_fields_that_say_nothing_change_nothing(replica: Replica) -> None:
    request = replica.awaiting()
    for value in SAYS_NOTHING:
        for table, column in COLUMNS:
            with replica.with_field(table, column, request.id, value):
                assert replica.find(request.id) == request
    with replica.with_field("request", "ask", request.id, None):
        replica.press("approve")
        replica.run()
    assert (replica.request.ending, len(replica.terminal.logged_off)) == (Ending.DONE, 1)


def test_a_new_field_that_says_something_is_never_read_past(replica: Replica) -> None:
    """This release would act without what the field says, or write the value back without it."""
    request = replica.awaiting()
    for value in SAYS_SOMETHING:
        for table, column in COLUMNS:
            with replica.with_field(table, column, request.id, value), pytest.raises(UnreadableRequest):
                replica.find(request.id)
    with replica.with_field("request", "postings", request.id, 1), pytest.raises(UnreadableRequest):
        replica.ledger.mark_posting(request.id, Posting(key="y"), Posting(key="y", claimed=True))
    assert replica.find(request.id) == request


def test_a_request_with_a_new_field_is_left_to_the_release_that_knows_it(replica: Replica) -> None:
    request = replica.awaiting()
    with replica.with_field("request", "ask", request.id, "alice"):
        replica.assert_left_alone(request)
        assert replica.left
    assert replica.find(request.id) == request
    replica.press("approve", on=request)
    replica.run()
    assert replica.find(request.id).ending is Ending.DONE


def test_a_request_about_which_another_release_recorded_what_is_unknown_here_is_left_to_it(replica: Replica) -> None:
    """It may have been held back: what this release reckons from the entries that it knows is not what was decided."""
    request = replica.awaiting()
    replica.write_entry("held_back", request.id)
    replica.assert_left_alone(request)
    assert replica.find(request.id).state is State.AWAITING
    replica.press("cancel", on=request)  # no effect can follow from that, so anybody may still end it
    assert replica.find(request.id).ending is Ending.CANCELLED
    assert first_fault(replica.ledger.entries(), KEY.public) is None


def test_an_unknown_entry_about_one_host_keeps_that_host_alone(replica: Replica) -> None:
    request = replica.ask_and_run("comp1,comp2 id=3 --sync")
    replica.write_entry("shadowed", request.id, host="comp1")
    replica.press("approve", on=request)
    replica.run()
    assert [host for host, *_ in replica.terminal.logged_off] == ["comp2"]
    assert {(item.request_id, item.host) for item in replica.left} == {(request.id, "comp1")}
    assert replica.find(request.id).state is State.ACTING


def test_what_no_other_release_has_come_for_ends_with_a_word_to_its_requester(replica: Replica) -> None:
    """As after a release that was rolled back."""
    request = replica.awaiting()
    replica.press("approve", on=request)
    replica.write_entry("held_back", request.id)
    replica.write("UPDATE procrastinate_jobs SET attempts = :most", most=LEFT_ALONE)
    replica.run()
    assert replica.find(request.id).ending is Ending.FAILED
    assert replica.terminal.acts == []
    assert request.message_ref
    assert f"{request.id} has failed" in text_of(replica.chat.cards[request.message_ref][-1])
    assert replica.left == []
    replica.run()
    assert [entry.event for entry in replica.ledger.entries(request_id=request.id)].count("failed") == 1


def test_what_an_unknown_verdict_may_have_touched_counts_for_the_limit_of_acts_alone(replica: Replica) -> None:
    forced = b.surveyed(b.target(3), requirement=b.requirement(confirm=Confirm.NOBODY))
    for request_id in ("TS-AAAAAA", "TS-BBBBBB"):
        replica.ledger.open(b.request(request_id))
        limit = replace(LIMIT, most=1)
        after = replica.ledger.record(request_id, forced, limit=limit)
        replica.write("UPDATE target SET verdict = 'shadowed'")
    assert (after.state, after.alone) == (State.AWAITING, False)


def test_a_new_field_in_what_hosts_said_of_an_account_keeps_nobody_from_a_host(replica: Replica) -> None:
    logons = SqlLogons(replica.engine, replica.clock, FairLock(), window=timedelta(minutes=10))
    before = logons.refuse("credential", "comp1", "token").after
    with replica.with_field("credential", "standing", "credential", "shadowed"):
        assert logons.standing("credential") == before


def test_the_record_with_entries_of_another_release_is_read_as_any_other(replica: Replica) -> None:
    request = replica.awaiting()
    replica.write_entry("held_back", request.id)
    replica.write_entry("all_held_back", "")
    with replica.engine.connect() as connection:
        reader = AuditReader(connection, KEY.public)
        everything = AuditFilter()
        names = reader.names(everything)
        assert [each.entry.event for each in reader.entries(everything, names)][:2] == ["all_held_back", "held_back"]
        (history,) = [each for each in reader.requests(everything, names) if each.request_id == request.id]
    assert (history.faults, history.ending) == ((), "")
