"""One protocol, three engines: PowerShell, mono and the Python double give the same replies to the same requests.

The agent is the real one, as it is sent to Windows hosts. `docs/agent-protocol.md` is the specification.
"""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING

import pytest

from adapters.windows import shell
from adapters.windows.agent import script
from rehearsal.windows import SHIPPED_FARM, Farm
from rehearsal_testing.winrm_client import (
    BOOTSTRAP,
    SCRIPT,
    ask,
    connect,
    line_of,
    listed,
    open_shell,
    payload,
    run,
    start,
    start_shipped_farm,
    target,
)
from tests.contract.shipped import AGENT, TIMES, act, look, timeless

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=["pwsh", "mono", "double"])
def shared_farm(request: pytest.FixtureRequest) -> Iterator[Farm]:
    farm = start_shipped_farm(request.param)
    yield farm
    farm.stop()


@pytest.fixture
def farm(shared_farm: Farm) -> Farm:
    """With everybody back in place, for the price of no new engine."""
    shared_farm.restore()
    return shared_farm


def test_the_bootstrap_is_the_documented_one() -> None:
    assert shell.BOOTSTRAP == BOOTSTRAP


@pytest.mark.parametrize("host", ["comp1", "comp2"])
def test_a_list_is_the_same_to_the_letter(farm: Farm, host: str) -> None:
    first, *sessions = ask(farm, host, ["list"], AGENT)
    assert (first["host"]["name"], first["host"]["pointer"]) == (host.upper(), 8)
    with Farm.from_file(SHIPPED_FARM, engine="double") as double:
        expected = [timeless(each) for each in listed(double, host).values()]
    assert [timeless(each["session"]) for each in sessions] == expected
    assert all(isinstance(each["session"][name], str) for each in sessions for name in TIMES)


def test_times_are_those_of_the_host(farm: Farm) -> None:
    alice = look(farm)[3]
    kept = next(each for each in farm._hosts["comp1"].machine.sessions.all() if each.id == 3)
    times = (str(kept.logon), str(kept.connect), str(kept.disconnect), "0")
    assert (alice["logon"], alice["connect"], alice["disconnect"], alice["input"]) == times


def test_a_person_as_described_is_logged_off_and_nobody_else(farm: Farm) -> None:
    seen = look(farm)
    before = farm.snapshot()
    (reply,) = act(farm, target(seen[3]))
    assert {name: reply[name] for name in ("target", "verdict", "code", "why", "seen")} == {
        "target": 0,
        "verdict": "gone",
        "code": 0,
        "why": "",
        "seen": None,
    }
    before["comp1"] = [each for each in before["comp1"] if each["id"] != 3]
    assert farm.snapshot() == before


def test_a_disconnect_leaves_the_session_and_is_seen(farm: Farm) -> None:
    seen = look(farm)
    there = [target(seen[5]), target(seen[3])]
    first, second = ask(farm, "comp1", ["disconnect", line_of("wait", 5), *there], AGENT)
    assert [(each["verdict"], each["why"]) for each in (first, second)] == [
        ("disconnected", ""),
        ("disconnected", "already"),
    ]
    assert (first["seen"]["state"], first["seen"]["station"], first["seen"]["user"]) == (4, "", "bob")
    assert [call[:2] for call in farm.calls("comp1")] == [("disconnect", 5)]


def test_a_message_is_shown_as_it_was_typed_and_not_waited_for(farm: Farm) -> None:
    seen = look(farm)
    title, text = "Wartung: Ремонт", "Zeile 1\r\nZeile 2\t'@ $(x) 😀"
    replies = ask(farm, "comp1", ["message", line_of("say", title, text), target(seen[5]), target(seen[3])], AGENT)
    assert [each["verdict"] for each in replies] == ["sent", "sent"]
    calls = farm.calls("comp1")
    assert [(call.name, call.session_id, call.title, call.text) for call in calls] == [
        ("message", 5, title, text),
        ("message", 3, title, text),
    ]


def test_replies_arrive_while_the_rest_is_still_waited_for(farm: Farm) -> None:
    seen = look(farm)
    farm.set_behaviour("comp1", "delayed", seconds=30)
    nonce = secrets.token_hex(16)
    data = payload(nonce, ["logoff", line_of("wait", 60), target(seen[3], id=99), target(seen[3])], AGENT)
    protocol = connect(farm, "comp1", operation_timeout_sec=15)
    with open_shell(protocol) as shell:
        command = start(protocol, shell)
        protocol.send_command_input(shell, command, data, end=True)
        begun, _, _, _ = protocol.get_command_output_raw(shell, command)
        stdout, _, _, done = (begun, "", 0, False) if b"}" in begun else protocol.get_command_output_raw(shell, command)
    assert begun.startswith(nonce.encode())
    assert (b'"absent"' in begun + stdout, b'"end"' in begun + stdout, done) == (True, False, False)


def test_deleting_the_shell_ends_the_program(farm: Farm) -> None:
    """The threads of a command end with its process, which would wait for a minute."""
    seen = look(farm)
    farm.set_behaviour("comp1", "hangs")
    data = payload(secrets.token_hex(16), ["logoff", line_of("wait", 60), target(seen[3])], AGENT)
    protocol = connect(farm, "comp1")
    with open_shell(protocol) as shell:
        command = start(protocol, shell)
        protocol.send_command_input(shell, command, data, end=True)
        farm.wait_until(lambda: bool(farm.calls("comp1")), timeout=30)
    farm.wait_until(lambda: not any(each.name.endswith(command) for each in threading.enumerate()))


def test_csharp_of_a_newer_kind_is_refused_by_real_engines(farm: Farm) -> None:
    newer = AGENT.replace("const int PollEveryMs = 200;", "const int PollEveryMs = 2_00;")
    assert newer != AGENT
    output = run(connect(farm, "comp1"), payload("3" * 32, ["list"], newer))
    if "PowerShell" in farm.banner:
        assert b'"where": "Add-Type"' in output.stdout
    elif "mono" in farm.banner:
        assert (output.stdout, output.exit_code) == (b"", 1)
        assert b"error" in output.stderr
    else:
        assert output.stdout.count(b'"session"') == 6  # the double reads no C#


def test_a_request_that_cannot_be_understood_is_one_line_with_its_end(farm: Farm) -> None:
    (reply,) = ask(farm, "comp1", ["reboot"], AGENT)
    assert (reply["error"]["where"], reply["error"]["code"], farm.calls("comp1")) == ("request", 87, [])


def test_line_ends_of_windows_are_as_good(farm: Farm) -> None:
    data = payload("4" * 32, ["list"], AGENT).replace(b"\n", b"\r\n")
    output = run(connect(farm, "comp1"), data)
    assert (output.stderr, output.exit_code) == (b"", 0)
    assert output.stdout.endswith(b'{"end": 7}' + b"4" * 32 + b"\n")


def test_the_payload_the_bot_sends_is_what_these_tests_send() -> None:
    assert script.payload("5" * 32, ("list",)) == payload("5" * 32, ["list"], AGENT)
    assert SCRIPT != AGENT
