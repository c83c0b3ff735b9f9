"""Events of hosts that wait at the same moment share a commit, and what becomes of one is no matter of the others."""

from __future__ import annotations

from contextvars import copy_context
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from bot.commands import ASK_TYPES
from bot.commands.logoff import LogoffAsk
from bot.domain import events as e
from bot.domain.part import at_host
from bot.domain.request import Ending
from bot.domain.verdicts import Verdict
from bot.errors import ClockSetBack, Conflict, ConflictReason, LedgerError, NotOwner, UnreadableRequest
from bot.ports.lease import CURRENT, Lease
from tests.contract.conftest import KEY
from tests.contract.test_audit_writing import swallow
from tests.contract.test_people_first import all_at_once, commits_of
from tests.support import builders as b
from tests.support.chains import first_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from bot.domain.request import Target
    from tests.fakes.clock import SettableClock

HOSTS = tuple(f"host-{number}" for number in range(6))
ID, OTHER = "TS-AAAAAA", "TS-BBBBBB"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(engine: Engine, clock: SettableClock) -> SqlLedger:
    """Two requests over the hosts act; no host has begun."""
    ledger = SqlLedger(engine, clock, KEY, ASK_TYPES)
    for id_ in (ID, OTHER):
        act(ledger, id_, *(b.target(3, host=name) for name in HOSTS))
    return ledger


def act(ledger: SqlLedger, id_: str, *targets: Target) -> None:
    ledger.open(b.request(id_, delivery=id_, ask=LogoffAsk(hosts=HOSTS)))
    ledger.record(id_, b.surveyed(*targets))
    ledger.record(id_, b.approved())
    ledger.record(id_, e.Started(valid_for=timedelta(hours=1)))


def starts(ledger: SqlLedger, host: str, request_id: str = ID) -> Callable[[], Any]:
    return lambda: ledger.record(request_id, e.HostStarted(host=host))


def ends(ledger: SqlLedger, host: str) -> Callable[[], Any]:
    return lambda: ledger.record(ID, e.TargetEnded(key=(host, 3), verdict=Verdict.GONE))


def begun(ledger: SqlLedger, request_id: str = ID) -> list[str]:
    """The hosts that have begun, as the rows say; the entries say the same, and their chain is whole."""
    found = ledger.find(request_id)
    entries = ledger.entries()
    assert found
    assert first_fault(entries, KEY.public) is None
    said = [each.host for each in entries if (each.request_id, each.event) == (request_id, "host_started")]
    assert sorted(said) == sorted(found.begun)
    return sorted(found.begun)


def execute(engine: Engine, statement: str, **values: Any) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def set_verdict(engine: Engine, host: str, verdict: str | None) -> None:
    change = "UPDATE target SET verdict = :verdict WHERE request_id = :id AND host = :host"
    execute(engine, change, verdict=verdict, id=ID, host=host)


def test_events_of_hosts_that_wait_share_one_commit_and_each_is_proven(ledger: SqlLedger, engine: Engine) -> None:
    commits = commits_of(engine)
    started = all_at_once(ledger, *(starts(ledger, name) for name in HOSTS))
    assert len(commits) == 1
    assert begun(ledger) == list(HOSTS)
    assert len({request.version for request in started}) == len(HOSTS)
    ended = all_at_once(ledger, *(ends(ledger, name) for name in HOSTS))
    assert min(request.counts.open for request in ended) == 0
    for name, request in zip(HOSTS, ended, strict=True):
        part = ledger.prove(ID, at_host(name))
        assert part
        assert (part.targets, part.surveys) == (request.targets, request.surveys)
    assert first_fault(ledger.entries(), KEY.public) is None


def test_an_event_that_does_not_fit_changes_nothing_and_the_others_stay_in_one_commit(
    ledger: SqlLedger, engine: Engine
) -> None:
    commits, twice = commits_of(engine), HOSTS[0]
    outcomes = all_at_once(ledger, *(starts(ledger, name) for name in (twice, twice, *HOSTS[1:])))
    assert sorted(isinstance(each, Conflict) for each in outcomes) == [False] * len(HOSTS) + [True]
    assert len(commits) == 1
    assert begun(ledger) == list(HOSTS)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_event_of_a_step_that_has_lost_its_job_is_refused_whoever_writes_for_it(
    ledger: SqlLedger, engine: Engine
) -> None:
    """Several replicas share PostgreSQL; the thread that writes for all has a job of its own, or none."""
    taken = (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts) VALUES ('hosts', 'step', 'doing', 2)"
    )
    with engine.begin() as connection:
        job = connection.execute(text(f"{taken} RETURNING id")).scalar_one()

    def held(attempt: int, host: str) -> Callable[[], Any]:
        def record() -> Any:
            CURRENT.set(Lease(job=job, attempt=attempt))
            return starts(ledger, host)()

        return lambda: copy_context().run(record)

    commits = commits_of(engine)
    others = [*(held(2, name) for name in HOSTS[1:4]), *(starts(ledger, name) for name in HOSTS[4:])]
    outcomes = all_at_once(ledger, held(1, HOSTS[0]), *others)
    assert [isinstance(each, NotOwner) for each in outcomes] == [True, *[False] * 5]
    assert len(commits) == 1
    assert begun(ledger) == list(HOSTS[1:])


def test_a_row_that_is_not_proven_ends_its_request_and_no_other(ledger: SqlLedger, engine: Engine) -> None:
    """Each event of the changed request is refused; those of the other one are recorded."""
    execute(engine, "UPDATE host_survey SET seal = 'x' WHERE request_id = :id AND host = :host", id=ID, host=HOSTS[1])
    with capture_logs() as logs:
        outcomes = all_at_once(ledger, starts(ledger, HOSTS[1]), *(starts(ledger, name, OTHER) for name in HOSTS[:3]))
    assert [each["event"] for each in logs].count("request.not_proven") == 1
    assert isinstance(outcomes[0], Conflict)
    assert outcomes[0].reason is ConflictReason.NOT_PROVEN
    found = ledger.find(ID)
    assert found
    assert (found.ending, found.begun) == (Ending.FAILED, frozenset())
    assert begun(ledger, OTHER) == list(HOSTS[:3])


def test_a_proof_beside_another_event_of_the_same_host_ends_nothing(ledger: SqlLedger) -> None:
    """The entry of the first is not written yet when the second wants its proof: no alarm, both are recorded."""
    host, id_ = HOSTS[0], "TS-CCCCCC"
    act(ledger, id_, b.target(3, host=host), b.target(9, host=host))
    ledger.record(id_, e.HostStarted(host=host))
    ledger.record(id_, e.TargetRequested(key=(host, 3), waited=timedelta(seconds=1)))
    ended = e.TargetEnded(key=(host, 3), verdict=Verdict.GONE)
    with capture_logs() as logs:
        outcomes = all_at_once(
            ledger,
            lambda: ledger.record(id_, ended),
            lambda: ledger.record(id_, e.HostContinued(host=host)),
            starts(ledger, host),
        )
    assert {each["event"] for each in logs} == {"request.recorded"}
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert (begun(ledger), begun(ledger, id_)) == ([host], [host])
    assert ledger.prove(id_, at_host(host))


def test_a_row_that_cannot_be_read_spoils_no_other(ledger: SqlLedger, engine: Engine) -> None:
    set_verdict(engine, HOSTS[1], "what")
    outcomes = all_at_once(ledger, starts(ledger, HOSTS[1]), starts(ledger, HOSTS[0]), starts(ledger, HOSTS[2]))
    assert [isinstance(each, UnreadableRequest) for each in outcomes] == [True, False, False]
    set_verdict(engine, HOSTS[1], None)
    assert begun(ledger) == [HOSTS[0], HOSTS[2]]


def test_what_the_database_does_not_take_spoils_no_other(ledger: SqlLedger, engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        rule = f"BEGIN SELECT RAISE(ABORT, 'no') WHERE NEW.host = '{HOSTS[1]}' AND NEW.started_at IS NOT NULL; END"
        execute(engine, f"CREATE TRIGGER guard BEFORE UPDATE ON host_survey {rule}")
    else:
        rule = f"CHECK (host <> '{HOSTS[1]}' OR started_at IS NULL)"
        execute(engine, f"ALTER TABLE host_survey ADD CONSTRAINT guard {rule}")
    outcomes = all_at_once(ledger, *(starts(ledger, name) for name in HOSTS[:3]))
    assert [isinstance(each, LedgerError) for each in outcomes] == [False, True, False]
    assert begun(ledger) == [HOSTS[0], HOSTS[2]]


def test_entries_that_something_swallows_start_no_host(ledger: SqlLedger, engine: Engine) -> None:
    swallow(engine, "audit_entry")
    outcomes = all_at_once(ledger, *(starts(ledger, name) for name in HOSTS))
    assert all(isinstance(each, LedgerError) for each in outcomes)
    assert begun(ledger) == []


def test_a_commit_that_fails_is_told_to_each_and_not_tried_again(ledger: SqlLedger, engine: Engine) -> None:
    """Nobody knows whether the database has kept it: an event that is there would be refused as a second one."""
    tried: list[object] = []

    def fail(connection: object) -> None:
        tried.append(connection)
        raise OperationalError("COMMIT", None, Exception("the line is dead"))

    event.listen(engine, "commit", fail)
    outcomes = all_at_once(ledger, *(starts(ledger, name) for name in HOSTS))
    event.remove(engine, "commit", fail)
    assert all(isinstance(each, LedgerError) for each in outcomes)
    assert len(tried) == 1
    assert begun(ledger) == []


def test_no_host_starts_while_the_clock_is_set_back_and_what_happened_is_recorded(
    ledger: SqlLedger, clock: SettableClock
) -> None:
    ledger.record(ID, e.HostStarted(host=HOSTS[0]))
    clock.move(-timedelta(hours=1))
    outcomes = all_at_once(ledger, ends(ledger, HOSTS[0]), *(starts(ledger, name) for name in HOSTS[1:]))
    assert [type(each) for each in outcomes[1:]] == [ClockSetBack] * (len(HOSTS) - 1)
    assert [target.verdict for target in outcomes[0].targets] == [Verdict.GONE]
    assert begun(ledger) == [HOSTS[0]]
