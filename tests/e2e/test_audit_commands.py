"""`logoff-bot audit` as a reader meets it: what it needs, what it refuses, how it reads times."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adapters.clock import SystemClock
from adapters.sql.database import open_database
from adapters.sql.ledger import SqlLedger
from adapters.sql.migrate import upgrade
from bot.audit.keys import SigningKeys
from bot.commands import ASK_TYPES
from bot.domain.requirement import Confirm
from bot.errors import SettingsError
from tests.fakes.clock import SettableClock
from tests.support import builders as b
from tests.support.checkout import ROOT
from tests.support.command_line import invoke

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.testing import Result

READERS = (
    "list",
    "requests",
    "report",
    "break-glass",
    "export --format html --output -",
    "export --output -",
    "anchor",
    "verify --key " + "ab" * 32,
)
NOW = b.NOW  # 2026-03-02 14:00 UTC


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A file that names the database, and lacks every secret and every rule."""
    file = tmp_path / "auditor.yaml"
    file.write_text(f"database: sqlite:///{tmp_path}/bot.db\naudit_key: ${{NOT_SET}}\nslack:\n  bot_token: ${{NOT}}\n")
    return file


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[SettableClock]:
    """The clock of a bot that recorded a pause on each of ten days, one every 24 hours up to `NOW`."""
    upgrade(f"sqlite:///{tmp_path}/bot.db")
    engine = open_database(f"sqlite:///{tmp_path}/bot.db")
    clock = SettableClock(NOW - timedelta(days=9))
    ledger = SqlLedger(engine, clock, SigningKeys("the key of the tests"), ASK_TYPES)
    for day in range(10):
        ledger.pause("operator ann", f"day {day}")
        clock.move(timedelta(days=1))
    yield clock
    engine.dispose()


def audit(config: Path, *words: str) -> Result:
    return invoke(["audit", *words, "--config", str(config)])


def days(result: Result) -> list[int]:
    assert result.exit_code == 0, result.output
    return [int(json.loads(line)["reason"].split()[1]) for line in result.stdout.splitlines()]


def said(result: Result) -> str:
    return " ".join(result.output.replace("│", " ").split())


@pytest.mark.parametrize("command", READERS)
def test_a_reader_makes_no_file_where_none_is(config: Path, tmp_path: Path, command: str) -> None:
    before = sorted(tmp_path.iterdir())
    result = audit(config, *command.split())
    assert isinstance(result.exception, SettingsError)
    assert "logoff-bot db upgrade" in result.exception.message
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("command", READERS[:-1])
def test_a_reader_needs_the_database_alone_and_writes_nothing(
    config: Path, clock: SettableClock, tmp_path: Path, command: str
) -> None:
    del clock  # a log is there
    before = (tmp_path / "bot.db").read_bytes()
    for place in (
        ("--config", str(config)),
        ("--config", str(tmp_path / "none"), "--database", f"sqlite:///{tmp_path}/bot.db"),
    ):
        result = invoke(["audit", *command.split(), *place])
        assert result.exit_code == 0, result.output
    assert (tmp_path / "bot.db").read_bytes() == before


WHEN: dict[str, tuple[tuple[str, ...], list[int]]] = {
    "a date": (("--since", "2026-03-01"), [9, 8]),
    "a date to its end": (("--until", "2026-02-22"), [1, 0]),
    "a time": (("--since", "2026-03-01T14:00"), [9, 8]),
    "a time is not counted where it ends": (("--until", "2026-02-22T14:00"), [0]),
    "a time with its zone": (("--since", "2026-03-01T15:00+01:00"), [9, 8]),
    "in another zone": (("--since", "2026-03-01T15:00", "--zone", "Europe/Berlin"), [9, 8]),
    "a minute later there": (("--since", "2026-03-01T15:01", "--zone", "Europe/Berlin"), [9]),
    "both": (("--since", "2026-02-24", "--until", "2026-02-25"), [4, 3]),
}


@pytest.mark.parametrize("name", WHEN)
def test_times_are_read_in_the_zone_that_is_said(config: Path, clock: SettableClock, name: str) -> None:
    del clock
    options, expected = WHEN[name]
    assert days(audit(config, "list", "--json", *options)) == expected


def test_so_long_ago_is_reckoned_from_now(config: Path, tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/bot.db")
    engine, clock = open_database(f"sqlite:///{tmp_path}/bot.db"), SettableClock(SystemClock().now())
    ledger = SqlLedger(engine, clock, SigningKeys("the key of the tests"), ASK_TYPES)
    clock.move(-timedelta(days=8))
    ledger.pause("operator ann", "day 0")
    clock.move(timedelta(days=7, hours=12))
    ledger.pause("operator ann", "day 1")
    engine.dispose()
    assert days(audit(config, "list", "--json", "--since", "7d")) == [1]
    assert days(audit(config, "list", "--json", "--since", "9d", "--until", "7d")) == [0]
    assert days(audit(config, "list", "--json", "--since", "1h")) == []


def test_the_zone_of_times_is_said_above_them(config: Path, clock: SettableClock) -> None:
    del clock
    assert "at (UTC)" in audit(config, "list").stdout
    berlin = audit(config, "list", "--zone", "Europe/Berlin", "--limit", "1").stdout
    assert "at (Europe/Berlin)" in berlin
    assert "2026-03-02 15:00:00" in berlin
    assert "1 of 10 entries, newest first. 9 more" in berlin
    assert "Times in Europe/Berlin" in audit(config, "report", "--by", "day", "--zone", "Europe/Berlin").stdout


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "no time": (("--since", "yesterday"), "7d (so long ago), 2026-03-02"),
    "no date": (("--until", "2026-02-30"), "Write 7d"),
    "too long ago": (("--since", "99999d99999d"), "Write 7d"),
    "ends before it begins": (("--since", "2026-03-02", "--until", "2026-03-01"), "--since has to be before --until"),
    "no zone": (("--zone", "Mars/Olympus"), "Europe/Berlin"),
    "a file for a zone": (("--zone", "../../etc/passwd"), "Europe/Berlin"),
    "no event": (("--event", "aproved"), "Did you mean approved"),
    "no verdict": (("--verdict", "xyzzy"), "Write one of: gone"),
    "no key": (("--key", "12"), "64 hexadecimal digits"),
    "no limit": (("--limit", "0"), "greater than or equal to 1"),
    "no limit of a database": (("--limit", "9" * 30), "less than or equal to"),
}
EMPTY = ("since", "until", "user", "host", "actor", "approver", "rule", "event", "verdict", "request", "zone", "key")


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("command", ["list", "requests"])
def test_what_cannot_be_understood_is_refused_with_the_next_step(config: Path, command: str, name: str) -> None:
    options, says = WRONG[name]
    result = audit(config, command, *options)
    assert (result.exit_code, says in said(result)) == (2, True), said(result)


@pytest.mark.parametrize("option", [*EMPTY, "database"])
def test_an_option_that_is_empty_selects_not_everything(config: Path, clock: SettableClock, option: str) -> None:
    """It is a variable of a script that was not set."""
    del clock
    for command in ("list", "requests", "report", "export --output -"):
        for value in ("", "  "):
            result = audit(config, *command.split(), f"--{option}", value)
            assert (result.exit_code, result.stdout) == (2, ""), said(result)
            assert f"--{option}: It is empty: write a value, or leave the option out." in said(result)


@pytest.mark.parametrize("words", ["verify --key", "verify --database", "anchor --database"])
def test_a_check_is_not_made_with_another_key_or_of_another_log_than_meant(config: Path, words: str) -> None:
    result = audit(config, *words.split(), "")
    assert (result.exit_code, "It is empty: write a value" in said(result)) == (2, True)


def test_an_empty_before_makes_no_segment_of_nothing(config: Path, clock: SettableClock) -> None:
    del clock
    result = audit(config, "export", "--output", "-", "--format", "json", "--before", "")
    assert (result.exit_code, result.stdout) == (2, "")


def test_why_nothing_can_be_found_is_said(config: Path, clock: SettableClock) -> None:
    del clock
    for command in ("list", "requests", "report"):
        unknown = audit(config, command, "--request", "ts-none00")
        assert (unknown.exit_code, "The log has no request `TS-NONE00`." in said(unknown)) == (0, True)
        ahead = audit(config, command, "--since", "2999-01-01", "--zone", "Asia/Tokyo")
        assert ahead.exit_code == 0
        assert "--since, 2999-01-01 00:00:00 Asia/Tokyo, is still to come. Name an earlier time." in said(ahead)
        before = audit(config, command, "--until", "1999-12-31")
        assert before.exit_code == 0
        assert "--until, 2000-01-01 00:00:00 UTC, is before the log began, 20" in said(before)
        assert "before the log began" not in said(audit(config, command, "--until", "2999-12-31"))


@pytest.mark.parametrize("command", ["list --json", "report"])
def test_output_that_cannot_be_written_is_said_in_a_sentence(config: Path, clock: SettableClock, command: str) -> None:
    del clock
    words = [sys.executable, "-m", "app", "audit", *command.split(), "--config", str(config)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)  # noqa: S603 - our own words
    assert (done.returncode, " ".join(done.stderr.split())) == (
        1,
        "The output cannot be written whole: No space left on device.",
    )


def test_a_group_or_a_format_that_there_is_not_is_refused_with_those_that_there_are(config: Path) -> None:
    assert "'user', 'actor', 'approver'" in said(audit(config, "report", "--by", "colour"))
    assert "'csv', 'json'" in said(audit(config, "export", "--output", "-", "--format", "xml"))
    assert audit(config, "export").exit_code == 2


def test_nothing_that_matches_is_said_in_a_sentence(config: Path, clock: SettableClock) -> None:
    del clock
    assert "No entry matches." in audit(config, "list", "--forced").stdout
    assert "No request matches." in audit(config, "requests").stdout
    assert audit(config, "list", "--forced", "--json").stdout == ""


def test_the_command_and_every_number_are_whole_in_a_narrow_table(config: Path, tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/bot.db")
    engine = open_database(f"sqlite:///{tmp_path}/bot.db")
    ledger = SqlLedger(engine, SettableClock(NOW), SigningKeys("the key of the tests"), ASK_TYPES)
    typed = " ".join(f"host-{number}" for number in range(60))
    ledger.open(b.request("TS-LONGER", text=typed))
    engine.dispose()
    for command in ("list", "requests"):
        shown: Any = audit(config, command)
        assert shown.exit_code == 0
        lines = [line.rstrip() for line in shown.stdout.splitlines()[1:-1]]
        column = " ".join(line[line.rfind("  ") :].strip() for line in lines)
        assert [number for number in range(60) if f"host-{number} " not in f"{column} "] == []
        assert "TS-LONGER" in shown.stdout


def test_forced_requests_are_listed_however_many_there_are_behind_them(config: Path, tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/bot.db")
    engine = open_database(f"sqlite:///{tmp_path}/bot.db")
    ledger = SqlLedger(engine, SettableClock(NOW), SigningKeys("the key of the tests"), ASK_TYPES)
    forced = b.requirement(confirm=Confirm.NOBODY)
    ledger.open(b.request("TS-FORCED"))
    ledger.record("TS-FORCED", b.surveyed(requirement=forced))
    for number in range(150):
        ledger.open(b.request(f"TS-{number}"))
    engine.dispose()
    found = [json.loads(line)["request_id"] for line in audit(config, "break-glass", "--json").stdout.splitlines()]
    assert found == ["TS-FORCED"]
    assert "nobody (forced)" in audit(config, "break-glass").stdout


def test_no_secret_comes_out_of_a_reader(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when it works, and not when its database cannot be reached or its file is wrong."""
    canary = "canary-7f3a9c"
    for name in ("LOGOFF_BOT_AUDIT_KEY", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "PGPASSWORD"):
        monkeypatch.setenv(name, f"{name}-{canary}")
    upgrade(f"sqlite:///{tmp_path}/bot.db")
    secrets = (
        "audit_key: ${LOGOFF_BOT_AUDIT_KEY}\nslack:\n  bot_token: ${SLACK_BOT_TOKEN}\n  app_token: ${SLACK_APP_TOKEN}\n"
    )
    away = f"postgresql://bot:{canary}@127.0.0.1:1/none"
    for database in (f"sqlite:///{tmp_path}/bot.db", away, f"nonsense-{canary}"):
        config.write_text(f"database: {database}\n{secrets}")
        for command in READERS[:5]:
            result = audit(config, command)
            told = result.output + str(getattr(result.exception, "message", "")) + str(result.exception)
            assert canary not in told
