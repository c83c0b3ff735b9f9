"""One protocol, three engines: PowerShell, mono and the Python double give the same replies to the same requests.

The agent is the real one, as it is sent to Windows hosts. `docs/agent-protocol.md` is the specification.
"""

from __future__ import annotations

import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import rehearsal
from adapters.windows import script
from rehearsal.windows import EngineMissingError, Farm
from tests.farm_client import (
    BOOTSTRAP,
    SCRIPT,
    ask,
    connect,
    line_of,
    listed,
    log_off,
    open_shell,
    payload,
    run,
    target,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.windows.settings import EngineName

SHIPPED = Path(rehearsal.__file__).with_name("farm.yaml")
AGENT = script.constant_script()
TIMES = ("logon", "connect", "disconnect", "input", "now")


@pytest.fixture(scope="module", params=["pwsh", "mono", "double"])
def shared_farm(request: pytest.FixtureRequest) -> Iterator[Farm]:
    farm = start(request.param)
    yield farm
    farm.stop()


@pytest.fixture
def farm(shared_farm: Farm) -> Farm:
    """With everybody back in place, for the price of no new engine."""
    shared_farm.restore()
    return shared_farm


def start(engine: EngineName) -> Farm:
    farm = Farm.from_file(SHIPPED, engine=engine)
    try:
        farm.start()
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    return farm


def look(farm: Farm, host: str = "comp1") -> dict[int, dict[str, Any]]:
    return listed(farm, host, AGENT)


def act(farm: Farm, *targets: str, host: str = "comp1", wait: int = 5) -> list[dict[str, Any]]:
    return log_off(farm, host, *targets, wait=wait, script=AGENT)


def timeless(session: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in session.items() if name not in TIMES}


def test_the_bootstrap_is_the_documented_one() -> None:
    assert script.BOOTSTRAP == BOOTSTRAP


@pytest.mark.parametrize("host", ["comp1", "comp2"])
def test_a_list_is_the_same_to_the_letter(farm: Farm, host: str) -> None:
    first, *sessions = ask(farm, host, ["list"], AGENT)
    assert (first["host"]["name"], first["host"]["pointer"]) == (host.upper(), 8)
    with Farm.from_file(SHIPPED, engine="double") as double:
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


def test_without_waiting_the_verdict_is_requested(farm: Farm) -> None:
    alice = look(farm)[3]
    (reply,) = act(farm, target(alice), wait=0)
    assert (reply["verdict"], reply["code"], timeless(reply["seen"])) == ("requested", 0, timeless(alice))


def test_a_name_over_twenty_letters_and_one_of_foreign_letters_are_compared_whole(farm: Farm) -> None:
    seen = look(farm, "comp2")
    cut = target(seen[6], user=seen[6]["user"][:20])
    verdicts = [
        each["verdict"] for each in act(farm, cut, *(target(seen[number]) for number in (6, 8, 4, 2, 9)), host="comp2")
    ]
    assert verdicts == ["changed", "gone", "gone", "gone", "gone", "gone"]


def test_letter_case_of_a_name_is_ignored(farm: Farm) -> None:
    jose = look(farm)[7]
    assert act(farm, target(jose, user="JOSÉ", domain="corp"))[0]["verdict"] == "gone"


Change = dict[str, Any]
UNTOUCHED: dict[str, tuple[int, Change, str, str]] = {
    "another user": (3, {"user": "bob"}, "changed", "person"),
    "another domain": (3, {"domain": "OTHER"}, "changed", "person"),
    "another logon": (3, {"logon": 1}, "changed", "person"),
    "came back": (5, {"state": 4}, "changed", "came_back"),
    "session 0": (0, {}, "protected", "session 0"),
    "listener": (65536, {}, "protected", "listener"),
    "negative id": (3, {"id": -1}, "protected", "bad id"),
    "large id": (3, {"id": 2**31}, "protected", "bad id"),
    "nobody has it": (3, {"id": 99}, "absent", ""),
}


def test_what_is_not_as_described_is_not_touched(farm: Farm) -> None:
    seen = look(farm)
    before = farm.sessions("comp1")
    replies = act(farm, *(target(seen[number], **changes) for number, changes, _, _ in UNTOUCHED.values()))
    told = dict(zip(UNTOUCHED, ((each["verdict"], each["why"]) for each in replies), strict=True))
    assert told == {name: (verdict, why) for name, (_, _, verdict, why) in UNTOUCHED.items()}
    assert {each["code"] for each in replies} == {0}
    assert farm.sessions("comp1") == before
    assert farm.calls("comp1") == []


def test_who_was_away_and_is_back_may_be_logged_off_when_it_was_asked_so(farm: Farm) -> None:
    bob = look(farm)[5]
    assert act(farm, target(bob, state=4, even_if_active=1))[0]["verdict"] == "gone"


HOUR = 3600
CONDITIONS: dict[str, tuple[int, tuple[object, ...], bool]] = {
    "user, whole": (3, ("user", "like", "ALICE"), True),
    "user with domain": (3, ("user", "like", "corp\\al?c*"), True),
    "user, a part": (3, ("user", "like", "lic"), False),
    "any of the values": (3, ("user", "like", "bob", "a*"), True),
    "foreign letters": (7, ("user", "like", "JOS?"), True),
    "a star in the middle": (3, ("client", "like", "l*P-7"), True),
    "client": (3, ("client", "like", "PC*"), False),
    "address": (3, ("address", "like", "10.0.4.*"), True),
    "a dot is a dot": (3, ("address", "like", "10?0.4.17"), True),
    "a bracket is a bracket": (3, ("user", "like", "[a]lice"), False),
    "station": (5, ("station", "like", "rdp-tcp#?"), True),
    "no station": (3, ("station", "like", "?*"), False),
    "state": (3, ("state", "in", 0, 4), True),
    "other state": (3, ("state", "in", 0), False),
    "idle when away": (3, ("idle", "ge", 3 * HOUR), True),
    "idle when away, less": (3, ("idle", "lt", 3 * HOUR), False),
    "idle when active": (7, ("idle", "gt", 40 * 60), True),
    "never idle at the console": (1, ("idle", "le", 0), True),
    "logon": (3, ("logon", "gt", 1), True),
    "logon before": (3, ("logon", "le", 1), False),
}


def test_a_condition_that_does_not_hold_protects(farm: Farm) -> None:
    """A host that refuses every logoff tells which targets came so far."""
    seen = look(farm)
    farm.set_behaviour("comp1", "no-right")
    lines = [
        line
        for number, condition, _ in CONDITIONS.values()
        for line in (target(seen[number]), line_of("if", *condition))
    ]
    verdicts = dict(zip(CONDITIONS, ((each["verdict"], each["why"]) for each in act(farm, *lines)), strict=True))
    came_so_far, was_protected = ("refused", "WTSLogoffSession"), ("changed", "filter")
    assert verdicts == {name: came_so_far if holds else was_protected for name, (_, _, holds) in CONDITIONS.items()}


def test_all_conditions_must_hold_and_each_target_has_its_own(farm: Farm) -> None:
    seen = look(farm)
    yes, no = line_of("if", "user", "like", "*"), line_of("if", "client", "like", "none")
    replies = act(farm, target(seen[3]), yes, no, target(seen[5]), yes, target(seen[7]))
    assert [(each["target"], each["verdict"]) for each in replies] == [(0, "changed"), (1, "gone"), (2, "gone")]


def test_hanging_refused_and_replaced_sessions_have_their_verdicts(farm: Farm) -> None:
    alice = target(look(farm, "hangs")[3])
    first, second = (act(farm, alice, host="hangs", wait=1)[0] for _ in range(2))
    assert (first["verdict"], first["code"], second["code"]) == ("still_closing", 0, 7007)
    assert first["waited_ms"] >= 1000
    (refused,) = act(farm, target(look(farm, "no-right")[3]), host="no-right")
    assert (refused["verdict"], refused["code"], refused["why"]) == ("refused", 5, "WTSLogoffSession")
    (changed,) = act(farm, target(look(farm, "replaced")[3]), host="replaced")
    assert (changed["verdict"], changed["why"], changed["seen"]["user"]) == ("changed", "person", "mallory")


WRONG = {
    "no operation": ["reboot"],
    "a list of something": ["list", line_of("wait", 1)],
    "no base64": ["logoff", "wait ?"],
    "no number": ["logoff", line_of("wait", "soon")],
    "an unknown word": ["logoff", line_of("hurry", 1)],
    "too few fields": ["logoff", line_of("target", 3, "CORP")],
    "a condition of nobody": ["logoff", line_of("if", "user", "like", "*")],
    "an unknown field": ["logoff", line_of("target", 3, "CORP", "alice", 1, 4, 0), line_of("if", "mood", "like", "*")],
    "an unknown operator": ["logoff", line_of("target", 3, "CORP", "alice", 1, 4, 0), line_of("if", "user", "is", "*")],
}


@pytest.mark.parametrize("request_lines", WRONG.values(), ids=WRONG)
def test_a_request_that_cannot_be_understood_touches_nothing(farm: Farm, request_lines: list[str]) -> None:
    (reply,) = ask(farm, "comp1", request_lines, AGENT)
    assert (reply["error"]["where"], reply["error"]["code"]) == ("request", 87)
    assert reply["error"]["message64"]
    assert farm.calls("comp1") == []


def test_replies_arrive_while_the_rest_is_still_waited_for(farm: Farm) -> None:
    seen = look(farm)
    farm.set_behaviour("comp1", "delayed", seconds=30)
    nonce = secrets.token_hex(16)
    data = payload(nonce, ["logoff", line_of("wait", 60), target(seen[3], id=99), target(seen[3])], AGENT)
    protocol = connect(farm, "comp1", operation_timeout_sec=15)
    with open_shell(protocol) as shell:
        command = protocol.run_command(shell, BOOTSTRAP, console_mode_stdin=False)
        protocol.send_command_input(shell, command, data, end=True)
        stdout, _, _, done = protocol.get_command_output_raw(shell, command)
    assert (b'"absent"' in stdout, b'"end"' in stdout, done) == (True, False, False)


def test_deleting_the_shell_ends_the_program(farm: Farm) -> None:
    """The threads of a command end with its process, which would wait for a minute."""
    seen = look(farm)
    farm.set_behaviour("comp1", "hangs")
    data = payload(secrets.token_hex(16), ["logoff", line_of("wait", 60), target(seen[3])], AGENT)
    protocol = connect(farm, "comp1")
    with open_shell(protocol) as shell:
        command = protocol.run_command(shell, BOOTSTRAP, console_mode_stdin=False)
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


def test_line_ends_of_windows_are_as_good(farm: Farm) -> None:
    data = payload("4" * 32, ["list"], AGENT).replace(b"\n", b"\r\n")
    output = run(connect(farm, "comp1"), data)
    assert (output.stderr, output.exit_code) == (b"", 0)
    assert output.stdout.endswith(b'{"end": 7}' + b"4" * 32 + b"\n")


def test_the_payload_the_bot_sends_is_what_these_tests_send() -> None:
    assert script.payload("5" * 32, ("list",)) == payload("5" * 32, ["list"], AGENT)
    assert SCRIPT != AGENT
