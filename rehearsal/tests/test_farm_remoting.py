"""PowerShell remoting on the farm's hosts, driven by pypsrp: a client that knows nothing of the farm.

Behind the endpoint stands the double, and the engine's own server with the module: each test asks both.
"""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import WSManFaultError

from rehearsal_testing.remoting_client import (
    ask,
    ask_all,
    ask_script,
    open_pool,
    order,
    person,
    pipeline,
    sessions,
    start_farm,
)
from rehearsal_testing.winrm_client import write_farm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypsrp.powershell import RunspacePool

    from rehearsal.windows import Farm

pytestmark = pytest.mark.timeout(120)  # the client asks for output without end

FARM = """
account: {username: CORP\\svc, password: fiction}
every_host: [{id: 0, station: Services, state: disconnected}, {id: 65536, station: RDP-Tcp, state: listen}]
remoting: {LogoffBot: , Others: {access: other}, Closed: {access: denied}}
hosts:
  one:
    sessions:
      - {id: 3, user: CORP\\alice, disconnected: 3h, logged_on: 1d2h, client: LAPTOP-7, address: 10.0.4.17}
      - {id: 5, user: CORP\\josé, idle: 2m}
  bare: {remoting: []}
"""
OWN = ["Clear-Host", "Exit-PSSession", "Get-Command", "Get-FormatData", "Get-Help", "Measure-Object", "Out-Default"]
OWN += ["Select-Object"]
MODULE = ["Disconnect-TSSession", "Get-TSSession", "Send-TSMessage", "Stop-TSSession"]
NOBODY = {"Id": 3, "Force": True}
NO_COMMAND, MISSING = "CommandNotFoundException", "MissingMandatoryParameter"
INVALID, NO_PARAMETER = "ParameterArgumentValidationError", "NamedParameterNotFound"
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("Invoke-Expression", {"Command": "1"}, NO_COMMAND),
    ("Import-Module", {"Name": "LogoffBot"}, NO_COMMAND),
    ("Get-ChildItem", {}, NO_COMMAND),
    ("Get-TSSession", {"ComputerName": "dc1"}, INVALID),
    ("Stop-TSSession", {"ComputerName": "dc1", "UserName": "CORP\\alice", "LogonTime": 1} | NOBODY, INVALID),
    ("Stop-TSSession", NOBODY, MISSING),
    ("Stop-TSSession", NOBODY | {"UserName": "CORP\\alice"}, MISSING),
    ("Stop-TSSession", NOBODY | {"LogonTime": 1}, MISSING),
    ("Disconnect-TSSession", NOBODY, MISSING),
    ("Send-TSMessage", {"Id": 3, "Text": "Save"}, MISSING),
    ("Stop-TSSession", NOBODY | {"UserName": "CORP\\alice", "LogonTime": 1, "TimeoutSeconds": 0}, INVALID),
    ("Stop-TSSession", NOBODY | {"UserName": "CORP\\alice", "LogonTime": 1, "Newer": True}, NO_PARAMETER),
    ("Get-TSSession", {"Id": "three"}, "CannotConvertArgumentNoMessage"),
    ("Stop-TSSession", NOBODY | {"ComputerName": "dc1"}, INVALID),
    ("Stop-TSSession", NOBODY | {"UserName": None, "LogonTime": 1}, INVALID),
    ("Stop-TSSession", NOBODY | {"UserName": ["a", "b"], "LogonTime": 1}, "CannotConvertArgument"),
    ("Send-TSMessage", {"Caption": "", "Newer": True}, INVALID),
    ("Disconnect-TSSession", NOBODY | {"SaidState": None}, "ParameterBindingFailed"),
    ("Stop-TSSession", {"InputObject": "x", "Force": True}, "CannotConvertArgumentNoMessage"),
    ("Disconnect-TSSession", {"InputObject": {"SessionId": 3}, "Force": True}, "CannotConvertArgumentNoMessage"),
    ("Stop-TSSession", {"InputObject": None, "Force": True}, INVALID),
    ("Get-TSSession", {"Process": False}, MISSING),
    ("Get-TSSession", {"ClientName": "*", "MachineDns": "one"}, "AmbiguousParameterSet"),
    ("Get-TSSession", {"Id": 4, "Verbose": True}, "absent:0"),
    ("Get-TSSession", {"Id": 3, "LogonTime": 1}, MISSING),
    ("Get-TSSession", {"Id": 3, "Process": True, "State": "Active"}, "AmbiguousParameterSet"),
    ("Get-TSSession", {"Id": 0, "Process": True}, "request:87"),
    ("Get-TSSession", {"Id": 4, "Process": True}, "changed:0"),
    ("Get-TSSession", {"Id": 3, "Process": True, "UserName": ["CORP\\alice", "CORP\\bob"]}, "changed:0"),
    ("Get-TSSession", {"Id": 4}, "absent:0"),
    ("Get-TSSession", {"Id": 3, "Process": True, "UserName": "CORP\\bob", "LogonTime": 1}, "changed:0"),
]


COMMON = {"ModuleVersion": str, "Server": str, "DnsName": str, "SessionId": int}
SEEN = {"StateCode": int, "WindowStationName": str, "DomainName": str, "User": str, "ClientName": str, "IPAddress": str}
SEEN |= {"ProtocolCode": int, "ClientBuildNumber": int, "ClientDisplay": str, "ErrorCode": int, "UnreadParts": str}
SEEN |= dict.fromkeys(("LoginTime", "ConnectTime", "DisconnectTime", "LastInputTime", "CurrentTime", "CutLetters"), int)
SESSION = COMMON | SEEN | {"State": str, "UserName": str, "IdleSeconds": int, "Synchronous": bool}
PROGRAM = COMMON | {"Name": str, "CpuTicks": int, "WorkingSetBytes": int}
RESULT = COMMON | {"Verdict": str, "Code": int, "Why": str, "WaitedMs": int, "HasSeen": bool}
RESULT |= {f"Seen{name}": kind for name, kind in SEEN.items()}


@pytest.fixture(scope="module", params=["double", "pwsh"])
def farm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with start_farm(write_farm(tmp_path_factory.mktemp("farm"), FARM), request.param) as farm:
        yield farm


@pytest.fixture(scope="module")
def shared_pool(farm: Farm) -> Iterator[RunspacePool]:
    with open_pool(farm, "one") as pool:
        yield pool


@pytest.fixture
def pool(farm: Farm, shared_pool: RunspacePool) -> RunspacePool:
    """The one pool of all tests, on a host as it was at the beginning."""
    farm.restore()
    return shared_pool


def test_a_member_lists_messages_disconnects_and_logs_off(farm: Farm, pool: RunspacePool) -> None:
    told = sessions(pool)
    assert [each["UserName"] for each in told.values()] == ["", "CORP\\alice", "CORP\\josé", ""]
    seen = {"State": "Disconnected", "IPAddress": "10.0.4.17", "ModuleVersion": "0.1.0", "Server": "ONE"}
    assert seen.items() <= told[3].items()
    assert ask(pool, "Send-TSMessage", **person(told[3]), Text="$(1+1); `whoami`").rows[0]["Verdict"] == "sent"
    left = ask(pool, "Disconnect-TSSession", **order(told[5], EvenIfActive=True, Synchronous=True)).rows[0]
    assert (left["Verdict"], left["SeenStateCode"], left["SeenUser"]) == ("disconnected", 4, "josé")
    gone = ask(pool, "Stop-TSSession", **order(told[3], Synchronous=True)).rows[0]
    assert (gone["Verdict"], gone["HasSeen"]) == ("gone", False)
    expected = [("message", 3, "CORP\\alice"), ("disconnect", 5, "CORP\\josé"), ("logoff", 3, "CORP\\alice")]
    assert farm.touched("one") == expected
    assert farm.calls("one")[0].text == "$(1+1); `whoami`"
    assert (farm.open_pipelines("one"), farm.open_shells("one")) == (0, 1)


def test_programs_are_told_of_the_person_that_is_named(pool: RunspacePool) -> None:
    rows = ask(pool, "Get-TSSession", **person(sessions(pool)[3]), Process=True).rows
    assert [each["Name"] for each in rows] == ["winlogon.exe", "explorer.exe", "EXCEL.EXE"]
    assert (rows[2]["CpuTicks"], rows[2]["WorkingSetBytes"]) == (7_200_000_000, 1_288_490_188)


def test_every_answer_is_flat_and_has_all_its_properties(pool: RunspacePool) -> None:
    """The same from the double and from the module, with the same types."""

    def kinds(name: str, given: dict[str, Any]) -> list[dict[str, type]]:
        return [{key: type(value) for key, value in row.items()} for row in ask(pool, name, **given).rows]

    alice = sessions(pool)[3]
    assert kinds("Get-TSSession", {}) == [SESSION] * 4
    assert kinds("Get-TSSession", person(alice) | {"Process": True}) == [PROGRAM] * 3
    assert kinds("Send-TSMessage", person(alice) | {"Text": "Save"}) == [RESULT]
    assert kinds("Stop-TSSession", order(alice, Id=4)) == [RESULT]


@pytest.mark.parametrize(("name", "given", "identifier"), REFUSED)
def test_what_is_refused_touches_nothing(
    farm: Farm, pool: RunspacePool, name: str, given: dict[str, Any], identifier: str
) -> None:
    assert ask(pool, name, **given) == ([], [identifier])
    assert farm.calls("one") == []


@pytest.mark.parametrize("script", ["Get-TSSession", "1+1", "[Environment]::MachineName"])
def test_no_script_is_run(pool: RunspacePool, script: str) -> None:
    assert ask_script(pool, script) == ([], ["ScriptsNotAllowed"])


def test_a_member_sees_four_commands_and_the_sessions_own(farm: Farm, pool: RunspacePool) -> None:
    assert sorted(each["Name"] for each in ask(pool, "Get-Command").rows) == sorted(OWN + MODULE)
    with open_pool(farm, "one", "Others") as other:
        assert sorted(each["Name"] for each in ask(other, "Get-Command").rows) == OWN
        assert ask(other, "Get-TSSession").errors == [NO_COMMAND]


def test_nobody_is_asked_and_what_if_beats_force(farm: Farm, pool: RunspacePool) -> None:
    alice = sessions(pool)[3]
    assert ask(pool, "Stop-TSSession", **person(alice)).errors == ["HostFunctionNotImplemented"]
    assert ask(pool, "Stop-TSSession", **order(alice, Confirm=True)).errors == ["HostFunctionNotImplemented"]
    assert ask(pool, "Stop-TSSession", **order(alice, WhatIf=True)) == ([], [])
    assert farm.calls("one") == []


def test_a_session_that_is_not_as_it_was_said_is_left_alone(farm: Farm, pool: RunspacePool) -> None:
    alice, jose = (sessions(pool)[number] for number in (3, 5))

    def why(session: dict[str, Any], **changes: Any) -> tuple[str, str]:
        (row,) = ask(pool, "Stop-TSSession", **order(session, **changes)).rows
        return row["Verdict"], row["Why"]

    assert why(alice, UserName="CORP\\bob") == ("changed", "person")
    assert why(alice, LogonTime=alice["LoginTime"] + 1) == ("changed", "person")
    assert why(alice, Condition="user\tlike\tbob*") == ("changed", "filter")
    assert why(jose, SaidState=4) == ("changed", "came_back")
    assert why(alice, Id=0) == ("protected", "session 0")
    assert why(alice, Id=4) == ("absent", "")
    assert why(alice, Id=65536, UserName="", LogonTime=0) == ("protected", "listener")
    assert ask(pool, "Stop-TSSession", **order(alice, MachineDns="another")).errors == ["machine:0"]
    assert ask(pool, "Stop-TSSession", **order(alice, Condition="user")).errors == ["request:87"]
    assert farm.calls("one") == []


def test_a_long_command_comes_in_several_messages(farm: Farm, pool: RunspacePool) -> None:
    alice = sessions(pool)[3]
    before = farm.messages("one").count("Send")
    conditions = [f"user\tlike\t*{'a' * 60_000}"] * 10
    assert ask(pool, "Stop-TSSession", **order(alice, Condition=conditions)).rows[0]["Why"] == "filter"
    assert farm.messages("one").count("Send") > before


def test_users_act_after_the_first_look_and_answers_can_be_made_untrue(farm: Farm, pool: RunspacePool) -> None:
    farm.set_behaviour("one", "replaced", id=3)
    told = sessions(pool)[3]
    assert ask(pool, "Stop-TSSession", **order(told)).rows[0]["Why"] == "person"
    farm.set_behaviour("one", "garbles", how="elsewhere")
    assert {each["Server"] for each in sessions(pool).values()} == {"ELSEWHERE"}
    assert farm.calls("one") == []


FORCED = {"Force": True, "EvenIfActive": True}
ACTS: list[tuple[str, dict[str, Any], list[tuple[str, int]]]] = [
    ("Stop-TSSession", FORCED, [("logoff", 3), ("logoff", 5)]),
    ("Disconnect-TSSession", FORCED, [("disconnect", 5)]),  # 3 is disconnected already
    ("Send-TSMessage", {"Text": "Save"}, [("message", 3), ("message", 5)]),
]


@pytest.mark.parametrize(("act", "given", "touched"), ACTS, ids=lambda each: each if isinstance(each, str) else "")
def test_a_list_that_is_piped_into_an_act_reaches_everybody_in_one_call(
    farm: Farm, pool: RunspacePool, act: str, given: dict[str, Any], touched: list[tuple[str, int]]
) -> None:
    """What the list says of each session is what the act compares, so whoever may call both needs to name nobody."""
    piped = ask_all(pool, ("Get-TSSession", {}), (act, given))
    assert [each["SessionId"] for each in piped.rows] == [3, 5]
    assert [(call, number) for call, number, _ in farm.touched("one")] == touched


def test_a_host_that_refuses_says_its_code(farm: Farm, pool: RunspacePool) -> None:
    farm.set_behaviour("one", "no-right", at="list")
    assert ask(pool, "Get-TSSession").errors == ["WTSEnumerateSessionsExW:5"]


def test_a_wait_ends_when_it_is_stopped_and_another_call_does_not_wait(farm: Farm, pool: RunspacePool) -> None:
    farm.set_behaviour("one", "hangs")
    stuck = pipeline(pool, ("Stop-TSSession", order(sessions(pool)[3], Synchronous=True, TimeoutSeconds=50)))
    stuck.begin_invoke()
    farm.wait_until(lambda: bool(farm.touched("one")))
    told: list[int] = []

    def look() -> None:
        with open_pool(farm, "one") as another:
            told.extend(sessions(another))

    looking = Thread(target=look)
    looking.start()
    looking.join()
    assert told == [0, 3, 5, 65536]
    assert stuck.state == PSInvocationState.RUNNING
    stuck.stop()
    assert stuck.end_invoke() == []
    assert stuck.state == PSInvocationState.STOPPED
    stuck.close()
    assert farm.open_pipelines("one") == 0


def test_an_endpoint_that_is_missing_or_closed_is_a_fault(farm: Farm) -> None:
    for host, endpoint, code in (
        ("bare", "LogoffBot", 2150858811),
        ("one", "Nobody", 2150858811),
        ("one", "Closed", 5),
    ):
        with pytest.raises(WSManFaultError) as caught, open_pool(farm, host, endpoint):
            pass
        assert caught.value.code == code
