"""How many connections to PostgreSQL a bot may have, alone and as a replica, is what the pages say."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import QueuePool, text

from adapters.clock import SystemClock
from adapters.scheduler.procrastinate import ProcrastinateScheduler
from adapters.scheduler.shared_jobs import Place
from adapters.sql.database import MOST, open_database
from adapters.sql.database_url import for_libpq
from adapters.sql.owner import this_process
from adapters.sql.owner_session import SessionLock
from adapters.sql.shared_sends import SharedSends
from app import wiring
from bot.domain.request import WorkItem
from rehearsal_testing.waiting import wait_until
from tests.fakes.ledger import FakeLedger
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

pytestmark = pytest.mark.slow
OPERATIONS, RUNNING = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("operations.md", "running.md"))
LONG = timedelta(seconds=50)
RESERVED = 3
"""How many connections PostgreSQL keeps for superusers, unless it is told otherwise."""

_STANDING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND (application_name LIKE 'logoff-bot%' OR query LIKE 'LISTEN %' "
    "OR query LIKE 'UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = ANY%')"
)
"""Counts the connections that are in no pool: of the lock, of what people sent, of those that listen, of the beat."""


@pytest.fixture
def engine(new_postgresql: Callable[..., str]) -> Iterator[Engine]:
    engine = open_database(new_postgresql(of_this_release=True))
    yield engine
    engine.dispose()


def standing(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(_STANDING).scalar_one())


def most(engine: Engine) -> int:
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    return pool.size() + pool._max_overflow


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def alone(engine: Engine, held: ExitStack) -> int:
    """Return the most of a bot that runs alone: three pools, and the connection of its lock."""
    people, reports = wiring._for_people_and_reports(engine, url_of(engine))
    lock = SessionLock(engine)
    held.callback(lock.leave)
    assert lock.take(this_process(), "token") is None
    return sum(map(most, (engine, people, reports))) + standing(engine)


def of_replicas(engine: Engine, held: ExitStack) -> tuple[int, int]:
    """Return what a replica has more than that: the most in pools, and those in none."""
    mosts, pool, before = list[int](), Place.pool, standing(engine)

    def noted(place: Place, *, least: int, most: int) -> dict[str, Any]:
        mosts.append(most)
        return pool(place, least=least, most=most)

    held.enter_context(pytest.MonkeyPatch.context()).setattr(Place, "pool", noted)
    sends = SharedSends(url := for_libpq(url_of(engine)), dict, lambda _who, _count: None)
    held.callback(sends.close)
    sends.exchange()
    scheduler = ProcrastinateScheduler(FakeLedger(clock := SystemClock()), clock, Place(url), workers=2)
    scheduler.start(lambda _: None, lambda *_: None)
    held.callback(scheduler.stop, LONG)
    scheduler.wake(WorkItem(request_id="A", host=""))
    assert scheduler.idle(LONG)
    wait_until(lambda: standing(engine) == before + 4)
    assert len(mosts) == 2
    return sum(mosts), standing(engine) - before


def test_the_pages_say_how_many_connections_a_bot_may_have(engine: Engine) -> None:
    with ExitStack() as held:
        by_itself = alone(engine, held)
        replica = by_itself + sum(of_replicas(engine, held))
    row = re.findall(r"^\| connections to the database at most \| (\d+) \| (\d+) \|$", OPERATIONS, re.MULTILINE)
    assert row == [(f"{MOST}", f"{by_itself}")]
    (said,) = re.findall(
        r"Each takes up to (\d+) of the server, a bot that runs alone (\d+)[^`]*`max_connections = (\d+)`", OPERATIONS
    )
    assert said[:2] == (f"{replica}", f"{by_itself}")
    assert 3 * replica + RESERVED <= int(said[2])
    assert re.findall(r"Each\s+takes\s+up\s+to\s+(\d+)\s+connections", RUNNING) == [f"{replica}"]
