"""`logoff-bot audit verify` against whoever can write to the database, but has no key."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from adapters.clock import SystemClock
from adapters.sql import migrate as schema
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from app.cli.main import app
from bot.audit.chain import GENESIS
from bot.commands import ASK_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typer.testing import Result

    from bot.audit.entry import Entry

KEY = "0123456789abcdef0123456789abcdef"
CONFIG = f"""
team: T0HOME0001
audit_key: "{KEY}"
slack: {{bot_token: xoxb-1, app_token: xapp-1}}
computers: [comp1]
rules: [{{name: all, who: [U0DANA0001], may: [log_off]}}]
"""


class Log:
    """A log of six entries in a file."""

    def __init__(self, folder: Path) -> None:
        self._file, self._config = folder / "bot.db", folder / "real.yaml"
        url = f"sqlite:///{self._file}"
        self._config.write_text(f"{CONFIG}database: {url}\n", encoding="utf-8")
        schema.upgrade(url)
        engine = open_database(url)
        ledger = SqlLedger(engine, SystemClock(), KEY.encode(), ASK_TYPES)
        for _ in range(3):
            ledger.pause("operator ann", "patch day")
            ledger.resume("operator ann")
        self.entries: Sequence[Entry] = ledger.entries()
        engine.dispose()

    def meddle(self, *statements: str) -> None:
        with closing(sqlite3.connect(self._file)) as connection, connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for statement in (*(f"DROP TRIGGER {name}" for (name,) in triggers), *statements):
                connection.execute(statement)

    def mark_of_end_at(self, seq: int) -> str:
        mac = self.entries[seq - 1].mac if seq else GENESIS
        return f"UPDATE chain_head SET seq = {seq}, mac = '{mac}'"  # noqa: S608 - our own numbers

    def verify(self, *options: str) -> Result:
        return CliRunner().invoke(app, ["audit", "verify", *options, "--config", str(self._config)])


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def mark(entry: Entry) -> str:
    return f"{entry.seq}:{entry.mac}"


def test_a_whole_log_holds_and_its_last_entry_is_told_in_the_form_that_is_taken(log: Log) -> None:
    result = log.verify()
    assert result.exit_code == 0
    assert f"6 entries, and the chain holds. The last is {mark(log.entries[-1])}\n" in result.output


def test_a_tail_that_was_cut_off_is_noticed(log: Log) -> None:
    log.meddle("DELETE FROM audit_entry WHERE seq > 4")
    result = log.verify()
    assert result.exit_code == 1
    assert "its tail was cut" in result.output


def test_a_log_that_was_emptied_is_noticed(log: Log) -> None:
    log.meddle("DELETE FROM audit_entry")
    assert log.verify().exit_code == 1


@pytest.mark.parametrize("seq", [0, 3])
def test_a_mark_of_the_end_that_was_moved_back_is_noticed(log: Log, seq: int) -> None:
    log.meddle(log.mark_of_end_at(seq))
    assert log.verify().exit_code == 1


def test_an_entry_from_the_shipped_logs_finds_the_cut_that_took_the_mark_along(log: Log) -> None:
    log.meddle("DELETE FROM audit_entry WHERE seq > 4", log.mark_of_end_at(4))
    assert log.verify().exit_code == 0, "nothing in the database itself tells"
    result = log.verify("--last", mark(log.entries[5]))
    assert result.exit_code == 1
    assert "Entry 6 with this mac is not among the 4 entries" in result.output.replace("\n", " ")


@pytest.mark.parametrize("place", [0, 3, 5])
def test_an_entry_from_the_shipped_logs_that_is_there_is_found_wherever_it_stands(log: Log, place: int) -> None:
    assert log.verify("--last", mark(log.entries[place])).exit_code == 0


def test_another_mac_at_the_same_number_is_not_the_entry(log: Log) -> None:
    assert log.verify("--last", f"6:{log.entries[4].mac}").exit_code == 1


@pytest.mark.parametrize("text", ["6", "six:abc", ":abc", "6:", "-1:abc", "0:abc"])
def test_what_is_no_number_and_mac_is_refused_as_a_wrong_call(log: Log, text: str) -> None:
    assert log.verify(f"--last={text}").exit_code == 2
