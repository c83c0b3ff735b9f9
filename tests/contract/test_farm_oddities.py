"""What may be odd in a session of the farm, from its file: raw ticks, what cannot be read, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from adapters.windows.agent import script
from rehearsal.windows import EngineMissingError, Farm, FarmFileError
from rehearsal_testing.winrm_client import ask, line_of, listed, target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALICE: dict[str, Any] = {"user": "CORP\\alice", "disconnected": "3h", "client": "LAPTOP-7"}
BOB: dict[str, Any] = {"user": "CORP\\bob"}
SESSIONS: list[dict[str, Any]] = [
    {"id": 0, "station": "Services", "state": "disconnected", "listed": False},
    {"id": 3} | ALICE,
    {"id": 4, "ticks": {"logon": -1, "disconnect": -(2**63), "input": 2**63 - 1, "connect": 1}} | ALICE,
    {"id": 5, "ticks": {"now": 134_088_480_000_000_000, "input": 0}} | BOB,
    {"id": 6, "unreadable": {"user": 5, "client": "nothing"}} | BOB,
    {"id": 7, "unreadable": {"times": "short", "domain": -5, "display": 2}} | BOB,
    {"id": 8, "listed": False} | BOB,
    {"id": 9, "after_order": {"user": "CORP\\mallory", "logged_on": "1m"}} | BOB,
    {"id": 10, "after_order": {"unreadable": {"times": 5}}} | BOB,
    {"id": 11, "after_order": {"listed": False}} | BOB,
]
ACCOUNT = {"username": "CORP\\svc", "password": "fiction"}
AGENT = script.constant_script()


def write(folder: Path, sessions: list[dict[str, Any]]) -> Path:
    path = folder / "farm.yaml"
    path.write_text(yaml.safe_dump({"account": ACCOUNT, "hosts": {"one": {"sessions": sessions}}}), encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=["mono", "double"])
def farm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    farm = Farm.from_file(write(tmp_path_factory.mktemp("farm"), SESSIONS), engine=request.param)
    try:
        farm.start()
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    yield farm
    farm.stop()


def test_a_session_is_as_odd_as_the_file_says_and_the_others_are_not(farm: Farm) -> None:
    farm.restore()
    seen = listed(farm, "one", AGENT)
    assert sorted(seen) == [3, 4, 5, 6, 7, 9, 10, 11]
    assert [seen[4][name] for name in ("logon", "connect", "disconnect", "input")] == ["0"] * 4
    assert (seen[5]["now"], seen[5]["input"]) == ("134088480000000000", "0")
    assert (seen[6]["error"], seen[6]["user"], seen[6]["client"], seen[6]["domain"]) == (5, "", "", "CORP")
    assert (seen[7]["error"], seen[7]["now"], seen[7]["domain"], seen[7]["user"]) == (13, "0", "", "bob")
    assert [seen[number]["error"] for number in (3, 4, 5, 9, 10, 11)] == [0] * 6
    assert seen[9]["user"] == "bob"


def test_after_an_order_the_host_says_what_the_file_says(farm: Farm) -> None:
    farm.restore()
    seen = listed(farm, "one", AGENT)
    assert [each["id"] for each in farm.sessions("one")] == [0, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    targets = [target(seen[number]) for number in (9, 11, 10)]
    replies = ask(farm, "one", ["logoff", line_of("wait", 1), *targets], AGENT)
    assert [(each["verdict"], each["code"]) for each in replies] == [("gone", 0), ("gone", 0), ("still_closing", 5)]
    assert listed(farm, "one", AGENT)[9]["user"] == "mallory"
    assert [call[:2] for call in farm.calls("one")] == [("logoff", 9), ("logoff", 11), ("logoff", 10)]


def test_a_behaviour_that_ends_leaves_what_the_file_says(farm: Farm) -> None:
    farm.restore()
    farm.set_behaviour("one", "unreadable", id=6, what="times", code=7)
    assert listed(farm, "one", AGENT)[6]["error"] == 7
    farm.set_behaviour("one", "none")
    assert listed(farm, "one", AGENT)[6]["error"] == 5


@pytest.mark.parametrize(
    ("session", "place"),
    [
        ({"ticks": {"logon": 2**63}}, "logon"),
        ({"ticks": {"logon": "3h"}}, "logon"),
        ({"ticks": {"closing": 1}}, "closing"),
        ({"unreadable": {"mood": 5}}, "mood"),
        ({"unreadable": {"user": "torn"}}, "user"),
        ({"after_order": {"after_order": {}}}, "after_order"),
    ],
)
def test_what_no_host_can_say_is_refused(session: dict[str, Any], place: str, tmp_path: Path) -> None:
    with pytest.raises(FarmFileError, match=place):
        Farm.from_file(write(tmp_path, [{"id": 3} | ALICE | session]))
