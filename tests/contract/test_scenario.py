"""The written scenes that ship go as written, and a scene that does not says where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.config.settings import load
from app.rehearse.environment import open_stage
from bot.domain.request import Ending
from bot.domain.verdicts import Verdict
from rehearsal.scenario import Player, Scenario, ScenarioError, list_shipped, read_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

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


def play(stage: Rehearsal, scenario: Scenario, rests: list[timedelta] | None = None) -> list[str]:
    def rest(pause: timedelta) -> bool:
        if rests is not None:
            rests.append(pause)
        return False

    player = Player(workspace=stage.workspace, farm=stage.farm, page=stage.page, rest=rest)
    words = [step.words for step in player.play(scenario)]
    stage.wait_until_still()
    return words


def write(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "scene.yaml"
    path.write_text(text, encoding="utf-8")
    return read_scenario(str(path))


def test_three_scenes_ship() -> None:
    assert list_shipped() == ["first-logoff", "four-eyes", "wrong-person"]


def test_the_first_logoff_ends_with_alice_gone(stage: Rehearsal) -> None:
    play(stage, read_scenario("first-logoff"))
    assert stage.bot.ledger.newest(1)[0].ending is Ending.DONE
    assert 3 not in {session["id"] for session in stage.farm.sessions("comp1")}


def test_in_four_eyes_the_requesters_own_press_is_noted_and_a_lead_decides(stage: Rehearsal) -> None:
    play(stage, read_scenario("four-eyes"))
    request = stage.bot.ledger.newest(1)[0]
    events = [(one.event, one.actor_name) for one in stage.bot.ledger.entries(request_id=request.id)]
    assert ("noted", "dana") in events
    assert ("approved", "bo") in events
    assert request.ending is Ending.DONE


def test_the_wrong_person_is_left_alone(stage: Rehearsal) -> None:
    play(stage, read_scenario("wrong-person"))
    [target] = stage.bot.ledger.newest(1)[0].targets
    assert target.verdict is Verdict.CHANGED
    assert "CORP\\mallory" in {session["user"] for session in stage.farm.sessions("comp1")}


def test_a_scene_that_does_not_go_as_written_names_the_step(stage: Rehearsal, tmp_path: Path) -> None:
    scene = write(tmp_path, "title: t\nsteps:\n- {say: first}\n- {trouble: {host: nowhere, what: take_down}}\n")
    with pytest.raises(ScenarioError, match=r"Step 2 \(nowhere: take down\)"):
        play(stage, scene)


def test_each_step_stands_for_the_scenes_pace_or_its_own_pause(stage: Rehearsal, tmp_path: Path) -> None:
    rests: list[timedelta] = []
    play(stage, write(tmp_path, "title: t\npace: 7s\nsteps:\n- {say: a}\n- {pause: 2m}\n"), rests)
    assert [pause.total_seconds() for pause in rests] == [7, 120]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: t\nsteps: []\n", "steps"),
        ("title: t\nsteps:\n- {types: /logoff x, presses: y}\n", "a step is one of"),
        ("title: t\nsteps:\n- {as: bo}\n", "a step is one of"),
        ("title: t\nsteps:\n- {say: x, shouts: y}\n", "shouts"),
        ("title: t\npace: slowly\nsteps:\n- {say: x}\n", "a pause is written like 5s"),
        ("{", "is no YAML"),
    ],
)
def test_a_scene_that_cannot_be_read_says_why(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        write(tmp_path, text)


def test_an_unknown_scene_names_those_that_ship() -> None:
    with pytest.raises(ScenarioError, match="first-logoff, four-eyes, wrong-person"):
        read_scenario("no-such-scene")
