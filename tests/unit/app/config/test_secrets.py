"""Whoever loads the file needs the secrets that they use, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.config.alone import examine, keys_in
from app.config.secrets import EVERY_SECRET, NO_SECRET, Secret, secret_at
from app.config.settings import database_in, load
from bot.audit.keys import SigningKeys
from bot.errors import SettingsError
from tests.support.cases import for_each

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = r"""
team: T0HOME
database: ${DATABASE}
audit_key: ${KEY}
slack: {bot_token: "${BOT}", app_token: "file:/nowhere/app"}
winrm: {transport: ntlm, username: CORP\svc, password: "${PASSWORD}"}
computers:
  - comp1
  - {name: comp2, winrm: {password: "${PASSWORD2}"}}
rules: [{name: on-call, who: ["@oncall"], may: [log_off]}]
"""
KEY = "k" * 32
ALL = {"DATABASE": "sqlite:///x.db", "KEY": KEY, "BOT": "xoxb-1", "PASSWORD": "p", "PASSWORD2": "q"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "app.yaml").write_text(FILE, encoding="utf-8")
    return tmp_path / "app.yaml"


NEEDED: dict[Secret, tuple[str, ...]] = {
    Secret.DATABASE: ("no DATABASE.",),
    Secret.KEY: ("no KEY.",),
    Secret.SLACK: ("no BOT.", "/nowhere/app cannot be read: No such file or directory."),
    Secret.WINDOWS: ("no PASSWORD.", "no PASSWORD2."),
}


@for_each("secret", list(Secret))
def test_only_the_secret_that_is_used_is_asked_for(path: Path, secret: Secret) -> None:
    with pytest.raises(SettingsError) as caught:
        load(path, {}, secrets=frozenset({secret}))
    assert [said for each in NEEDED.values() for said in each if said in caught.value.message] == [*NEEDED[secret]]


def test_without_any_secret_the_rules_are_there_and_each_secret_is_empty(path: Path) -> None:
    settings = load(path, {"KEY": "short", "BOT": "xoxp-wrong"}, secrets=NO_SECRET)
    assert settings.policy().rules[0].name == "on-call"
    secrets = (settings.database, settings.audit_key, settings.slack.bot_token, settings.winrm.password)
    assert [each.get_secret_value() for each in secrets] == [""] * 4
    with pytest.raises(SettingsError, match="audit_key: nothing is signed without it"):
        _ = settings.signing_keys


def test_a_secret_of_the_wrong_kind_stops_only_whoever_uses_it(path: Path) -> None:
    path.write_text(FILE.replace('"${BOT}"', "[a]").replace("${KEY}", "12"), encoding="utf-8")
    assert load(path, ALL, secrets=frozenset({Secret.DATABASE})).database.get_secret_value() == "sqlite:///x.db"
    with pytest.raises(SettingsError, match=r"slack\.bot_token: has to be a text"):
        load(path, ALL, secrets=frozenset({Secret.SLACK}))


def test_what_is_no_secret_is_needed_by_everybody(path: Path) -> None:
    path.write_text(FILE.replace(r"username: CORP\svc", "username: '${ACCOUNT}'"), encoding="utf-8")
    with pytest.raises(SettingsError, match="the environment has no ACCOUNT"):
        load(path, ALL, secrets=NO_SECRET)


@for_each(
    ("environment", "missing"),
    [
        ({}, ["DATABASE", "KEY", "BOT", "/nowhere/app", "PASSWORD", "PASSWORD2"]),
        (ALL, ["/nowhere/app"]),
        ({**ALL, "KEY": ""}, ["KEY", "/nowhere/app"]),
    ],
)
def test_a_secret_that_is_not_here_is_no_fault_of_the_file(
    path: Path, environment: Mapping[str, str], missing: list[str]
) -> None:
    found = examine(path, environment)
    assert found.findings == []
    assert [each for each, name in zip(found.wanted, missing, strict=True) if name not in each.message] == []


def test_a_value_of_any_key_may_be_missing_and_everything_else_is_checked(path: Path) -> None:
    text = FILE.replace("T0HOME", "${TEAM}").replace("[log_off]", "[logoff]").replace("- comp1", "- '${HOST}'")
    path.write_text(text, encoding="utf-8")
    found = examine(path, ALL)
    assert [each.key for each in found.findings] == ["rules.0.may.0"]
    assert next(each.where for each in found.wanted) == ("team",)


def test_a_database_that_is_not_here_may_be_one_that_replicas_share(path: Path) -> None:
    path.write_text(f"{FILE}replicas: true\n", encoding="utf-8")
    assert examine(path, {}).findings == []
    assert load(path, {}, secrets=NO_SECRET).replicas
    (finding,) = examine(path, ALL).findings
    assert finding.key == "replicas"


def test_a_secret_that_is_here_and_wrong_is_a_fault(path: Path) -> None:
    found = examine(path, {**ALL, "KEY": "short", "BOT": "xapp-1"})
    assert [each.key for each in found.findings] == ["audit_key", "slack.bot_token"]


@for_each("more", ["\nxoxb-other", "\rX: y", " x", "\u00e9", "\u0416", "\x1b[31m", "\u200b"])
def test_a_token_with_more_in_it_is_a_fault_that_does_not_show_it(path: Path, more: str) -> None:
    """Slack's library would write it into the log, as a header that is none."""
    path.write_text(FILE.replace("file:/nowhere/app", "${APP}"), encoding="utf-8")
    found = examine(path, {**ALL, "BOT": f"xoxb-hidden{more}", "APP": f"xapp-hidden{more}"}).findings
    assert [each.key for each in found] == ["slack.app_token", "slack.bot_token"]
    assert {each.message for each in found} == {
        "has a line end, a space or a letter that no token has. Copy it again, and nothing beside it."
    }


def test_a_password_with_a_line_end_in_it_is_never_tried(path: Path) -> None:
    (finding,) = examine(path, {**ALL, "PASSWORD": "hidden\n# of svc"}).findings
    assert finding.key == "computers.0.winrm.password"
    assert "winrm.password has a line end" in finding.message
    assert "hidden" not in finding.message
    assert not examine(path, {**ALL, "PASSWORD": "\u00e9 \u0416'\"`$%"}).findings


def test_a_variable_that_is_no_text_is_as_good_as_missing(path: Path) -> None:
    found = examine(path, {**ALL, "KEY": f"{KEY}\udcff"})
    assert found.findings == []
    assert found.wanted[0].message == "the environment has KEY, and it is no text in UTF-8. Set it again."


def test_two_tokens_in_each_others_place_are_one_fault(path: Path) -> None:
    path.write_text(FILE.replace("file:/nowhere/app", "${APP}"), encoding="utf-8")
    (finding,) = examine(path, {**ALL, "BOT": "xapp-1-hidden", "APP": "xoxb-hidden"}).findings
    assert finding.sentence == (
        "slack.bot_token: is the app-level token (xapp-), and slack.app_token is the bot's (xoxb-). Exchange the two."
    )


def test_the_key_alone_is_read_whatever_else_is_wrong(path: Path) -> None:
    path.write_text("nonsense: 1\naudit_key: ${KEY}\nrules: []\n", encoding="utf-8")
    assert keys_in(path, {"KEY": KEY}).key_id == SigningKeys(KEY).key_id
    with pytest.raises(SettingsError, match="line 2: the environment has no KEY"):
        keys_in(path, {})
    with pytest.raises(SettingsError, match="line 2: audit_key: needs at least 32 characters"):
        keys_in(path, {"KEY": "short"})


def test_a_rehearsal_has_a_key_and_a_real_file_without_one_has_none(path: Path) -> None:
    path.write_text("rehearsal: true\n", encoding="utf-8")
    assert keys_in(path, {}).key_id
    path.write_text("team: T1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="audit_key: needs at least 32 characters"):
        keys_in(path, {})


def test_the_database_alone_says_that_it_is_not_here(path: Path) -> None:
    assert database_in(path, ALL).get_secret_value() == "sqlite:///x.db"
    with pytest.raises(SettingsError, match="line 3: the environment has no DATABASE"):
        database_in(path, {})


@for_each(
    ("where", "secret"),
    [
        (("winrm", "password"), Secret.WINDOWS),
        (("computers", 3, "winrm", "password"), Secret.WINDOWS),
        (("computers", 3, "password"), None),
        (("winrm", "username"), None),
        (("slack", "api_url"), None),
        ((), None),
    ],
)
def test_a_secret_is_known_by_its_place(where: tuple[int | str, ...], secret: Secret | None) -> None:
    assert secret_at(where) is secret
    assert len(EVERY_SECRET) == 4


@for_each(
    ("name", "why"),
    [
        ("none.pem", "is not there. Put the PEM file there, or correct it."),
        ("x" * 300, "cannot be looked at: File name too long. Let the bot's user reach the PEM file, or correct it."),
    ],
)
def test_a_pem_file_that_is_not_seen_is_needed_and_its_cause_is_said(path: Path, name: str, why: str) -> None:
    pem, text = path.parent / name, FILE.replace("file:/nowhere/app", "${APP}")
    text = text.replace("transport: ntlm,", f"transport: ntlm, ca_file: '{pem}',")
    path.write_text(text.replace("{password:", f"{{certificate: '{pem}', key: '{pem}', password:"), encoding="utf-8")
    wanted = examine(path, {**ALL, "APP": "xapp-1"}).wanted
    keys = ("winrm.ca_file", "computers.1.winrm.certificate", "computers.1.winrm.key")
    assert [each.message for each in wanted] == [f"{key}: {pem} {why}" for key in keys]
