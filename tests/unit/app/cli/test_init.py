"""`logoff-bot init`: a few answers become a whole configuration, and a bad answer is asked for again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml
from typer.testing import CliRunner

from app.cli.init import ENVIRONMENT, init
from app.config.alone import examine
from app.config.document import document
from app.config.schema import schema, sections_of
from app.config.settings import Settings, load
from app.config.slips import slips
from bot.errors import SettingsError
from tests.support.cases import for_each
from tests.support.effort import sample

command = typer.Typer()
command.command()(init)
RUNNER = CliRunner()
SECRETS = {
    "LOGOFF_BOT_AUDIT_KEY": "k" * 32,
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "WINRM_PASSWORD": "p",
    "DATABASE_URL": "postgresql://bot:p@db.example/logoff",
}
ANSWERS = {
    "team": "T0HOME0001",
    "database": "sqlite:////var/lib/logoff-bot/bot.db",
    "computers": "comp1, rds-[01-40]",
    "transport": "ntlm",
    "account": "CORP\\svc-logoff",
    "ca-file": "/etc/ssl/corp.pem",
    "groups": "@oncall, U0DANA0001",
    "approve-in": "C0APPROVE1",
    "contact": "@ts-leads",
}
CERTIFICATE = {"transport": "certificate", "certificate": "/etc/c.pem", "key": "/etc/k.pem", "account": "svc-logoff"}


def options(**changes: str) -> list[str]:
    said = ANSWERS | {name.replace("_", "-"): value for name, value in changes.items()}
    return [word for name, value in said.items() for word in (f"--{name}", value)]


def made(folder: Path, **changes: str) -> Settings:
    done = RUNNER.invoke(command, [str(folder), *options(**changes)])
    assert done.exit_code == 0, done.output
    return load(folder / "app.yaml", SECRETS)


def refused(folder: Path, **changes: str) -> str:
    done = RUNNER.invoke(command, [str(folder), *options(**changes)], terminal_width=500)
    assert done.exit_code == 2
    assert not folder.exists()
    return " ".join(done.output.replace("│", " ").split())


def test_options_make_the_files_and_nothing_is_asked(tmp_path: Path) -> None:
    settings = made(tmp_path / "new" / "folder")
    rule = settings.rules[0]
    assert (settings.team, settings.contact, settings.rehearsal) == ("T0HOME0001", "@ts-leads", False)
    assert settings.database.get_secret_value() == ANSWERS["database"]
    assert [computer.name for computer in settings.computers] == ["comp1", "rds-[01-40]"]
    assert (rule.who, rule.approve_in) == (["@oncall", "U0DANA0001"], "C0APPROVE1")
    assert settings.winrm.username == ANSWERS["account"]
    assert settings.winrm.ca_file == Path(ANSWERS["ca-file"])
    assert (settings.winrm.transport, settings.winrm.password.get_secret_value()) == ("ntlm", "p")


@for_each(
    "changes",
    sample([
        {},
        {"transport": "kerberos", "account": "svc-logoff@CORP.EXAMPLE"},
        {"transport": "basic", "account": "svc-logoff"},
        {"account": ".\\svc-logoff"},
        CERTIFICATE,
        {"database": "postgresql://bot@db.example/logoff"},
        {"approve_in": "", "contact": "", "ca_file": ""},
        {"groups": "S0GROUP001 @oncall", "computers": "10.0.0.5 comp1.corp.example"},
        {"contact": "'quoted': \"# no comment\" [x] @ts"},
    ], 4),
)  # fmt: skip
def test_what_is_written_passes_every_check(tmp_path: Path, changes: dict[str, str]) -> None:
    folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
    settings = made(folder, **changes)
    found = examine(folder / "app.yaml", {})
    assert found.findings == []
    assert list(slips(settings)) == []
    names = {line.removesuffix("=") for line in (folder / ENVIRONMENT).read_text().splitlines() if line.endswith("=")}
    needed = {name for each in found.wanted for name in re.findall(r"has no (\w+)", each.message)}
    assert names - {"KRB5_CLIENT_KTNAME"} == needed
    if "contact" in changes:
        assert settings.contact == changes["contact"]


def test_the_files_are_for_their_owner_alone_and_have_no_value(tmp_path: Path) -> None:
    made(tmp_path / "x", database="postgresql://bot@db.example/logoff")
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "x").iterdir()} == {
        "app.yaml": "0o600",
        "app.schema.json": "0o600",
        "logoff-bot.env": "0o600",
    }
    lines = (tmp_path / "x" / ENVIRONMENT).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#") and not line.endswith("=")] == []
    assert "# The audit key. Make one with: openssl rand -hex 32" in lines
    assert json.loads((tmp_path / "x" / "app.schema.json").read_text(encoding="utf-8")) == schema()


def test_every_key_of_the_settings_stands_there_set_or_as_a_comment(tmp_path: Path) -> None:
    made(tmp_path / "x")
    whole = uncommented((tmp_path / "x" / "app.yaml").read_text(encoding="utf-8"))
    rule, computer = whole["rules"][0], whole["computers"][-1]
    blocks: dict[str, dict[str, Any]] = {
        "Settings": whole,
        "Slack": whole["slack"],
        "AllWinRm": whole["winrm"],
        "Computer": computer,
        "WinRm": computer["winrm"],
        "RuleSettings": rule,
        "ForceSettings": rule["force"],
        "Protect": whole["protect"],
        "Limits": whole["limits"],
        "DigestSettings": whole["digest"],
        "HealthSettings": whole["health"],
    }
    assert {name: list(block) for name, block in blocks.items()} == {
        model.__name__: list(model.model_fields) for model in sections_of(Settings)
    }
    faults = jsonschema.Draft202012Validator(schema()).iter_errors(whole)
    assert [(fault.json_path, fault.message) for fault in faults] == []


def test_each_key_has_a_line_about_it(tmp_path: Path) -> None:
    made(tmp_path / "x")
    text = (tmp_path / "x" / "app.yaml").read_text(encoding="utf-8")
    keys = [line for line in text.splitlines()[4:] if re.match(r" *(# )?(- )?\w+:", line)]
    assert len(keys) > 70
    assert [line for line in keys if not re.search(r"  # \S.*\S$", line)] == []


def test_a_comment_shows_the_default() -> None:
    text = document({"team": "T1", "computers": ["comp1"], "rules": []})
    assert re.search(r"^# winrm: ", text, re.MULTILINE)
    assert re.search(r"^  # lockout_window: 10m  ", text, re.MULTILINE)
    assert re.search(r"^  # looks_at_once: 256  ", text, re.MULTILINE)
    assert re.search(r"^  # insecure_ntlm: false  ", text, re.MULTILINE)


def uncommented(text: str) -> dict[str, Any]:
    """The values when the number sign before each key is taken away."""
    lines = [re.sub(r"^( *)# (- )?(?=\w+:)", r"\1\2", line) for line in text.splitlines()[4:]]
    found: dict[str, Any] = yaml.safe_load("\n".join(lines))
    return found


WRONG = [
    ("team", "home", "write the workspace's id (T...)"),
    ("team", "T0\nHOME", "in letters that can be seen, on one line"),
    ("database", "postgresql://bot:Hunter2@db/x", "The password stays out of the file"),
    ("database", "postgresql://bot@db/x?password=Hunter2", "The password stays out of the file"),
    ("database", "mysql://db/x", "mysql is not supported"),
    ("database", "sqlite:///bot.db", "with four slashes"),
    ("database", "sqlite://", "needs a file"),
    ("computers", "comp1 comp1.corp", "are the short and the full name of one computer"),
    ("computers", "comp1/..", "is no name of a computer"),
    ("computers", "", "An answer is needed."),
    ("transport", "ntml", "There is no `ntml`. Write one of kerberos, ntlm, basic, certificate."),
    ("account", "svc", "Write the domain, too"),
    ("account", "CORP/svc", "is no account"),
    ("ca_file", "ca.pem", "Write the whole path: /etc/logoff-bot/ca.pem"),
    ("groups", "oncall", "write a user group's handle (@oncall)"),
    ("approve_in", "#ops", "write the channel's id (C...)"),
    ("contact", "x" * 81, "80 letters at most"),
    ("key", "/k.pem", "counts with --transport certificate alone"),
    ("database", "postgresql://bot@db/x?sslpassword=Hunter2", "The password stays out of the file"),
]


@for_each(("name", "said", "sentence"), sample(WRONG, 3))
def test_a_bad_option_is_refused_with_its_sentence_and_nothing_is_written(
    tmp_path: Path, name: str, said: str, sentence: str
) -> None:
    told = refused(tmp_path / "x", **{name: said})
    assert sentence in told, told
    assert f"--{name.replace('_', '-')}" in told
    assert "Hunter2" not in told


def test_an_account_of_kerberos_and_a_path_that_is_half_are_refused(tmp_path: Path) -> None:
    assert "Write `svc@CORP.EXAMPLE`" in refused(tmp_path / "x", transport="kerberos", account="CORP\\svc")
    assert "Write the whole path" in refused(tmp_path / "x", **{**CERTIFICATE, "key": "k.pem"})
    long = "svc-logoff-of-the-terminal-servers@CORP.EXAMPLE"
    assert "longer than 20 letters" in refused(tmp_path / "x", transport="kerberos", account=long)


def test_a_bad_answer_is_asked_again_with_the_reason(tmp_path: Path) -> None:
    typed = ["home", "T0HOME0001", "", "comp1/..", "comp1", "ntml", "ntlm", "svc", "CORP\\svc"]
    typed += ["ca.pem", "", "ops", "@ops", "", ""]
    done = RUNNER.invoke(command, [str(tmp_path)], input="".join(f"{line}\n" for line in typed))
    assert done.exit_code == 0, done.output
    for _, _, sentence in (WRONG[0], WRONG[8], WRONG[10], WRONG[11], WRONG[13], WRONG[14]):
        assert sentence in " ".join(done.output.split())
    settings = load(tmp_path / "app.yaml", SECRETS)
    assert settings.database.get_secret_value() == f"sqlite:///{tmp_path}/logoff-bot.db"
    assert settings.rules[0].who == ["@ops"]


def test_what_nobody_answers_is_no_file(tmp_path: Path) -> None:
    done = RUNNER.invoke(command, [str(tmp_path / "x")], input="T0HOME0001\n")
    assert isinstance(done.exception, SettingsError)
    assert "Nothing was written" in done.exception.message
    assert "logoff-bot init --help" in done.exception.message
    assert not (tmp_path / "x").exists()


@for_each("there", ["app.yaml", "logoff-bot.env"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine", encoding="utf-8")
    done = RUNNER.invoke(command, [str(tmp_path), *options()])
    assert isinstance(done.exception, SettingsError)
    assert done.exception.message.startswith(f"{tmp_path / there} is there already, and I overwrite nothing.")
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["mine"]
    (tmp_path / there).unlink()


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [("file", "is no folder"), ("file/below", "cannot be written"), (f"file{'x' * 300}", "File name too long")],
)
def test_a_folder_that_is_none_is_said(tmp_path: Path, folder: str, sentence: str) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    done = RUNNER.invoke(command, [str(tmp_path / folder), *options()])
    assert isinstance(done.exception, SettingsError)
    assert sentence in done.exception.message
    assert str(tmp_path / "file") in done.exception.message


def test_the_folders_on_the_way_go_when_the_files_cannot_be_written(tmp_path: Path) -> None:
    done = RUNNER.invoke(command, [str(tmp_path / "new" / "x" / ".." / ("y" * 300)), *options()])
    assert isinstance(done.exception, SettingsError)
    assert "cannot be written: File name too long" in done.exception.message
    assert list(tmp_path.iterdir()) == []
