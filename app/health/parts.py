"""Which parts of the bot are watched, and what each of them has to do to count as well."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from app.health.readiness import (
    DEAF_MOST,
    PEOPLE_MOST,
    SILENT_MOST,
    STEP_MOST,
    TICK_MOST,
    WRITER_MOST,
    Part,
    Readiness,
    alive,
    first_bad,
    sound,
)
from app.health.signs import Pulse
from bot.errors import ClockSetBack, NotOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adapters.scheduler.lane import LaneLoad
    from app.bot import Bot
    from app.health.database import DatabaseWatch
    from app.health.metrics import Metrics
    from app.health.readiness import Check

NO_SWEEP = "The scheduler does not look for due steps."
NO_DATES = "The scheduler does not begin the steps whose date has come."
HANGING = "A step does not end."
DEAF = "Commands and presses do not arrive: the socket is silent, or no request of Slack can be taken."
NOBODY_KNOWN = "People and groups were not read from Slack for an hour, so nobody may do anything."
NOT_STARTED = "The start is not over."
NO_TICK = "The threads that watch the bot do not run."
STUCK = "A writer of the database does not end."


@runtime_checkable
class Hears(Protocol):
    """A connection that knows whether it hears Slack. One that Slack calls does not know it."""

    def heard(self) -> object | None: ...


@runtime_checkable
class Lives(Protocol):
    """A scheduler that gives signs of life: two marks, and each of them has to change."""

    def signs_of_life(self) -> tuple[float, float]: ...


@runtime_checkable
class Loaded(Protocol):
    """A scheduler that has its work in this process. What replicas share is nobody's own."""

    def loads(self) -> dict[str, LaneLoad]: ...


@runtime_checkable
class Aged(Protocol):
    """A directory that knows how old it is."""

    def age(self) -> float | None: ...


class Watched:
    """The parts of one bot. A part that cannot say how it is, is left out."""

    def __init__(self, bot: Bot, watch: DatabaseWatch, clock: Callable[[], float] = monotonic) -> None:
        self._bot, self._clock, self._ticks = bot, clock, 0
        self.phase = NOT_STARTED
        """Why the bot is not ready, whatever its parts say; empty: it has started."""
        self._socket = Pulse(bot.connection.heard, clock) if isinstance(bot.connection, Hears) else None
        self._writer, self._tick = Pulse(bot.writer, clock), Pulse(lambda: self._ticks, clock)
        self._gap_until: float | None = None
        self.readiness = Readiness(self._checks(watch), clock)
        self.liveness = Readiness(
            {"threads": alive(self._tick, TICK_MOST, NO_TICK), "writer": self._check_writer}, clock
        )

    def tick(self, metrics: Metrics) -> None:
        """Look at all marks, and count the time in which nothing is heard. It is called every second."""
        self._ticks += 1
        self.readiness.report()
        self.liveness.report()
        self._count_gap(metrics)

    def loads(self) -> Mapping[str, LaneLoad]:
        scheduler = self._bot.scheduler
        return scheduler.loads() if isinstance(scheduler, Loaded) else {}

    def directory_age(self) -> float | None:
        directory = self._bot.directory
        return directory.age() if isinstance(directory, Aged) else None

    def socket_silence(self) -> float | None:
        return self._socket.silent_for() if self._socket else None

    def _checks(self, watch: DatabaseWatch) -> dict[str, Check]:
        checks: dict[str, Check] = {
            "start": lambda: Part(self.phase),
            "database": sound(watch.fault),
            "owner": lambda: self._standstill(NotOwner),
            "clock": lambda: self._standstill(ClockSetBack),
        }
        if self._socket:
            checks["slack"] = alive(self._socket, DEAF_MOST, DEAF)
        if isinstance(self._bot.directory, Aged):
            checks["people"] = self._check_people
        if isinstance(scheduler := self._bot.scheduler, Lives):
            checks["scheduler"] = first_bad(
                alive(Pulse(lambda: scheduler.signs_of_life()[0], self._clock), SILENT_MOST, NO_SWEEP),
                alive(Pulse(lambda: scheduler.signs_of_life()[1], self._clock), SILENT_MOST, NO_DATES),
            )
        if isinstance(scheduler, Loaded):
            checks["steps"] = self._check_steps
        return checks

    def _standstill(self, kind: type[NotOwner | ClockSetBack]) -> Part:
        found = self._bot.ledger.standstill()
        return Part(found.message if isinstance(found, kind) else "")

    def _check_people(self) -> Part:
        age = self.directory_age()
        return Part("" if age is not None and age <= PEOPLE_MOST else NOBODY_KNOWN, age)

    def _check_steps(self) -> Part:
        longest = max((load.longest_running for load in self.loads().values()), default=0.0)
        return Part(HANGING if longest > STEP_MOST else "", longest)

    def _check_writer(self) -> Part:
        seconds = self._writer.silent_for()
        is_stuck = self._bot.writer() is not None and seconds is not None and seconds > WRITER_MOST
        return Part(STUCK if is_stuck else "")

    def _count_gap(self, metrics: Metrics) -> None:
        silence, now = self.socket_silence(), self._clock()
        if silence is None or silence <= DEAF_MOST:
            self._gap_until = None
            return
        if self._gap_until is None:
            metrics.gaps.inc()
            self._gap_until = now - silence
        metrics.gap_seconds.inc(now - self._gap_until)
        self._gap_until = now
