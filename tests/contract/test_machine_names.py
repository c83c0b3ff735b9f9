"""A name is not a machine: the host says who it is, and another one than the inventory means is refused."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, cast

import pytest
import yaml

from adapters.windows.terminal import WinRmTerminal
from bot.domain.session import Machine
from bot.errors import WrongMachine
from rehearsal.windows import EngineMissingError, Farm
from tests.contract.hosts import LOOK, FarmHosts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.windows.settings import EngineName

HOSTS = ["fin-01", "alias", "a-very-long-server-name"]
FARM = {
    "account": {"username": "CORP\\svc-logoff", "password": "only the farm knows it"},
    "hosts": {
        "fin-01": {"sessions": [{"id": 3, "user": "CORP\\alice"}]},
        "alias": {"machine": "fin-01", "sessions": [{"id": 3, "user": "CORP\\alice"}]},
        "a-very-long-server-name": {"sessions": [{"id": 3, "user": "CORP\\alice"}]},
    },
}


@pytest.fixture(scope="module", params=["double", "mono", "pwsh"])
def hosts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarmHosts]:
    path = tmp_path_factory.mktemp("farm") / "farm.yaml"
    path.write_text(yaml.safe_dump(FARM), encoding="utf-8")
    farm = Farm.from_file(path, engine=cast("EngineName", request.param))
    try:
        farm.start()
    except EngineMissingError as missing:
        pytest.skip(str(missing))
    with closing(FarmHosts(farm, HOSTS)) as there:
        yield there
    farm.stop()


def test_a_host_says_its_dns_and_its_netbios_name(hosts: FarmHosts) -> None:
    (alice,) = [s for s in hosts.terminal.sessions("a-very-long-server-name", within=LOOK) if s.account.user]
    assert alice.machine.dns.lower() == "a-very-long-server-name"
    assert alice.machine.netbios.lower() == "a-very-long-ser"


def test_a_host_that_is_another_machine_is_refused_with_the_line_to_add(hosts: FarmHosts) -> None:
    with pytest.raises(WrongMachine) as caught:
        hosts.terminal.sessions("alias", within=LOOK)
    assert "machine: FIN-01" in caught.value.message
    assert not caught.value.delivered


def test_the_inventory_may_say_which_machine_a_name_stands_for(hosts: FarmHosts) -> None:
    terminal = WinRmTerminal(hosts.shell, machine_of={"alias": "fin-01"}.__getitem__)
    seen = {session.machine for session in terminal.sessions("alias", within=LOOK)}
    assert seen == {Machine(dns="FIN-01", netbios="FIN-01")}
