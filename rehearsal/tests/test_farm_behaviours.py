"""What can be wrong with a host: each behaviour of the shipped farm does what its word says, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from winrm.exceptions import InvalidCredentialsError, WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError

from rehearsal.windows import SHIPPED_FARM, Farm
from rehearsal_testing.winrm_client import (
    SCRIPT,
    ask,
    connect,
    listed,
    log_off,
    open_shell,
    payload,
    receive,
    run,
    start,
    target,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST = payload("2" * 32, ["list"])
USUAL = [
    {"id": 0, "user": "", "state": "Disconnected"},
    {"id": 3, "user": "CORP\\alice", "state": "Disconnected"},
    {"id": 5, "user": "CORP\\bob", "state": "Active"},
    {"id": 65536, "user": "", "state": "Listen"},
]


@pytest.fixture
def farm() -> Iterator[Farm]:
    with Farm.from_file(SHIPPED_FARM, engine="double") as farm:
        yield farm


def test_an_ordinary_host_logs_the_person_off_and_nobody_else(farm: Farm) -> None:
    before = farm.snapshot()
    (reply,) = log_off(farm, "comp1", target(listed(farm, "comp1")[3]))
    assert (reply["verdict"], reply["seen"]) == ("gone", None)
    before["comp1"] = [each for each in before["comp1"] if each["id"] != 3]
    assert farm.snapshot() == before
    assert [call[:2] for call in farm.calls("comp1")] == [("logoff", 3)]


def test_hangs_accepts_the_logoff_and_never_ends_the_session(farm: Farm) -> None:
    alice = target(listed(farm, "hangs")[3])
    assert log_off(farm, "hangs", alice, wait=1)[0]["verdict"] == "still_closing"
    (again,) = log_off(farm, "hangs", alice, wait=1)
    assert (again["verdict"], again["code"]) == ("still_closing", 7007)
    assert farm.sessions("hangs") == USUAL


def test_delayed_ends_the_session_later(farm: Farm) -> None:
    farm.set_behaviour("hangs", "delayed", seconds=0.3)
    (reply,) = log_off(farm, "hangs", target(listed(farm, "hangs")[3]))
    assert reply["verdict"] == "gone"
    assert reply["waited_ms"] >= 300


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *((name, -1) for name in ("vanishes", "replaced", "comes-back", "taken-over", "unreadable")),
        ("unreadable", 100_000),
    ],
)
def test_an_id_that_no_session_has_or_that_no_rule_can_hold_is_no_option(farm: Farm, name: str, number: int) -> None:
    with pytest.raises(ValueError, match=f"{name} > id: Input should be"):
        farm.set_behaviour("comp1", name, id=number)


def test_slow_says_nothing_for_its_time(farm: Farm) -> None:
    farm.set_behaviour("slow", "slow", seconds=1.5)
    protocol = connect(farm, "slow", operation_timeout_sec=1)
    with open_shell(protocol) as shell:
        command = start(protocol, shell)
        protocol.send_command_input(shell, command, LIST, end=True)
        with pytest.raises(WinRMOperationTimeoutError):
            protocol.get_command_output_raw(shell, command)
        assert receive(protocol, shell, command).exit_code == 0


def test_no_right_lets_look_and_refuses_the_logoff(farm: Farm) -> None:
    (reply,) = log_off(farm, "no-right", target(listed(farm, "no-right")[3]))
    assert (reply["verdict"], reply["code"], reply["why"]) == ("refused", 5, "WTSLogoffSession")
    assert farm.sessions("no-right") == USUAL
    assert [call.code for call in farm.calls("no-right")] == [5]


def test_no_right_at_create_is_the_fault_access_denied(farm: Farm) -> None:
    farm.set_behaviour("no-right", "no-right", at="create")
    with pytest.raises(WSManFaultError) as caught:
        connect(farm, "no-right").open_shell()
    assert (caught.value.wsman_fault_code, caught.value.fault_subcode) == (5, "w:AccessDenied")


def test_unreachable_refuses_the_connection_until_it_is_brought_up(farm: Farm) -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        connect(farm, "comp3").open_shell()
    farm.set_behaviour("comp3", "none")
    assert 3 in listed(farm, "comp3")


def test_a_host_that_is_taken_down_drops_its_connections_and_keeps_its_port(farm: Farm) -> None:
    protocol = connect(farm, "comp1")
    shell = protocol.open_shell()
    url = farm.endpoints["comp1"]
    farm.take_down("comp1")
    with pytest.raises(requests.exceptions.ConnectionError):
        start(protocol, shell)
    farm.bring_up("comp1")
    assert farm.endpoints["comp1"] == url
    assert 3 in listed(farm, "comp1")


def test_wrong_password_is_401_whatever_the_password(farm: Farm) -> None:
    for _ in range(2):
        with pytest.raises(InvalidCredentialsError):
            connect(farm, "wrong-password").open_shell()
    assert farm.messages("wrong-password") == ["401", "401+challenge", "401"] * 2


def test_vanishes_after_the_first_look(farm: Farm) -> None:
    alice = listed(farm, "vanishes")[3]
    assert log_off(farm, "vanishes", target(alice))[0]["verdict"] == "absent"
    assert farm.calls("vanishes") == []


def test_replaced_after_the_first_look_is_another_person_by_another_logon(farm: Farm) -> None:
    alice = listed(farm, "replaced")[3]
    (reply,) = log_off(farm, "replaced", target(alice))
    assert (reply["verdict"], reply["why"], reply["seen"]["user"]) == ("changed", "person", "mallory")
    assert int(reply["seen"]["logon"]) > int(alice["logon"])
    assert farm.calls("replaced") == []


def test_comes_back_after_the_first_look_is_the_same_logon_at_work(farm: Farm) -> None:
    alice = listed(farm, "comes-back")[3]
    (reply,) = log_off(farm, "comes-back", target(alice))
    assert (reply["verdict"], reply["why"], reply["seen"]["state"]) == ("changed", "came_back", 0)
    assert reply["seen"]["logon"] == alice["logon"]
    assert farm.calls("comes-back") == []
    assert log_off(farm, "comes-back", target(alice, even_if_active=1))[0]["verdict"] == "gone"


def test_the_first_look_counts_anew_for_a_new_behaviour(farm: Farm) -> None:
    listed(farm, "comp1")
    farm.set_behaviour("comp1", "vanishes", id=5)
    assert 5 in listed(farm, "comp1")
    assert 5 not in listed(farm, "comp1")


def test_quota_refuses_the_shell(farm: Farm) -> None:
    with pytest.raises(WSManFaultError) as caught:
        connect(farm, "quota").open_shell()
    assert caught.value.wsman_fault_code == 2150859173


@pytest.mark.parametrize("code", [170, 2147942570, 2150859174])
def test_quota_may_end_after_some_refusals_and_has_the_code_that_it_is_told(farm: Farm, code: int) -> None:
    farm.set_behaviour("comp1", "quota", times=2, code=code)
    for _ in range(2):
        with pytest.raises(WSManFaultError) as caught:
            connect(farm, "comp1").open_shell()
        assert caught.value.wsman_fault_code == code
    assert connect(farm, "comp1").open_shell()
    assert farm.messages("comp1").count(f"Create!{code}") == 2


def test_quota_may_end_some_time_after_the_first_refusal(farm: Farm) -> None:
    def has_room() -> bool:
        try:
            return bool(connect(farm, "comp1").open_shell())
        except WSManFaultError:
            return False

    farm.set_behaviour("comp1", "quota", seconds=0.3)
    assert not has_room()
    farm.wait_until(has_room)


def test_a_farm_counts_the_shells_that_were_open_at_once(farm: Farm) -> None:
    for number in (1, 2):
        with open_shell(connect(farm, "comp1")):
            assert farm.open_shells("comp1") == 1
        assert farm.most_open_shells("comp1") == 1, number
    with open_shell(connect(farm, "comp1")), open_shell(connect(farm, "comp1")):
        pass
    assert (farm.open_shells("comp1"), farm.most_open_shells("comp1")) == (0, 2)
    farm.restore()
    assert farm.most_open_shells("comp1") == 0


def test_garbage_is_success_without_an_answer(farm: Farm) -> None:
    output = run(connect(farm, "garbage"), LIST)
    assert output.exit_code == 0
    assert b"2" * 32 not in output.stdout


def test_drops_spares_the_first_look_and_loses_the_reply_of_a_logoff_that_was_carried_out(farm: Farm) -> None:
    alice = target(listed(farm, "drops")[3])
    with pytest.raises((requests.exceptions.ConnectionError, WinRMTransportError)):
        log_off(farm, "drops", alice)
    assert "Receive!dropped" in farm.messages("drops")
    farm.wait_until(lambda: [call[:2] for call in farm.calls("drops")] == [("logoff", 3)])
    assert 3 not in listed(farm, "drops")


@pytest.mark.parametrize("at", ["create", "command", "send", "receive", "delete"])
def test_drops_cuts_the_connection_at_the_message_it_names(farm: Farm, at: str) -> None:
    farm.set_behaviour("comp1", "drops", at=at, times=0, done=False)
    with pytest.raises((requests.exceptions.ConnectionError, WinRMTransportError)):
        ask(farm, "comp1", ["list"])
    assert f"{at.title()}!dropped" in farm.messages("comp1")
    farm.set_behaviour("comp1", "none")
    assert 3 in listed(farm, "comp1")


def test_people_do_as_they_please(farm: Farm) -> None:
    farm.sign_out("comp1", 5)
    farm.return_to_work("comp1", 3)
    farm.take_over("comp1", 7, "CORP\\mallory")
    seen = listed(farm, "comp1")
    assert 5 not in seen
    assert (seen[3]["state"], seen[3]["disconnect"], seen[3]["station"]) == (0, "0", "RDP-Tcp#3")
    assert (seen[7]["user"], seen[7]["logon"]) == ("mallory", seen[7]["connect"])
    with pytest.raises(KeyError):
        farm.sign_out("comp1", 77)
    with pytest.raises(KeyError):
        farm.sign_out("no-such-host", 3)


def test_a_behaviour_that_does_not_exist_is_refused_with_the_names_there_are(farm: Farm) -> None:
    with pytest.raises(ValueError, match="hangs, delayed, slow"):
        farm.set_behaviour("comp1", "sulks")
    with pytest.raises(ValueError, match="slow > secs: Extra inputs"):
        farm.set_behaviour("comp1", "slow", secs=3)


@pytest.mark.parametrize(
    ("manner", "noted"),
    [("fault", "Create!1359"), ("denied", "Create!5"), ("500", "Create!500"), ("400", "Create!400")],
)
def test_trips_answers_a_message_so_as_often_as_it_says_and_does_not_carry_it_out(
    farm: Farm, manner: str, noted: str
) -> None:
    farm.set_behaviour("comp1", "trips", at="create", manner=manner, times=1)
    protocol = connect(farm, "comp1")
    with pytest.raises((WSManFaultError, WinRMTransportError)):
        protocol.open_shell()
    assert (farm.messages("comp1")[-1], farm.open_shells("comp1")) == (noted, 0)
    assert protocol.open_shell()


def test_a_manner_that_does_not_exist_is_refused(farm: Farm) -> None:
    with pytest.raises(ValueError, match="trips > manner"):
        farm.set_behaviour("comp1", "trips", manner="sulking")


def test_taken_over_passes_the_session_on_once_and_only_during_another_ones_logoff(farm: Farm) -> None:
    seen = listed(farm, "comp1")
    farm.set_behaviour("comp1", "taken-over", id=5)
    assert listed(farm, "comp1")[5]["user"] == "bob"
    log_off(farm, "comp1", target(seen[3]))
    mallory = listed(farm, "comp1")[5]
    assert (mallory["user"], int(mallory["logon"]) > int(seen[5]["logon"])) == ("mallory", True)
    assert log_off(farm, "comp1", target(mallory))[0]["verdict"] == "gone"


def test_a_miscompiling_host_says_so_and_touches_nobody(farm: Farm) -> None:
    alice = target(listed(farm, "comp1")[3])
    farm.set_behaviour("comp1", "miscompiles", times=1)
    script = SCRIPT.replace("namespace LogoffBot {", "namespace LogoffBot\n{")
    (error,) = log_off(farm, "comp1", alice, script=script)
    assert (error["error"]["where"], farm.calls("comp1")) == ("Add-Type", [])
    assert log_off(farm, "comp1", alice, script=script)[0]["verdict"] == "gone"
