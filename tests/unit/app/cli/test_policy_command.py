"""`logoff-bot policy`: what it prints of names from outside can be read, and turns no terminal around."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from adapters.slack.roster import Profile
from app.cli import policy as command
from app.cli import policy_explain
from app.config.settings import load
from bot.domain.letters import visible
from bot.errors import SettingsError
from tests.fakes.directory import FakeDirectory

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.people import Actor, Person

RUNNER = CliRunner()
FILE = r"""
rehearsal: true
team: T0HOME
computers: [comp1, "{match: 'fin-*'}", "{match: '*-01'}"]
groups: {}
rules:
  - {name: on-call, who: ["@oncall"], may: [log_off], users: ["CORP\\al*"]}
"""


class FakeSlack:
    """Dana, whose group has steering characters in its handle."""

    def __init__(self) -> None:
        self.directory = self.roster = self
        self.people = (Profile(user_id="U0DANA", handle="dana", names=frozenset({"dana"})),)
        self._known = FakeDirectory.of_members({"U0DANA": frozenset({"@oncall", "@on\x1b[31m\u202ecall"})})

    def learn(self, names: frozenset[str]) -> None:
        assert names == {"U0DANA"}

    def person(self, actor: Actor) -> Person:
        return self._known.person(actor)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(policy_explain, "slack_for", lambda _: nullcontext(FakeSlack()))
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
    [(["--as", "dana"], "write the user id"), (["--as", "U0DANA", "--in", "#ops"], "write the channel's id")],
)
def test_explain_takes_no_names_without_slack(path: Path, words: list[str], says: str) -> None:
    done = RUNNER.invoke(command.policy, ["explain", "--offline", *words, "--config", str(path), "/logoff comp1 --all"])
    assert done.exit_code == 2
    assert says in done.output


def test_check_names_what_looks_odd_and_fails(path: Path) -> None:
    done = RUNNER.invoke(command.policy, ["check", "--config", str(path)])
    assert done.exit_code == 1
    first, *others = done.output.splitlines()
    assert first == "line 4: computers.2.match: `*-01` and `fin-*` fit the same names; the first counts (computers.1)."
    assert [line.partition(": ")[0] for line in others] == ["Not checked, because only Slack knows it (--live)"]


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


REAL = """team: T0HOME
audit_key: ${NOT_SET_ANYWHERE}
slack: {bot_token: "file:/nowhere/at/all"}
winrm: {username: svc@CORP.EXAMPLE}
computers: [comp1]
rules:
  - {name: first, who: ["@oncall"], may: [log_off]}
  - name: second
    who: ["@oncall"]
    may: [log_off]
  - name: third
    who: [U0BO]
    may: [log_off]
    confirm: 1 of @leads
"""


def test_check_needs_no_token_no_key_and_no_database_and_names_line_and_key(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(REAL)
    done = RUNNER.invoke(command.policy, ["check", "--json", "--config", str(file)])
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert [(fault["line"], fault["key"]) for fault in told["faults"]] == [(8, "rules.1.name"), (14, "rules.2.confirm")]
    assert "never reached" in told["faults"][0]["message"]
    assert "add approve_in: C..." in told["faults"][1]["message"]
    assert [each.partition(" ")[2].partition(" ")[0] for each in told["unchecked"]] == ["the", "these"]


def test_check_names_all_faults_of_a_file_and_asks_for_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(REAL.replace("may: [log_off]\n    confirm", "may: [lof_off]\n    confirm").replace("1 of", "9 to"))
    with pytest.raises(SettingsError) as caught:
        RUNNER.invoke(command.policy, ["check", "--config", str(file)], catch_exceptions=False)
    assert "line 13: rules.2.may.0" in caught.value.message
    assert "line 14: rules.2.confirm" in caught.value.message
    assert "NOT_SET" not in caught.value.message
    assert "nowhere" not in caught.value.message


def test_explain_goes_as_far_as_ids_go_where_slack_cannot_be_asked(tmp_path: Path) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(REAL)
    done = RUNNER.invoke(command.policy, ["explain", "--as", "U0BO", "--config", str(file), "/logoff comp1 id=3"])
    assert done.exit_code == 0
    first, second, *rest = done.output.splitlines()
    assert first.startswith("Slack was not asked: ")
    assert "/nowhere/at/all cannot be read" in first
    assert second == "Whether U0BO is a full member, and in which of these groups, is not known: @oncall."
    assert rest[0] == "As a member in none of the groups:"
    assert 'rule "third"' in rest[1]
    assert 'rule "first"' in rest[rest.index("As a member in @oncall:") + 1]
