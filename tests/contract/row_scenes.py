"""Requests on their way, at the moment when somebody writes into their rows, and what an honest bot does next."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain.events import Started
from bot.domain.request import State, WorkItem
from bot.errors import LedgerError, Unreachable
from bot.policy.model import Force
from tests.support.people import BO, CHEN, asking_leads, bot_with, rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from bot.domain.events import Event
    from bot.domain.request import Request
    from bot.policy.model import Rule
    from tests.support.harness import BotHarness

KEY = SigningKeys("the key of the tests")
SECOND = timedelta(seconds=1)
TWO_LEADS = asking_leads(2, force=Force(is_allowed=True, hold=30 * SECOND))


@dataclass(frozen=True)
class Scene:
    """A request on its way, and what honestly happens next."""

    name: str
    begin: Callable[[BotHarness], None]
    rest: Callable[[BotHarness], None]
    begins_after: timedelta = timedelta()  # until then nobody is touched whatever is written
    honest: tuple[tuple[str, int], ...] = (("comp1", 3), ("comp1", 5))  # who is touched or told when nobody writes
    rule: Rule = TWO_LEADS


def ask(text: str, *presses: Any) -> Callable[[BotHarness], None]:
    def begin(harness: BotHarness) -> None:
        harness.ask_and_run(text)
        for presser in presses:
            harness.press("approve", by=presser)
            harness.run()

    return begin


def go_on(*presses: Any) -> Callable[[BotHarness], None]:
    def rest(harness: BotHarness) -> None:
        harness.run()
        for presser in presses:
            harness.press("approve", by=presser)
            harness.run()
        for _ in range(6):  # two minutes, with few looks at what is due
            harness.jump(20 * SECOND)

    return rest


def start(harness: BotHarness) -> None:
    """Record the start, and let no host begin."""
    harness.ask_and_run("comp1 id=3,5 --sync")
    harness.press("approve", by=BO)
    harness.run()
    harness.press("approve", by=CHEN)
    harness.workflow.step(WorkItem(request_id=harness.request.id))


def start_one_after_the_other(harness: BotHarness) -> None:
    """Record the start on two hosts, and let neither begin."""
    harness.ask_and_run(ONE_AFTER_THE_OTHER)
    harness.press("approve", by=BO)
    harness.run()
    harness.press("approve", by=CHEN)
    harness.workflow.step(WorkItem(request_id=harness.request.id))


def fail_on_the_first(harness: BotHarness) -> None:
    """The first host cannot be reached, and the second has not had its turn."""
    start_one_after_the_other(harness)
    harness.terminal.fail_act("comp1", Unreachable("comp1 cannot be reached.", host="comp1"))
    harness.workflow.step(WorkItem(request_id=harness.request.id, host="comp1"))
    assert harness.verdicts() == {"comp1 3": "unreachable", "comp2 3": "open"}


def die_before_the_start(harness: BotHarness) -> None:
    """A message that asks nobody is ready, and the bot dies before it records the start."""
    record = harness.ledger.record

    def die(request_id: str, event: Event, **how: Any) -> Request:
        if isinstance(event, Started):
            raise LedgerError("The bot has died.")
        return record(request_id, event, **how)

    harness.ask(MESSAGE, command="tsmessage")
    with pytest.MonkeyPatch.context() as death:
        death.setattr(harness.ledger, "record", die)
        with pytest.raises(LedgerError):
            harness.workflow.step(WorkItem(request_id=harness.request.id))
    assert harness.request.state is State.READY


def start_the_message(harness: BotHarness) -> None:
    """The start of a message that asks nobody is recorded, and the host has not begun."""
    harness.ask(MESSAGE, command="tsmessage")
    harness.workflow.step(WorkItem(request_id=harness.request.id))
    assert harness.request.state is State.ACTING


MESSAGE, ONE_AFTER_THE_OTHER = 'comp1 id=3,5 "Save now"', "comp1,comp2 id=3 --sync --stop-on-error"

SCENES = (
    Scene("asked", lambda harness: void(harness.ask("comp1 id=3,5 --sync")), go_on(BO, CHEN)),
    Scene("waits for two", ask("comp1 id=3,5 --sync"), go_on(BO, CHEN)),
    Scene("waits for one more", ask("comp1 id=3,5 --sync", BO), go_on(CHEN)),
    Scene("held", ask('comp1 id=3,5 --sync --force --reason "it hangs"'), go_on(), begins_after=30 * SECOND),
    Scene("warned", ask("comp1 id=3,5 --sync --warn 30s", BO, CHEN), go_on(), begins_after=30 * SECOND),
    Scene("started", start, go_on()),
    Scene(
        "a message that asks nobody, asked", lambda h: void(h.ask(MESSAGE, command="tsmessage")), go_on(), rule=rule()
    ),
    Scene("a message that asks nobody, ready", die_before_the_start, go_on(), rule=rule()),
    Scene("a message that asks nobody, started", start_the_message, go_on(), rule=rule()),
    Scene("one after the other", start_one_after_the_other, go_on(), honest=(("comp1", 3), ("comp2", 3))),
    Scene("the first of two has failed", fail_on_the_first, go_on(), honest=()),
)


def void(_: object) -> None:
    """A lambda that begins a scene gives nothing back."""


@cache
def engine_of(url: str) -> Engine:
    """Return an engine that knows the statements of all who had the database before: to build them takes longest."""
    engine = open_database(url)
    if engine.dialect.name == "sqlite":  # nobody cuts the power
        event.listen(engine, "connect", lambda made, _: made.execute("PRAGMA synchronous = OFF"))
    return engine


def sqlite_in(folder: Path) -> Callable[[], str]:
    """Return what empties the tables of a SQLite file, and gives its URL.

    It stays the same file: a bot that finds another one in its place stops.
    """
    empty, path = folder / "empty.db", folder / "bot.db"
    upgrade(f"sqlite:///{empty}")

    def fresh() -> str:
        with closing(sqlite3.connect(empty)) as source, closing(sqlite3.connect(path)) as there:
            source.backup(there)
        return f"sqlite:///{path}"

    return fresh


@contextmanager
def bot_on(url: str, rule: Rule) -> Iterator[BotHarness]:
    harness, engine = bot_with(rule), engine_of(url)
    harness.ledger = SqlLedger(engine, harness.clock, KEY, ASK_TYPES)  # type: ignore[assignment] # the same port
    harness.restart()
    try:
        yield harness
    finally:
        engine.dispose()


def begin(scene: Scene, url: str) -> None:
    """Leave the rows as they are when somebody begins to write."""
    with bot_on(url, scene.rule) as harness:
        scene.begin(harness)


def play(scene: Scene, url: str, write: Callable[[str], None]) -> tuple[list[Any], list[Any]]:
    """Return whom the bot touched or told before its time, and in the end."""
    with bot_on(url, scene.rule) as harness:
        scene.begin(harness)
        terminal = harness.terminal
        assert [*terminal.logged_off, *terminal.disconnected] == []
        warned = len(terminal.messages)

        def touched() -> list[Any]:
            return [*terminal.logged_off, *terminal.disconnected, *terminal.messages[warned:]]

        write(url)
        survive(harness, harness.restart)
        early: list[Any] = []
        if scene.begins_after:
            survive(harness, lambda: void(harness.wait(scene.begins_after - SECOND)))
            early = touched()
        survive(harness, lambda: scene.rest(harness))
        return early, touched()


def play_honestly(scene: Scene, url: str) -> list[Any]:
    """Return whom the bot touches or tells when nobody writes."""
    early, honest = play(scene, url, void)
    assert (early, sorted(whom[:2] for whom in honest)) == ([], list(scene.honest))
    return sorted(honest)


def survive(harness: BotHarness, do: Callable[[], None]) -> None:
    """What a row that cannot be read raises, at a start too, is the process's trouble, and harms nobody."""
    for tried in range(3):
        with suppress(Exception):  # any error is allowed here but a touch is not
            if tried:
                harness.restart()
            do()
            return
