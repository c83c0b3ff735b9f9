"""`logoff-bot config`: every fault of the file at once, offline; and the schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from app.cli.config import config as command
from app.config.schema import schema
from bot.errors import SettingsError
from tests.support.cases import for_each
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

RUNNER = CliRunner(env={"PASSWORD": "hidden", "DATABASE_URL": None})
FILE = r"""team: T0HOME
database: ${DATABASE_URL}
audit_key: ${LOGOFF_BOT_AUDIT_KEY}
slack: {bot_token: "${SLACK_BOT_TOKEN}", app_token: "${SLACK_APP_TOKEN}"}
winrm: {transport: ntlm, username: CORP\svc, password: "${PASSWORD}"}
computers: [comp1]
rules: [{name: on-call, who: ["@oncall"], may: [log_off]}]
"""


def check(folder: Path, text: str, *options: str) -> tuple[int, str]:
    path = folder / "app.yaml"
    path.write_text(text, encoding="utf-8")
    done = RUNNER.invoke(command, ["check", "--config", str(path), *options])
    return done.exit_code, done.stdout.replace(str(path), "app.yaml")


def test_a_file_without_a_fault_says_what_run_needs_beside_it(tmp_path: Path) -> None:
    code, said = check(tmp_path, FILE)
    assert code == 0
    assert said == (
        "app.yaml has no fault.\n"
        "Needed by `run`, and not here:\n"
        "  line 2: the environment has no DATABASE_URL. Set it, or write file:/path/to/secret.\n"
        "  line 3: the environment has no LOGOFF_BOT_AUDIT_KEY. Set it, or write file:/path/to/secret.\n"
        "  line 4: the environment has no SLACK_APP_TOKEN. Set it, or write file:/path/to/secret.\n"
        "  line 4: the environment has no SLACK_BOT_TOKEN. Set it, or write file:/path/to/secret.\n"
    )


def test_all_faults_are_told_at_once_with_what_may_be_meant(tmp_path: Path) -> None:
    text = FILE.replace("[log_off]", "[logoff]") + "winrn: {}\ncomputers: [comp2]\n"
    code, said = check(tmp_path, text)
    assert code == 1
    assert said.startswith(
        "app.yaml has 3 faults:\n"
        "  line 7: rules.0.may.0: has to be 'list', 'message', 'disconnect', 'log_off' or 'audit'. "
        "Did you mean `log_off`?\n"
        "  line 8: winrn: I know no key `winrn` here; did you mean `winrm`?\n"
        "  line 9: computers: stands here a second time. Keep one of them.\n"
        "Needed by `run`, and not here:\n"
    )


def test_a_program_reads_the_same(tmp_path: Path) -> None:
    code, said = check(tmp_path, FILE + "winrn: {}\n", "--json")
    told = json.loads(said)
    assert code == 1
    assert told["faults"] == [
        {
            "line": 8,
            "lines": [8],
            "key": "winrn",
            "message": "I know no key `winrn` here; did you mean `winrm`?",
            "did_you_mean": "winrm",
        }
    ]
    assert [each["key"] for each in told["needed_by_run"]] == [
        "database",
        "audit_key",
        "slack.bot_token",
        "slack.app_token",
    ]
    code, said = check(tmp_path, FILE, "--json")
    assert (code, json.loads(said)["faults"]) == (0, [])


@for_each(
    ("database", "fault"),
    [
        ("mysql://svc:Hunter2@host/x", "mysql is not supported. Use sqlite:///file or postgresql://host/name."),
        ("postgres//svc:Hunter2@host", "this is no database URL."),
        ("sqlite://", "the audit log needs a file. Write sqlite:///file."),
        ("12", "has to be a text. Put it in quotes."),
    ],
)
def test_a_database_that_is_none_is_a_fault_and_nobody_is_asked(tmp_path: Path, database: str, fault: str) -> None:
    code, said = check(tmp_path, FILE.replace("${DATABASE_URL}", database))
    assert code == 1
    assert f"line 2: database: {fault}" in said
    assert "Hunter2" not in said


def test_the_rehearsals_file_is_whole_and_says_what_it_is() -> None:
    done = RUNNER.invoke(command, ["check", "--config", str(ROOT / "app.yaml")])
    assert done.exit_code == 0
    assert "has no fault" in done.stdout
    assert "`run` refuses it" in done.stdout


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    done = RUNNER.invoke(command, ["check", "--config", str(tmp_path)])
    assert isinstance(done.exception, SettingsError)
    with pytest.raises(SettingsError, match="is a folder"):
        raise done.exception


def test_a_program_is_told_in_json_that_a_file_cannot_be_read(tmp_path: Path) -> None:
    code, said = check(tmp_path, "a: [\n", "--json")
    assert code == 1
    assert "app.yaml is no YAML at line 2" in json.loads(said)["cannot_be_read"]


def test_the_schema_is_printed_as_json() -> None:
    assert json.loads(RUNNER.invoke(command, ["schema"]).stdout) == schema()


def test_a_pem_file_that_is_not_here_is_needed_by_run(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    text = FILE.replace("computers: [comp1]", f"computers: [{{name: comp1, winrm: {{ca_file: {tmp_path}/ca.pem}}}}]")
    code, said = check(tmp_path, text.replace("{transport: ntlm,", f"{{transport: ntlm, ca_file: {tmp_path}/none.pem,"))
    assert code == 0
    assert f"line 5: winrm.ca_file: {tmp_path}/none.pem is not there." in said
    assert "computers.0" not in said
