"""`logoff-bot run` beside another bot: it waits, says for whom, ends, and touches nothing; the other programs run."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from adapters.sql.database import open_database
from adapters.sql.migrate import upgrade
from adapters.sql.owner import Owner
from adapters.sql.owner_file import FileLock
from app import wiring
from app.cli.main import app
from bot.errors import OwnedByAnother
from tests.e2e.test_command_line import REAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

runner = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    upgrade(url := f"sqlite:///{tmp_path}/bot.db")
    file = tmp_path / "real.yaml"
    file.write_text(f"{REAL}database: {url}\n")
    return file


@pytest.fixture
def held(tmp_path: Path, config: Path) -> Iterator[Owner]:  # noqa: ARG001 - it makes the database
    engine = open_database(f"sqlite:///{tmp_path}/bot.db")
    owner = Owner(FileLock(engine))
    owner.take()
    yield owner
    owner.stop()
    engine.dispose()


@pytest.mark.usefixtures("held")
def test_a_second_run_ends_and_says_which_process_has_the_database(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "Owner", partial(Owner, patience=timedelta(0)))
    result = runner.invoke(app, ["run", "--config", str(config)])
    assert isinstance(result.exception, OwnedByAnother)
    assert f"process {os.getpid()} on {os.uname().nodename}" in result.exception.message
    assert "owner.waiting" in result.output


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("call", [["pause", "--reason", "x"], ["resume"], ["audit", "verify"], ["db", "upgrade"]])
def test_the_other_programs_need_no_lock(config: Path, call: list[str]) -> None:
    assert runner.invoke(app, [*call, "--config", str(config)]).exit_code == 0
