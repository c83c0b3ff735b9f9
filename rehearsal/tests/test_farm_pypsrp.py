"""The farm, driven by pypsrp's WinRS: a second client, so that the farm is not shaped to pywinrm's habits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from pypsrp.shell import Process, SignalCode, WinRS
from pypsrp.wsman import WSMan

from rehearsal.windows import Farm
from rehearsal_testing.winrm_client import BOOTSTRAP, payload, write_farm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NONCE = "1" * 32
PROGRAM, _, ARGUMENTS = BOOTSTRAP.partition(" ")


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    with Farm.from_file(write_farm(tmp_path)) as farm:
        yield farm


def connect(farm: Farm, url: str, **arguments: Any) -> WSMan:
    place = urlsplit(url)
    return WSMan(
        place.hostname or "",
        port=place.port or 0,
        ssl=place.scheme == "https",
        username=farm.account.username,
        password=farm.account.password,
        **arguments,
    )


@pytest.mark.parametrize("auth", ["negotiate", "ntlm"])
def test_winrs_lists_the_sessions_with_sealed_messages(farm: Farm, auth: str) -> None:
    with connect(farm, farm.endpoints["one"], auth=auth) as wsman, WinRS(wsman, codepage=65001) as shell:
        process = Process(shell, PROGRAM, [ARGUMENTS])
        process.begin_invoke()
        process.send(payload(NONCE, ["list"]), end=True)
        process.end_invoke()
        process.signal(SignalCode.TERMINATE)
        assert (process.rc, process.stderr) == (0, b"")
        assert process.stdout.count(NONCE.encode()) == 12
    assert farm.open_shells("one") == 0


def test_winrs_works_over_https(farm: Farm) -> None:
    url = farm.secure_endpoints["one"]
    with connect(farm, url, auth="ntlm", cert_validation=str(farm.ca_file)) as wsman, WinRS(wsman) as shell:
        process = Process(shell, BOOTSTRAP)
        process.begin_invoke()
        process.send(payload(NONCE, ["list"]), end=True)
        process.end_invoke()
        assert process.rc == 0


def test_winrs_meets_the_operation_timeout_and_ctrl_c(farm: Farm) -> None:
    wsman = connect(farm, farm.endpoints["one"], auth="ntlm", operation_timeout=1)
    with wsman, WinRS(wsman) as shell:
        process = Process(shell, BOOTSTRAP)
        process.begin_invoke()
        process.poll_invoke()
        assert farm.messages("one")[-1] == "Receive!2150858793"
        process.signal(SignalCode.CTRL_C)
        process.end_invoke()
        assert process.rc == 0xC000013A
