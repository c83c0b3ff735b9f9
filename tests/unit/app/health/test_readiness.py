"""When the bot counts as ready and as alive: by a clock that the test moves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from adapters.scheduler.lane import LaneLoad
from app.config.timing import GROUPS_GOOD_FOR
from app.health.database import ANSWERS_WITHIN, HANGS, PROBE_EVERY, UNFORESEEN, DatabaseWatch
from app.health.metrics import Metrics
from app.health.parts import DEAF, NOBODY_KNOWN, NOT_STARTED, Watched
from app.health.readiness import COUNTS_FOR, PEOPLE_MOST, STEP_MOST, WRITER_MOST, Cached
from app.health.signs import WriteNews
from bot.audit.entry import Origin
from bot.domain.request import Pause
from bot.errors import ClockSetBack, LedgerError, NotOwner
from tests.fakes.clock import START

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.errors import Standstill

PROMISED = 15
"""Seconds after which the worst fault is seen."""


@dataclass
class World:
    """A bot whose parts the test lets live or die, second by second."""

    now: float = 1000.0
    hears: bool = True
    sweeps: bool = True
    dates: bool = True
    watches: bool = True
    age: float | None = 0.0
    longest: float = 0.0
    holder: object | None = None
    still: Standstill | None = None
    fault: LedgerError | None = None
    pause: Pause | None = None
    probes: int = 0
    marks: list[int] = field(default_factory=lambda: [0, 0, 0])

    def __post_init__(self) -> None:
        self.news = WriteNews(self.clock)
        self.watch = DatabaseWatch(self.probe, lambda: self.pause, self.news, self.clock)
        part = _Part(self)
        bot = _Bot(connection=part, scheduler=part, directory=part, ledger=part, writer=lambda: self.holder)
        self.watched = Watched(cast("Any", bot), self.watch, self.clock)
        self.metrics = Metrics(Origin())

    def clock(self) -> float:
        return self.now

    def probe(self) -> None:
        self.probes += 1
        if self.fault:
            raise self.fault

    def second(self) -> None:
        """Let a second pass, as the threads of the bot and of its health live it."""
        self.now += 1
        self.marks = [mark + on for mark, on in zip(self.marks, (self.hears, self.sweeps, self.dates), strict=True)]
        if self.watches:
            self.watch.look()
        self.watched.tick(self.metrics)

    def faults(self) -> dict[str, str]:
        parts = self.watched.readiness.report().parts
        return {name: part.message for name, part in parts.items() if part.message}

    def seconds_until(self, holds: Callable[[], bool]) -> int:
        for seconds in range(60):
            if holds():
                return seconds
            self.second()
        pytest.fail("it did not become so within a minute")


@dataclass
class _Part:
    """Every part of the bot in one."""

    world: World

    def heard(self) -> object | None:
        return self.world.marks[0] or None

    def signs_of_life(self) -> tuple[int, int]:
        return self.world.marks[1], self.world.marks[2]

    def loads(self) -> dict[str, LaneLoad]:
        return {"hosts": LaneLoad(0, 1, 0.0, self.world.longest)}

    def age(self) -> float | None:
        return self.world.age

    def standstill(self) -> Standstill | None:
        return self.world.still


@dataclass
class _Bot:
    connection: object
    scheduler: object
    directory: object
    ledger: object
    writer: Callable[[], object | None]


@pytest.fixture
def world() -> World:
    world = World()
    for _ in range(3):
        world.second()
    world.watched.phase = ""
    world.second()
    return world


def is_ready(world: World) -> bool:
    return world.watched.readiness.report().is_ready


def test_a_bot_whose_parts_live_is_ready_and_alive_all_day(world: World) -> None:
    for _ in range(3600):
        world.second()
        assert world.faults() == {}
        assert world.watched.liveness.report().is_ready


def test_before_its_start_is_over_and_after_its_end_began_it_is_not_ready() -> None:
    world = World()
    for _ in range(5):
        world.second()
    assert world.faults() == {"start": NOT_STARTED}
    assert world.watched.liveness.report().is_ready


BREAK: dict[str, tuple[str, Callable[[World], object], Callable[[World], object]]] = {
    "a socket that stays cut": (
        "slack",
        lambda world: setattr(world, "hears", False),
        lambda world: setattr(world, "hears", True),
    ),
    "a database that is gone, or full": (
        "database",
        lambda world: setattr(world, "fault", LedgerError("I cannot reach my database.")),
        lambda world: setattr(world, "fault", None),
    ),
    "no sweeps": (
        "scheduler",
        lambda world: setattr(world, "sweeps", False),
        lambda world: setattr(world, "sweeps", True),
    ),
    "no dates": (
        "scheduler",
        lambda world: setattr(world, "dates", False),
        lambda world: setattr(world, "dates", True),
    ),
    "another owner": (
        "owner",
        lambda world: setattr(world, "still", NotOwner("I may no longer be the only one.")),
        lambda world: setattr(world, "still", None),
    ),
    "a clock that was set back": (
        "clock",
        lambda world: setattr(world, "still", ClockSetBack("My clock was set back.")),
        lambda world: setattr(world, "still", None),
    ),
    "people who were never read": (
        "people",
        lambda world: setattr(world, "age", None),
        lambda world: setattr(world, "age", 1.0),
    ),
    "people who were read too long ago": (
        "people",
        lambda world: setattr(world, "age", PEOPLE_MOST + 1),
        lambda world: setattr(world, "age", 1.0),
    ),
    "a step that hangs": (
        "steps",
        lambda world: setattr(world, "longest", STEP_MOST + 1),
        lambda world: setattr(world, "longest", 5.0),
    ),
}


@pytest.mark.parametrize("what", BREAK)
def test_it_is_red_within_fifteen_seconds_and_green_again_by_itself(world: World, what: str) -> None:
    part, break_it, heal_it = BREAK[what]
    break_it(world)
    assert world.seconds_until(lambda: not is_ready(world)) + COUNTS_FOR <= PROMISED
    assert set(world.faults()) == {part}
    for _ in range(100):
        world.second()
        assert not is_ready(world)
    heal_it(world)
    assert world.seconds_until(lambda: is_ready(world)) + COUNTS_FOR <= PROMISED
    assert world.watched.liveness.report().is_ready


def test_a_look_at_the_database_that_hangs_is_red_in_time(world: World) -> None:
    world.watches = False  # the thread hangs in its look
    world.watch._began = world.now
    assert world.seconds_until(lambda: not is_ready(world)) <= ANSWERS_WITHIN + 1
    assert ANSWERS_WITHIN + 1 + PROBE_EVERY + COUNTS_FOR <= PROMISED
    assert world.faults() == {"database": HANGS}
    world.watches = True
    world.seconds_until(lambda: is_ready(world))


def test_a_look_that_fails_by_a_bug_is_red(world: World) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    watch = DatabaseWatch(fail, lambda: None, world.news, world.clock)
    with pytest.raises(ZeroDivisionError):
        watch.look()
    assert watch.fault() == UNFORESEEN


def test_writes_that_fail_although_the_look_is_well_are_red_until_one_succeeds(world: World) -> None:
    world.news.failed()
    world.second()
    assert is_ready(world)  # one alone may be a matter of its own request
    world.news.failed()
    world.second()
    assert set(world.faults()) == {"database"}
    world.news.went_well()
    world.second()
    assert is_ready(world)


def test_a_record_that_was_changed_stays_red(world: World) -> None:
    world.news.broken = "record_changed"
    world.news.went_well()
    for _ in range(100):
        world.second()
        assert set(world.faults()) == {"database"}


def test_where_the_bot_writes_all_the_time_nobody_else_does(world: World) -> None:
    before = world.probes
    for _ in range(30):
        world.news.went_well()
        world.second()
    assert world.probes == before
    for _ in range(30):
        world.second()
    assert world.probes > before


def test_a_paused_bot_is_ready_because_it_takes_commands_and_says_why(world: World) -> None:
    world.pause = Pause(by="root", since=START, reason="change freeze")
    for _ in range(3):
        world.second()
    assert is_ready(world)
    assert world.watch.pause == world.pause


def test_a_writer_that_does_not_end_is_not_alive(world: World) -> None:
    world.holder = object()
    limit = int(WRITER_MOST) + 2
    seen = []
    for _ in range(limit):
        world.second()
        seen.append(world.watched.liveness.report().is_ready)
    assert (seen[0], seen[-1]) == (True, False)
    world.holder = None
    world.second()
    assert world.watched.liveness.report().is_ready


def test_threads_that_do_not_tick_are_not_alive(world: World) -> None:
    world.now += 31
    assert not world.watched.liveness.report().is_ready
    world.second()
    world.now += COUNTS_FOR
    assert world.watched.liveness.report().is_ready


def test_gaps_of_the_socket_are_counted_once_with_all_their_seconds(world: World) -> None:
    for _ in range(2):
        world.hears = False
        for _ in range(20):
            world.second()
        world.hears = True
        world.second()
    text = world.metrics.text().decode()
    assert "logoffbot_socket_gaps_total 2.0" in text
    (seconds,) = [line for line in text.splitlines() if line.startswith("logoffbot_socket_gap_seconds_total")]
    assert float(seconds.split()[1]) == 40


def test_a_part_that_cannot_say_how_it_is_is_left_out() -> None:
    """Another chat, or another scheduler, may not know it."""
    world = World()
    bot = _Bot(connection=object(), scheduler=object(), directory=object(), ledger=_Part(world), writer=lambda: None)
    watched = Watched(cast("Any", bot), world.watch, world.clock)
    assert set(watched.readiness.report().parts) == {"start", "database", "owner", "clock"}
    assert (watched.loads(), watched.directory_age(), watched.socket_silence()) == ({}, None, None)


def test_the_answer_names_each_part_with_its_sentence_and_its_seconds(world: World) -> None:
    world.hears = False
    world.age = None
    world.seconds_until(lambda: len(world.faults()) == 2)
    told = json.loads(world.watched.readiness.report().text("ready", paused=False))
    assert (told["ready"], told["paused"]) == (False, False)
    assert told["parts"]["database"] == {"ok": True}
    assert told["parts"]["people"] == {"ok": False, "message": NOBODY_KNOWN}
    assert told["parts"]["slack"] == {"ok": False, "message": DEAF, "seconds": 9.0}


def test_however_many_ask_nothing_is_looked_at_twice_in_a_second(world: World) -> None:
    made = []

    def make() -> bytes:
        made.append(world.now)
        return b"text"

    cached = Cached(make, world.clock)
    assert {cached() for _ in range(1000)} == {b"text"}
    assert len(made) == 1
    world.now += COUNTS_FOR
    cached()
    assert len(made) == 2
    reports = [world.watched.readiness.report() for _ in range(1000)]
    assert len({id(report) for report in reports}) == 1


def test_people_count_here_for_as_long_as_in_the_wiring() -> None:
    assert GROUPS_GOOD_FOR.total_seconds() == PEOPLE_MOST
