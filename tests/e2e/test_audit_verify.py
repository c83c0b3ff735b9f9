"""`logoff-bot audit verify`, `anchor`, `key` and `rotate-key`, as an operator and as an auditor meet them."""

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
from app.cli.audit_key import NEW_KEY
from app.cli.main import app
from bot.audit.chain import GENESIS
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typer.testing import Result

    from bot.audit.entry import Entry

SECRET, NEW_SECRET = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
KEYS, NEW_KEYS = SigningKeys(SECRET), SigningKeys(NEW_SECRET)
CONFIG = """
team: T0HOME0001
slack: {bot_token: xoxb-1, app_token: xapp-1}
computers: [comp1]
rules: [{name: all, who: [U0DANA0001], may: [log_off]}]
"""


class Log:
    """A log of six entries in a file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._file, self.config = folder, folder / "bot.db", folder / "real.yaml"
        self.url = f"sqlite:///{self._file}"
        self.configure(f'audit_key: "{SECRET}"')
        schema.upgrade(self.url)
        engine = open_database(self.url)
        ledger = SqlLedger(engine, SystemClock(), KEYS, ASK_TYPES)
        for _ in range(3):
            ledger.pause("operator ann", "patch day")
            ledger.resume("operator ann")
        self.entries: Sequence[Entry] = ledger.entries()
        engine.dispose()

    def configure(self, *lines: str) -> None:
        self.config.write_text("\n".join((CONFIG, f"database: {self.url}", *lines)), encoding="utf-8")

    def meddle(self, *statements: str) -> None:
        with closing(sqlite3.connect(self._file)) as connection, connection:
            triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for statement in (*(f"DROP TRIGGER {name}" for (name,) in triggers), *statements):
                connection.execute(statement)

    def mark_of_end_at(self, seq: int) -> str:
        hash_ = self.entries[seq - 1].hash if seq else GENESIS
        return f"UPDATE chain_head SET seq = {seq}, hash = '{hash_}'"  # noqa: S608 - our own numbers

    def audit(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["audit", *words, "--config", str(self.config)])

    def verify(self, *options: str) -> Result:
        return self.audit("verify", *options)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def anchor(entry: Entry) -> str:
    return f"{entry.seq}:{entry.hash}"


def said(result: Result) -> str:
    return " ".join(result.output.split())


def test_a_whole_log_holds_and_what_is_proven_and_what_is_not_is_said(log: Log) -> None:
    result = log.verify()
    assert result.exit_code == 0
    assert "6 entries, and the log holds. Proven: none is missing from 1 to 6" in said(result)
    assert f"signed with the key {KEYS.key_id}." in said(result)
    assert "Not proven: whether newer entries were cut off the end together with its mark." in said(result)
    assert f"The last is {anchor(log.entries[-1])}\n" in result.output


def test_with_an_anchor_the_end_is_proven_too(log: Log) -> None:
    result = log.verify("--anchor", anchor(log.entries[-1]))
    assert result.exit_code == 0
    assert "Entry 6 is that of the anchor, so nothing up to it was cut." in said(result)
    assert "Not proven" not in result.output


def test_the_anchor_that_is_printed_is_taken(log: Log) -> None:
    printed = log.audit("anchor")
    assert printed.stdout == f"{anchor(log.entries[-1])}\n"
    assert log.verify("--anchor", printed.stdout.strip()).exit_code == 0


def test_an_empty_log_is_said_to_be_empty(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/empty.db"
    schema.upgrade(url)
    result = CliRunner().invoke(app, ["audit", "verify", "--database", url, "--key", KEYS.public.text])
    assert result.exit_code == 0
    assert "The log is empty: nothing is recorded, so nothing is proven." in said(result)
    none = CliRunner().invoke(app, ["audit", "anchor", "--database", url])
    assert (none.exit_code, none.stdout) == (1, "")
    assert "The log is empty" in none.stderr


def test_a_tail_that_was_cut_off_is_noticed(log: Log) -> None:
    log.meddle("DELETE FROM audit_entry WHERE seq > 4")
    result = log.verify()
    assert result.exit_code == 1
    assert "its tail was cut. Up to entry 4 the log holds." in said(result)


def test_a_log_that_was_emptied_is_noticed(log: Log) -> None:
    log.meddle("DELETE FROM audit_entry")
    assert log.verify().exit_code == 1


def test_the_first_bad_entry_is_named_with_what_is_wrong(log: Log) -> None:
    log.meddle("UPDATE audit_entry SET actor = 'operator eve' WHERE seq IN (3, 5)")
    result = log.verify()
    assert result.exit_code == 1
    assert said(result) == (
        "Entry 3: it was changed after it was signed, or it does not follow the entry before it. "
        "Up to entry 2 the log holds."
    )


def test_with_the_key_of_another_log_nothing_is_said_to_hold(log: Log) -> None:
    result = log.verify("--key", SigningKeys("the key of another log, which is long").public.text)
    assert result.exit_code == 1
    assert "neither you nor the log names that key. Nothing was verified with the key" in said(result)
    assert "holds" not in said(result)


@pytest.mark.parametrize("seq", [0, 3])
def test_a_mark_of_the_end_that_was_moved_back_is_noticed(log: Log, seq: int) -> None:
    log.meddle(log.mark_of_end_at(seq))
    assert log.verify().exit_code == 1


def test_an_anchor_finds_the_cut_that_took_the_mark_along(log: Log) -> None:
    log.meddle("DELETE FROM audit_entry WHERE seq > 4", log.mark_of_end_at(4))
    assert log.verify().exit_code == 0, "nothing in the database itself tells"
    result = log.verify("--anchor", anchor(log.entries[5]))
    assert result.exit_code == 1
    assert "Entry 6 of the anchor is not among the 4 entries" in said(result)


@pytest.mark.parametrize("place", [0, 3, 5])
def test_an_anchor_that_is_there_is_found_wherever_it_stands(log: Log, place: int) -> None:
    several = ("--anchor", anchor(log.entries[place]), "--anchor", anchor(log.entries[1]).upper())
    assert log.verify(*several).exit_code == 0


def test_another_hash_at_the_same_number_is_not_the_entry(log: Log) -> None:
    assert log.verify("--anchor", f"6:{log.entries[4].hash}").exit_code == 1


@pytest.mark.parametrize("text", ["6", "six:abc", ":abc", "6:", "-1:abc", "0:abc", "6:abc", "٦:" + "0" * 64])
def test_what_is_no_number_and_hash_is_refused_as_a_wrong_call(log: Log, text: str) -> None:
    assert log.verify(f"--anchor={text}").exit_code == 2


def test_the_public_half_alone_verifies_without_the_key(log: Log) -> None:
    """The auditor's file names the database and lacks all secrets; or there is no file at all."""
    log.config.write_text(f"database: {log.url}\naudit_key: ${{NOT_SET_ANYWHERE}}\n", encoding="utf-8")
    assert log.verify("--key", KEYS.public.text).exit_code == 0
    log.config.unlink()
    there = log.verify("--key", f" {KEYS.public.text.upper()} ", "--database", log.url)
    assert (there.exit_code, "the log holds" in said(there)) == (0, True)


def test_another_public_half_proves_nothing(log: Log) -> None:
    result = log.verify("--key", NEW_KEYS.public.text)
    assert result.exit_code == 1
    assert f"signed with the key {KEYS.key_id}, and neither you nor the log names that key" in said(result)


@pytest.mark.parametrize("text", ["12", "g" * 64, SECRET])
def test_what_is_no_public_half_is_refused_as_a_wrong_call(log: Log, text: str) -> None:
    result = log.verify("--key", text)
    assert result.exit_code == 2
    assert "audit key" in result.output


def test_the_public_half_is_printed_and_no_secret(log: Log) -> None:
    result = log.audit("key")
    assert result.stdout == f"public half {KEYS.public.text}\nkey id {KEYS.key_id}\n"
    assert SECRET not in result.output


def rotate(log: Log, secret: str = NEW_SECRET) -> Result:
    file = log.folder / "new.key"
    file.write_text(f"{secret}\n", encoding="utf-8")
    return log.audit("rotate-key", "--new-key-file", str(file))


def test_the_key_is_changed_and_both_halves_verify_the_whole_log(log: Log) -> None:
    result = rotate(log)
    assert result.exit_code == 0
    assert f"The key {NEW_KEYS.key_id} signs from entry 8 on." in result.stdout
    assert NEW_KEYS.public.text in result.stdout
    assert NEW_SECRET not in result.output
    for half in (KEYS, NEW_KEYS):
        verified = log.verify("--key", half.public.text)
        assert verified.exit_code == 0
        assert f"signed with the keys {KEYS.key_id}, {NEW_KEYS.key_id}." in said(verified)


def test_after_the_change_the_new_key_alone_writes(log: Log) -> None:
    rotate(log)
    refused = CliRunner().invoke(app, ["pause", "--reason", "x", "--config", str(log.config)])
    assert "audit_key does not fit the record of" in str(getattr(refused.exception, "message", ""))
    log.configure(f'audit_key: "{NEW_SECRET}"')
    assert CliRunner().invoke(app, ["pause", "--reason", "x", "--config", str(log.config)]).exit_code == 0
    assert log.verify().exit_code == 0


def test_the_new_key_may_come_from_the_environment(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NEW_KEY, NEW_SECRET)
    assert log.audit("rotate-key").exit_code == 0


@pytest.mark.parametrize(
    ("secret", "says"), [("short", "needs at least 32 characters"), (SECRET, "is the one in the configuration")]
)
def test_a_new_key_that_is_none_changes_nothing(log: Log, secret: str, says: str) -> None:
    result = rotate(log, secret)
    assert isinstance(result.exception, SettingsError)
    assert says in result.exception.message
    assert secret not in result.exception.message
    assert log.audit("anchor").stdout == f"{anchor(log.entries[-1])}\n"


def test_without_a_new_key_nothing_is_changed_and_both_ways_to_give_it_are_said(log: Log) -> None:
    for words in ((), ("--new-key-file", str(log.folder / "nowhere"))):
        result = log.audit("rotate-key", *words)
        assert isinstance(result.exception, SettingsError)
    assert "--new-key-file, or set LOGOFF_BOT_NEW_AUDIT_KEY" in log_message(log.audit("rotate-key"))
    assert log.audit("anchor").stdout == f"{anchor(log.entries[-1])}\n"


def log_message(result: Result) -> str:
    assert isinstance(result.exception, SettingsError)
    return result.exception.message
