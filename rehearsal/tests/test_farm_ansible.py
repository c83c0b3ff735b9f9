"""Ansible, with which many houses administer Windows, gets its answers from the farm: one run, all transports."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from rehearsal_testing.foreign_clients import NO_POWERSHELL, WAYS, Way, farm_of_all_ways, logged_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.windows import Farm

ANSIBLE = Path(sys.executable).with_name("ansible")
SCRIPT = "'answer of ' + $env:COMPUTERNAME; [string](6 * 7)"
_BLOCK = re.compile(r"^(\S+) \| (?:CHANGED|FAILED) \| rc=(\d+) >>\n(.*?)(?=^\S+ \| |\Z)", re.MULTILINE | re.DOTALL)


class Answer(NamedTuple):
    exit_code: int
    text: str


@pytest.fixture(scope="module")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with logged_on(tmp_path_factory.mktemp("realm")) as environment:
        yield environment


@pytest.fixture(scope="module")
def answers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Answer]]:
    """By way; the ways with tickets are left out where there is no Kerberos."""
    if not ANSIBLE.exists():
        pytest.skip("Ansible: install the dependency group foreign (make foreign)")
    try:
        environment: dict[str, str] = request.getfixturevalue("tickets")
    except pytest.skip.Exception:
        environment = {}
    folder = tmp_path_factory.mktemp("ansible")
    with farm_of_all_ways(folder, "pwsh") as farm:
        ways = [way for way in WAYS if environment or way.method != "kerberos"]
        hosts = {str(way): variables(farm, way) for way in ways}
        hosts["plain"] = variables(farm, Way("basic", "http")) | {
            "ansible_port": urlsplit(farm.endpoints["plain"]).port
        }
        inventory = folder / "hosts.json"
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
        yield ask(inventory, environment)
        assert all(farm.open_shells(each) == 0 for each in farm.endpoints)


def variables(farm: Farm, way: Way) -> dict[str, Any]:
    place = urlsplit(way.url(farm))
    certificate = str(farm.client_certificate)
    given: dict[str, Any] = {
        "ansible_connection": "winrm",
        "ansible_host": place.hostname,
        "ansible_port": place.port,
        "ansible_winrm_scheme": way.scheme,
        "ansible_winrm_transport": way.transport,
        "ansible_winrm_ca_trust_path": str(farm.ca_file),
        "ansible_winrm_kerberos_hostname_override": way.host,
        "ansible_winrm_kinit_mode": "manual",
        "ansible_winrm_read_timeout_sec": 30,
    }
    match way.method:
        case "kerberos":
            return given | {"ansible_user": farm.account.principal}
        case "certificate":
            return given | {"ansible_winrm_cert_pem": certificate, "ansible_winrm_cert_key_pem": certificate}
        case _:
            return given | {"ansible_user": farm.account.username, "ansible_password": farm.account.password}


def ask(inventory: Path, environment: dict[str, str]) -> dict[str, Answer]:
    home = str(inventory.parent)
    own = {"PATH": os.environ["PATH"], "HOME": home, "ANSIBLE_HOME": home, "LC_ALL": "C.UTF-8", "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(  # noqa: S603  # Ansible of this environment, on the inventory of this test
        [str(ANSIBLE), "all", "-i", str(inventory), "-f", "4", "--task-timeout", "30", "-m", "raw", "-a", SCRIPT],
        env=own | environment,
        check=False,  # the host without PowerShell makes it 2
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=60,
    )
    found = {name: Answer(int(code), text) for name, code, text in _BLOCK.findall(done.stdout)}
    assert found, done
    return found


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_raw_is_answered_over_every_transport(request: pytest.FixtureRequest, way: Way) -> None:
    answers: dict[str, Answer] = request.getfixturevalue("answers")
    if way.method == "kerberos":
        request.getfixturevalue("tickets")
    assert str(way) in answers, answers
    answer = answers[str(way)]
    name = way.host.partition(".")[0].upper()
    assert (answer.exit_code, answer.text.split("\n")[:2]) == (0, [f"answer of {name}", "42"])


def test_raw_is_told_that_there_is_no_powershell_where_there_is_none(answers: dict[str, Answer]) -> None:
    answer = answers["plain"]
    assert answer.exit_code == 1
    assert NO_POWERSHELL in answer.text
