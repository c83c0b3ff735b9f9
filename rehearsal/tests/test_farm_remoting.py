"""PowerShell remoting on the farm's hosts, driven by pypsrp: a client that knows nothing of the farm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.windows import Farm
from rehearsal_testing.remoting_client import ask, open_pool, order, sessions
from rehearsal_testing.winrm_client import SMALL_FARM, write_farm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWN = ["Clear-Host", "Exit-PSSession", "Get-Command", "Get-FormatData", "Get-Help", "Measure-Object", "Out-Default"]
OWN += ["Select-Object"]
MODULE = ["Disconnect-TSSession", "Get-TSSession", "Send-TSMessage", "Stop-TSSession"]
ENDPOINTS = "{LogoffBot: , Others: {access: other}, Closed: {access: denied}, Old: {version: 0.0.1}}"


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    with Farm.from_file(write_farm(tmp_path, SMALL_FARM + f"  bare: {{}}\nremoting: {ENDPOINTS}\n")) as farm:
        yield farm


def test_a_member_lists_messages_disconnects_and_logs_off(farm: Farm) -> None:
    with open_pool(farm, "one") as pool:
        told = sessions(pool)
        assert [each["UserName"] for each in told.values()] == ["", "CORP\\alice", "CORP\\bob", ""]
        assert ask(pool, "Send-TSMessage", **_message(told[3], "Save")).rows[0]["Verdict"] == "sent"
        left = ask(pool, "Disconnect-TSSession", **order(told[5], EvenIfActive=True, Synchronous=True))
        assert (left.rows[0]["Verdict"], left.rows[0]["SeenStateCode"]) == ("disconnected", 4)
        assert ask(pool, "Stop-TSSession", **order(told[3], Synchronous=True)).rows[0]["Verdict"] == "gone"
        assert farm.open_pipelines("one") == 0
    expected = [("message", 3, "CORP\\alice"), ("disconnect", 5, "CORP\\bob"), ("logoff", 3, "CORP\\alice")]
    assert farm.touched("one") == expected
    assert farm.calls("one")[0].text == "Save"
    assert farm.open_shells("one") == 0


def _message(session: dict[str, object], text: str) -> dict[str, object]:
    given = order(session, Text=text)
    del given["Force"]
    return given
