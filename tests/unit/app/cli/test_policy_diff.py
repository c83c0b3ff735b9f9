"""`logoff-bot policy diff` over a real database: the rows and the policies that the bot recorded."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from app.cli.policy import policy as command
from app.config.settings import load_rules
from bot.audit.entry import THE_BOT
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain import events as e
from bot.policy.digest import text_of
from tests.fakes.clock import SettableClock
from tests.support import builders as b

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUNNER = CliRunner()
FILE = """team: T0HOME
database: ${NOT_SET_ANYWHERE}
audit_key: ${NOT_SET_ANYWHERE}
slack: {bot_token: "${NOT_SET_ANYWHERE}", app_token: "file:/nowhere/at/all"}
winrm: {transport: ntlm, username: 'CORP\\svc', password: "${NOT_SET_ANYWHERE}"}
computers: [comp1]
rules:
  - {name: on-call, who: ["@oncall"], may: [log_off, list]}
"""
ASKING = FILE.replace("may: [log_off, list]", "may: [log_off, list], confirm: 1 of @leads, approve_in: C0APPROVE1")


class World:
    """A database with requests under FILE, and two configurations."""

    def __init__(self, folder: Path, fresh: Path) -> None:
        self.url = f"sqlite:///{shutil.copy(fresh, folder)}"
        self.database = open_database(self.url)
        self.old, self.new = folder / "old.yaml", folder / "new.yaml"
        self.old.write_text(FILE)
        self.new.write_text(ASKING)
        clock, keys = SettableClock(b.NOW), SigningKeys("0" * 32)
        self.ledger = SqlLedger(self.database, clock, keys, ASK_TYPES)
        self.ledger.load_policy(text_of(load_rules(self.old, {}).policy()))

    def forget_policies(self) -> None:
        """As where the log begins with a text of another release."""
        with self.database.begin() as connection:
            for (trigger,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.execute(text(f"DROP TRIGGER {trigger}"))
            connection.execute(text("UPDATE audit_entry SET text = 'of another release' WHERE event = 'policy_loaded'"))

    def asked(self, request_id: str, *, rules: tuple[str, ...] = ("on-call",)) -> None:
        self.ledger.open(b.request(request_id))
        self.ledger.record(request_id, b.surveyed(requirement=b.requirement(rules=rules)))

    def diff(self, *more: str, code: int) -> str:
        done = RUNNER.invoke(command, ["diff", str(self.old), str(self.new), "--database", self.url, *more])
        assert done.exit_code == code, done.output
        return done.output

    def lines(self, *more: str, code: int) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.diff("--json", *more, code=code).splitlines()]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of this release, made once."""
    path = tmp_path_factory.mktemp("fresh") / "bot.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def world(tmp_path: Path, fresh: Path) -> Iterator[World]:
    world = World(tmp_path, fresh)
    yield world
    world.database.dispose()


def test_a_request_that_another_person_would_decide_is_a_row_and_exit_code_1(world: World) -> None:
    world.asked("TS-AAAAAA")
    said = world.diff(code=1)
    row = next(line for line in said.splitlines() if "TS-AAAAAA" in line)
    assert "the requester decides" in row
    assert "1 of @leads, in C0APPROVE1" in row
    assert "1 requests: 1 decided otherwise, 0 as before, 0 unknown." in said


def test_the_same_rules_decide_the_same_and_exit_code_0(world: World) -> None:
    world.asked("TS-AAAAAA")
    world.new.write_text(FILE.replace("name: on-call", "name: another name"))
    assert world.lines(code=0)[-1] == {
        "compared": 1,
        "same": 1,
        "otherwise": 0,
        "unknown": 0,
        "unreadable": [],
        "not_compared": [],
    }


def test_what_the_record_proves_of_groups_is_used_and_the_rest_is_unknown(world: World) -> None:
    """The refused one was in none of the rule's groups; of one without a survey nothing is known."""
    world.asked("TS-AAAAAA")
    world.ledger.open(b.request("TS-BBBBBB"))
    world.ledger.record("TS-BBBBBB", e.Refused(rule="no rule", message="No rule lets you."))
    world.ledger.open(b.request("TS-CCCCCC"))
    world.ledger.record("TS-CCCCCC", e.Failed(reference="12345678", code="Surprise"))
    world.ledger.open(replace(b.request("TS-DDDDDD"), actor=THE_BOT))
    world.new.write_text(FILE.replace("[log_off, list]", "[list]"))
    *rows, total = world.lines(code=1)
    assert {str(row["request"]): (row["change"], row["unknown"]) for row in rows} == {
        "TS-AAAAAA": ("otherwise", ""),
        "TS-CCCCCC": ("unknown", "whether they were in @oncall is not recorded"),
    }
    assert (total["compared"], total["same"]) == (3, 1)


def test_without_the_text_of_the_policy_the_digest_alone_proves_and_for_other_rules_nothing_does(world: World) -> None:
    world.asked("TS-AAAAAA")
    world.forget_policies()
    assert [row["change"] for row in world.lines(code=1)[:-1]] == ["otherwise"]
    world.old.write_text(FILE + "limits: {max_sent: 50}\n")
    assert [row["change"] for row in world.lines(code=0)[:-1]] == ["unknown"]


def test_a_row_that_cannot_be_read_is_named_and_stops_nothing(world: World) -> None:
    world.asked("TS-AAAAAA")
    world.asked("TS-BBBBBB")
    with world.database.begin() as connection:
        connection.execute(text("UPDATE request SET state = 'nonsense' WHERE id = 'TS-BBBBBB'"))
    assert "1 could not be read and are not compared: TS-BBBBBB." in world.diff(code=1)


def test_since_leaves_older_ones_out(world: World) -> None:
    world.asked("TS-AAAAAA")
    assert world.lines("--since", "2026-03-01", code=1)[-1]["compared"] == 1
    assert world.lines("--since", "2026-03-03", code=0)[-1]["compared"] == 0
    assert "Write 7d" in world.diff("--since", "tomorrow", code=2)


def test_the_database_of_either_file_is_taken_and_none_is_a_sentence(world: World) -> None:
    world.asked("TS-AAAAAA")
    both = ["diff", str(world.old), str(world.new)]
    done = RUNNER.invoke(command, both)
    assert (done.exit_code, "--database" in done.output) == (2, True)
    world.old.write_text(FILE.replace("${NOT_SET_ANYWHERE}\naudit", f"{world.url}\naudit"))
    done = RUNNER.invoke(command, both)
    assert (done.exit_code, "TS-AAAAAA" in done.output) == (1, True)
