"""Every command demands the secrets that it uses, and no other: an auditor has one, an editor of the rules none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from adapters.sql import migrate
from app.cli.main import app
from bot.errors import BotError
from tests.support.cases import for_each
from tests.support.effort import sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


FILE = r"""
team: T0HOME0001
database: ${THE_DATABASE}
audit_key: ${THE_KEY}
slack: {bot_token: "${THE_BOT}", app_token: "${THE_APP}"}
winrm: {transport: ntlm, username: CORP\svc, password: "${THE_PASSWORD}"}
computers: [comp1, {name: comp2, winrm: {password: "${ITS_PASSWORD}"}}]
rules: [{name: on-call, who: [U0DANA0001], may: [list, log_off]}]
"""
HALF = "0" * 64
DATABASE, KEY = {"THE_DATABASE"}, {"THE_KEY"}
SLACK, WINDOWS = {"THE_BOT", "THE_APP"}, {"THE_PASSWORD", "ITS_PASSWORD"}

NEEDED: dict[str, set[str]] = {
    "agent": set(),
    "audit anchor": DATABASE,
    "audit break-glass": DATABASE,
    "audit export --output -": DATABASE,
    "audit key": KEY,
    "audit list": DATABASE,
    "audit report": DATABASE,
    "audit requests": DATABASE,
    "audit rotate-key --new-key-file {folder}/new": DATABASE | KEY,
    "audit verify": DATABASE | KEY,
    f"audit verify --key {HALF}": DATABASE,
    "audit verify --database sqlite:///{folder}/bot.db": KEY,
    f"audit verify --key {HALF} --database sqlite:///{{folder}}/bot.db": set(),
    "config check": set(),
    "config schema": set(),
    "db upgrade": DATABASE,
    "jea-package {folder}/module": set(),
    "manifest": set(),
    "pause --reason freeze": DATABASE | KEY,
    "pause --reason freeze --database sqlite:///{folder}/bot.db": KEY,
    "policy check": set(),
    "policy check --live": SLACK,
    "policy explain --as U0DANA0001 --offline /sessions": set(),
    "rehearse": set(),
    "resume": DATABASE | KEY,
    "run": DATABASE | KEY | SLACK | WINDOWS,
    "try /sessions": set(),
}
"""What each command needs of the environment."""

ASKS_SLACK = {"policy check --live", "run"}
"""They would go on with Slack, so they are tried without what they need alone."""

WITHOUT_FILE = {"agent", "config schema", "jea-package {folder}/module"}
BESIDE = {"init", "practice", "doctor", "policy diff"}
"""`init` makes the file, `practice` reads none, `policy diff` names two, the doctor's findings say what is missing."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.yaml").write_text(FILE, encoding="utf-8")
    (tmp_path / "new").write_text("n" * 32, encoding="utf-8")
    migrate.upgrade(f"sqlite:///{tmp_path}/bot.db")
    return tmp_path


def leaves(command: object, *words: str) -> Iterator[str]:
    if inside := getattr(command, "commands", None):
        for name, inner in inside.items():
            yield from leaves(inner, *words, name)
    else:
        yield " ".join(words)


def test_every_command_is_in_the_table() -> None:
    named = {
        name for name in leaves(typer.main.get_command(app)) for said in NEEDED if f"{said} ".startswith(f"{name} ")
    }
    assert set(leaves(typer.main.get_command(app))) - BESIDE == named


def lacking(folder: Path, command: str, there: set[str]) -> set[str]:
    """Return which of the variables the command says to be missing."""
    values = {name: f"value-of-{name}" for name in SLACK | WINDOWS}
    values |= {"THE_DATABASE": f"sqlite:///{folder}/bot.db", "THE_KEY": "k" * 32}
    values |= {"THE_BOT": "xoxb-hidden", "THE_APP": "xapp-hidden"}
    environment: dict[str, Any] = {name: value if name in there else None for name, value in values.items()}
    file = [] if command in WITHOUT_FILE else ["--config", str(folder / "app.yaml")]
    words = command.format(folder=folder).split()
    done = CliRunner(env=environment).invoke(app, [*words, *file])
    assert done.exit_code != 2, done.output
    assert done.exception is None or isinstance(done.exception, (BotError, SystemExit)), done.exception
    said = done.exception.message if isinstance(done.exception, BotError) else ""
    return {name for name in values if f"the environment has no {name}." in said}


@for_each("command", sample(NEEDED, 5))
def test_a_command_demands_what_it_uses_and_nothing_else(folder: Path, command: str) -> None:
    for one in NEEDED[command]:
        assert lacking(folder, command, NEEDED[command] - {one}) == {one}
    if command not in ASKS_SLACK:
        assert lacking(folder, command, NEEDED[command]) == set()
