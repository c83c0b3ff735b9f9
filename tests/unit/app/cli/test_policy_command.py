"""`logoff-bot policy`: what it prints of names from outside can be read, and turns no terminal around."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from app.cli import policy as command
from app.config.settings import load
from bot.domain.letters import visible
from bot.errors import SettingsError
from tests.fakes.directory import FakeDirectory

if TYPE_CHECKING:
    from pathlib import Path

RUNNER = CliRunner()
FILE = r"""
rehearsal: true
team: T0HOME
computers: [comp1, "{match: 'fin-*'}", "{match: '*-01'}"]
groups: {}
rules:
  - {name: on-call, who: ["@oncall"], may: [log_off], users: ["CORP\\al*"]}
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    people = FakeDirectory.of_members({"U0DANA": frozenset({"@oncall", "@on\x1b[31m\u202ecall"})})
    monkeypatch.setattr(command, "_directory", lambda _: (people, frozenset({"@oncall"})))
    file = tmp_path / "app.yaml"
    file.write_text(FILE.replace('"{', "{").replace('}"', "}"), encoding="utf-8")
    return file


def test_explain_prints_a_handle_without_its_control_characters(path: Path) -> None:
    words = ["explain", "--as", "U0DANA", "--config", str(path), "/logoff comp1 --all"]
    done = RUNNER.invoke(command.policy, words)
    assert done.exit_code == 0
    assert "\x1b" not in done.output
    assert "\u202e" not in done.output
    assert "@on\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}call" in done.output


@pytest.mark.parametrize(
    ("words", "says"),
    [(["--as", "dana"], "Write the user id"), (["--as", "U0DANA", "--in", "#ops"], "Write the channel's id")],
)
def test_explain_takes_ids_and_no_names(path: Path, words: list[str], says: str) -> None:
    done = RUNNER.invoke(command.policy, ["explain", *words, "--config", str(path), "/logoff comp1 --all"])
    assert done.exit_code == 2
    assert says in done.output


def test_check_names_what_looks_odd_and_fails(path: Path) -> None:
    done = RUNNER.invoke(command.policy, ["check", "--config", str(path)])
    assert done.exit_code == 1
    assert done.output == "computers.2.match: `*-01` and `fin-*` fit the same names; the first counts (computers.1).\n"


def test_a_fault_of_the_file_is_printed_without_control_characters(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(
        FILE.replace('"{', "{").replace('}"', "}").replace("groups: {}", r'groups: {"a\e[2J": [comp1]}'), "utf-8"
    )
    with pytest.raises(SettingsError) as caught:
        load(file, {})
    assert "\x1b" not in caught.value.message


def test_what_can_be_read_stays_as_it_is() -> None:
    assert visible("Zoë 日本 `x` é") == "Zoë 日本 `x` é"
    assert visible("a\tb\nc\u200b\u202e\x9b") == "a?b?c???".replace("?", "\N{REPLACEMENT CHARACTER}")
