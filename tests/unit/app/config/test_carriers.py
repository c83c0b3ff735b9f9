"""Which carrier a computer has: what the file may say, and what it is told where that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.config import carriers
from app.config.settings import Settings, load
from app.connections import connections
from bot.errors import SettingsError
from tests.support.cases import for_each

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
rehearsal: true
team: T0HOME
rules: [{name: on-call, who: ["@oncall"], may: [list]}]
"""
ACCOUNT = "username: svc@CORP.EXAMPLE"


def read(folder: Path, text: str) -> Settings:
    (folder / "app.yaml").write_text(HEAD + text, encoding="utf-8")
    return load(folder / "app.yaml", {})


def test_a_computer_takes_scripts_unless_it_says_otherwise(tmp_path: Path) -> None:
    text = f"winrm: {{{ACCOUNT}}}\ncomputers: [comp1, {{name: comp2, winrm: {{carrier: jea}}}}, "
    text += "{name: comp3, winrm: {carrier: jea, endpoint: Ops.Logoff-2}}]"
    connection_of = connections(read(tmp_path, text), None)
    assert [connection_of(f"comp{number}").jea for number in (1, 2, 3)] == ["", "LogoffBot", "Ops.Logoff-2"]


def test_the_top_of_the_file_says_it_for_all_and_one_computer_says_otherwise(tmp_path: Path) -> None:
    text = f"winrm: {{{ACCOUNT}, carrier: jea, endpoint: Ops}}\ncomputers: [comp1, {{name: comp2, winrm: "
    connection_of = connections(read(tmp_path, text + "{carrier: script}}]"), None)
    assert [connection_of(f"comp{number}").jea for number in (1, 2)] == ["Ops", ""]


@for_each(
    ("text", "line", "hint"),
    [
        (f"winrm: {{{ACCOUNT}, endpoint: Ops}}\ncomputers: [comp1]", "winrm.endpoint", "carrier: jea"),
        (
            f"winrm: {{{ACCOUNT}}}\ncomputers: [{{name: comp1, winrm: {{endpoint: Ops}}}}]",
            "winrm.endpoint",
            "carrier: jea",
        ),
        (f"winrm: {{{ACCOUNT}, carrier: winrs}}\ncomputers: [comp1]", "winrm.carrier", "'script' or 'jea'"),
        (f"winrm: {{{ACCOUNT}, carrier: jea, endpoint: 'a/b'}}\ncomputers: [comp1]", "winrm.endpoint", "registered"),
        (f"winrm: {{{ACCOUNT}, carrier: jea, endpoint: ''}}\ncomputers: [comp1]", "winrm.endpoint", "registered"),
    ],
)
def test_what_cannot_be_is_refused_with_the_key_and_the_next_step(
    tmp_path: Path, text: str, line: str, hint: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)
    assert line in caught.value.message
    assert hint in caught.value.message


def test_without_the_extra_the_carrier_is_refused_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"winrm: {{{ACCOUNT}, carrier: jea}}\ncomputers: [comp1]"
    assert read(tmp_path, text).winrm.carrier == "jea"
    monkeypatch.setattr(carriers, "is_installed", lambda: False)
    with pytest.raises(SettingsError, match="uv sync --locked --inexact --extra jea"):
        read(tmp_path, text)
