"""What goes wrong, tried again and again with other moments: the scenarios over the fakes, where time is free."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from time import monotonic

from bot.domain.session import Account
from bot.errors import NotOwner, TimedOut
from tests.chaos.databases import deleted, full, locked, read_only
from tests.chaos.postgresql import restarted, sessions_end, silent
from tests.chaos.slack_scenarios import SLACK
from tests.chaos.stories import STORIES, asks, presses, tell, waits
from tests.chaos.storm import small
from tests.chaos.tally import Tally, judge
from tests.chaos.two_processes import on_postgresql, on_sqlite, replicas
from tests.chaos.world import World
from tests.support import builders as b
from tests.support.harness import Crash

SECOND = timedelta(seconds=1)
Scenario = Callable[[Random, float], Tally]
"""Takes the seed and the steady clock's time until which it may try; tries once at least."""


def attempts(rng: Random, until: float, attempt: Callable[[Random, Tally], None]) -> Tally:
    tally = Tally()
    while not tally.tries or monotonic() < until:
        attempt(rng, tally)
    return tally


def moments_of(story: str) -> int:
    """Return how many moments before and after a call this story has when nothing goes wrong."""
    world, seen = World(), [0]

    def count(_name: str, _when: str) -> None:
        seen[0] += 1

    world.at_moment = count
    tell(world, story)
    return seen[0]


MOMENTS: dict[str, int] = {}


def _some_moment(rng: Random, story: str) -> int:
    if story not in MOMENTS:
        MOMENTS[story] = moments_of(story)
    return rng.randrange(MOMENTS[story])


def _killed(rng: Random, tally: Tally) -> None:
    """The process dies before, during or after a call, once or twice."""
    story = rng.choice(list(STORIES))
    deaths = {_some_moment(rng, story) for _ in range(rng.choice((1, 1, 2)))}
    world, seen = World(), [0]

    def die(_name: str, _when: str) -> None:
        seen[0] += 1
        if seen[0] - 1 in deaths:
            raise Crash

    world.at_moment = die
    tell(world, story)
    world.end()
    judge(tally, world, f"{story}, killed at {sorted(deaths)}")


def _clock_jumps(rng: Random, tally: Tally) -> None:
    """The clock is set while a story runs: back or forward, far or little, and set right again later or not."""
    story = rng.choice(list(STORIES))
    at = _some_moment(rng, story)
    jump = rng.choice((-7200, -3600, -600, -45, -31, -29, -5, 5, 60, 900, 7200)) * SECOND
    back = rng.random() < 0.5
    world, seen = World(), [0]

    def leap(_name: str, _when: str) -> None:
        seen[0] += 1
        if seen[0] - 1 == at:
            world.harness.clock.move(jump)
        if back and seen[0] - 1 == at + 30:
            world.harness.clock.move(-jump)

    world.at_moment = leap
    tell(world, story)
    world.end()
    for _ in range(3):
        world.end()
    judge(tally, world, f"{story}, clock moved by {jump} at {at}, and back: {back}")


def _ownership_lost(rng: Random, tally: Tally) -> None:
    """The process loses its hold on the database for a while, in the middle of a call or between two."""
    story = rng.choice(list(STORIES))
    at, length = _some_moment(rng, story), rng.randrange(1, 60)
    world, seen = World(), [0]
    ledger = world.store

    def lose(_name: str, _when: str) -> None:
        seen[0] += 1
        ledger.not_owner = NotOwner("Lost.") if at <= seen[0] - 1 < at + length else None  # type: ignore[attr-defined]

    world.at_moment = lose
    tell(world, story)
    ledger.not_owner = None  # type: ignore[attr-defined] # the fake's
    world.end()
    judge(tally, world, f"{story}, lost at {at} for {length}")


def _sick_hosts(rng: Random, tally: Tally) -> None:
    """Hosts are down, lose answers, refuse, or never close a session, beside healthy ones; people come and go."""
    world = World()
    for host in rng.sample(("comp1", "comp2", "comp3"), rng.randrange(1, 3)):
        lost = TimedOut(f"{host} did not answer.", host=host, delivered=True)
        match rng.randrange(6):
            case 0:
                world.terminal.take_down(host)
            case 1:
                world.terminal.fail_act(host, lost, is_carried_out=rng.random() < 0.5)
            case 2:
                world.terminal.hang(host, 3)
            case 3:
                world.terminal.refuse(host, 5)
            case 4:
                world.terminal.before_act(host, partial(_another, world, host))
            case 5:
                world.terminal.fail_look(host, lost)
    story = rng.choice(("all of three hosts", "follows it", "one after the other", "warned first"))
    tell(world, story)
    world.end()
    judge(tally, world, f"{story} with sick hosts")


def _another(world: World, host: str) -> None:
    """Somebody else logs on under the id, right before the order arrives."""
    world.terminal.set(host, b.session(3, host=host, account=Account(domain="CORP", user="eve"), logon=b.LOGON + 99))


def _floods(rng: Random, tally: Tally) -> None:
    """Many commands and presses at once, of one person; an honest request beside them comes to its end."""
    world = World()
    for number in range(rng.randrange(10, 40)):
        text = rng.choice(("comp1 id=3", "*," * 50, "nonsense " * 20, "comp2", "comp1 id=9"))
        world.run(partial(world.harness.ask, text, by=b.OTHER, delivery=f"flood {number}"))
    asks("comp3 id=3 --sync")(world)
    waits(3)(world)
    for _ in range(20):
        world.run(lambda: world.harness.press("approve", by=b.OTHER))
    presses("approve")(world)
    waits(10)(world)
    world.end()
    judge(tally, world, "a flood")


def _scenario(attempt: Callable[[Random, Tally], None]) -> Scenario:
    return lambda rng, until: attempts(rng, until, attempt)


EVERY: dict[str, Scenario] = {
    "killed before or after a call": _scenario(_killed),
    "the clock jumps": _scenario(_clock_jumps),
    "the database is lost to another": _scenario(_ownership_lost),
    "sick hosts beside healthy ones": _scenario(_sick_hosts),
    "floods": _scenario(_floods),
    "two processes, SQLite": _scenario(on_sqlite),
    "two processes, PostgreSQL": _scenario(on_postgresql),
    "replicas": _scenario(replicas),
    "SQLite: somebody holds the file": _scenario(locked),
    "SQLite: the disk is full": _scenario(full),
    "SQLite: the disk is read-only": _scenario(read_only),
    "SQLite: the file is deleted": _scenario(deleted),
    "PostgreSQL: sessions end": _scenario(sessions_end),
    "PostgreSQL: killed and restarted": _scenario(restarted),
    "PostgreSQL: silent": _scenario(silent),
    "a storm over the threads of one": _scenario(small(replicas=1)),
    "a storm over the jobs of two": _scenario(small(replicas=2)),
    **{name: _scenario(attempt) for name, attempt in SLACK.items()},
}
