"""The module at a prompt on comp1: what the help page shows, what is asked before, and whom it touches."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rehearsal.windows.sessions import Mode, Rule, Session, State, now_ticks
from tests.contract.module_engine import Prompt, open_prompt, people
from tests.contract.module_lines import ALICE, FOUND, JUDGED, REFUSED
from tests.support.cases import for_each

if TYPE_CHECKING:
    from collections.abc import Iterator

WHAT_IF = 'What if: Performing the operation "Logging off session id \'{}\'" on target "comp1".'


@pytest.fixture(scope="module")
def one_prompt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prompt]:
    with open_prompt(tmp_path_factory.mktemp("module")) as opened:
        yield opened


@pytest.fixture
def prompt(one_prompt: Prompt) -> Prompt:
    one_prompt.put()
    return one_prompt


def logon_of(prompt: Prompt, session_id: int) -> int:
    return next(each.logon for each in prompt.sessions.all() if each.id == session_id)


def test_the_first_example_of_the_help_page_asks_for_each_person_by_name(prompt: Prompt) -> None:
    said = prompt.run("Get-TSSession -ComputerName comp1 | Stop-TSSession", answers="YNY")
    assert prompt.acts() == [("logoff", 3, "CORP\\alice"), ("logoff", 7, "CORP\\carol")]
    assert [each["Verdict"] for each in said.output] == ["requested", "requested"]
    operation = 'Performing the operation "Logging off session id \'3\'" on target "comp1".'
    question = f"{operation} It is the session of CORP\\alice, Disconnected."
    assert said.host[0].split("\n")[0] == "Confirm"
    assert said.host[0].split("\n")[-1] == question
    assert len(said.host) == 3
    assert (said.errors, said.failed) == ([], None)


def test_yes_to_all_and_no_to_all_answer_for_the_rest(prompt: Prompt) -> None:
    assert len(prompt.run("Get-TSSession -ComputerName comp1 | Stop-TSSession", answers="NL").host) == 2
    assert prompt.acts() == []
    assert len(prompt.run("Get-TSSession -ComputerName comp1 | Disconnect-TSSession", answers="A").host) == 1
    assert [name for name, _, _ in prompt.acts()] == ["disconnect", "disconnect"]


def test_the_second_example_logs_off_whoever_is_active_and_asks_nothing(prompt: Prompt) -> None:
    said = prompt.run("Get-TSSession -ComputerName comp1 -State Active | Stop-TSSession -Force")
    assert prompt.acts() == [("logoff", 5, "CORP\\bob"), ("logoff", 7, "CORP\\carol")]
    assert (said.host, said.errors, said.failed) == ([], [], None)


def test_the_third_example_waits_until_each_is_gone(prompt: Prompt) -> None:
    prompt.put(rule=Rule(mode=Mode.AFTER, number=300))
    said = prompt.run("Get-TSSession -ComputerName comp1 -State Active -Synchronous | Stop-TSSession -Force")
    assert [(each["SessionId"], each["Verdict"]) for each in said.output] == [(5, "gone"), (7, "gone")]
    ended, begun = (call.at for call in prompt.sessions.calls())
    assert begun - ended >= 300 * 10_000
    assert said.errors == []


def test_what_is_nobodys_session_is_passed_over_and_said_on_request(prompt: Prompt) -> None:
    said = prompt.run("Get-TSSession | Stop-TSSession -Force -Verbose")
    passed = [re.match(r"Session (\d+) is passed over", each) for each in said.verbose]
    assert [int(each[1]) for each in passed if each] == [0, 1, 65536]
    assert (said.errors, said.failed) == ([], None)
    assert prompt.run("Get-TSSession | Send-TSMessage 'hello'").errors == []
    assert len(prompt.acts()) == 3


def test_sessions_in_a_variable_are_input_objects(prompt: Prompt) -> None:
    keep = "$found = Get-TSSession -Synchronous; "
    said = prompt.run(keep + "Stop-TSSession -InputObject $found -WhatIf -Verbose")
    assert [each for each in said.host if each.startswith("What")] == [WHAT_IF.format(each) for each in (3, 5, 7)]
    assert (len(said.verbose), said.wrong) == (3, "")
    said = prompt.run(keep + "Disconnect-TSSession -InputObject $found -Force")
    assert [each["Verdict"] for each in said.output] == ["disconnected"] * 3
    said = prompt.run("$found = Get-TSSession -Id 3; Stop-TSSession -InputObject $found -Force -Sync; $found.UserName")
    assert (said.output[0]["Verdict"], said.output[1]) == ("gone", "CORP\\alice")


@for_each(
    "line",
    [
        "Get-TSSession | Stop-TSSession -WhatIf",
        "Get-TSSession | Stop-TSSession -Force -WhatIf",
        "Get-TSSession | Stop-TSSession -Force -WhatIf -Confirm:$false",
        "Get-TSSession -Synchronous | Stop-TSSession -Force -wi",
        "& { $WhatIfPreference = $true; Get-TSSession | Stop-TSSession -Force }",
        "& { $WhatIfPreference = 'yes'; Get-TSSession | Stop-TSSession -Force -Confirm:$false }",
    ],
)
def test_whatif_beats_force(prompt: Prompt, line: str) -> None:
    said = prompt.run(line)
    assert said.host == [WHAT_IF.format(each) for each in (3, 5, 7)]
    assert (said.output, said.errors, prompt.acts()) == ([], [], [])


def test_whatif_that_is_taken_back_acts_and_a_confirm_asks_in_spite_of_force(prompt: Prompt) -> None:
    prompt.run("& { $WhatIfPreference = $true; Get-TSSession -Id 5 | Stop-TSSession -Force -WhatIf:$false }")
    assert prompt.acts() == [("logoff", 5, "CORP\\bob")]
    assert len(prompt.run("Get-TSSession -Id 7 | Stop-TSSession -Force -Confirm", answers="N").host) == 1
    prompt.run("Get-TSSession -Id 3 | Stop-TSSession -Confirm:$false")
    assert [call[1] for call in prompt.acts()] == [5, 3]


def test_nothing_that_one_line_sets_is_left_for_the_next(prompt: Prompt) -> None:
    prompt.run("Get-TSSession -Id 3 | Stop-TSSession -Force")
    said = prompt.run('"$ConfirmPreference $WhatIfPreference"; Get-TSSession -Id 5 | Stop-TSSession', answers="N")
    assert said.output == ["High False"]
    assert len(said.host) == 1


@for_each(("line", "identifier"), list(REFUSED.items()))
def test_what_is_wrong_is_refused_by_its_identifier_and_touches_nobody(
    prompt: Prompt, line: str, identifier: str
) -> None:
    said = prompt.run(line)
    assert said.identifier == identifier
    assert (said.output, prompt.acts()) == ([], [])


def test_another_machine_is_refused_with_the_next_step(prompt: Prompt) -> None:
    (error,) = prompt.run('Get-TSSession -ComputerName "dc1$([char]27)[2J"').errors
    assert "serves COMP1, the machine it runs on, and 'dc1?[2J' is none of its names" in error
    assert "Enter-PSSession" in error


@for_each(
    "name", ["localhost", "LOCALHOST", ".", "comp1", "COMP1", "Comp1", "comp1.corp.example", "COMP1.Corp.Example"]
)
def test_this_machine_is_served_by_any_of_its_names(prompt: Prompt, name: str) -> None:
    assert [each["SessionId"] for each in prompt.run(f"Get-TSSession -ComputerName {name} 3").output] == [3]
    assert prompt.run(f"Get-TSSession 3 | Stop-TSSession -CN {name} -WhatIf").host[0].lower().startswith("what if")


@for_each(("line", "ids"), list(FOUND.items()))
def test_filters_take_wildcards_in_any_letter_case(prompt: Prompt, line: str, ids: list[int]) -> None:
    said = prompt.run(line)
    assert ([each["SessionId"] for each in said.output], said.errors) == (ids, [])


def test_an_id_that_no_session_has_is_an_error_beside_those_that_are_there(prompt: Prompt) -> None:
    said = prompt.run("Get-TSSession -Id 3, 99")
    assert [each["SessionId"] for each in said.output] == [3]
    assert said.identifier == "absent:0"


def test_a_listed_session_says_all_that_windows_tells_and_nothing_in_another_object(prompt: Prompt) -> None:
    (row,) = prompt.run("Get-TSSession -Id 5 -Synchronous").output
    (bob,) = (each for each in prompt.sessions.all() if each.id == 5)
    assert (
        row.items()
        >= {
            "type": "LogoffBot.TSSession",
            "ModuleVersion": "0.1.0",
            "Server": "COMP1",
            "DnsName": "COMP1",
            "State": "Active",
            "StateCode": 0,
            "UserName": "CORP\\bob",
            "DomainName": "CORP",
            "User": "bob",
            "WindowStationName": "RDP-Tcp#5",
            "ClientName": "LAPTOP-8",
            "ClientBuildNumber": 19045,
            "ProtocolCode": 2,
            "LoginTime": bob.logon,
            "ConnectTime": bob.connect,
            "DisconnectTime": 0,
            "LastInputTime": bob.input,
            "Synchronous": True,
            "ErrorCode": 0,
            "UnreadParts": "",
            "CutLetters": 0,
        }.items()
    )
    assert {type(value) for value in row.values()} == {str, int, bool}


def test_the_programs_of_a_session_are_flat_rows(prompt: Prompt) -> None:
    for line in ("Get-TSSession -Id 3 -Process", "Get-TSSession -UserName alice | Get-TSSession -Process"):
        rows = prompt.run(line).output
        assert {"winlogon.exe", "EXCEL.EXE"} <= {row["Name"] for row in rows}
        assert {(row["SessionId"], row["Server"], row["ModuleVersion"]) for row in rows} == {(3, "COMP1", "0.1.0")}
        assert min(row["WorkingSetBytes"] for row in rows) > 0
    said = prompt.run("Get-TSSession | Get-TSSession -Process -Verbose")
    assert {row["SessionId"] for row in said.output} == {3, 5, 7}
    assert (len(said.verbose), said.failed) == (3, None)
    prompt.put(Session(id=3, state=State.ACTIVE, domain="CORP", user="alice"), people()[3])
    said = prompt.run("Get-TSSession | Get-TSSession -Process -Verbose")
    assert ({row["SessionId"] for row in said.output}, said.wrong) == ({5}, "")


@for_each(("line", "judged"), list(JUDGED.items()))
def test_an_act_is_judged_as_the_agent_judges_it(prompt: Prompt, line: str, judged: tuple[str, str]) -> None:
    prompt.put()
    (result,) = prompt.run(line.format(logon_of(prompt, 3))).output
    assert (result["Verdict"], result["Why"]) == judged
    touched = judged[0] in {"requested", "gone", "sent"} or judged == ("disconnected", "")
    assert len(prompt.acts()) == int(touched)


def test_nobody_at_the_console_is_touched_unless_that_is_said(prompt: Prompt) -> None:
    alice = next(each for each in people() if each.id == 3)
    prompt.put(replace(alice, station="Console"))
    (result,) = prompt.run("Get-TSSession | Stop-TSSession -Force").output
    assert (result["Verdict"], result["Why"], prompt.acts()) == ("protected", "console", [])
    (result,) = prompt.run("Get-TSSession | Stop-TSSession -Force -EvenAtConsole").output
    assert result["Verdict"] == "requested"


def test_a_result_says_what_was_seen_in_flat_values(prompt: Prompt) -> None:
    logon = logon_of(prompt, 5)
    (result,) = prompt.run("Get-TSSession 5 | Stop-TSSession -Force").output
    assert (
        result.items()
        >= {
            "type": "LogoffBot.TSResult",
            "ModuleVersion": "0.1.0",
            "Server": "COMP1",
            "SessionId": 5,
            "Code": 0,
            "HasSeen": True,
            "SeenStateCode": 0,
            "SeenUser": "bob",
            "SeenDomainName": "CORP",
            "SeenErrorCode": 0,
            "SeenLoginTime": logon,
            "SeenClientName": "LAPTOP-8",
            "SeenWindowStationName": "RDP-Tcp#5",
        }.items()
    )
    assert {type(value) for value in result.values()} == {str, int, bool}
    (absent,) = prompt.run(f"Stop-TSSession 99 {ALICE} 1 -Force").output
    assert (absent["HasSeen"], absent["SeenUser"], absent["SeenStateCode"]) == (False, "", -1)


def test_a_message_arrives_as_it_was_typed(prompt: Prompt) -> None:
    text = "'$(1+1); ``whoami`` <b> 山田😀'"
    prompt.run(f"Get-TSSession 5 | Send-TSMessage {text} -Caption 'Service desk'")
    (call,) = prompt.sessions.calls()
    assert (call.title, call.text) == ("Service desk", text.strip("'"))
    prompt.run("Get-TSSession 3 | Send-TSMessage -Text hello")
    assert prompt.sessions.calls()[1].title == "Alert"


def test_a_session_that_never_ends_has_a_deadline_and_those_behind_it_are_left_alone(prompt: Prompt) -> None:
    prompt.put(rule=Rule(mode=Mode.NEVER))
    said = prompt.run("Get-TSSession -Synchronous | Stop-TSSession -Force -TimeoutSeconds 1")
    assert [(each["SessionId"], each["Verdict"]) for each in said.output] == [(3, "still_closing")]
    assert [error.split(",")[0] for error in said.errors] == ["waiting:0", "waiting:0"]
    assert "Session 5 was not touched: session 3 was still closing after 1 s." in said.errors[0]
    assert [call[1] for call in prompt.acts()] == [3]


def test_ctrl_c_ends_the_waiting_and_touches_nobody_more(prompt: Prompt) -> None:
    prompt.put(rule=Rule(mode=Mode.NEVER))
    line = "Get-TSSession -Synchronous | Stop-TSSession -Force -TimeoutSeconds 86400"
    said = prompt.run(line, stop_when=prompt.calls_file)
    assert said.state == "Stopped"
    assert prompt.acts() == [("logoff", 3, "CORP\\alice")]


def test_what_windows_refuses_is_a_verdict_or_an_error_with_its_code(prompt: Prompt) -> None:
    prompt.put(rule=Rule(mode=Mode.ERROR, number=5))
    (result,) = prompt.run("Get-TSSession 3 | Stop-TSSession -Force").output
    assert (result["Verdict"], result["Code"], result["Why"]) == ("refused", 5, "WTSLogoffSession")
    prompt.put(rule=Rule(mode=Mode.BLIND, number=5))
    for line in ("Get-TSSession", f"Stop-TSSession 3 {ALICE} 1 -Force"):
        (error,) = prompt.run(line).errors
        assert error.startswith("WTSEnumerateSessionsExW:5,LogoffBot.")
        assert "needs the rights of an administrator" in error


def test_a_session_that_cannot_be_read_is_listed_with_its_codes(prompt: Prompt) -> None:
    prompt.put(Session(id=9, state=State.ACTIVE, domain="CORP", user="dave", logon=now_ticks(), odd="10:5 24:1722"))
    (row,) = prompt.run("Get-TSSession").output
    assert (row["UnreadParts"], row["ErrorCode"], row["LoginTime"]) == ("client=5 times=1722", 1722, 0)
    assert prompt.run("Get-TSSession | Stop-TSSession -Force").errors == []
    assert prompt.acts() == []
