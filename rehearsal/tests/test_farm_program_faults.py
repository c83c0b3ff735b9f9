"""Hosts that cannot run a program, as a farm file names them, seen by a client that knows no agent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from winrm.exceptions import WinRMTransportError, WSManFaultError

from rehearsal.windows import Farm, FarmFileError
from rehearsal.windows.program_faults import ERRORS, FAILURES
from rehearsal_testing.winrm_client import ask, connect, listed, log_off, payload, run, target, write_farm

if TYPE_CHECKING:
    from collections.abc import Iterator

NONCE = "8" * 32
LIST = payload(NONCE, ["list"])
README = Path(__file__).parents[1] / "README.md"


def farm_text(behaviour: object) -> str:
    alice, services = {"id": 3, "user": "CORP\\alice", "disconnected": "3h"}, {"id": 0, "state": "disconnected"}
    one = {"sessions": [services, alice], "behaviour": behaviour}
    return yaml.safe_dump({"account": {"username": "CORP\\svc", "password": "fiction"}, "hosts": {"one": one}})


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    with Farm.from_file(write_farm(tmp_path, farm_text([]))) as farm:
        yield farm


def test_the_readmes_example_is_a_farm_file(tmp_path: Path) -> None:
    found = re.search(r"```yaml\n(hosts:\n.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert found
    account = "account: {username: CORP\\svc, password: fiction}\n"
    with Farm.from_file(write_farm(tmp_path, account + found[1])) as farm:
        assert run(connect(farm, "comp4"), LIST) == (b"", b"Not enough quota is available.", 7)


def test_the_readme_names_every_known_failure() -> None:
    text = README.read_text("utf-8")
    assert [each for each in (*FAILURES, *ERRORS) if f"`{each}`" not in text] == []


@pytest.mark.parametrize("like", FAILURES)
def test_a_known_failure_of_a_program_is_an_end_without_an_answer(farm: Farm, like: str) -> None:
    farm.set_behaviour("one", "fails", like=like)
    output = run(connect(farm, "one"), LIST)
    assert output.stdout == b""
    assert output.exit_code != 0
    assert output.stderr.decode() == FAILURES[like].get("stderr", "")


def test_an_option_beside_a_known_failure_wins(farm: Farm) -> None:
    farm.set_behaviour("one", "fails", like="amsi", stderr="grün", exit_code=-1)
    assert run(connect(farm, "one"), LIST) == (b"", "grün".encode(), 2**32 - 1)


@pytest.mark.parametrize("like", ERRORS)
def test_a_known_error_of_the_compiler_is_one_row(farm: Farm, like: str) -> None:
    farm.set_behaviour("one", "raises", like=like)
    (reply,) = ask(farm, "one", ["list"])
    error = reply["error"]
    assert (error["where"], error["kind"], error["code"]) == ("Add-Type", ERRORS[like]["kind"], ERRORS[like]["code"])


@pytest.mark.parametrize("behaviour", ["fails", "raises", "mangles"])
def test_a_fault_of_a_program_strikes_as_often_as_it_says(farm: Farm, behaviour: str) -> None:
    farm.set_behaviour("one", behaviour, times=2)
    outputs = [run(connect(farm, "one"), LIST) for _ in range(3)]
    assert [b'"host"' in output.stdout for output in outputs] == [False, False, True]


def test_a_program_that_ends_after_its_act_has_acted_and_says_its_nonce_alone(farm: Farm) -> None:
    alice = target(listed(farm, "one")[3])
    farm.set_behaviour("one", "fails", after="act", exit_code=3)
    output = run(connect(farm, "one"), payload(NONCE, ["logoff", alice]))
    assert (output.stdout, output.exit_code) == (NONCE.encode(), 3)
    assert [call[:2] for call in farm.calls("one")] == [("logoff", 3)]


@pytest.mark.parametrize("how", ["cut", "hole", "doubled", "padded"])
def test_input_that_is_mangled_is_no_order(farm: Farm, how: str) -> None:
    alice = target(listed(farm, "one")[3])
    farm.set_behaviour("one", "mangles", how=how, at=60)
    output = run(connect(farm, "one"), payload(NONCE, ["logoff", alice]))
    assert (b'"input"' in output.stdout) is (how != "cut")
    assert farm.calls("one") == []
    farm.set_behaviour("one", "none")
    assert log_off(farm, "one", alice)[0]["verdict"] == "gone"


@pytest.mark.parametrize("at", ["create", "command", "send", "receive", "delete"])
@pytest.mark.parametrize("code", [5, 2147942405, 4294967295])
def test_any_code_answers_any_message(farm: Farm, at: str, code: int) -> None:
    farm.set_behaviour("one", "trips", at=at, code=code, words="Sagt Windows.")
    with pytest.raises(WSManFaultError) as caught:
        run(connect(farm, "one"), LIST)
    assert (caught.value.wsman_fault_code, caught.value.reason) == (code, "Sagt Windows.")


def test_any_status_answers_a_message(farm: Farm) -> None:
    farm.set_behaviour("one", "trips", at="command", status=599)
    with pytest.raises(WinRMTransportError) as caught:
        run(connect(farm, "one"), LIST)
    assert caught.value.code == 599


def test_a_message_above_the_envelope_is_too_large(farm: Farm) -> None:
    farm.set_behaviour("one", "envelope", kb=32)
    with pytest.raises(WinRMTransportError):
        run(connect(farm, "one"), LIST + b"#" * 40_000)
    assert "413" in farm.messages("one")
    assert run(connect(farm, "one"), LIST).stdout


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"fails": {"like": "headache"}}, "like is one of amsi"),
        ({"raises": {"like": "amsi"}}, "like is one of no-temp"),
        ({"mangles": {"how": "burnt"}}, "how"),
        ({"envelope": {"kb": 1}}, "kb"),
        ({"trips": {"at": "handshake", "code": 5}}, "handshake"),
        ({"trips": {"status": 200}}, "300"),
        ({"trips": {"code": -1}}, "code"),
        ({"fails": {"exit_code": 2**32}}, "exit_code"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, behaviour: dict[str, Any], words: str) -> None:
    with pytest.raises(FarmFileError, match=words):
        Farm.from_file(write_farm(tmp_path, farm_text(behaviour)))
