"""The program as an operator meets it: what it refuses, what it prints, how it ends."""

from __future__ import annotations

import json
import socket
import traceback
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from adapters.windows.agent import script
from app.cli.main import app
from app.config.settings import load
from app.rehearse.environment import open_stage
from bot.commands import COMMANDS
from bot.errors import BotError, SettingsError

ROOT = Path(__file__).resolve().parents[2]
REAL = """
team: T0HOME0001
audit_key: "0123456789abcdef0123456789abcdef"
slack: {bot_token: xoxb-1, app_token: xapp-1}
computers: [comp1]
rules: [{name: all, who: [U0DANA0001], may: [log_off]}]
"""

runner = CliRunner()


@pytest.fixture
def real_config(tmp_path: Path) -> Path:
    file = tmp_path / "real.yaml"
    file.write_text(REAL)
    return file


def test_run_refuses_the_rehearsals_configuration() -> None:
    result = runner.invoke(app, ["run"])
    assert result.exit_code == 1
    assert "rehearsal" in result.output


@pytest.mark.parametrize("call", [["try", "/logoff comp1 id=3"], ["rehearse"]])
def test_a_rehearsal_refuses_a_real_configuration(real_config: Path, call: list[str]) -> None:
    result = runner.invoke(app, [*call, "--config", str(real_config)])
    assert isinstance(result.exception, SettingsError)
    assert "real one" in result.exception.message


def test_a_farm_that_this_machine_cannot_play_is_told_in_a_sentence(tmp_path: Path) -> None:
    farm = tmp_path / "farm.yaml"
    farm.write_text("account: {username: svc, password: fiction}\nhosts: {comp1: {}}\n")
    result = runner.invoke(app, ["try", "/sessions comp1", "--farm", str(farm)])
    assert isinstance(result.exception, SettingsError)
    assert "account > username: an account is written DOMAIN\\name" in result.exception.message


def test_try_says_that_a_command_begins_with_a_slash() -> None:
    result = runner.invoke(app, ["try", "logoff comp1 id=3"])
    assert result.exit_code == 2
    assert "begins with a slash" in result.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "who"), [(["--as", "nobody"], "nobody"), (["--press", "Cancel@nobody"], "nobody"), (["--as", ""], "")]
)
def test_try_names_the_people_of_the_workspace_when_it_knows_none_of_that_name(call: list[str], who: str) -> None:
    result = runner.invoke(app, ["try", "/sessions comp1", *call])
    assert isinstance(result.exception, SettingsError)
    assert f"Nobody in the workspace is called {who}. There are: dana, bo, " in result.exception.message


def test_run_says_what_to_do_when_the_database_has_no_tables(real_config: Path, tmp_path: Path) -> None:
    real_config.write_text(REAL + f"database: sqlite:///{tmp_path}/bot.db\n")
    result = runner.invoke(app, ["run", "--config", str(real_config)])
    assert isinstance(result.exception, SettingsError)
    assert "logoff-bot db upgrade" in result.exception.message


MISSING = ["audit list", "audit verify", "audit anchor", "audit break-glass", "pause --reason x", "db upgrade", "run"]


@pytest.mark.parametrize("command", MISSING)
def test_a_command_about_a_file_that_is_not_there_says_so_and_makes_none(
    real_config: Path, tmp_path: Path, command: str
) -> None:
    real_config.write_text(REAL + f"database: sqlite:///{tmp_path}/bot.db\n")
    result = runner.invoke(app, [*command.split(), "--config", str(real_config)])
    assert isinstance(result.exception, SettingsError)
    assert "db upgrade --create" in result.exception.message
    assert list(tmp_path.iterdir()) == [real_config]


URLS = [
    "postgresql://svc:x@Hunter2/y#z:w%zz@127.0.0.1:9/name",
    "postgresql://svc:Hunter2@ho st/name",
    "postgresql://svc:Hunter2@127.0.0.1:port/name",
    "svc:Hunter2@host",
    "Hunter2://svc@host",
    "mysql://svc:Hunter2@host",
    "sqlite://svc:Hunter2@host/x.db",
]


@pytest.mark.parametrize("command", ["audit list", "audit anchor", "audit verify", "pause --reason x"])
@pytest.mark.parametrize("url", URLS)
def test_no_command_shows_a_part_of_a_password(real_config: Path, url: str, command: str) -> None:
    result = runner.invoke(app, [*command.split(), "--database", url, "--config", str(real_config)])
    assert isinstance(result.exception, BotError)
    said = result.output + "".join(traceback.format_exception(result.exception))
    assert [part for part in ("Hunter2", "w%zz", "y#z") if part in said] == []


def test_the_manifest_names_every_command() -> None:
    result = runner.invoke(app, ["manifest"])
    made = yaml.safe_load(result.output)
    assert [c["command"] for c in made["features"]["slash_commands"]] == [command.slash for command in COMMANDS]
    assert made["settings"]["socket_mode_enabled"] is True


def test_the_agent_is_printed_as_it_is_sent() -> None:
    result = runner.invoke(app, ["agent"])
    assert script.constant_script() in result.output


def test_the_database_can_be_upgraded_twice_and_then_holds_an_empty_log(real_config: Path, tmp_path: Path) -> None:
    real_config.write_text(REAL + f"database: sqlite:///{tmp_path}/bot.db\n")
    for option in ["--create"], []:
        assert runner.invoke(app, ["db", "upgrade", *option, "--config", str(real_config)]).exit_code == 0
    listed = runner.invoke(app, ["audit", "list", "--json", "--config", str(real_config)])
    assert (listed.exit_code, listed.stdout) == (0, "")
    assert "The log is empty" in runner.invoke(app, ["audit", "verify", "--config", str(real_config)]).output


def test_a_pause_is_recorded_and_so_is_its_end(real_config: Path, tmp_path: Path) -> None:
    real_config.write_text(REAL + f"database: sqlite:///{tmp_path}/bot.db\n")
    config = ["--config", str(real_config)]
    runner.invoke(app, ["db", "upgrade", "--create", *config])
    runner.invoke(app, ["pause", "--reason", "change freeze", *config])
    runner.invoke(app, ["resume", *config])
    lines = runner.invoke(app, ["audit", "list", "--json", *config]).stdout.splitlines()
    entries = [json.loads(line) for line in reversed(lines)]
    assert [(entry["event"], entry["reason"]) for entry in entries] == [("paused", "change freeze"), ("resumed", "")]
    assert entries[0]["actor"].startswith("operator ")
    for reason in ("", " ", "x" * 301):
        refused = runner.invoke(app, ["pause", "--reason", reason, *config])
        assert refused.exit_code == 2
        assert "Say why, in 300 characters at most." in " ".join(refused.output.split())
    assert len(runner.invoke(app, ["audit", "list", "--json", *config]).stdout.splitlines()) == 2


@pytest.mark.slow
def test_try_as_json_prints_json_and_nothing_else_and_a_missing_button_is_exit_code_1() -> None:
    call = ["try", "/logoff comp2 id=6 --whatif", "--press", "Log off 1", "--json"]
    result = runner.invoke(app, call)
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert told["requests"][0]["ending"] == "whatif"
    assert [entry["event"] for entry in told["audit"]] == ["policy_loaded", "asked", "surveyed"]


def test_every_command_says_what_it_is_for() -> None:
    for words in ("", "try", "rehearse", "run", "audit list", "policy explain", "pause", "db upgrade"):
        result = runner.invoke(app, [*words.split(), "--help"])
        assert result.exit_code == 0
        assert "Usage" in result.output


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hosts: [", "is no YAML at line 1: "),
        (b"", "is empty. Copy the one that ships and change it."),
        (b"a: caf\xe9", "is no text in UTF-8. Save it as UTF-8."),
    ],
)
def test_a_broken_file_of_the_rehearsal_is_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(content)
    result = runner.invoke(app, ["try", "/sessions comp1", "--farm", str(broken)])
    assert isinstance(result.exception, SettingsError)
    assert result.exception.message.startswith(f"{broken} {sentence}")
    with pytest.raises(SettingsError) as caught, open_stage(load(ROOT / "app.yaml"), workspace_file=broken):
        pass
    assert caught.value.message.startswith(f"{broken} {sentence}")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = runner.invoke(app, ["rehearse", "--port", str(port), "--database", f"sqlite:///{tmp_path}/x.db"])
    assert isinstance(result.exception, SettingsError)
    assert result.exception.message == f"Port {port} of this machine is taken. End what uses it, or say --port 0."
