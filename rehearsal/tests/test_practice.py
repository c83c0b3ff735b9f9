"""The servers of a practice: over HTTPS with one authority, and the same again after the next start."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import requests
from slack_sdk import WebClient

from rehearsal.practice import SHIPPED_PRACTICE_FARM, Practice, PracticeFolderError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def farm_file(tmp_path: Path) -> Path:
    """The shipped farm without a principal: no KDC has to start."""
    text = SHIPPED_PRACTICE_FARM.read_text(encoding="utf-8").replace("engine: best", "engine: double")
    path = tmp_path / "farm.yaml"
    path.write_text(text.replace("principal: svc-logoff@CORP.EXAMPLE, ", ""), encoding="utf-8")
    return path


def test_slack_and_the_hosts_are_behind_one_authority_and_stay_the_same(tmp_path: Path, farm_file: Path) -> None:
    kept, before = [], dict(os.environ)
    for _ in range(2):
        with Practice.opened(tmp_path / "kept", farm_file=farm_file) as there:
            assert there.workspace.api_url.startswith("https://127.0.0.1:")
            asked = requests.post(
                f"{there.workspace.api_url}auth.test",
                headers={"Authorization": f"Bearer {there.workspace.bot_token}"},
                verify=str(there.ca_file),
                timeout=10,
            )
            assert asked.json()["team_id"] == "T0HOME0001"
            for url in there.farm.secure_endpoints.values():
                assert requests.post(url, verify=str(there.ca_file), timeout=10).status_code == 401
            assert (there.keytab, "principal" in there.lacks) == (None, True)
            opened = WebClient(token=there.workspace.app_token, base_url=f"{there.workspace.url}/api/")
            assert opened.apps_connections_open(app_token=there.workspace.app_token)["url"].startswith("ws://")
            kept.append((there.workspace.bot_token, there.workspace.app_token, there.ca_file.read_bytes()))
    assert kept[0] == kept[1]
    assert dict(os.environ) == before
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in (tmp_path / "kept").glob("*.[kj]*")} == {
        "ca.key": "0o0",
        "tokens.json": "0o0",
    }


def test_ports_follow_each_other_from_the_one_that_was_named(tmp_path: Path, farm_file: Path) -> None:
    with Practice.opened(tmp_path / "free", farm_file=farm_file) as there:
        port = int(there.workspace.url.rpartition(":")[2])
    for first in range(max(20_000, port % 30_000), 60_000, 10):
        try:
            with Practice.opened(tmp_path / "named", port=first, farm_file=farm_file) as there:
                assert there.workspace.url == f"http://127.0.0.1:{first}"
                assert there.workspace.api_url == f"https://127.0.0.1:{first + 1}/api/"
                assert list(there.farm.secure_endpoints.values()) == [
                    f"https://127.0.0.1:{first + 3 + number}/wsman" for number in range(3)
                ]
                return
        except OSError:
            continue
    pytest.fail("no five free ports one after the other")


def test_an_authority_that_was_changed_is_refused(tmp_path: Path, farm_file: Path) -> None:
    for name in ("ca.pem", "ca.key"):
        (tmp_path / name).write_text("nothing", encoding="utf-8")
    with pytest.raises(PracticeFolderError, match="Delete them"), Practice.opened(tmp_path, farm_file=farm_file):
        pass
