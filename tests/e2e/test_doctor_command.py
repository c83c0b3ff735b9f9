"""`logoff-bot doctor` as an administrator calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import yaml
from typer.testing import CliRunner

from app.cli.main import app
from rehearsal.windows import Farm
from tests.e2e.real_slack import ROOT, SLACK, slack_behind_a_proxy
from tests.e2e.test_command_line import REAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SESSIONS = [{"id": 0, "station": "Services", "state": "disconnected"}, {"id": 3, "user": "CORP\\alice"}]
PASSWORD = "a password that nobody prints"
runner = CliRunner()


@contextmanager
def company(folder: Path) -> Iterator[tuple[dict[str, str], Farm]]:
    """A workspace behind a proxy, a farm, and an app.yaml for both: the environment of the program, and the farm."""
    account = {"username": "CORP\\svc-logoff", "password": PASSWORD}
    hosts = {"comp1": {"sessions": SESSIONS}, "comp2": {"behaviour": "constrained", "sessions": SESSIONS}}
    (folder / "farm.yaml").write_text(yaml.safe_dump({"account": account, "hosts": hosts}), encoding="utf-8")
    with (
        slack_behind_a_proxy(folder) as (workspace, proxy),
        Farm.from_file(folder / "farm.yaml", engine="double") as farm,
    ):
        winrm = {"transport": "ntlm", "scheme": "http", "insecure_ntlm": True, "username": account["username"]}
        config = {
            "team": "T0HOME0001",
            "database": f"sqlite:///{folder}/bot.db",
            "audit_key": "${AUDIT_KEY}",
            "slack": {"bot_token": "${BOT}", "app_token": "${APP}", "api_url": f"https://{SLACK}/api/"},
            "winrm": winrm | {"password": "${PASSWORD}"},
            "computers": [computer(farm, "comp1")],
            "rules": [{"name": "on-call", "who": ["@oncall"], "may": ["log_off"], "approve_in": "C0APPROVE1"}],
        }
        (folder / "app.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        secrets = {"BOT": workspace.bot_token, "APP": workspace.app_token, "PASSWORD": PASSWORD, "AUDIT_KEY": "k" * 32}
        yield secrets | {"HTTPS_PROXY": proxy.url, "SSL_CERT_FILE": str(folder / "ca.pem"), "COLUMNS": "200"}, farm


def computer(farm: Farm, name: str) -> dict[str, object]:
    return {"name": name, "address": "127.0.0.1", "winrm": {"port": urlsplit(farm.endpoints[name]).port}}


def called(folder: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", *words, "--config", str(folder / "app.yaml")]
    found = subprocess.run(  # noqa: S603 - our own program
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    said = found.stdout + found.stderr
    assert [secret for name, secret in environment.items() if name in SECRETS and secret in said] == []
    return found


SECRETS = ("BOT", "APP", "PASSWORD", "AUDIT_KEY")


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_an_administrator_is_told_what_is_missing_until_nothing_is(tmp_path: Path) -> None:
    with company(tmp_path) as (environment, farm):
        before = called(tmp_path, environment, "doctor", "--hosts", "comp1")
        assert before.returncode == 1
        assert "To make a new one, run: logoff-bot db upgrade --create" in one_line(before.stdout)
        assert farm.messages("comp1") == []
        assert called(tmp_path, environment, "db", "upgrade", "--create").returncode == 0
        after = called(tmp_path, environment, "doctor", "--json", "--hosts", "comp1")
        told = json.loads(after.stdout)
        assert [each for each in told["checks"] if each["outcome"] not in {"ok", "note"}] == []
        assert (after.returncode, after.stderr) == (0, "")
        assert told["green"]
        assert {each["outcome"] for each in told["checks"]} == {"ok", "note"}
        config = yaml.safe_load((tmp_path / "app.yaml").read_text(encoding="utf-8"))
        (tmp_path / "app.yaml").write_text(yaml.safe_dump(config | {"computers": [computer(farm, "comp2")]}))
        other = called(tmp_path, environment, "doctor")
        assert other.returncode == 1
        assert "✗ comp2 language mode Application control" in one_line(other.stdout)
        assert "→ Except the bot's account, or its script by the SHA-256" in one_line(other.stdout)
        assert one_line(other.stdout).endswith("1 failed, 5 not tried.")
        assert [farm.touched(host) for host in farm.endpoints] == [[], []]


def test_a_wrong_command_is_another_end_than_a_failure(tmp_path: Path) -> None:
    """Nothing is contacted: the tokens of this file are nobody's."""
    (tmp_path / "app.yaml").write_text(REAL, encoding="utf-8")
    found = runner.invoke(app, ["doctor", "--hosts", "rds-*", "--config", str(tmp_path / "app.yaml")])
    assert (found.exit_code, found.stdout) == (2, "")
    assert "rds-*" in found.stderr


def test_all_faults_of_the_file_are_told_and_nothing_else_is_tried(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text("team: nothing\ncomputers: [comp1]\n", encoding="utf-8")
    found = runner.invoke(app, ["doctor", "--json", "--config", str(tmp_path / "app.yaml")])
    assert found.exit_code == 1
    (only,) = json.loads(found.stdout)["checks"]
    assert (only["area"], only["outcome"]) == ("configuration", "failed")
    assert "team" in only["found"]
    assert "rules" in only["found"]
    table = runner.invoke(app, ["doctor", "--config", str(tmp_path / "app.yaml")]).stdout
    assert "\ufffd" not in table
    rows = [line.strip() for line in table.splitlines() if "line " in line]
    assert [row for row in rows if not row.startswith("line ")] == []
    assert len(rows) == len(only["found"].splitlines()) - 1


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_the_rehearsals_configuration_is_no_world_to_look_at(words: list[str]) -> None:
    found = runner.invoke(app, ["doctor", *words])
    assert found.exit_code == 1
    assert "rehearsal: false" in found.stdout
