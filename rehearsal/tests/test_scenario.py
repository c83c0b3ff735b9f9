"""A written scene: it is played step by step, and one that cannot be read or does not go as written says where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rehearsal.page import Page, WatchedFarm
from rehearsal.scenario import Player, Scenario, ScenarioError, list_shipped, read_scenario
from rehearsal.slack import SHIPPED_WORKSPACE, Workspace
from rehearsal_testing.winrm_client import write_farm

if TYPE_CHECKING:
    from pathlib import Path

Play = Callable[[Scenario], list[timedelta]]


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Plays a scene without waiting, and tells how long each step would have stood."""
    workspace = Workspace.from_file(SHIPPED_WORKSPACE)
    page = Page(workspace)
    with workspace, WatchedFarm.from_file(write_farm(tmp_path_factory.mktemp("farm"))) as farm:

        def play_one(scenario: Scenario) -> list[timedelta]:
            rests: list[timedelta] = []

            def rest(pause: timedelta) -> bool:
                rests.append(pause)
                return False

            player = Player(workspace=workspace, farm=farm, page=page, rest=rest)
            assert [step.words for step in player.play(scenario)] == [step.words for step in scenario.steps]
            return rests

        yield play_one


def write(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "scene.yaml"
    path.write_text(text, encoding="utf-8")
    return read_scenario(str(path))


def test_three_scenes_ship() -> None:
    assert list_shipped() == ["first-logoff", "four-eyes", "wrong-person"]


def test_the_scenes_that_ship_can_be_read() -> None:
    assert all(read_scenario(name).title for name in list_shipped())


def test_what_one_person_writes_another_one_sees(play: Play, tmp_path: Path) -> None:
    play(write(tmp_path, "title: t\nsteps:\n- {writes: hello, in: '#ops'}\n- {sees: hello, as: bo}\n"))


def test_a_scene_that_does_not_go_as_written_names_the_step(play: Play, tmp_path: Path) -> None:
    scene = write(tmp_path, "title: t\nsteps:\n- {say: first}\n- {trouble: {host: nowhere, what: take_down}}\n")
    with pytest.raises(ScenarioError, match=r"Step 2 \(nowhere: take down\)"):
        play(scene)


def test_each_step_stands_for_the_scenes_pace_or_its_own_pause(play: Play, tmp_path: Path) -> None:
    rests = play(write(tmp_path, "title: t\npace: 7s\nsteps:\n- {say: a}\n- {pause: 2m}\n"))
    assert [pause.total_seconds() for pause in rests] == [7, 120]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: t\nsteps: []\n", "steps"),
        ("title: t\nsteps:\n- {types: /logoff x, presses: y}\n", "a step is one of"),
        ("title: t\nsteps:\n- {as: bo}\n", "a step is one of"),
        ("title: t\nsteps:\n- {say: x, shouts: y}\n", "shouts"),
        ("title: t\npace: slowly\nsteps:\n- {say: x}\n", "a duration is written like 3h"),
        ("{", "is no YAML"),
    ],
)
def test_a_scene_that_cannot_be_read_says_why(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        write(tmp_path, text)


def test_an_unknown_scene_names_those_that_ship() -> None:
    with pytest.raises(ScenarioError, match="first-logoff, four-eyes, wrong-person"):
        read_scenario("no-such-scene")
