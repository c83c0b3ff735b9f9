"""A database that cannot be used, as whoever runs the bot reads it: path or host, cause, next step, no password."""

from __future__ import annotations

import os
import sqlite3
import traceback
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from adapters.sql import reported
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import newest
from app.cli.main import app
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.errors import BotError, RecordChanged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fakes.clock import SettableClock

OWN = SigningKeys("the key of app.yaml, long enough")
FILE = """
team: T0HOME0001
audit_key: the key of app.yaml, long enough
slack: {bot_token: xoxb-1, app_token: xapp-1}
computers: [comp1]
rules: [{name: all, who: [U0DANA0001], may: [log_off]}]
"""
BEGINS = ["run", "db upgrade", "pause --reason x", "audit list", "audit verify"]
"""Commands that open the database each in their own way."""


def said_by(command: str, folder: Path, url: str) -> str:
    config = folder / "app.yaml"
    config.write_text(f"{FILE}database: '{url}'\n", encoding="utf-8")
    done = CliRunner().invoke(app, [*command.split(), "--config", str(config)])
    assert isinstance(done.exception, BotError), (done.output, done.exception)
    whole = done.output + "".join(traceback.format_exception(done.exception))
    assert "Hunter2" not in whole
    message = done.exception.message
    assert "whoever runs me" not in message
    return message


def every(folder: Path, url: str, *, commands: list[str] = BEGINS) -> str:
    """Return the one sentence that all commands say."""
    (sentence,) = {said_by(command, folder, url) for command in commands}
    return sentence


def test_a_folder_that_is_not_there_is_named_with_what_makes_it(tmp_path: Path) -> None:
    there = tmp_path / "not" / "there"
    for command in [*BEGINS, "db upgrade --create"]:
        assert said_by(command, tmp_path, f"sqlite:///{there}/bot.db") == (
            f"The folder of the database, {there}, is not there. Make it, or correct database: mkdir -p {there}"
        )
    assert not there.exists()


def test_a_file_that_is_no_database_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("This is a letter. " * 100, encoding="utf-8")
    assert every(tmp_path, f"sqlite:///{path}", commands=[*BEGINS, "db upgrade --create"]) == (
        f"The database {path} is no SQLite database. It was left as it is. Name another file, or restore a backup."
    )
    assert path.read_text(encoding="utf-8") == "This is a letter. " * 100


@pytest.mark.parametrize("name", ["pipe", "zero"])
def test_a_pipe_or_a_device_is_no_database_and_nobody_waits_for_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    os.mkfifo(path) if name == "pipe" else path.symlink_to("/dev/zero")
    assert every(tmp_path, f"sqlite:///{path}", commands=[*BEGINS, "db upgrade --create"]) == (
        f"The database {path} is a pipe or a device. Name a file on a disk in database."
    )


def test_a_path_that_cannot_be_looked_at_is_said(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300) / "bot.db"
    assert every(tmp_path, f"sqlite:///{path}").startswith(f"The database {path} cannot be looked at by ")


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    assert every(tmp_path, f"sqlite:///{tmp_path}") == (
        f"The database {tmp_path} is a folder. Name a file in it in database."
    )
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert every(tmp_path, f"sqlite:///{tmp_path}/file/bot.db") == (
        f"The folder of the database, {tmp_path}/file, is a file. Correct database."
    )


def test_the_account_is_the_systems_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = reported.own_account()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "dana\x1b[31m")
    assert reported.own_account() == mine
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)
    assert reported.own_account() == "4000000000"


def test_a_file_that_its_user_may_not_write_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = sqlite3.OperationalError("unable to open database file")
    path = tmp_path / "bot.db"
    path.touch()
    monkeypatch.setattr(reported, "own_account", lambda: "logoff-bot")
    monkeypatch.setattr("os.access", lambda where, _mode: where != path)
    assert reported.sentence(f"sqlite:///{path}", error) == (
        f"The database {path} cannot be written by logoff-bot. Give it to logoff-bot: chown logoff-bot {path}"
    )
    monkeypatch.setattr("os.access", lambda where, _mode: where != tmp_path)
    assert reported.sentence(f"sqlite:///{path}", error).endswith(f"Give it to logoff-bot: chown logoff-bot {tmp_path}")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (sqlite3.SQLITE_FULL, "the disk is full"),
        (sqlite3.SQLITE_CORRUPT, "is damaged. Restore a backup."),
        (sqlite3.SQLITE_BUSY, "is locked by another program. Run fuser "),
        (sqlite3.SQLITE_READONLY, "cannot be written by"),
        (sqlite3.SQLITE_IOERR, "cannot be used: some words. Look at the file, its folder and its disk."),
    ],
)
def test_what_sqlite_says_of_a_file_is_a_sentence(tmp_path: Path, code: int, said: str) -> None:
    error = sqlite3.OperationalError("some words")
    error.sqlite_errorcode = code
    sentence = reported.sentence(f"sqlite:///{tmp_path}/bot.db", error)
    assert sentence.startswith(f"The database {tmp_path}/bot.db ")
    assert said in sentence


def test_a_server_that_is_not_there_is_named_with_its_host_and_port(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="PostgreSQL: install the extra postgres (psycopg)")
    assert every(tmp_path, "postgresql://bot:Hunter2@127.0.0.1:9/logoff") == (
        "No PostgreSQL answers at 127.0.0.1:9 (Connection refused). Start the server, correct host and port in "
        "database, or open the way there."
    )
    assert every(tmp_path, "postgresql://bot:Hunter2@nowhere.invalid/logoff") == (
        "This machine knows no address of nowhere.invalid. Correct the host in database, or the name service."
    )
    assert every(tmp_path, f"postgresql://bot:Hunter2@/logoff?host={tmp_path}") == (
        f"No PostgreSQL has its socket in {tmp_path}. Start it, or correct host in database."
    )
    assert every(tmp_path, f"postgresql://bot:Hunter2@/logoff?host=/{'x' * 300}") == (
        f"The folder /{'x' * 300} of PostgreSQL's socket cannot be looked at: File name too long. Let the bot's user "
        "reach it, or correct host in database."
    )


def test_a_database_that_the_server_does_not_have_is_said(tmp_path: Path, new_postgresql: Callable[[], str]) -> None:
    url = make_url(new_postgresql()).set(database="nowhere")
    host = url.query["host"]
    assert every(tmp_path, url.render_as_string(hide_password=False)) == (
        f"PostgreSQL at {host} has no database nowhere. Correct database, or make it: "
        f"createdb --owner {url.username} nowhere"
    )


def test_a_wrong_password_is_said_without_it(tmp_path: Path, new_postgresql: Callable[[], str]) -> None:
    url = make_url(new_postgresql())
    engine = open_database(url.render_as_string(hide_password=False), bounded=False)
    with engine.connect() as connection:
        connection.execute(text("CREATE ROLE guarded LOGIN PASSWORD 'right'"))
        connection.commit()
        rules = connection.execute(text("SHOW hba_file")).scalar_one()
        before = open(rules, encoding="utf-8").read()  # noqa: SIM115, PTH123 - the server names it as a text
        guarded = "local all guarded scram-sha-256\nhost all guarded all scram-sha-256\n"
        _write(rules, guarded + before)
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
    wrong = url.set(username="guarded", password="Hunter2").render_as_string(hide_password=False)
    try:
        assert every(tmp_path, wrong) == (
            f"PostgreSQL at {url.query['host']} does not let guarded in: password authentication failed for user "
            '"guarded". Correct name and password where database takes them from, or let the account in '
            "(pg_hba.conf)."
        )
    finally:
        _write(rules, before)


def _write(path: str, content: str) -> None:
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - the server names it as a text
        file.write(content)


def stamp(url: str, revision: str | None) -> None:
    engine = open_database(url, bounded=False)
    with engine.begin() as connection:
        if revision is None:
            connection.execute(text("DROP TABLE alembic_version"))
        else:
            connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    engine.dispose()


def test_the_tables_of_a_newer_release_lead_to_that_release_and_to_no_circle(tmp_path: Path, url: str) -> None:
    stamp(url, "0099")
    place = reported.place_of(url)
    assert every(tmp_path, url, commands=[*BEGINS, "resume"]) == (
        f"{place[:1].upper()}{place[1:]} has tables that this release does not know: revision 0099, and it knows up to "
        f"{newest()}. A newer release made them. Start that release (logoff-bot --version prints the revision of "
        "each), or restore the backup from before its upgrade. Nothing was changed."
    )


def test_a_database_without_tables_leads_to_the_upgrade(tmp_path: Path, url: str) -> None:
    stamp(url, None)
    place = reported.place_of(url)
    assert every(tmp_path, url, commands=[each for each in BEGINS if each != "db upgrade"]) == (
        f"{place[:1].upper()}{place[1:]} has no tables of the bot yet. Make them: logoff-bot db upgrade"
    )


def test_the_tables_of_an_older_release_lead_to_the_upgrade(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = newest()
    monkeypatch.setattr("adapters.sql.migrate.newest", lambda: "0099")
    assert every(tmp_path, url, commands=["pause --reason x", "audit list", "run"]).endswith(
        f"has the tables of an older release: revision {found}, and this one needs 0099. "
        "Stop the bot, take a backup, then run: logoff-bot db upgrade"
    )


def test_a_key_that_does_not_fit_the_record_is_said_with_both_ids(
    tmp_path: Path, url: str, clock: SettableClock
) -> None:
    other = SigningKeys("another key, long enough to sign")
    engine = open_database(url)
    SqlLedger(engine, clock, other, ASK_TYPES).pause("operator x", "y")
    engine.dispose()
    commands = ["run", "pause --reason x", "resume", f"audit rotate-key --new-key-file {_new_key(tmp_path)}"]
    assert every(tmp_path, url, commands=commands) == (
        f"audit_key does not fit the record of {reported.place_of(url)}: the key {other.key_id} signs it, and the "
        f"configuration has the key {OWN.key_id}. Set the key that signs it (logoff-bot audit key prints its id). "
        "Another one begins with: logoff-bot audit rotate-key"
    )


def _new_key(folder: Path) -> Path:
    (folder / "new").write_text("n" * 32, encoding="utf-8")
    return folder / "new"


def test_a_place_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg", reason="PostgreSQL: install the extra postgres (psycopg)")
    places = {
        "postgresql://bot:Hunter2@db.example:6432/logoff": "the database logoff at db.example:6432",
        "postgresql://bot:Hunter2@[fd00::5]/logoff": "the database logoff at [fd00::5]:5432",
        "postgresql://bot:Hunter2@/": "the database bot at this machine",
        "sqlite:////var/bot.db": "the database /var/bot.db",
        "sqlite:///bot.db": f"the database {os.getcwd()}/bot.db",  # noqa: PTH109 - as SQLite itself does
    }
    assert {url: reported.place_of(url) for url in places} == places


def test_what_the_bot_found_itself_passes_as_it_is(tmp_path: Path) -> None:
    found = RecordChanged("The audit log was changed.")
    with pytest.raises(RecordChanged) as caught, reported.reported(f"sqlite:///{tmp_path}/bot.db"):
        raise found
    assert caught.value is found
