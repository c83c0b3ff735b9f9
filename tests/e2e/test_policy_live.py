"""`policy check --live` and `policy explain` over the local Slack workspace: what only Slack knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from app.cli.policy import policy
from tests.support.cases import for_each

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RUNNER = CliRunner()
FILE = """rehearsal: true
team: T0HOME0001
computers: [comp1]
digest: {channel: C0DIGEST, day: monday, hour: 8, zone: UTC}
rules:
  - {name: RULE}
"""
RULES = {
    "no such channel": ("where: [C0GONE0001]", "where", "C0GONE0001 is no channel that the bot sees. Compare the id"),
    "a private one without the bot": ("approve_in: C0WARROOM1", "approve_in", "into a private channel invite the bot"),
    "an archived one": ("approve_in: C0OLDOPS01", "approve_in", "#old-ops (C0OLDOPS01) is archived."),
    "a shared one": ("approve_in: C0PARTNER1", "approve_in", "is shared with another organisation"),
    "an approver who is not there": (
        "approve_in: C0PARTNER1, confirm: 1 of @ts-leads",
        "approve_in",
        "asks U0CHEN0001 (@chen) in #partners, and they are not there. Invite them.",
    ),
    "a guest": ("confirm: 1 of @ts-leads U0GUS00001", "confirm", "U0GUS00001 (@gus), a guest, who never counts."),
    "somebody who left": ("call: [U0DEE00001]", "call", "means U0DEE00001 (@dee, deactivated), a deactivated"),
    "no such group": ("call: ['@nobody']", "call", "names @nobody, but there is no such user group."),
}


def checked(folder: Path, rule: str, digest: str = "C0OPS00001") -> tuple[int, list[dict[str, object]]]:
    file = folder / "app.yaml"
    text = FILE.replace("C0DIGEST", digest).replace("RULE", f"it, who: ['@oncall'], may: [log_off], {rule}")
    file.write_text(text)
    done = RUNNER.invoke(policy, ["check", "--live", "--json", "--config", str(file)])
    return done.exit_code, json.loads(done.output)["faults"]


@for_each("case", list(RULES))
def test_each_thing_that_only_slack_knows_is_named_with_line_and_key(
    tmp_path_factory: pytest.TempPathFactory, case: str
) -> None:
    rule, key, says = RULES[case]
    code, faults = checked(tmp_path_factory.mktemp("live"), rule)
    assert code == 1
    assert any(
        fault["key"] == f"rules.0.{key}" and fault["line"] == 6 and says in str(fault["message"]) for fault in faults
    ), faults


def test_a_rule_that_can_work_has_no_fault(tmp_path: Path) -> None:
    assert checked(tmp_path, "confirm: 1 of @ts-leads, approve_in: C0APPROVE1, where: [C0OPS00001]") == (0, [])


def test_the_channel_of_the_digest_is_looked_at(tmp_path: Path) -> None:
    code, [fault] = checked(tmp_path, "expires_after: 5m", digest="C0OLDOPS01")
    assert (code, fault["key"], fault["line"]) == (1, "digest.channel", 4)


def test_without_the_scope_a_public_channel_needs_the_bot_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`#partners` is the one without the bot; of it the bot says both."""
    monkeypatch.setattr("app.slack_view.Roster.may_post_uninvited", False)
    _, faults = checked(tmp_path, "approve_in: C0PARTNER1")
    assert any("lacks chat:write.public" in str(fault["message"]) for fault in faults)


def explained(*words: str) -> tuple[int, str]:
    done = RUNNER.invoke(policy, ["explain", *words, "/logoff comp1 id=3"], env={"COLUMNS": "300"})
    return done.exit_code, done.output.replace("│", " ")  # the frame around an error


@for_each("name", ["U0DANA0001", "dana", "@dana", "Dana", "DANA"])
def test_a_person_is_found_by_id_and_by_each_of_their_names(name: str) -> None:
    code, said = explained("--as", name, "--in", "#ops")
    assert (code, said.splitlines()[0]) == (0, "U0DANA0001 is a member, in @oncall.")


@for_each(
    ("words", "says"),
    [
        (["--as", "Dena"], "Did you mean: dana?"),
        (["--as", "nobody at all"], "Nobody in the workspace is called nobody at all. Write the name"),
        (["--as", "U0NOBODY01"], "Nobody in the workspace has the id U0NOBODY01."),
        (["--as", ""], "Nobody in the workspace is called"),
        (["--as", "dana", "--in", "#nowhere"], "I see no channel #nowhere."),
    ],
)
def test_who_and_where_nobody_is_are_sentences_and_exit_code_2(words: list[str], says: str) -> None:
    code, said = explained(*words)
    assert code == 2
    assert says in " ".join(said.split())


def test_who_does_not_count_is_told_why() -> None:
    assert "deactivated" in explained("--as", "dee")[1]
    assert "guest" in explained("--as", "gus")[1]


def test_two_of_one_name_are_listed_with_their_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.rehearse import environment  # noqa: PLC0415 - its path is what is changed

    two = tmp_path / "workspace.yaml"
    two.write_text(environment.WORKSPACE.read_text("utf-8").replace("name: Bo }", "name: Dana }"), "utf-8")
    monkeypatch.setattr(environment, "WORKSPACE", two)
    code, said = explained("--as", "Dana")
    assert code == 2
    assert "Several are called Dana: U0BO000001 (@bo), U0DANA0001 (@dana). Write the id." in " ".join(said.split())
