"""Two bots on one database: the first loses its lock, or its jobs, inside a call, and the second takes over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from adapters.sql.database import open_database
from adapters.sql.owner import Owner
from adapters.sql.owner_file import FileLock
from adapters.sql.owner_session import OWNING, SessionLock
from bot.ports.lease import CURRENT, Lease
from tests.chaos.databases import ImpatientLedger, sqlite_file
from tests.chaos.postgresql import fresh
from tests.chaos.stories import STORIES, tell
from tests.chaos.tally import Tally, judge
from tests.chaos.world import CHAT, LEDGER, TERMINAL, Hooked, World
from tests.support.harness import HOSTS, BotHarness

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from sqlalchemy import Engine

    from adapters.sql.owner import Lock
    from bot.domain.request import WorkItem

MOST = 200


def on_sqlite(rng: Random, tally: Tally) -> None:
    """The file of the lock is deleted, and the second locks a new one."""
    with sqlite_file() as (file, engine):
        _taken_over(rng, tally, engine, FileLock, Path(f"{file}.owner").unlink)


def on_postgresql(rng: Random, tally: Tally) -> None:
    """The session that holds the lock is ended, as behind a network that was cut."""
    engine = fresh()

    def take_away() -> None:
        with engine.begin() as connection:
            connection.execute(_END, {"key": OWNING})

    _taken_over(rng, tally, engine, SessionLock, take_away)
    engine.dispose()


_END = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = :key "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def _taken_over(
    rng: Random, tally: Tally, engine: Engine, lock: Callable[[Engine], Lock], take_away: Callable[[], None]
) -> None:
    """The first does not know: it goes on with what it was at, and is refused."""
    story, at, seen = rng.choice(list(STORIES)), rng.randrange(MOST), [0]
    first, second = Owner(lock(engine)), Owner(lock(engine))
    first.take()
    world = World(lambda harness: ImpatientLedger(engine, harness, first))
    before = world.harness

    def take_over(_name: str, _when: str) -> None:
        seen[0] += 1
        if seen[0] == at:
            take_away()
            second.take()
            _go_on(world, _second(world, engine, second))
            world.beside.append(before)

    world.at_moment = take_over
    tell(world, story)
    world.end()
    judge(tally, world, f"{story}, taken over at {at}")
    for owner in (first, second):
        owner.stop()


def _go_on(world: World, harness: BotHarness) -> None:
    """Let the other process do what is due."""
    world.harness = harness
    world.restart()
    world.run(harness.run)


def replicas(rng: Random, tally: Tally) -> None:
    """A replica that is suspended loses its jobs to another one, and goes on later with what it was at."""
    engine = fresh()
    with engine.begin() as connection:
        job = int(connection.execute(_JOB).scalar_one())
    story, at, seen = rng.choice(list(STORIES)), rng.randrange(MOST), [0]
    first, second = (Owner(SessionLock(engine, shared=True)) for _ in range(2))
    first.take()
    second.take()
    world = World(lambda harness: ImpatientLedger(engine, harness, first))
    before, late = world.harness, _late_records(world, lost := Lease(job=job, attempt=0))
    _lease(before, lost)
    world.restart()

    def take_over(_name: str, _when: str) -> None:
        seen[0] += 1
        if seen[0] == at:
            with engine.begin() as connection:
                connection.execute(_AGAIN)
            late.clear()
            _lease(other := _second(world, engine, second), Lease(job=job, attempt=1))
            _go_on(world, other)
            world.beside.append(before)

    world.at_moment = take_over
    tell(world, story)
    world.end()
    judge(tally, world, f"{story}, jobs taken over at {at}")
    tally.count("doubled", len(late) if world.beside else 0, f"{story}, written after its job was taken at {at}")
    for owner in (first, second):
        owner.stop()
    engine.dispose()


_JOB = text(
    "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('requests', 'step', 'doing') RETURNING id"
)
_AGAIN = text("UPDATE procrastinate_jobs SET attempts = attempts + 1")


def _late_records(world: World, lost: Lease) -> list[str]:
    """Return a list of the events that a step under this lease records from now on."""
    found: list[str] = []
    store: Any = world.store
    record = store.record

    def noted(request_id: str, event: Any, **how: Any) -> Any:
        after = record(request_id, event, **how)
        if CURRENT.get() == lost:
            found.append(type(event).__name__)
        return after

    store.record = noted
    return found


def _lease(bot: BotHarness, lease: Lease) -> None:
    """Let the steps of this bot run under this lease, once it is started anew."""
    step = bot._step

    def leased(item: WorkItem) -> None:
        token = CURRENT.set(lease)
        try:
            step(item)
        finally:
            CURRENT.reset(token)

    bot._step = leased  # type: ignore[method-assign] # one job stands for all of its steps


def _second(world: World, engine: Engine, owner: Owner) -> BotHarness:
    """Return another bot with the same hosts, the same chat, and connections of its own."""
    bot = BotHarness(terminal=world.terminal, hosts=HOSTS, records_failures=True)
    other: Any = bot
    other.clock = world.harness.clock
    own = open_database(engine.url.render_as_string(hide_password=False))
    world.store = ImpatientLedger(own, other, owner)
    other.ledger = Hooked(world.store, world.moment, LEDGER)
    other.terminal = Hooked(world.terminal, world.moment, TERMINAL)
    other.chat = Hooked(world.chat, world.moment, CHAT)
    return bot
