"""The configuration file: every fault at once, each with its line and key, and never a secret."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.config.settings import Settings, load
from bot.domain.actions import Action
from bot.errors import SettingsError
from tests.support.cases import for_each
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = {
    "BOT": "xoxb-hidden-bot",
    "APP": "xapp-hidden-app",
    "KEY": "hidden-key-" + "x" * 32,
    "PASSWORD": "hidden-password",
    "DATABASE": "postgresql+psycopg://bot:hidden-database@db/bot",
}
GOOD = r"""
team: T0HOME
database: ${DATABASE}
audit_key: ${KEY}
slack:
  bot_token: ${BOT}
  app_token: ${APP}
winrm:
  username: svc-logoff@CORP.EXAMPLE
  password: ${PASSWORD}
computers:
  - comp1
  - name: rds-[01-40]
    winrm: {transport: ntlm, password: "${PASSWORD}"}
  - match: web-*.corp
groups:
  rds-prod: ["rds-*"]
default_computer: comp1
rules:
  - name: on-call
    who: ["@oncall"]
    may: [list, log_off]
"""


def read(folder: Path, text: str, **environment: str) -> Settings:
    path = folder / "app.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, SECRETS | environment)


def faults(folder: Path, text: str, **environment: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(folder, text, **environment)
    assert "hidden" not in caught.value.message
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_the_file_that_ships_is_the_rehearsals() -> None:
    settings = load(ROOT / "app.yaml", {})
    assert settings.rehearsal
    assert settings.inventory().find("group:rds-prod") == tuple(f"rds-{number:02}" for number in range(1, 41))


def test_a_good_file_becomes_an_inventory_and_a_policy(tmp_path: Path) -> None:
    settings = read(tmp_path, GOOD)
    inventory, policy = settings.inventory(), settings.policy()
    assert (len(inventory.names), inventory.patterns, inventory.default) == (41, ("web-*.corp",), "comp1")
    assert not policy.may_touch_console
    assert policy.rules[0].may == {Action.LIST, Action.LOG_OFF}


def test_a_computer_says_what_differs_and_takes_the_rest_from_the_top(tmp_path: Path) -> None:
    settings = read(tmp_path, GOOD)
    ways = {host: settings.winrm_for(host)[1] for host in ("comp1", "RDS-07", "web-1.corp")}
    assert {host: way.transport for host, way in ways.items()} == {
        "comp1": "kerberos",
        "RDS-07": "ntlm",
        "web-1.corp": "kerberos",
    }
    assert {way.username for way in ways.values()} == {"svc-logoff@CORP.EXAMPLE"}
    with pytest.raises(LookupError):
        settings.winrm_for("evil")


def test_a_name_goes_before_a_pattern_that_stands_above_it(tmp_path: Path) -> None:
    pattern = "  - {match: 'rds-*', winrm: {port: 8080}}\n"
    settings = read(tmp_path, changed("  - comp1\n", f"{pattern}  - comp1\n"))
    assert settings.winrm_for("RDS-07")[1].transport == "ntlm"
    assert settings.winrm_for("rds-x")[1].port == 8080


def test_an_address_goes_before_the_name(tmp_path: Path) -> None:
    settings = read(tmp_path, changed("  - comp1\n", "  - {name: comp1, address: 10.0.0.7}\n"))
    assert settings.winrm_for("COMP1")[0] == "10.0.0.7"


# Secrets


def test_a_secret_is_in_no_repr(tmp_path: Path) -> None:
    settings = read(tmp_path, GOOD)
    assert "hidden" not in repr(settings) + str(settings) + repr(settings.winrm_for("rds-01"))
    assert settings.winrm_for("rds-01")[1].password.get_secret_value() == "hidden-password"


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 32 + "\n", encoding="utf-8")
    settings = read(tmp_path, changed("${KEY}", f"file:{tmp_path}/key"))
    assert settings.audit_key.get_secret_value() == "k" * 32


def test_a_secret_that_is_nowhere_is_a_fault_with_its_line(tmp_path: Path) -> None:
    text = changed("${KEY}", f"file:{tmp_path}/none").replace("${BOT}", "${NO_SUCH}").replace("${APP}", "x${APP}")
    found = faults(tmp_path, text)
    assert f"line 4: {tmp_path}/none cannot be read: No such file or directory." in found
    assert "line 6: the environment has no NO_SUCH. Set it, or write file:/path/to/secret." in found
    assert "line 7: ${NAME} stands for a whole value, not for a part of one. Put all of it there." in found


def test_an_empty_variable_is_no_secret(tmp_path: Path) -> None:
    assert "line 4: the environment has no KEY. Set it, or write file:/path/to/secret." in faults(
        tmp_path, GOOD, KEY=""
    )


@for_each(
    ("old", "new"),
    [
        ("${BOT}", "hidden-wrong"),
        ("${KEY}", "hidden"),
        ("username: svc-logoff@CORP.EXAMPLE", "port: hidden-port"),
        ("${PASSWORD}\ncomputers", "[hidden, hidden]\ncomputers"),
        ("audit_key: ${KEY}", "audit_key: {hidden: ["),
        ("audit_key: ${KEY}", "audit_key: 'hidden"),
        ("transport: ntlm", "transport: ntlm, passwrd: hidden"),
    ],
)
def test_a_secret_in_the_wrong_place_is_in_no_error(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, changed(old, new))
    assert "hidden" not in str(caught.value)


def test_the_lockout_window_is_ten_minutes_unless_the_file_says_another(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD).winrm.lockout_window == timedelta(minutes=10)
    said = changed("winrm:\n  username", "winrm:\n  lockout_window: 30m\n  username")
    assert read(tmp_path, said).winrm.lockout_window == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("key", "at_once"), [("", 256), ("  looks_at_once: 8\n", 8), ("  looks_at_once: 1000\n", 1000)]
)
def test_so_many_computers_are_looked_at_side_by_side(tmp_path: Path, key: str, at_once: int) -> None:
    said = changed("winrm:\n", f"winrm:\n{key}")
    assert read(tmp_path, said).winrm.looks_at_once == at_once


@for_each("said", ["7", "0", "-1", "1001", "many"])
def test_a_number_of_looks_that_cannot_be_is_a_fault(tmp_path: Path, said: str) -> None:
    (told,) = faults(tmp_path, changed("winrm:\n", f"winrm:\n  looks_at_once: {said}\n"))
    assert "winrm.looks_at_once" in told


# Faults


@pytest.mark.parametrize(
    ("window", "fault"),
    [
        ("59s", "line 9: winrm.lockout_window: has to be from 1m to 1d: a domain forgets refused logons after such"),
        ("2d", "line 9: winrm.lockout_window: has to be from 1m to 1d: a domain forgets refused logons after such"),
        ("10", "line 9: winrm.lockout_window: write a duration like 90s, 15m, 2h or 1d."),
        ("off", "line 9: winrm.lockout_window: write a duration like 90s, 15m, 2h or 1d."),
    ],
)
def test_a_lockout_window_that_cannot_be_is_a_fault(tmp_path: Path, window: str, fault: str) -> None:
    (told,) = faults(tmp_path, changed("winrm:\n  username", f"winrm:\n  lockout_window: {window}\n  username"))
    assert told.startswith(fault)


def test_the_lockout_window_is_no_matter_of_one_computer(tmp_path: Path) -> None:
    (told,) = faults(tmp_path, changed("{transport: ntlm,", "{lockout_window: 5m, transport: ntlm,"))
    assert told.startswith("line 14: computers.1.winrm.lockout_window: I know no key `lockout_window` here;")


def test_all_faults_are_told_at_once_with_line_and_key(tmp_path: Path) -> None:
    text = (
        GOOD.replace("${KEY}", "short")
        .replace("bot_token", "bot_tokn")
        .replace("transport: ntlm", "transport: telnet")
        .replace("may: [list, log_off]", "may: []\n    forse: yes")
    )
    assert faults(tmp_path, text + "winrn: {}\n") == [
        "line 6: slack.bot_tokn: I know no key `bot_tokn` here; did you mean `bot_token`?",
        "line 14: computers.1.winrm.transport: has to be 'kerberos', 'ntlm', 'certificate' or 'basic'.",
        "line 22: rules.0.may: needs at least one entry.",
        "line 23: rules.0.forse: I know no key `forse` here; did you mean `force`?",
        "line 24: winrn: I know no key `winrn` here; did you mean `winrm`?",
    ]


def test_faults_of_the_whole_are_told_beside_faults_of_its_parts(tmp_path: Path) -> None:
    text = changed("${KEY}", "short").replace('["rds-*"]', '["rsd-*"]').replace("${BOT}", "xoxp-1")
    assert faults(tmp_path, text.replace("who:", "whom:")) == [
        "line 4: audit_key: needs at least 32 characters. Make one with: openssl rand -hex 32",
        "line 6: slack.bot_token: the bot's token from Slack begins with xoxb-.",
        "line 17: groups.rds-prod.0: `rsd-*` is none of the computers.",
        "line 21: rules.0.whom: I know no key `whom` here; did you mean `who`?",
    ]


def test_a_misspelt_rehearsal_is_one_fault_and_not_five(tmp_path: Path) -> None:
    text = (ROOT / "app.yaml").read_text(encoding="utf-8").replace("rehearsal: true ", "rehersal: true ")
    (fault,) = faults(tmp_path, text)
    assert fault.endswith("rehersal: I know no key `rehersal` here; did you mean `rehearsal`?")


@for_each(
    ("old", "new", "sentence"),
    [
        ("team: T0HOME", "nonsense: 1", "nonsense: I know no key `nonsense` here; I know rehearsal, team, database"),
        ("team: T0HOME", "", "team: is missing."),
        ("team: T0HOME", "team: 12", "team: has to be a text. Put it in quotes."),
        ("team: T0HOME", "team: 2026-13-45", "the value cannot be understood. Put it in quotes."),
        ("team: T0HOME", "team: T1\nteam: T2", "team: stands here a second time. Keep one of them."),
        ("winrm:\n", "protect: {console: maybe}\nwinrm:\n", "protect.console: has to be true or false."),
        ("winrm:\n", "winrm:\n  port: 70000\n", "winrm.port: has to be at most 65535."),
        ("winrm:\n", "winrm:\n  port: 0\n", "winrm.port: has to be at least 1."),
        ("winrm:\n", "winrm:\n  port: many\n", "winrm.port: has to be a whole number."),
        ('rds-prod: ["rds-*"]', "rds-prod: rds-*", "groups.rds-prod: has to be a list: one `- entry` a line."),
        ("may: [list, log_off]", "may: []", "rules.0.may: needs at least one entry."),
        ("slack:\n", "slack: none\nslick:\n", "slack: has to be a block of `key: value` lines."),
        ("default_computer: comp1", "default_computer: comp9", "default_computer: `comp9` is none of the computers."),
        ("  - comp1\n", "  - comp1/..\n", "computers.0: `comp1/..` is no name of a computer"),
        ("rds-[01-40]", "rds-[40-01]", "computers.1: `rds-[40-01]` is no name of a computer and no range like"),
        ("rds-[01-40]", "rds-[1-9000]", "computers.1: `rds-[1-9000]` names more than 1,000 computers."),
        ("match: web-*.corp", "address: web", "computers.2: a computer has either a name or a match."),
    ],
)
def test_a_fault_is_a_sentence_for_a_tired_person(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    found = faults(tmp_path, changed(old, new))
    assert any(sentence in fault for fault in found), found


def test_two_rules_of_one_name_are_a_fault(tmp_path: Path) -> None:
    rule = "  - {name: on-call, who: [U01], may: [list]}\n"
    assert "two rules are named on-call" in faults(tmp_path, GOOD + rule)[0]


@pytest.mark.parametrize("text", ["", "just a text", "- a\n- list", "# nothing\n"])
def test_a_file_without_keys_says_what_to_do(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="Copy the one that ships"):
        read(tmp_path, text)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load(tmp_path / "none.yaml", {})
    (tmp_path / "latin.yaml").write_bytes("team: café".encode("latin-1"))
    with pytest.raises(SettingsError, match="no text in UTF-8"):
        load(tmp_path / "latin.yaml", {})
    (tmp_path / "bell.yaml").write_bytes(b"team: \x07")
    with pytest.raises(SettingsError, match="control character"):
        load(tmp_path / "bell.yaml", {})


# Ways that would show the password or the orders

CERTIFICATE = "transport: certificate, certificate: /c.pem, key: /k.pem"


@for_each(
    ("way", "sentence"),
    [
        ("{transport: basic, scheme: http, username: svc-logoff}", "comp1: basic needs scheme: https."),
        (f"{{{CERTIFICATE}, scheme: http}}", "comp1: certificate needs scheme: https."),
        ("{transport: certificate, key: /k.pem}", "comp1: certificate needs winrm.certificate and winrm.key"),
        ("{transport: certificate, certificate: /c.pem}", "comp1: certificate needs winrm.certificate and winrm.key"),
        ("{transport: ntlm, scheme: http}", "comp1: NTLM over plain HTTP proves no host."),
        ("{transport: ntlm, username: ''}", "comp1: ntlm needs winrm.username."),
        ("{transport: ntlm, password: ''}", "comp1: ntlm needs winrm.password."),
    ],
)
def test_an_unsafe_way_to_a_computer_is_refused(tmp_path: Path, way: str, sentence: str) -> None:
    (fault,) = faults(tmp_path, changed("  - comp1\n", f"  - {{name: comp1, winrm: {way}}}\n"))
    assert sentence in fault
    assert fault.startswith("line 12: computers.0")


@pytest.mark.parametrize(
    "way",
    [
        "{transport: basic, username: svc-logoff}",
        "{transport: ntlm, scheme: http, insecure_ntlm: true}",
        "{scheme: http}",
        f"{{{CERTIFICATE}}}",
    ],
)
def test_a_way_that_is_safe_or_was_asked_for_is_taken(tmp_path: Path, way: str) -> None:
    settings = read(tmp_path, changed("  - comp1\n", f"  - {{name: comp1, winrm: {way}}}\n"))
    assert "comp1" in settings.inventory().names


def test_tokens_never_travel_in_the_clear(tmp_path: Path) -> None:
    text = changed("slack:\n", "slack:\n  api_url: http://slack.example/api/\n")
    assert faults(tmp_path, text) == ["line 6: slack.api_url: has to begin with https://: the tokens travel there."]


def test_replicas_share_postgresql_and_no_file(tmp_path: Path) -> None:
    assert read(tmp_path, changed("team:", "replicas: true\nteam:")).replicas
    assert not read(tmp_path, GOOD).replicas
    for database in ("sqlite:////var/lib/bot.db", "sqlite:///bot.db"):
        (fault,) = faults(tmp_path, changed("${DATABASE}", f"{database}\nreplicas: true"))
        assert fault.startswith("line 4: replicas: several bots can share PostgreSQL alone.")
    (fault,) = faults(tmp_path, changed("team: T0HOME", "team: T0HOME\nreplicas: three"))
    assert "replicas: has to be true or false." in fault
