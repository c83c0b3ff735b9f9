"""Whole attacks on the tables of requests, by somebody who may write the database and has no key: nobody is touched."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from adapters.sql.tables import audit_entry, host_survey, request, target
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain.events import HostStarted
from bot.domain.part import at_host
from bot.domain.request import Ending, State, WorkItem
from bot.errors import Conflict
from tests.support.effort import examples
from tests.support.harness import text_of
from tests.support.people import BO, CHEN, OLI, asking_leads, bot_with, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine, Table

    from tests.support.harness import BotHarness

KEY = SigningKeys("the key of the tests")
TABLES = (request, target, host_survey)
KEYS = frozenset({"id", "request_id"})
"""Columns that the tables themselves hold together."""

VOTES = json.dumps([{"user_id": "U0BO", "name": "bo"}, {"user_id": "U0CHEN", "name": "chen"}])


@dataclass
class World:
    harness: BotHarness
    engine: Engine

    @classmethod
    def on(cls, engine: Engine) -> World:
        """A bot that needs two leads, on a real database."""
        harness = bot_with(asking_leads(2))
        harness.ledger = SqlLedger(engine, harness.clock, KEY, ASK_TYPES)  # type: ignore[assignment] # the same port
        harness.restart()
        return cls(harness, engine)

    def write(self, *statements: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement), values)

    def go_on(self) -> None:
        """What an honest bot does next, in the next five minutes."""
        self.harness.restart()
        self.harness.run()
        for _ in range(5):
            self.harness.jump(self.minute)

    @property
    def minute(self) -> Any:
        return self.harness.policy.max_requests_per / 60

    @property
    def touched(self) -> list[Any]:
        terminal = self.harness.terminal
        return [*terminal.logged_off, *terminal.disconnected, *terminal.messages]

    def started(self, command: str = "comp1 id=3,5 --sync") -> None:
        """A request whose start is recorded; no host has begun."""
        self.harness.ask_and_run(command)
        for lead in (BO, CHEN):
            self.harness.press("approve", by=lead)
            if lead is BO:
                self.harness.run()
        self.harness.workflow.step(WorkItem(request_id=self.harness.request.id))
        assert (self.harness.request.state, self.touched) == (State.ACTING, [])


@pytest.fixture
def world(url: str) -> Iterator[World]:
    engine = open_database(url)
    yield World.on(engine)
    engine.dispose()


def test_invented_votes_move_nobody_and_whoever_runs_the_bot_is_told(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = world.harness.ask_and_run("comp1 id=3 --sync")
    world.write(
        "UPDATE request SET state = 'ready', counted = :votes, alone = :alone, decided_by = :bo, version = version + 2,"
        " due_at = asked_at",
        votes=VOTES,
        alone=False,
        bo=json.dumps({"user_id": "U0BO", "name": "bo"}),
    )
    world.go_on()
    assert (world.touched, world.harness.request.ending) == ([], Ending.FAILED)
    assert "request.not_proven" in capsys.readouterr().out
    assert world.harness.request.failure_reference in text_of(world.harness.card_of(asked))


def test_a_vote_that_was_really_given_does_not_help_an_invented_one(world: World) -> None:
    world.harness.ask_and_run("comp1 id=3 --sync")
    world.harness.press("approve", by=BO)
    world.harness.run()
    world.write("UPDATE request SET counted = :votes", votes=VOTES)
    world.harness.press("approve", by=OLI)
    world.go_on()
    assert world.touched == []


@pytest.mark.parametrize("confirm", ["at_once", "nobody"])
@pytest.mark.parametrize("command", ["logoff", "tsmessage"])
def test_a_request_that_waits_for_people_does_not_become_one_that_asks_nobody(
    world: World, command: str, confirm: str
) -> None:
    text_of_it = 'comp1 id=3 "Save now"' if command == "tsmessage" else "comp1 id=3 --sync"
    world.harness.ask_and_run(text_of_it, command=command)
    assert world.harness.request.state is State.AWAITING
    with world.engine.begin() as connection:
        required = json.loads(connection.execute(text("SELECT requirement FROM request")).scalar_one())
    world.write(
        "UPDATE request SET state = 'ready', requirement = :requirement, alone = :alone, content_version = 1,"
        " due_at = asked_at",
        requirement=json.dumps(required | {"confirm": confirm, "needs": []}),
        alone=True,
    )
    world.go_on()
    assert (world.touched, world.harness.request.ending) == ([], Ending.FAILED)


def test_another_person_in_the_row_after_the_card_was_drawn_is_not_touched(world: World) -> None:
    world.harness.ask_and_run("comp1 id=3 --sync")
    with world.engine.begin() as connection:
        session = json.loads(connection.execute(text("SELECT session FROM target")).scalar_one())
    session |= {"id": 5, "account": {"domain": "CORP", "user": "bob"}}
    world.write("UPDATE target SET session_id = 5, session = :session", session=json.dumps(session))
    for lead in (BO, CHEN):
        world.harness.press("approve", by=lead)
    world.go_on()
    assert (world.touched, world.harness.request.ending) == ([], Ending.FAILED)


def test_a_target_of_another_request_is_not_taken_over(world: World) -> None:
    """Rows with a good seal of their own request, moved under another one."""
    other = world.harness.ask_and_run("comp1 id=3 --sync").id
    mine = world.harness.ask_and_run("comp2 id=3 --sync").id
    world.write(
        "DELETE FROM target WHERE request_id = :mine",
        "DELETE FROM host_survey WHERE request_id = :mine",
        "UPDATE target SET request_id = :mine WHERE request_id = :other",
        "UPDATE host_survey SET request_id = :mine WHERE request_id = :other",
        mine=mine,
        other=other,
    )
    for lead in (BO, CHEN):
        world.harness.press("approve", by=lead, on=world.harness.find(mine))
    world.go_on()
    assert world.touched == []


@pytest.mark.parametrize("has_entries", [False, True])
def test_a_copied_request_touches_nobody(world: World, *, has_entries: bool) -> None:
    """The copy of an approved request under a new id; with its entries copied too, they are the old id's."""
    world.started()
    first = world.harness.request.id
    world.write("UPDATE request SET state = 'ended', ended_at = asked_at, ending = 'cancelled'")
    with world.engine.begin() as connection:
        for table, keys in ((request, {"id": "TS-COPY22", "delivery": "copy"}), (target, {}), (host_survey, {})):
            copy(connection, table, keys or {"request_id": "TS-COPY22"})
    world.write("UPDATE request SET state = 'acting', ended_at = NULL, ending = NULL WHERE id = 'TS-COPY22'")
    if has_entries:
        with world.engine.begin() as connection:
            rows = connection.execute(
                text("SELECT * FROM audit_entry WHERE request_id = :id"), {"id": first}
            ).mappings()
            for number, row in enumerate(rows.all(), start=1000):
                values = dict(row) | {"seq": number, "request_id": "TS-COPY22"}
                names = ", ".join(f'"{name}"' for name in values)
                places = ", ".join(f":{name}" for name in values)
                connection.execute(text(f"INSERT INTO audit_entry ({names}) VALUES ({places})"), values)  # noqa: S608
    world.go_on()
    assert world.touched == []


def copy(connection: Connection, table: Any, changes: dict[str, Any]) -> None:
    for row in connection.execute(table.select()).mappings().all():
        connection.execute(table.insert().values(dict(row) | changes))


@pytest.mark.parametrize("state", ["awaiting", "ready", "acting"])
def test_an_ended_request_that_is_set_back_touches_nobody(world: World, state: str) -> None:
    world.started()
    world.harness.press("stop", by=BO)
    world.harness.run()
    assert world.harness.request.state is State.ENDED
    world.write(
        "UPDATE request SET state = :state, ending = NULL, ended_at = NULL, due_at = asked_at",
        "UPDATE target SET verdict = NULL, reason = NULL",
        "UPDATE host_survey SET due_at = looked_at, started_at = NULL",
        state=state,
    )
    world.go_on()
    assert world.touched == []


@pytest.mark.parametrize("statement", ["DELETE FROM target WHERE session_id = 3", "DELETE FROM host_survey"])
def test_a_row_that_was_taken_out_touches_nobody(world: World, statement: str) -> None:
    world.started()
    world.write(statement)
    world.go_on()
    assert world.touched == []


def test_a_seal_of_an_earlier_content_fits_no_later_one(world: World) -> None:
    """The row of a target that was taken out, put back with the seal that it had."""
    world.harness.ask_and_run("comp1 id=3,5 --sync")
    with world.engine.begin() as connection:
        out = connection.execute(target.select().where(target.c.session_id == 5)).mappings().one()
        seal = connection.execute(host_survey.select()).mappings().one()["seal"]
    world.harness.choose(0)
    world.harness.run()
    with world.engine.begin() as connection:
        connection.execute(target.insert().values(dict(out)))
        connection.execute(host_survey.update().values(seal=seal))
    for lead in (BO, CHEN):
        world.harness.press("approve", by=lead)
    world.go_on()
    assert (world.touched, world.harness.request.ending) == ([], Ending.FAILED)


def test_a_repeated_order_is_proven_too(world: World) -> None:
    """The bot died behind its order, and the row was changed before it came back."""
    world.started()
    world.harness.ledger.record(world.harness.request.id, HostStarted(host="comp1"))
    world.write("UPDATE request SET expires_at = :late", late=world.harness.request.expires_at + 60 * world.minute)
    world.go_on()
    assert (world.touched, world.harness.request.ending) == ([], Ending.FAILED)


def test_what_is_shown_for_a_yes_is_proven_before_it_is_drawn(world: World) -> None:
    """Another person in the row while the card is drawn, and the right one again before the press."""
    asked = world.harness.ask_and_run("comp1 id=5 --sync")
    with world.engine.begin() as connection:
        honest = connection.execute(text("SELECT session FROM target")).scalar_one()
    harmless = json.dumps(json.loads(honest) | {"account": {"domain": "CORP", "user": "testuser"}})
    world.write("UPDATE target SET session = :session", "UPDATE request SET published_version = 1", session=harmless)
    world.go_on()
    world.write("UPDATE target SET session = :session", session=honest)
    for lead in (BO, CHEN):
        world.harness.press("approve", by=lead)
    world.go_on()
    assert world.harness.card_of(asked).buttons == ()
    assert (world.touched, world.harness.request.ending) == ([], Ending.FAILED)


def test_a_form_shows_nobody_who_is_not_meant(world: World) -> None:
    world.harness.ask_and_run("comp1 id=3,5 --sync")
    world.write("UPDATE target SET own_warning = :other", other=True)
    answer = world.harness.press("choose", by=BO)
    assert (answer.form, world.harness.request.ending) == (None, Ending.FAILED)


def test_a_pause_is_what_the_record_says(world: World) -> None:
    """There is no row of the pause to take out; a row behind the marked end of the log is none of it."""
    world.harness.ledger.pause("ops", "change freeze")
    with world.engine.begin() as connection:
        values = dict(connection.execute(text("SELECT * FROM audit_entry")).mappings().one())
        values |= {"seq": 1000, "event": "resumed"}
        connection.execute(audit_entry.insert().values(values | {"at": world.harness.clock.now()}))
    assert world.harness.ledger.paused()


def test_a_count_in_the_head_lifts_no_limit(world: World) -> None:
    world.harness.change_policy(rule(), second_person_above=1)
    for number in (3, 5):
        asked = world.harness.ask_and_run(f"comp1 id={number} --sync")
        world.write("UPDATE request SET targets = -9 WHERE id = :id", id=asked.id)
        world.harness.press("approve", on=asked)
        world.harness.run()
    assert (world.touched, world.harness.find(asked.id).state) == ([("comp1", 3)], State.AWAITING)


def test_the_record_does_not_sign_what_somebody_wrote_into_a_row(world: World) -> None:
    world.started("comp1 id=3 --sync")
    with world.engine.begin() as connection:
        session = json.loads(connection.execute(text("SELECT session FROM target")).scalar_one())
    session |= {"account": {"domain": "CORP", "user": "ceo"}}
    world.write(
        "UPDATE target SET session = :session, requested_at = (SELECT asked_at FROM request)",
        session=json.dumps(session),
    )
    world.go_on()
    entries = world.harness.ledger.entries(request_id=world.harness.request.id)
    assert not [entry for entry in entries if entry.event == "target_ended"]
    assert (world.touched, world.harness.request.ending) == ([], Ending.FAILED)


def test_an_honest_stop_beside_the_start_of_a_host_fails_nothing(world: World) -> None:
    """The stop comes between the reading of a host and its start; what has ended meanwhile needs no proof."""
    world.started()
    request = world.harness.request
    world.harness.press("stop", by=BO)
    with pytest.raises(Conflict, match="Nothing is left"):
        world.harness.ledger.record(request.id, HostStarted(host="comp1"))
    assert world.harness.ledger.prove(request.id, at_host("comp1"))
    world.go_on()
    assert world.harness.request.ending is Ending.DONE
    assert world.harness.ledger.prove(request.id, at_host("comp1"))


@pytest.mark.slow
@settings(max_examples=examples(0.4), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.sampled_from(TABLES),
    which=st.integers(0, 30),
    place=st.integers(0, 1000),
    letter=st.characters(codec="utf-8", exclude_characters="\0"),
)
def test_any_other_letter_in_any_text_touches_nobody_else(
    table: Table, which: int, place: int, letter: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever one letter of one text becomes: only those whom the leads saw are touched, or nobody."""
    url = f"sqlite:///{tmp_path_factory.mktemp('rows')}/bot.db"
    upgrade(url)
    engine = open_database(url)
    world = World.on(engine)
    world.started("comp1 id=3 --sync")
    with engine.begin() as connection:
        row = connection.execute(table.select()).mappings().one()
        texts = sorted(name for name, value in row.items() if value and isinstance(value, str) and name not in KEYS)
        column = texts[which % len(texts)]
        at = place % len(row[column])
        connection.execute(table.update().values({column: row[column][:at] + letter + row[column][at + 1 :]}))
    with suppress(Exception):  # a row that cannot be read is an error, and a touch is not
        world.go_on()
    assert set(world.touched) <= {("comp1", 3)}
    engine.dispose()
