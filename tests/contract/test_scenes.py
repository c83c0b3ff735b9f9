"""The written scenes that ship go as written, with the real bot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.config.settings import load
from app.rehearse.environment import open_stage
from bot.domain.request import Ending
from bot.domain.verdicts import Verdict
from rehearsal.scenario import Player, read_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.rehearse.environment import Rehearsal

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def status() -> Iterator[Rehearsal]:
    with open_stage(load(ROOT / "app.yaml"), engine="double") as opened:
        yield opened


@pytest.fixture
def stage(status: Rehearsal) -> Rehearsal:
    status.farm.restore()
    return status


def play(stage: Rehearsal, name: str) -> None:
    player = Player(workspace=stage.workspace, farm=stage.farm, page=stage.page, rest=lambda _: False)
    assert list(player.play(read_scenario(name)))
    stage.wait_until_still()


def test_the_first_logoff_ends_with_alice_gone(stage: Rehearsal) -> None:
    play(stage, "first-logoff")
    assert stage.bot.ledger.newest(1)[0].ending is Ending.DONE
    assert 3 not in {session["id"] for session in stage.farm.sessions("comp1")}


def test_in_four_eyes_the_requesters_own_press_is_noted_and_a_lead_decides(stage: Rehearsal) -> None:
    play(stage, "four-eyes")
    request = stage.bot.ledger.newest(1)[0]
    events = [(one.event, one.actor_name) for one in stage.bot.ledger.entries(request_id=request.id)]
    assert ("noted", "dana") in events
    assert ("approved", "bo") in events
    assert request.ending is Ending.DONE


def test_the_wrong_person_is_left_alone(stage: Rehearsal) -> None:
    play(stage, "wrong-person")
    [target] = stage.bot.ledger.newest(1)[0].targets
    assert target.verdict is Verdict.CHANGED
    assert "CORP\\mallory" in {session["user"] for session in stage.farm.sessions("comp1")}
