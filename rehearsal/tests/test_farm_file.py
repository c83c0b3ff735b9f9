"""farm.yaml: what the shipped one says, and what a wrong one is told."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from winrm.exceptions import InvalidCredentialsError

from rehearsal.windows import BEHAVIOURS, SHIPPED_FARM, EngineMissingError, Farm, FarmFileError
from rehearsal_testing.winrm_client import SMALL_FARM, connect, listed, write_farm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.windows.settings import EngineName

HOUR = 36_000_000_000


@pytest.fixture(scope="module")
def farm() -> Iterator[Farm]:
    with Farm.from_file(SHIPPED_FARM, engine="double") as farm:
        yield farm


def test_comp1_is_as_the_guide_tells_it(farm: Farm) -> None:
    assert farm.sessions("comp1") == [
        {"id": 0, "user": "", "state": "Disconnected"},
        {"id": 1, "user": "CORP\\operator", "state": "Active"},
        {"id": 3, "user": "CORP\\alice", "state": "Disconnected"},
        {"id": 5, "user": "CORP\\bob", "state": "Active"},
        {"id": 7, "user": "CORP\\josé", "state": "Active"},
        {"id": 65536, "user": "", "state": "Listen"},
    ]


def test_times_count_back_from_the_farms_start(farm: Farm) -> None:
    alice = listed(farm, "comp1")[3]
    ago = {name: int(alice["now"]) - int(alice[name]) for name in ("disconnect", "logon")}
    assert 3 * HOUR <= ago["disconnect"] < 4 * HOUR
    assert 26 * HOUR <= ago["logon"] < 27 * HOUR
    assert (alice["input"], alice["station"]) == ("0", "")


def test_the_console_is_never_idle(farm: Farm) -> None:
    console = listed(farm, "comp1")[1]
    assert (console["station"], console["protocol"], console["input"]) == ("Console", 0, console["now"])


def test_names_that_are_hostile_foreign_or_long_arrive_whole(farm: Farm) -> None:
    accounts = {each["domain"] + "\\" + each["user"] for each in listed(farm, "comp2").values() if each["user"]}
    assert accounts == {each["user"] for each in farm.sessions("comp2") if each["user"]}
    assert {"CORP\\<!channel> *x* `y`", "CORP\\山田太郎", "SUBSIDIARY-OF-CORP\\carol"} <= accounts
    assert any(len(each.partition("\\")[2]) > 20 for each in accounts)


def test_the_fleet_is_forty_different_hosts_and_the_same_at_every_start(farm: Farm) -> None:
    fleet = {name: sessions for name, sessions in farm.snapshot().items() if name.startswith("rds-")}
    assert (min(fleet), max(fleet), len(fleet)) == ("rds-01", "rds-40", 40)
    assert len({str(sessions) for sessions in fleet.values()}) > 10
    with Farm.from_file(SHIPPED_FARM, engine="double") as again:
        assert {name: again.sessions(name) for name in fleet} == fleet


def test_there_is_a_host_for_each_kind_of_trouble(farm: Farm) -> None:
    named = {"hangs", "slow", "no-right", "replaced", "comes-back", "vanishes"}
    named |= {"drops", "garbage", "wrong-password", "quota"}
    assert named <= set(farm.endpoints)
    assert named <= set(BEHAVIOURS)


def test_the_banner_says_which_host_has_which_engine(farm: Farm) -> None:
    assert farm.banner == "53 hosts: Python double"


def test_fifty_hosts_answer_at_once(farm: Farm) -> None:
    hosts = [name for name in farm.endpoints if name.startswith(("rds-", "comp1", "comp2"))]
    with ThreadPoolExecutor(50) as pool:
        seen = list(pool.map(lambda name: listed(farm, name), hosts))
    assert [len(each) for each in seen] == [len(farm.sessions(name)) for name in hosts]


def test_two_farms_stand_side_by_side(farm: Farm, tmp_path: Path) -> None:
    with Farm.from_file(write_farm(tmp_path)) as other:
        assert set(listed(other, "one")) == {0, 3, 5, 65536}
        assert 3 in listed(farm, "comp1")
        arguments = {"username": other.account.username, "password": other.account.password}
        with pytest.raises(InvalidCredentialsError):
            connect(farm, "comp1", **arguments).open_shell()
    assert 3 in listed(farm, "comp1")


@pytest.mark.parametrize(("said", "told", "read"), [("17", "17", 17), ("-1", "-1", -1), ("3", "Shadow", 3)])
def test_a_state_may_be_a_number_that_windows_does_not_have(tmp_path: Path, said: str, told: str, read: int) -> None:
    with Farm.from_file(write_farm(tmp_path, SMALL_FARM.replace("idle: 2m", f"state: {said}"))) as farm:
        assert farm.sessions("one")[2] == {"id": 5, "user": "CORP\\bob", "state": told}
        bob = listed(farm, "one")[5]
        assert (bob["state"], bob["error"]) == (read, 0 if read == 3 else 13)


FAULTS = {
    "duration": (
        "disconnected: 3h",
        "disconnected: soon",
        "one > sessions > 0 > disconnected: a duration is written like",
    ),
    "state": ("state: listen", "state: asleep", "every_host > 1 > state: a state is one of active"),
    "number": ("state: listen", "state: 2147483648", "every_host > 1 > state: a state is one of active"),
    "truth": ("state: listen", "state: true", "every_host > 1 > state: a state is one of active"),
    "display": ("idle: 2m", "display: 0x768x16", "one > sessions > 1 > display: String should match pattern"),
    "id": ("id: 5", "id: 3", "hosts > one: two sessions have the id 3"),
    "user": ("user: CORP\\bob", "user: bob", "one > sessions > 1: a user is written DOMAIN\\name"),
    "sign": ("user: CORP\\bob", 'user: "CORP\\\\b\\tb"', "sessions > 1 > user: may hold printable characters only"),
    "account": ("username: CORP\\svc", "username: svc", "account > username: an account is written DOMAIN\\name"),
    "field": ("idle: 2m", "idel: 2m", "hosts > one > sessions > 1 > idel: Extra inputs are not permitted"),
    "word": (
        "two: *one",
        "two: {behaviour: sulks}",
        "two > behaviour: no behaviour is called 'sulks'; there are: hangs",
    ),
    "option": ("two: *one", "two: {behaviour: {slow: {secs: 1}}}", "behaviour: slow > secs: Extra inputs"),
    "crowd": ("two: *one", "two: {crowd: 3}", "two asks for a crowd, but no people stand under `crowd:`"),
    "name": ("two: *one", "../two: *one", "hosts: no host can be called '../two'"),
    "yaml": ("hosts:", "hosts: [", "is no YAML"),
}


@pytest.mark.parametrize(("right", "wrong", "told"), FAULTS.values(), ids=FAULTS)
def test_a_wrong_file_is_told_where_and_why(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in SMALL_FARM
    with pytest.raises(FarmFileError) as caught:
        Farm.from_file(write_farm(tmp_path, SMALL_FARM.replace(right, wrong)))
    assert told in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FarmFileError, match="No such file"):
        Farm.from_file(tmp_path / "none.yaml")


def test_without_any_engine_the_double_serves_every_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TS_PWSH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with Farm.from_file(SHIPPED_FARM) as farm:
        assert farm.banner == "53 hosts: Python double"


@pytest.mark.parametrize(("engine", "cure"), [("pwsh", r"\$TS_PWSH"), ("mono", "install mono-runtime and mono-mcs")])
def test_an_engine_asked_for_by_name_and_missing_is_told_with_the_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: EngineName, cure: str
) -> None:
    monkeypatch.setenv("TS_PWSH", str(tmp_path / "no-pwsh"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineMissingError, match=cure):
        Farm.from_file(SHIPPED_FARM, engine=engine).start()


def test_comp1_has_the_best_engine_and_the_fleet_the_double(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pretended = tmp_path / "pwsh"
    pretended.write_text("#!/bin/sh\necho 9.9\n")
    pretended.chmod(0o755)
    monkeypatch.setenv("TS_PWSH", str(pretended))
    if shutil.which("gcc") is None:
        pytest.skip("real engines need gcc: install gcc")
    with Farm.from_file(SHIPPED_FARM) as farm:
        assert farm.banner == "comp1: PowerShell 9.9; 52 hosts: Python double"
