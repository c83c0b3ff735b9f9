"""The ways to log on beside NTLM and Kerberos, over TLS: a client's certificate, and Basic."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pydantic import SecretStr

from adapters.windows.terminal import WinRmTerminal
from adapters.windows.winrm.endpoint import Connection, Transport
from adapters.windows.winrm.shell import WinRmShell
from bot.domain.verdicts import Verdict
from bot.errors import NotAuthenticated, TerminalError
from rehearsal.windows import Farm
from tests.contract.hosts import order_for
from tests.contract.test_winrm import merged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain.session import Session

WITHIN = timedelta(seconds=20)
LIST = ["Create", "Command", "Send", "Receive", "Delete"]
FARM: dict[str, Any] = {
    "account": {"username": "CORP\\svc-logoff", "password": "only the farm knows it"},
    "hosts": {
        kind: {"auth": [kind], "sessions": [{"id": 0}, {"id": 3, "user": "CORP\\alice", "disconnected": "3h"}]}
        for kind in ("certificate", "basic")
    },
}


@pytest.fixture(scope="module")
def shared_farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    path = tmp_path_factory.mktemp("farm") / "farm.yaml"
    path.write_text(yaml.safe_dump(FARM), encoding="utf-8")
    with Farm.from_file(path, engine="double") as farm:
        yield farm


@pytest.fixture
def farm(shared_farm: Farm) -> Farm:
    shared_farm.restore()
    return shared_farm


def connection(farm: Farm, kind: str) -> Connection:
    tls = Connection(endpoint=farm.secure_endpoints[kind], transport=Transport(kind), ca_file=farm.ca_file)
    if kind == "certificate":
        return replace(tls, certificate=farm.client_certificate, key=farm.client_certificate)
    return replace(tls, username=farm.account.username, password=SecretStr(farm.account.password))


def look(farm: Farm, kind: str, **changes: Any) -> tuple[Session, ...]:
    with closing(WinRmShell(lambda _: replace(connection(farm, kind), **changes))) as shell:
        return WinRmTerminal(shell).sessions(kind, within=WITHIN)


@pytest.mark.parametrize("kind", ["certificate", "basic"])
def test_a_look_and_an_act_over_one_connection_without_a_handshake(farm: Farm, kind: str) -> None:
    with closing(WinRmShell(lambda _: connection(farm, kind))) as shell:
        terminal = WinRmTerminal(shell)
        _services, alice = terminal.sessions(kind, within=WITHIN)
        (answer,) = terminal.log_off(kind, [order_for(alice)], wait=timedelta(seconds=5), within=WITHIN)
    assert answer.verdict is Verdict.GONE
    assert merged(farm.messages(kind)) == [*LIST, *LIST]
    assert farm.open_shells(kind) == 0


def test_a_wrong_password_is_tried_once(farm: Farm) -> None:
    with pytest.raises(NotAuthenticated) as caught:
        look(farm, "basic", password=SecretStr("another"))
    assert (farm.messages("basic"), caught.value.delivered) == (["401"], False)


@pytest.mark.parametrize("kind", ["certificate", "basic"])
def test_an_account_that_the_host_does_not_take_is_refused(farm: Farm, kind: str) -> None:
    farm.set_behaviour(kind, "wrong-password")
    with pytest.raises(NotAuthenticated):
        look(farm, kind)
    assert farm.messages(kind) == ["401"]


def test_the_certificate_of_another_account_is_nobodys(farm: Farm) -> None:
    other = farm.client_certificate.with_name("server.pem")
    with pytest.raises(NotAuthenticated):
        look(farm, "certificate", certificate=other, key=other)


def test_a_certificate_that_is_not_there_is_told(farm: Farm, tmp_path: Path) -> None:
    with pytest.raises(TerminalError) as caught:
        look(farm, "certificate", certificate=tmp_path / "none.pem", key=tmp_path / "none.pem")
    assert (caught.value.delivered, farm.messages("certificate")) == (False, [])
