"""Several replicas on one PostgreSQL: each step runs on one of them, and what one had begun goes on at another."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from psycopg.types.json import Jsonb
from structlog.testing import capture_logs

from adapters.clock import SystemClock
from adapters.scheduler.crew import Crew
from adapters.scheduler.held_jobs import HeldJobs
from adapters.scheduler.jobs import REQUESTS, job_of
from adapters.scheduler.procrastinate import ProcrastinateScheduler
from adapters.scheduler.shared_jobs import Place, SharedJobs
from adapters.scheduler.threads import SWEEP_EVERY
from adapters.sql.database import open_database
from adapters.sql.database_url import for_libpq
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from adapters.sql.owner import Owner
from adapters.sql.owner_session import SessionLock
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.domain.posting import Posting
from bot.domain.request import WorkItem
from bot.errors import NotOwner, OwnedByAnother
from bot.ports.lease import CURRENT, LEFT_ALONE, LeftToOthers
from rehearsal_testing.waiting import wait_until
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import FakeLedger
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

pytestmark = pytest.mark.slow
KEY = SigningKeys("the key of the tests")
LONG = timedelta(seconds=50)
A, AT_HOST, OTHER = (WorkItem(request_id=name, host=host) for name, host in (("A", ""), ("A", "c1"), ("B", "c1")))


@pytest.fixture(scope="module")
def url(new_postgresql: Callable[[], str]) -> str:
    upgrade(url := new_postgresql())
    return url


@pytest.fixture(autouse=True)
def _no_jobs(url: str) -> None:
    run(url, "DELETE FROM procrastinate_jobs")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


def run(url: str, query: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(query.encode(), values)
        return found.fetchall() if found.description else []


def jobs(url: str) -> int:
    ((found,),) = run(url, "SELECT count(*) FROM procrastinate_jobs WHERE task_name IN ('step', 'later')")
    assert isinstance(found, int)
    return found


def waited(gate: threading.Event) -> None:
    assert gate.wait(50)


class Replica:
    """A replica whose steps write down what they do; `doing` is what they do."""

    def __init__(
        self,
        url: str,
        doing: Callable[[WorkItem], None] = lambda _: None,
        *,
        ledger: FakeLedger | None = None,
        sweep_every: timedelta = SWEEP_EVERY,
    ) -> None:
        clock, place = SystemClock(), Place(for_libpq(url))
        ledger = ledger or FakeLedger(clock)
        self.scheduler = ProcrastinateScheduler(ledger, clock, place, workers=4, sweep_every=sweep_every)
        self.begun: list[WorkItem] = []
        self.doing, self.failures = doing, list[Exception]()

    def step(self, item: WorkItem) -> None:
        self.begun.append(item)
        self.doing(item)

    def start(self) -> None:
        self.scheduler.start(self.step, lambda _item, _reference, error: self.failures.append(error))

    def suspend(self, until: threading.Event) -> None:
        """Give no sign of life and take no job until then. Steps go on: as one that is very slow does."""
        loop = self.scheduler._loop
        assert loop
        heartbeat = self.scheduler._heartbeat
        living = heartbeat._ids
        heartbeat._ids = lambda: living() if until.is_set() else []
        loop.call_soon_threadsafe(until.wait, LONG.total_seconds())


@contextmanager
def running(*replicas: Replica) -> Iterator[None]:
    for each in replicas:
        each.start()
    try:
        yield
    finally:
        ended = [each.scheduler.stop(LONG) for each in replicas]
        assert all(ended)


def test_one_step_of_an_item_and_one_of_a_host_runs_on_all_replicas_together(url: str) -> None:
    at_once, most, lock = {"A": 0, "c1": 0}, {"A": 0, "c1": 0}, threading.Lock()

    def doing(item: WorkItem) -> None:
        name = item.host or item.request_id
        with lock:
            at_once[name] += 1
            most[name] = max(most[name], at_once[name])
        time.sleep(0.02)
        with lock:
            at_once[name] -= 1

    first, second = Replica(url, doing), Replica(url, doing)
    with running(first, second):
        for _ in range(10):
            for replica in (first, second):
                for item in (A, AT_HOST, OTHER):
                    replica.scheduler.wake(item)
            wait_until(lambda: any(item == A for item in first.begun + second.begun))
        assert first.scheduler.idle(LONG)
    assert most == {"A": 1, "c1": 1}
    assert {A, AT_HOST, OTHER} == {*first.begun, *second.begun}
    assert jobs(url) == 0


def test_a_wake_on_another_replica_during_the_run_is_not_lost(url: str) -> None:
    gate = threading.Event()
    first, second = (Replica(url, lambda _: waited(gate)) for _ in range(2))
    with running(first, second):
        first.scheduler.wake(A)
        wait_until(lambda: bool(first.begun or second.begun))
        second.scheduler.wake(A)
        second.scheduler.wake(A)
        wait_until(lambda: jobs(url) == 2)
        gate.set()
        assert second.scheduler.idle(LONG)
    assert first.begun + second.begun == [A, A]


def refusals_of(ledger: SqlLedger) -> Iterator[NotOwner]:
    """Try each write of a step, and yield those that are refused because its job is another replica's."""
    writes: tuple[Callable[[], object], ...] = (
        lambda: ledger.record("A", b.surveyed()),
        lambda: ledger.postpone(A, None),
        lambda: ledger.postings_due("A", None),
        lambda: ledger.mark_posting("A", Posting(key="card"), Posting(key="card", claimed=True)),
    )
    for write in writes:
        try:
            write()
        except NotOwner as error:
            yield error


def test_what_a_silent_replica_had_begun_goes_on_at_another_and_the_first_may_write_no_more(
    url: str, engine: Engine
) -> None:
    ledger = SqlLedger(engine, SettableClock(b.NOW), KEY, ASK_TYPES)
    ledger.open(b.request("A"))
    taken, back = threading.Event(), threading.Event()
    refused: list[NotOwner] = []

    def slow(_item: WorkItem) -> None:
        assert ledger.standstill() is None
        assert taken.wait(50)
        assert isinstance(ledger.standstill(), NotOwner)
        refused.extend(refusals_of(ledger))
        stands = Posting(key="said", is_over=True)  # what the chat shows is kept, or it would be said again
        assert ledger.mark_posting("A", Posting(key="said"), stands)

    def refuse(_item: WorkItem) -> None:
        ledger.record("A", e.Refused(rule="r", message="no"))

    first, second = Replica(url, slow), Replica(url, refuse)
    with running(first):
        first.scheduler.wake(A, here=True)
        wait_until(lambda: bool(first.begun))
        first.suspend(back)
        with running(second):
            wait_until(lambda: bool(second.begun))
            wait_until(lambda: ledger.entries()[-1].event == "refused")
            taken.set()
            wait_until(lambda: len(refused) == 4)
            back.set()
    assert (first.begun, second.begun, first.failures) == ([A], [A], [])
    assert [entry.event for entry in ledger.entries()][-1] == "refused"
    assert jobs(url) == 0


def test_the_late_end_of_a_step_ends_no_run_of_another_replica(url: str) -> None:
    freed, gate, back = threading.Event(), threading.Event(), threading.Event()
    first = Replica(url, lambda _: waited(freed))
    second = Replica(url, lambda _: waited(gate))
    with running(first, second):
        first.scheduler.wake(A, here=True)
        wait_until(lambda: bool(first.begun))
        first.suspend(back)
        wait_until(lambda: bool(second.begun))
        freed.set()
        back.set()
        first.scheduler.wake(OTHER, here=True)
        wait_until(lambda: OTHER in first.begun + second.begun)
        assert run(url, "SELECT status, attempts FROM procrastinate_jobs WHERE lock = 'request A'") == [("doing", 1)]
        gate.set()
        assert second.scheduler.idle(LONG)


def test_a_wake_for_a_replica_that_is_gone_runs_at_another(url: str) -> None:
    gone, other = Replica(url), Replica(url)
    gone.start()
    wait_until(lambda: bool(run(url, "SELECT 1 FROM procrastinate_workers")))
    back = threading.Event()
    gone.suspend(back)
    gone.scheduler.wake(A, here=True)
    with running(other):
        wait_until(lambda: other.begun == [A])
    back.set()
    assert gone.scheduler.stop(LONG)
    assert gone.begun == []


def test_workers_are_told_of_what_a_dead_replica_was_to_run(url: str) -> None:
    """They look by themselves too, but a moment later."""
    told: list[object] = []
    shared = SharedJobs(Place(for_libpq(url)))
    (number,) = shared.put([job_of(A, home="gone")])
    shared.close()
    run(url, "UPDATE procrastinate_events SET at = at - interval '1 minute'")

    async def take_over() -> str:
        connector = PsycopgConnector(conninfo=for_libpq(url))
        async with App(connector=connector).open_async():
            await HeldJobs(connector, lambda: None).take_over(REQUESTS)
        ((queue,),) = run(url, "SELECT queue_name FROM procrastinate_jobs")
        return str(queue)

    with psycopg.connect(url, autocommit=True) as listening:
        listening.add_notify_handler(lambda notice: told.append(json.loads(notice.payload)))
        listening.execute('LISTEN "procrastinate_queue_v1#requests"')
        wait_until(lambda: asyncio.run(take_over()) == REQUESTS)  # not in the first seconds of a server
        wait_until(lambda: bool(listening.execute("SELECT 1").fetchall() and told))
    assert told == [{"type": "job_inserted", "job_id": number}]


def test_a_date_outlives_the_replica_that_knew_it(url: str) -> None:
    one, other = Replica(url), Replica(url)
    one.start()
    one.scheduler.wake(A, SystemClock().now() + timedelta(seconds=2))
    wait_until(lambda: jobs(url) == 1)
    assert one.scheduler.stop(LONG)
    with running(other):
        wait_until(lambda: other.begun == [A])
    assert one.begun == []


def test_a_replica_whose_loop_stands_still_gives_no_sign_of_life_and_one_that_turns_does(url: str) -> None:
    hanging, living, goes_on = Replica(url), Replica(url), threading.Event()
    with running(hanging, living):
        began = hanging.scheduler.signs_of_life()
        wait_until(lambda: hanging.scheduler.signs_of_life() != began)
        hanging.suspend(goes_on)
        before = living.scheduler.signs_of_life()
        wait_until(lambda: living.scheduler.signs_of_life() != before)
        still, before = hanging.scheduler.signs_of_life(), living.scheduler.signs_of_life()
        wait_until(lambda: living.scheduler.signs_of_life() != before)
        assert hanging.scheduler.signs_of_life() == still
        goes_on.set()
        wait_until(lambda: hanging.scheduler.signs_of_life() != still)


def test_what_another_release_wrote_is_read_or_left_to_the_replicas_of_that_release(url: str) -> None:
    write_job(url, "step", "A", {"v": 2, "whatever": "else"})
    write_job(url, "step", "B", {"v": 1, "request_id": "B", "host": "", "colour": "red"})
    replica = Replica(url)
    with running(replica):
        put_back = "SELECT 1 FROM procrastinate_jobs WHERE lock = 'request A' AND attempts > 0"
        wait_until(lambda: bool(run(url, put_back)))
        wait_until(lambda: replica.begun == [WorkItem(request_id="B")])
    left = run(url, "SELECT status, args FROM procrastinate_jobs WHERE task_name = 'step' AND args->>'v' = '2'")
    assert left == [("todo", {"v": 2, "whatever": "else"})]
    assert replica.begun == [WorkItem(request_id="B")]
    assert replica.failures == []


def test_what_one_replica_leaves_another_one_has_soon(url: str) -> None:
    """Also what was to run here, and is woken again. One that looked first each time would come to give it up."""

    def leave(item: WorkItem) -> None:
        if older.begun.count(item) == 1:
            older.scheduler.wake(item, here=True)
        raise LeftToOthers

    older, newer = Replica(url, leave), Replica(url)
    items = [WorkItem(request_id=name) for name in "CDEF"]
    with capture_logs() as logs, running(older, newer):
        for item in items:
            older.scheduler.wake(item, here=True)
            wait_until(lambda item=item: item in newer.begun)  # type: ignore[misc]
        assert newer.scheduler.idle(LONG)
    assert set(newer.begun) == set(older.begun) == set(items)
    assert len(older.begun) < 5 * len(items)
    assert not {each["event"] for each in logs} & {"job.not_ended", "workers.begin_again"}


@pytest.mark.parametrize("task", ["step", "later"])
def test_a_job_that_no_replica_knows_ends_after_a_while_and_holds_up_its_request_no_more(url: str, task: str) -> None:
    """As after a release was rolled back. No wake of A can be written before, since one waits already."""
    write_job(url, task, "A", {"v": 2}, attempts=LEFT_ALONE - 1)
    shared = SharedJobs(Place(for_libpq(url)))
    with pytest.raises(AlreadyEnqueued):
        shared.put([job_of(A)])
    shared.close()
    ledger = FakeLedger(SystemClock())
    replica = Replica(url, ledger=ledger, sweep_every=timedelta(seconds=1))
    with capture_logs() as logs, running(replica):
        wait_until(lambda: any(each["event"] == "job.given_up" for each in logs))
        assert replica.begun == []
        ledger.open(b.request("A"))  # due, for the sweep alone
        wait_until(lambda: A in replica.begun)
    given_up = [each for each in logs if each["event"] == "job.given_up"]
    assert [(each["log_level"], each["task"], each["attempts"]) for each in given_up] == [("warning", task, LEFT_ALONE)]
    assert set(replica.begun) == {A}
    assert not run(url, "SELECT 1 FROM procrastinate_jobs WHERE args->>'v' = '2'")
    assert replica.failures == []


def write_job(url: str, task: str, request_id: str, said: dict[str, object], *, attempts: int = 0) -> None:
    """Put a job with the locks of the item, whatever its arguments are."""
    write = (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, attempts) "
        "VALUES ('requests', %s, %s, %s, %s, %s)"
    )
    run(url, write, task, f"request {request_id}", f"{request_id} ", Jsonb(said), attempts)


def test_a_task_of_another_release_waits_for_it_and_keeps_no_other_job_waiting(url: str) -> None:
    """What a dead replica of that release had begun waits again, too."""
    for number in range(20):
        write_job(url, "tidy", f"foreign {number}", {"whatever": "else"})
    write_job(url, "tidy", "rolled back", {}, attempts=LEFT_ALONE)
    run(url, "UPDATE procrastinate_jobs SET status = 'doing' WHERE lock = 'request foreign 0'")
    replica = Replica(url)
    with running(replica), capture_logs() as logs:
        replica.scheduler.wake(A)
        wait_until(lambda: replica.begun == [A])
        wait_until(lambda: run(url, "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'tidy' AND attempts = 0") == [])
        wait_until(lambda: any(each["event"] == "job.given_up" for each in logs))
    # At its end the replica has put all of them back.
    left = run(url, "SELECT status, args FROM procrastinate_jobs WHERE task_name = 'tidy'")
    assert left == [("todo", {"whatever": "else"})] * 20
    given_up = [each for each in logs if each["event"] == "job.given_up"]
    assert [(each["task"], each["attempts"]) for each in given_up] == [("tidy", LEFT_ALONE)]
    left_alone = [each["job"] for each in logs if each["event"] == "job.left_to_others"]
    assert 0 < len(left_alone) == len(set(left_alone))
    assert replica.failures == []


def test_rows_that_somebody_wrote_into_the_jobs_end_and_stop_nobody(url: str) -> None:
    write = "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args) VALUES ('requests', %s, %s, %s)"
    odd: list[object] = [[1], "x", None, {"v": 1}, {"v": 1, "request_id": ["x"], "host": None}, {"v": [1]}]
    for number, args in enumerate(odd):
        run(url, write, "step", f"odd {number}", Jsonb(args))
    replica = Replica(url)
    with running(replica), capture_logs() as logs:
        wait_until(lambda: run(url, "SELECT count(*) FROM procrastinate_jobs WHERE lock LIKE 'odd%%'") == [(1,)])
        replica.scheduler.wake(A)
        wait_until(lambda: A in replica.begun)
        assert replica.scheduler._jobs.at_work() is not None
    assert "workers.begin_again" not in {each["event"] for each in logs}
    changed = [each for each in logs if each["event"] == "job.changed"]
    assert {(each["log_level"], each["task"]) for each in changed} == {("warning", "step")}
    assert len({each["job"] for each in changed}) == len(changed) == sum(not isinstance(args, dict) for args in odd)
    assert run(url, "DELETE FROM procrastinate_jobs RETURNING args") == [({"v": [1]},)]


def test_replicas_go_on_after_the_server_ended_all_their_connections(url: str) -> None:
    replica = Replica(url)
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    with running(replica):
        replica.scheduler.wake(A)
        wait_until(lambda: replica.begun == [A])
        run(url, f"{end} AND pid <> pg_backend_pid()")
        replica.scheduler.wake(A)
        wait_until(lambda: replica.begun == [A, A])
        assert replica.scheduler.idle(LONG)


def test_periodic_work_leaves_nothing_behind(url: str) -> None:
    first, second = Replica(url), Replica(url)
    with running(first, second):
        wait_until(lambda: bool(run(url, "SELECT 1 FROM procrastinate_periodic_defers WHERE task_name = 'sweep'")))
        # Of two turns that are proposed at the same moment the older one stays until the next turn.
        wait_until(lambda: run(url, "SELECT count(*) <= 2 FROM procrastinate_periodic_defers") == [(True,)])
    assert run(url, "SELECT count(*) <= 4 FROM procrastinate_jobs") == [(True,)]


def test_replicas_sweep_once_a_turn_together(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them proposes every turn, and the database takes one of the proposals."""
    swept: list[int] = []
    sweep = Crew._swept

    async def seen(crew: Crew, timestamp: int) -> None:
        swept.append(timestamp)
        await sweep(crew, timestamp)

    monkeypatch.setattr(Crew, "_swept", seen)
    with running(*(Replica(url, sweep_every=timedelta(seconds=1)) for _ in range(2))):
        wait_until(lambda: len(set(swept)) == 4)
    assert sorted(swept) == sorted(set(swept))


def test_a_replica_that_is_told_to_stop_before_its_workers_began_ends_at_once(url: str) -> None:
    """What is told before the first turn of the loop counts: workers that missed it would never end."""

    async def told_first() -> None:
        crew = Replica(url).scheduler._crew()
        crew.over.set()
        await asyncio.wait_for(crew.run(), 20)

    asyncio.run(told_first())


# Who may run beside whom


def replica_of(engine: Engine) -> Owner:
    return Owner(SessionLock(engine, shared=True), patience=timedelta(0))


def alone_on(engine: Engine) -> Owner:
    return Owner(SessionLock(engine), patience=timedelta(0))


def test_replicas_share_a_database_and_one_that_runs_alone_is_refused(engine: Engine) -> None:
    first, second, alone = replica_of(engine), replica_of(engine), alone_on(engine)
    first.take()
    second.take()
    ledgers = [SqlLedger(engine, SystemClock(), KEY, ASK_TYPES, ownership=owner) for owner in (first, second)]
    for ledger in (*ledgers, *ledgers):
        ledger.pause("operator", "change freeze")
        ledger.resume("operator")
    with pytest.raises(OwnedByAnother, match="each of them has replicas: true"):
        alone.take()
    first.stop()
    ledgers[1].pause("operator", "again")
    with pytest.raises(OwnedByAnother):
        alone.take()
    second.stop()
    alone.take()
    with pytest.raises(OwnedByAnother, match="each of them has replicas: true"):
        replica_of(engine).take()
    alone.stop()


def test_a_replica_that_lost_its_session_writes_nothing_after_another_bot_ran_alone(url: str, engine: Engine) -> None:
    cut, alone = replica_of(engine), alone_on(engine)
    cut.take()
    ledger = SqlLedger(engine, SystemClock(), KEY, ASK_TYPES, ownership=cut)
    ledger.pause("operator", "change freeze")
    run(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    alone.take()
    before = ledger.head()
    assert cut.refusal() is None  # it does not know
    with pytest.raises(NotOwner):
        ledger.resume("operator")
    alone.stop()
    replica_of(engine).take()
    with pytest.raises(NotOwner):
        ledger.resume("operator")
    assert ledger.head() == before
    assert CURRENT.get() is None
