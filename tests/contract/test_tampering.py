"""Whoever writes into the tables of requests makes the bot touch or tell nobody: column by column, in every state."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Boolean, Integer, event

from adapters.sql.columns import Moment
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from adapters.sql.tables import host_survey, request, target
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain.events import Started
from bot.domain.request import State, WorkItem
from bot.errors import LedgerError, Unreachable
from bot.policy.model import Force
from tests.support.effort import PROFILE
from tests.support.people import BO, CHEN, asking_leads, bot_with, rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Column, Table

    from bot.domain.events import Event
    from bot.domain.request import Request
    from bot.policy.model import Rule
    from tests.support.harness import BotHarness

KEY = SigningKeys("the key of the tests")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TABLES = (request, target, host_survey)

HARMLESS = {
    "request": {
        "delivery": "the same delivery is one request; it says nothing of whom it touches",
        "actor_id": "counts how often somebody asks; the requester is in `actor`",
        "due_at": "when a step looks again",
        "attempts": "how often a step has failed",
        "excluded": "who was left out, for the card",
        "reason_asked": "what a form asks for; the rules ask again",
        "decided_at": "for the card",
        "deny_reason": "for the card; the record has it",
        "message": "a sentence for the card",
        "failure_reference": "for the card",
        "message_ref": "where the card stands",
        "published_version": "which version the card shows",
        "publish_after": "when the card is drawn again",
        "postings": "how far the card and the notices are",
        "postings_due_at": "when they are looked after",
        "voided": "who is told that their yes stopped counting",
        "listed": "how much of the list stands in the thread",
        "version": "counts drawings; a lower one than the record's is found",
        "ending": "a request that has not ended has none; its state says so",
        "ended_at": "the same",
        "targets": "a count for the card; the limit counts the rows",
        "open_targets": "a count for the card",
        "unsure_targets": "a count for the card",
    },
    "target": {
        "position": "the order on the card",
        "code": "what Windows said, for the card",
        "reason": "why it has its verdict, for the card",
        "note": "the same",
        "request_lost": "whether an order may not have arrived",
        "words": "what the host said itself, for the card",
    },
    "host_survey": {
        "position": "the order on the card",
        "looked_at": "for the card",
        "sessions": "for the card",
        "code": "for the card",
        "message": "for the card",
        "words": "for the card",
        "due_at": "when a step looks again",
    },
}
"""Columns that may change without a lie about whom the bot touches, when and why."""

OTHERS: dict[str, tuple[Any, ...]] = {
    "state": tuple(state.value for state in State),
    "action": ("disconnect", "list", "message"),
    "command": ("sessions",),
    "serving": ('[["U0EVE"]]',),
    "ending": ("done", "cancelled"),
    "verdict": ("gone", "skipped", "unknown"),
    "reason": ("stopped",),
    "requirement": (None, "null"),
    "counted": (
        '[{"user_id": "U0BO", "name": "bo"}, {"user_id": "U0CHEN", "name": "chen"}]',
        '[{"user_id": "U0BO", "name": "bo"}]',
        '[{"user_id": "U0DANA", "name": "dana"}]',
        "[]",
    ),
    "decided_by": ('{"user_id": "U0BO", "name": "bo"}', '{"user_id": "U0OLI", "name": "oli"}', "null"),
    "message_ref": ('{"channel_id": "C0OPS", "ts": "9.000"}', "null"),
    "reason_asked": ('["INC"]', "null"),
    "excluded": ("[]",),
}
IN_JSON: dict[str, tuple[dict[str, Any], ...]] = {
    "actor": ({"user_id": "U0CHEN", "name": "chen"}, {"name": "bo"}),
    "place": ({"channel_id": "C0LOUNGE"},),
    "ask": (
        {"force": True},
        {"even_if_active": True},
        {"warn": None},
        {"reason": "another"},
        {"whatif": True},
        {"text": "another"},
        {"caption": "another"},
        {"stop_on_error": False},
        {"hosts": ["comp2", "comp1"]},
        {"hosts": ["comp2"]},
    ),
    "requirement": (
        {"confirm": "self", "needs": []},
        {"needs": []},
        {"hold": "PT0S"},
        {"expires_after": "PT9H"},
        {"confirm": "at_once", "needs": []},
        {"confirm": "nobody"},
    ),
    "session": ({"id": 7}, {"logon": 134000000000000001}, {"account": {"domain": "CORP", "user": "carol"}}),
}
"""Keys of a JSON column with other values."""


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
        harness.wait(2 * MINUTE)

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


SHARE = 3
"""A scene tries every third change, from another one on than the scene before it; `make deep` tries all in each."""


def void(_: object) -> None:
    """A lambda that begins a scene gives nothing back."""


def bot_on(path: Path, rule: Rule) -> BotHarness:
    harness = bot_with(rule)
    engine = open_database(f"sqlite:///{path}")
    event.listen(engine, "connect", lambda made, _: made.execute("PRAGMA synchronous = OFF"))  # nobody cuts the power
    harness.ledger = SqlLedger(engine, harness.clock, KEY, ASK_TYPES)  # type: ignore[assignment] # the same port
    harness.restart()
    return harness


def cases(connection: sqlite3.Connection) -> Iterator[tuple[Table, Column[Any], Any]]:
    """Every column of the first row of each table with values that it does not have."""
    for table in TABLES:
        for column in table.columns:
            row = connection.execute(f'SELECT "{column.name}" FROM "{table.name}"').fetchone()  # noqa: S608 - our names
            for value in others(column, row[0]) if row else ():
                if value != row[0] and (column.nullable or value is not None):
                    yield table, column, value


def others(column: Column[Any], value: Any) -> Iterator[Any]:
    yield from OTHERS.get(column.name, ())
    if column.name in IN_JSON and value and value != "null":
        there = json.loads(value)
        yield from (json.dumps(there | changes) for changes in IN_JSON[column.name] if changes.keys() <= there.keys())
    elif isinstance(column.type, Boolean):
        yield 1 - value
    elif isinstance(column.type, Integer):
        yield from ((value or 0) + 1, 0)
    elif isinstance(column.type, Moment):
        moment = datetime.fromisoformat(value) if value else datetime(2026, 3, 2, 14, 0)  # noqa: DTZ001 - SQLite's form
        yield from (None, *(f"{moment + by:%Y-%m-%d %H:%M:%S.%f}" for by in (-MINUTE, MINUTE, -9 * 60 * MINUTE)))
    elif column.name not in OTHERS:
        yield "another"


def touched(harness: BotHarness) -> list[tuple[str, int]]:
    return [*harness.terminal.logged_off, *harness.terminal.disconnected]


def play(scene: Scene, path: Path, change: tuple[Table, Column[Any], Any] | None) -> tuple[list[Any], list[Any]]:
    """Return whom the bot touched before its time, and in the end."""
    harness = bot_on(path, scene.rule)
    scene.begin(harness)
    assert touched(harness) == []
    warned = len(harness.terminal.messages)
    if change:
        table, column, value = change
        with closing(sqlite3.connect(path)) as connection, connection:
            first = f'(SELECT rowid FROM "{table.name}" ORDER BY rowid LIMIT 1)'  # noqa: S608 - our names
            connection.execute(f'UPDATE "{table.name}" SET "{column.name}" = ? WHERE rowid = {first}', (value,))  # noqa: S608
    harness.restart()
    early: list[Any] = []
    if scene.begins_after:
        survive(harness, lambda: void(harness.wait(scene.begins_after - SECOND)))
        early = [*touched(harness), *harness.terminal.messages[warned:]]
    survive(harness, lambda: scene.rest(harness))
    return early, [*touched(harness), *harness.terminal.messages[warned:]]


def survive(harness: BotHarness, do: Callable[[], None]) -> None:
    """What a row that cannot be read raises is the process's trouble, and harms nobody."""
    for _ in range(3):
        try:
            do()
        except Exception:  # noqa: BLE001 - any error is allowed here but a touch is not
            harness.restart()
        else:
            return


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_changed_row_touches_nobody(scene: Scene, tmp_path: Path) -> None:
    empty, path = tmp_path / "empty.db", tmp_path / "bot.db"
    upgrade(f"sqlite:///{empty}")

    def fresh() -> Path:
        for left in tmp_path.glob("bot.db*"):
            left.unlink()
        shutil.copy(empty, path)
        return path

    early, honest = play(scene, fresh(), None)
    assert (early, sorted(whom[:2] for whom in honest)) == ([], list(scene.honest))
    scene.begin(bot_on(fresh(), scene.rule))
    with closing(sqlite3.connect(path)) as connection:
        changes = list(cases(connection))
    assert len(changes) > 50
    wrong = []
    for change in changes if PROFILE == "deep" else changes[SCENES.index(scene) % SHARE :: SHARE]:
        table, column, value = change
        early, late = play(scene, fresh(), change)
        is_told = column.name in HARMLESS[table.name]
        if early or (late and not is_told) or (late and sorted(late) != sorted(honest)):
            wrong.append(f"{table.name}.{column.name} = {value!r}: {early} {late}")
    assert not wrong, "\n".join(wrong)
