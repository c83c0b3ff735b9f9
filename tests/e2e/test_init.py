"""What `logoff-bot init` writes runs: with the tokens of a workspace, and hosts that answer."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from app import wiring
from app.cli.main import app
from app.config.settings import load
from app.rehearse.environment import FARM, WORKSPACE
from bot.domain.request import Ending
from rehearsal.page import WatchedFarm
from rehearsal.slack import UserClient, Workspace
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ANSWERS = {
    "--team": "T0HOME0001",
    "--computers": "comp1",
    "--transport": "ntlm",
    "--ca-file": "",
    "--groups": "@oncall",
    "--approve-in": "C0APPROVE1",
    "--contact": "@ts-leads",
}


def test_a_configuration_of_init_passes_the_checks_and_lists_sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as held:
        workspace = Workspace.from_file(WORKSPACE)
        workspace.start(0)
        held.callback(workspace.stop)
        farm = WatchedFarm.from_file(FARM, engine="double")
        farm.start()
        held.callback(farm.stop)
        database = f"sqlite:///{tmp_path}/bot.db"
        words = [word for pair in ANSWERS.items() for word in pair]
        words += ["--account", farm.account.username, "--database", database]
        runner, config = CliRunner(), ["--config", str(tmp_path / "app.yaml")]
        calls = ["init", str(tmp_path), *words], ["config", "check", *config], ["policy", "check", *config]
        for call in calls:
            done = runner.invoke(app, call)
            assert done.exit_code == 0, (done.output, done.exception)
        for name, value in {
            "LOGOFF_BOT_AUDIT_KEY": "k" * 32,
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "WINRM_PASSWORD": farm.account.password,
        }.items():
            monkeypatch.setenv(name, value)
        assert runner.invoke(app, ["db", "upgrade", "--create", *config]).exit_code == 0
        settings = load(tmp_path / "app.yaml")
        # The file says https and Slack's own address: the workspace and the farm have neither.
        slack = settings.slack.model_copy(update={"api_url": workspace.api_url})
        bot = wiring.build_owned(settings.model_copy(update={"slack": slack}), endpoints=farm.endpoints)
        held.callback(bot.stop)
        bot.start()
        dana = UserClient(workspace.url, "dana")
        assert dana.command("/sessions comp1").ok
        wait_until(lambda: any("alice" in str(message) for message in dana.messages()))
        assert bot.ledger.newest(1)[0].ending is Ending.ANSWERED
