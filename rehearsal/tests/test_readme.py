"""The README is true: its examples run, and its table of behaviours has each behaviour with its options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from winrm.exceptions import InvalidCredentialsError

from rehearsal.windows import BEHAVIOURS, Farm
from rehearsal.windows.settings import EndpointSettings, HostSettings, SessionSettings, read_farm
from rehearsal_testing.winrm_client import connect, listed, write_farm

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
ROWS = re.findall(r"^\| `([a-z-]+)` \|([^|]*)\| [A-Z]", README, re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES, ids=["slack", "windows"])
def test_an_example_runs(example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # pywinrm warns of them
        monkeypatch.delenv(name, raising=False)
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 - our own text


def test_the_farm_file_loads_and_behaves(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(account:.*?)```", README, re.DOTALL)
    (tmp_path / "farm.yaml").write_text(text, encoding="utf-8")
    with Farm.from_file(tmp_path / "farm.yaml") as farm:
        assert [each["error"] for each in listed(farm, "half-the-rights").values()] == [5, 0]
        assert [each["error"] for each in listed(farm, "odd-times").values()] == [0, 0, 13]
        assert sorted(listed(farm, "odd-after-an-order")) == [3, 5]
        for _ in range(3):
            with pytest.raises(InvalidCredentialsError):
                connect(farm, "refusing").open_shell()
        assert farm.is_account_locked()


def test_the_endpoints_of_the_example_are_those_of_its_hosts(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(remoting:.*?)```", README, re.DOTALL)
    settings = read_farm(write_farm(tmp_path, "account: {username: CORP\\svc, password: fiction}\n" + text))
    named = {name: settings.completed(host).remoting or {} for name, host in settings.hosts.items()}
    assert {name: list(endpoints) for name, endpoints in named.items()} == {
        "comp1": ["LogoffBot"],
        "comp2": ["LogoffBot", "Old"],
        "comp3": [],
    }
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", README, re.MULTILINE))
    assert set(EndpointSettings.model_fields) <= explained


def test_the_table_has_every_key_of_a_session_that_no_other_page_explains() -> None:
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", README, re.MULTILINE))
    assert {"ticks", "unreadable", "listed", "after_order"} <= explained & set(SessionSettings.model_fields)
    assert set(HostSettings.model_fields) <= explained


def test_the_table_has_every_behaviour() -> None:
    assert sorted(name for name, _ in ROWS) == sorted(BEHAVIOURS)


def test_the_options_in_the_table_exist() -> None:
    for name, options in ROWS:
        assert set(re.findall(r"`([a-z_]+):", options)) <= set(BEHAVIOURS[name].model_fields), name
