"""A command at forty computers with a wrong password, through all of the bot, in a domain that locks after three."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from app.rehearse.environment import open_stage
from bot.domain.request import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal

HOSTS = [f"rds-{number:02}" for number in range(1, 41)]
SESSIONS = [{"id": 0}, {"id": 3, "user": "CORP\\alice", "disconnected": "3h"}]
FARM = {
    "account": {"username": "CORP\\svc-logoff", "password": "rehearsal, not a secret"},
    "lockout": {"after": 3, "within": "10m"},
    "hosts": {host: {"sessions": SESSIONS} for host in HOSTS},
}


class MovableClock:
    """The real clock, as far ahead as a test wants."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def stage(settings: Settings, clock: MovableClock, tmp_path: Path) -> Iterator[Rehearsal]:
    farm = tmp_path / "farm.yaml"
    farm.write_text(yaml.safe_dump(FARM))
    with open_stage(settings, farm_file=farm, engine="double", clock=clock) as opened:
        yield opened


def ask(stage: Rehearsal, text: str) -> dict[str, str]:
    """What the card keeps of each computer: the code of its fault, or nothing."""
    assert stage.visitor("dana").command(text).ok
    stage.wait_until_still()
    return {survey.host: survey.code for survey in stage.bot.ledger.newest(1)[0].surveys}


def behave(stage: Rehearsal, name: str, *hosts: str) -> None:
    for host in hosts:
        stage.farm.set_behaviour(host, name)


def test_two_commands_at_forty_computers_cost_two_logons_and_the_window_frees_the_account(
    stage: Rehearsal, clock: MovableClock
) -> None:
    behave(stage, "wrong-password", *HOSTS)
    for _ in range(2):
        assert ask(stage, "/sessions rds-*") == dict.fromkeys(HOSTS, "not_authenticated")
        assert stage.bot.ledger.newest(1)[0].ending is Ending.NOTHING_TO_DO
    assert (len(stage.farm.refused_logons()), stage.farm.is_account_locked()) == (2, False)
    behave(stage, "none", *HOSTS)
    clock.ahead = timedelta(minutes=10)
    assert ask(stage, "/sessions rds-*") == dict.fromkeys(HOSTS, "")
    assert len(stage.farm.refused_logons()) == 2


def test_one_computer_with_another_password_costs_itself_alone(stage: Rehearsal) -> None:
    behave(stage, "wrong-password", "rds-07")
    for _ in range(2):
        assert ask(stage, "/sessions rds-*") == dict.fromkeys(HOSTS, "") | {"rds-07": "not_authenticated"}
    assert stage.farm.refused_logons() == ["rds-07"]


def test_the_card_says_why_the_others_were_not_asked_and_stays_short(stage: Rehearsal) -> None:
    behave(stage, "wrong-password", *HOSTS)
    ask(stage, "/sessions rds-*")
    shown = str([message.blocks for message in stage.visitor("dana").messages()])
    assert 8 <= shown.count("was not asked: two computers did not accept the bot's account") <= 10
    assert "30 more computers did not answer." in shown
    assert str(stage.farm.account.password) not in shown
