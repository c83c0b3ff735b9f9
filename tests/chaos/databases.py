"""What goes wrong with a SQLite file under the bot: somebody holds it, the disk is full or read-only, it is deleted."""

from __future__ import annotations

import resource
import sqlite3
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from adapters.sql.database import LOCK_LIMIT, open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from bot.commands import ASK_TYPES
from tests.chaos.stories import STORIES, tell
from tests.chaos.tally import Tally, judge
from tests.chaos.world import World
from tests.support.harness import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from sqlalchemy import Connection, Engine

    from bot.ports.ownership import Ownership
    from tests.support.harness import BotHarness

SHORT = timedelta(seconds=0.05)
"""How long a write waits here for a lock that nobody gives back meanwhile."""

MOST = 150
"""A fault begins within so many moments, and is over after so many more."""


class ImpatientLedger(SqlLedger):
    """The ledger, which waits for a lock as shortly as a person in a hurry."""

    def __init__(self, engine: Engine, harness: BotHarness, ownership: Ownership | None = None) -> None:
        impatient = engine.execution_options(**{LOCK_LIMIT: SHORT})
        super().__init__(impatient, harness.clock, KEY, ASK_TYPES, ownership=ownership)

    @contextmanager
    def _transaction(self, within: timedelta, *, first: bool = True) -> Iterator[Any]:
        del within
        with super()._transaction(SHORT, first=first) as transaction:
            yield transaction


class Switch:
    """A fault that is on for a while: from one moment of a world to another."""

    def __init__(self, rng: Random, turn: Callable[[bool], object]) -> None:
        self._from, self._turn, self._seen = rng.randrange(MOST), turn, 0
        self._to = self._from + rng.randrange(1, MOST)

    def __call__(self, _name: str, _when: str) -> None:
        self._seen += 1
        if self._seen in (self._from, self._to):
            self._turn(self._seen == self._from)

    def __str__(self) -> str:
        return f"from {self._from} to {self._to}"


@contextmanager
def sqlite_file() -> Iterator[tuple[Path, Engine]]:
    with TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "bot.db"
        upgrade(f"sqlite:///{file}")
        engine = open_database(f"sqlite:///{file}")
        try:
            yield file, engine
        finally:
            engine.dispose()


def play(rng: Random, tally: Tally, engine: Engine, turn: Callable[[bool], object], what: str) -> None:
    """Tell a story while the fault is on for a part of it."""
    story = rng.choice(list(STORIES))
    world = World(lambda harness: ImpatientLedger(engine, harness))
    switch = Switch(rng, turn)
    world.at_moment = switch
    tell(world, story)
    turn(False)
    world.end()
    judge(tally, world, f"{story}, {what} {switch}")


def locked(rng: Random, tally: Tally) -> None:
    """Another program holds the file: a backup, a person with a shell."""
    with sqlite_file() as (file, engine):
        other = sqlite3.connect(file, isolation_level=None, timeout=5)

        def turn(on: bool) -> None:  # noqa: FBT001 - on or off
            with suppress(sqlite3.OperationalError):
                other.execute("BEGIN IMMEDIATE" if on else "ROLLBACK")

        play(rng, tally, engine, turn, "locked")
        other.close()


def full(rng: Random, tally: Tally) -> None:
    """The system lets no file of this process grow, as a full disk does; Python ignores its signal."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)

    def turn(on: bool) -> None:  # noqa: FBT001 - on or off
        resource.setrlimit(resource.RLIMIT_FSIZE, (0 if on else most, most))

    with sqlite_file() as (_, engine):
        play(rng, tally, engine, turn, "full")


def read_only(rng: Random, tally: Tally) -> None:
    """SQLite itself refuses each write with the code of a disk that is read-only."""
    with sqlite_file() as (_, engine):
        is_sick = [False]

        def set_up(connection: Connection) -> None:
            driver = connection.connection.driver_connection
            assert driver
            driver.execute(f"PRAGMA query_only = {int(is_sick[0])}")

        def turn(on: bool) -> None:  # noqa: FBT001 - on or off
            is_sick[0] = on

        event.listen(engine, "begin", set_up, insert=True)
        play(rng, tally, engine, turn, "read-only")


def deleted(rng: Random, tally: Tally) -> None:
    """The file is deleted under the bot. From the next sweep on nothing may be done: it would stand nowhere."""
    story = rng.choice(("waits for it", "follows it", "all of three hosts", "warned first"))
    with sqlite_file() as (file, engine):
        world = World(lambda harness: ImpatientLedger(engine, harness))
        at, seen, done = rng.randrange(MOST), [0], list[int]()

        def delete(name: str, when: str) -> None:
            seen[0] += 1
            if seen[0] == at:
                for each in file.parent.glob("bot.db*"):
                    each.unlink()
            if seen[0] > at and name == "due" and when != "before" and not done:
                done.append(_effects(world))

        world.at_moment = delete
        with suppress(SQLAlchemyError):
            tell(world, story)
        tally.tries += 1
        since = _effects(world) - done[0] if done else 0
        tally.count("unrecorded", since, f"{story}, deleted at {at}")


def _effects(world: World) -> int:
    return len(world.terminal.touched) + len(world.terminal.messages)
