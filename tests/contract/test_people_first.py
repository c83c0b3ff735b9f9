"""Who waits for an answer goes first, and shares a commit with those who wait at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

from adapters.sql import chain_writer
from adapters.sql.audit_queries import read_head
from adapters.sql.database import FOR_PEOPLE, open_database
from adapters.sql.ledger import SqlLedger
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.domain.note_kind import NoteKind
from bot.domain.request import WorkItem
from bot.errors import Duplicate, LedgerError
from rehearsal_testing.waiting import wait_until
from tests.contract.conftest import KEY
from tests.fakes.clock import SettableClock
from tests.support import builders as b
from tests.support.chains import first_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from bot.audit.entry import Head
    from bot.domain.request import Request

LONG = timedelta(seconds=20)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def workers(engine: Engine) -> SqlLedger:
    return SqlLedger(engine, SettableClock(), KEY, ASK_TYPES)


@pytest.fixture
def people(url: str, workers: SqlLedger) -> Iterator[SqlLedger]:
    front = open_database(url, for_people=True)
    yield workers.in_front(front)
    front.dispose()


def commits_of(engine: Engine) -> list[object]:
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)
    return commits


def all_at_once(ledger: SqlLedger, *writes: Callable[[], Any]) -> list[Any]:
    """Let all of these wait while somebody else writes. Return what each returned or raised."""

    def outcome(write: Callable[[], Any]) -> Any:
        try:
            return write()
        except Exception as error:  # noqa: BLE001 - it is compared
            return error

    with ThreadPoolExecutor(len(writes)) as threads:
        with ledger.turns.take(LONG):
            futures = [threads.submit(outcome, write) for write in writes]
            wait_until(lambda: len(ledger._together._waiting) + len(ledger._at_hosts._waiting) == len(writes))
        return [each.result() for each in futures]


def opens(ledger: SqlLedger, request: Request) -> Callable[[], Request]:
    return lambda: ledger.open(request)


def test_commands_that_arrive_at_the_same_moment_share_one_commit(workers: SqlLedger, engine: Engine) -> None:
    commits, requests = commits_of(engine), [b.request(f"TS-{n:06d}") for n in range(40)]
    assert all_at_once(workers, *(opens(workers, each) for each in requests)) == requests
    assert len(commits) == 1
    entries = workers.entries()
    assert [entry.seq for entry in entries] == list(range(1, 41))
    assert {entry.request_id for entry in entries} == {each.id for each in requests}
    assert first_fault(entries, KEY.public) is None
    assert all(workers.find(each.id) == each for each in requests)
    assert workers.prove("TS-000007") == requests[7]


def test_mistakes_beside_them_are_in_the_same_commit(workers: SqlLedger, engine: Engine) -> None:
    commits, request = commits_of(engine), b.request()
    noted = e.Noted(kind=NoteKind.USAGE_ERROR, by=b.ASKER, detail="/logoff --nosuch")
    assert all_at_once(workers, opens(workers, request), lambda: workers.note(noted, b.PLACE)) == [request, None]
    assert len(commits) == 1
    assert sorted(entry.event for entry in workers.entries()) == ["asked", "noted"]
    assert first_fault(workers.entries(), KEY.public) is None


def test_a_delivery_that_arrives_twice_at_the_same_moment_is_one_request(workers: SqlLedger) -> None:
    first, again = b.request("TS-AAAAAA", delivery="same"), b.request("TS-BBBBBB", delivery="same")
    other = b.request("TS-CCCCCC")
    outcomes = all_at_once(workers, *(opens(workers, each) for each in (first, again, other)))
    (duplicate,) = (each for each in outcomes if isinstance(each, Duplicate))
    assert outcomes[2] == other
    assert duplicate.request in outcomes
    assert len(workers.entries()) == 2
    with pytest.raises(Duplicate) as caught:
        workers.open(b.request("TS-DDDDDD", delivery="same"))
    assert caught.value.request == duplicate.request


def test_an_id_that_is_taken_is_refused_and_spoils_no_other(workers: SqlLedger) -> None:
    taken, same = b.request("TS-AAAAAA", delivery="one"), b.request("TS-AAAAAA", delivery="two")
    other = b.request("TS-BBBBBB")
    outcomes = all_at_once(workers, *(opens(workers, each) for each in (taken, same, other)))
    assert [type(each) for each in outcomes].count(LedgerError) == 1
    assert outcomes[2] == other
    assert len(workers.entries()) == 2


def test_what_the_database_does_not_take_spoils_no_other(workers: SqlLedger, engine: Engine) -> None:
    """A rule of the database, as an administrator may add one, refuses one of the three."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE guard (id INTEGER)"))
        if engine.dialect.name == "sqlite":
            rule = "BEGIN SELECT RAISE(ABORT, 'no') WHERE NEW.id = 'TS-BADBAD'; END"
            connection.execute(text(f"CREATE TRIGGER guard BEFORE INSERT ON request {rule}"))
        else:
            connection.execute(text("ALTER TABLE request ADD CONSTRAINT guard CHECK (id <> 'TS-BADBAD')"))
    requests = [b.request(id_) for id_ in ("TS-AAAAAA", "TS-BADBAD", "TS-CCCCCC")]
    first, bad, last = all_at_once(workers, *(opens(workers, each) for each in requests))
    assert (first, type(bad), last) == (requests[0], LedgerError, requests[2])
    assert first_fault(workers.entries(), KEY.public) is None
    assert len(workers.entries()) == 2


def test_a_receipt_is_written_before_the_workers_that_wait(workers: SqlLedger, people: SqlLedger) -> None:
    for number in range(5):
        workers.open(b.request(f"TS-{number}"))
    with ThreadPoolExecutor(7) as threads, workers.turns.take(LONG):
        refused = e.Refused(rule="r", message="no")
        for number in range(5):
            threads.submit(workers.record, f"TS-{number}", refused)
        wait_until(lambda: workers.turns.waiting() == (0, 5))
        threads.submit(people.open, b.request("TS-NEW"))
        wait_until(lambda: workers.turns.waiting() == (1, 5))
    assert [entry.request_id for entry in workers.entries()][5] == "TS-NEW"


def test_people_have_connections_when_the_workers_have_taken_all_of_theirs(engine: Engine, people: SqlLedger) -> None:
    held = [engine.connect() for _ in range(20)]
    try:
        opened = people.open(b.request())
        assert people.find(opened.id) == opened
        assert people.paused() is None
    finally:
        for each in held:
            each.close()


def test_a_read_before_an_ack_has_a_limit(engine: Engine, people: SqlLedger) -> None:
    """On SQLite no writer can keep a reader waiting."""
    request = people.open(b.request())
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            assert people.find("TS-AAAAAA") == request
        else:
            connection.execute(text("LOCK TABLE request IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(LedgerError):
                people.find("TS-AAAAAA")


def test_no_more_connections_are_open_for_people_than_are_kept(people: SqlLedger) -> None:
    with ThreadPoolExecutor(32) as threads:
        list(threads.map(lambda n: people.open(b.request(f"TS-{n}")), range(100)))
        list(threads.map(lambda n: people.find(f"TS-{n}"), range(100)))
    assert people._engine.pool.checkedout() == 0  # type: ignore[attr-defined] # the pool of these databases counts
    assert people._engine.pool.checkedin() <= FOR_PEOPLE  # type: ignore[attr-defined] # the same


def test_a_pause_from_another_process_is_held_back_by_no_amount_of_work(url: str, workers: SqlLedger) -> None:
    """Workers write without a pause between them until they see the pause."""
    other = open_database(url)
    operator = SqlLedger(other, SettableClock(), KEY, ASK_TYPES)  # with a queue of its own, as a process has
    sees = threading.Event()

    def write(number: int) -> None:
        request = workers.open(b.request(f"TS-{number}"))
        while not sees.is_set():
            workers.postpone(WorkItem(request_id=request.id), b.NOW)
            workers.record(request.id, e.Noted(kind=NoteKind.LATE_PRESS, by=b.ASKER, detail="x"))

    with ThreadPoolExecutor(8) as threads:
        writing = [threads.submit(write, number) for number in range(8)]
        try:
            operator.pause("root", "change freeze")
        finally:
            sees.set()
    assert [each.result() for each in writing] == [None] * 8
    pause = workers.paused()
    assert pause
    assert pause.reason == "change freeze"
    other.dispose()


def test_a_commit_between_two_reads_of_a_proof_is_not_taken_for_a_changed_log(
    workers: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = workers.open(b.request())

    def read_and_be_overtaken(connection: Any) -> Head:
        head = read_head(connection)
        threading.Thread(target=opens(workers, b.request("TS-BBBBBB"))).start()
        wait_until(lambda: workers.find("TS-BBBBBB") is not None and workers.turns.holder() is None)
        return head

    monkeypatch.setattr(chain_writer, "read_head", read_and_be_overtaken)
    assert workers.prove(request.id) == request
    monkeypatch.undo()
    assert workers.open(b.request("TS-CCCCCC")).id == "TS-CCCCCC"


def test_a_new_command_reads_no_request(workers: SqlLedger, engine: Engine) -> None:
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, statement, *_: said.append(statement))
    workers.open(b.request())
    assert not [each for each in said if "FROM target" in each or "FROM host_survey" in each]
    assert [each for each in said if "INTO request" in each]
