"""Protections, rules, accounts and limits that can never work: each a fault with its line and the right spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.config.accounts import user_alone
from app.config.oddities import oddities
from app.config.settings import Settings, load
from app.config.tickets import fault_in_ticket
from bot.domain.session import Account
from bot.errors import SettingsError
from bot.policy.evaluate import guard
from tests.support import builders as b

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """rehearsal: true
team: T0HOME
computers: [comp1, 'rds-[01-03]', {match: 'web-*.corp'}]
groups: {farm: ['rds-*']}
"""
RULE = """rules:
  - name: on-call
    who: ["@oncall"]
    may: [log_off]
"""
BEHIND = 9
"""The line behind the rule."""


def read(folder: Path, *lines: str, head: str = HEAD) -> Settings:
    path = folder / "app.yaml"
    path.write_text(head + RULE + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return load(path, {"SECRET": "hidden!pass/word"})


def faults(folder: Path, *lines: str, head: str = HEAD) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(folder, *lines, head=head)
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


# Accounts as Windows reports them

REPORTED = "Windows reports the short domain name and the user. Write"
USERS = {
    "svc@corp.example": rf"can match nobody: {REPORTED} `CORP\svc`.",
    "svc@CORP": rf"can match nobody: {REPORTED} `CORP\svc`.",
    r"corp.example\svc": rf"can match nobody: {REPORTED} `CORP\svc`.",
    r"corp.*\svc": rf"can match nobody: {REPORTED} `CORP\svc`.",
    r".\svc": rf"can match nobody: {REPORTED} `*\svc`.",
    "CORP/svc": rf"can match nobody: {REPORTED} `CORP\svc`.",
    r"CORP\\svc": rf"can match nobody: {REPORTED} `CORP\svc`.",
    r" CORP\svc": rf"can match nobody: {REPORTED} `CORP\svc`.",
    r"CORP\svc ": rf"can match nobody: {REPORTED} `CORP\svc`.",
    r"CORP\ svc": rf"can match nobody: {REPORTED} `CORP\svc`.",
    " svc": f"can match nobody: {REPORTED} `svc`.",
    r"\svc": f"can match nobody: {REPORTED} `svc`.",
    "CORP\\": rf"can match nobody: {REPORTED} `CORP\*`.",
    "@corp.example": rf"can match nobody: {REPORTED} `CORP\*`.",
    r"CORP\svc@corp.example": rf"can match nobody: {REPORTED} `CORP\svc`.",
    r"A\B\svc": "can match nobody: no account has such a name.",
    r"CORP\a, CORP\b": "can match nobody: no account has such a name.",
    r"CORP\[a-c]*": "can match nobody: no account has such a name.",
    r"CORPORATE-DOMAIN\svc": "can match nobody: a short domain name has 15 letters at most.",
    "": "is empty. Write an account like",
    "  ": "is empty. Write an account like",
}


@pytest.mark.parametrize(("said", "why"), USERS.items())
def test_a_spelling_that_windows_never_reports_is_a_fault_with_the_right_one(
    tmp_path: Path, said: str, why: str
) -> None:
    (protection,) = faults(tmp_path, f"protect: {{users: ['{said}']}}")
    assert protection.startswith(f"line {BEHIND}: protect.users.0: `{said}` {why}")
    (rule,) = faults(tmp_path, f"    users: ['{said}']")
    assert rule.startswith(f"line {BEHIND}: rules.0.users.0: `{said}` {why}")


def test_a_character_that_cannot_be_seen_is_a_fault_and_is_not_printed(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, r'protect: {users: ["CORP\\s\u200bvc"]}')
    assert fault == (
        f"line {BEHIND}: protect.users.0: `CORP\\s\N{REPLACEMENT CHARACTER}vc` has a character that cannot be seen. "
        "Type the name by hand."
    )


@pytest.mark.parametrize(
    "said",
    [
        r"CORP\svc",
        "svc",
        r"CORP\svc-*",
        "al*",
        r"*\svc",
        "*",
        r"CO?P\*",
        "svc$",
        "anna.b",
        "o'brien",
        r"NT AUTHORITY\x",
    ],
)
def test_what_windows_may_report_is_taken(tmp_path: Path, said: str) -> None:
    users = f'["{said}"]'.replace("\\", "\\\\")
    settings = read(tmp_path, f"    users: {users}", f"protect: {{users: {users}}}")
    assert settings.policy().protected_users == settings.policy().rules[0].users == (said,)


COMPUTERS = {
    "nowhere": "`nowhere` matches no computer.",
    "fin-*": "`fin-*` matches no computer.",
    "": "`` matches no computer.",
    "cmop1": "`cmop1` matches no computer. Did you mean `comp1`?",
    "comp1.corp.example": "`comp1.corp.example` matches no computer. Did you mean `comp1`?",
    "FARM": "`FARM` matches no computer. Did you mean `group:farm`?",
    "comp1.": "`comp1.` matches no computer. Did you mean `comp1`?",
    "web-1": "`web-1` matches no computer.",
    "web-?.corp.example": "`web-?.corp.example` matches no computer.",
    "group:none": "`group:none` is no group of computers, or one without any.",
}


@pytest.mark.parametrize(("said", "sentence"), COMPUTERS.items())
def test_a_protection_or_a_rule_for_no_computer_is_a_fault(tmp_path: Path, said: str, sentence: str) -> None:
    assert faults(tmp_path, f"protect: {{computers: ['{said}']}}") == [
        f"line {BEHIND}: protect.computers.0: {sentence}"
    ]
    assert faults(tmp_path, f"    computers: [comp1, '{said}']") == [f"line {BEHIND}: rules.0.computers.1: {sentence}"]


@pytest.mark.parametrize("said", ["comp1", "COMP1", "*", "rds-0?", "*-7*", "web-7.corp", "w*", "group:farm", "*.corp"])
def test_a_protection_or_a_rule_for_some_computer_is_taken(tmp_path: Path, said: str) -> None:
    settings = read(tmp_path, f"    computers: ['{said}']", f"protect: {{computers: ['{said}']}}")
    assert settings.policy().protected_computers == settings.policy().rules[0].computers != ()


# The bot's own account

LOGINS = {
    # transport, account, what is said
    "kerberos, short domain": ("kerberos", r"CORP\svc", "is no name for Kerberos. Write `svc@CORP.EXAMPLE`"),
    "kerberos, long domain": ("kerberos", r"corp.lab\svc", "is no name for Kerberos. Write `svc@CORP.LAB`"),
    "kerberos, small realm": ("kerberos", "svc@corp.example", "is no name for Kerberos. Write `svc@CORP.EXAMPLE`"),
    "kerberos, no domain": ("kerberos", r".\svc", "is no name for Kerberos. Write `svc@CORP.EXAMPLE`"),
    "kerberos, slash": ("kerberos", "corp.lab/svc", "is no account. Write one like `svc@CORP.LAB`"),
    "kerberos, two": ("kerberos", "svc@CORP@CORP.EXAMPLE", "is no account. Write one like `svc-logoff@CORP.EXAMPLE`"),
    "ntlm, slash": ("ntlm", "CORP/svc", r"is no account. Write one like `CORP\svc`"),
    "ntlm, two backslashes": ("ntlm", r"CORP\\svc", r"is no account. Write one like `CORP\svc`"),
    "ntlm, spaces": ("ntlm", r"CORP\svc ", r"is no account. Write one like `CORP\svc`"),
    "ntlm, no user": ("ntlm", "CORP\\", r"is no account. Write one like `CORP\svc-logoff`"),
    "ntlm, no domain": ("ntlm", r"\svc", "is no account. Write one like"),
    "ntlm, no realm": ("ntlm", "svc@", "is no account. Write one like"),
    "ntlm, both": ("ntlm", r"CORP\svc@corp.example", r"is no account. Write one like `CORP\svc`"),
    "ntlm, a star": ("ntlm", r"CORP\svc*", "is no account. Write one like"),
    "basic, a domain": ("basic", r"CORP\svc", "is an account of a domain, and basic knows local accounts only."),
    "basic, a realm": ("basic", "svc@CORP.EXAMPLE", "is an account of a domain, and basic knows local accounts only."),
}


@pytest.mark.parametrize(("transport", "account", "why"), LOGINS.values(), ids=LOGINS)
def test_an_account_that_cannot_log_on_is_a_fault_said_once_where_it_stands(
    tmp_path: Path, transport: str, account: str, why: str
) -> None:
    (fault,) = faults(tmp_path, f"winrm: {{transport: {transport}, username: '{account}'}}")
    assert fault.startswith(f"line {BEHIND}: winrm.username: {why}")


def test_an_account_of_one_computer_is_a_fault_there(tmp_path: Path) -> None:
    own = HEAD.replace("[comp1,", r"[comp1, {name: x, winrm: {username: 'CORP\svc'}},")
    (fault,) = faults(tmp_path, "winrm: {username: svc@CORP.EXAMPLE}", head=own)
    assert fault.startswith("line 3: computers.1.winrm.username: is no name for Kerberos.")


def test_a_secret_in_the_place_of_an_account_is_not_repeated(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "winrm: {username: '${SECRET}'}")
    assert "hidden" not in fault
    assert "winrm.username: is no account." in fault


@pytest.mark.parametrize(
    ("transport", "account"),
    [
        *(("kerberos", "svc@CORP.EXAMPLE"), ("kerberos", "svc"), ("kerberos", ""), ("kerberos", "svc$@CORP.EXAMPLE")),
        *(("ntlm", r"CORP\svc"), ("ntlm", "svc@corp.example"), ("ntlm", r".\svc"), ("ntlm", r"corp.example\svc")),
        *(("ntlm", "svc"), ("basic", "svc"), ("basic", r".\svc")),
    ],
)
def test_an_account_that_may_log_on_is_taken_and_protected_by_its_user_name(
    tmp_path: Path, transport: str, account: str
) -> None:
    policy = read(tmp_path, f"winrm: {{transport: {transport}, username: '{account}'}}").policy()
    user = user_alone(account)
    assert policy.own_accounts == ((user,) if user else ())
    for domain in ("CORP", "COMP1", "") if user else ():
        session = b.session(account=Account(domain=domain, user=user.upper()))
        assert guard(policy, session) == "the bot's own account"


def test_basic_takes_an_account_of_the_computer_itself(tmp_path: Path) -> None:
    way = r"{transport: basic, username: 'comp1\svc'}"
    settings = read(tmp_path, head=HEAD.replace("[comp1,", f"[{{name: comp1.lab, winrm: {way}}},"))
    assert settings.policy().own_accounts == ("svc",)


ACCOUNTS = {
    "ntlm": ("winrm: {transport: ntlm, username: svc}", "winrm.username: with NTLM an account without a domain"),
    "long": ("winrm: {username: svc-logoff-production-eu@CORP.EXAMPLE}", "winrm.username: svc-logoff-production-eu is"),
}


@pytest.mark.parametrize(("line", "sentence"), ACCOUNTS.values(), ids=ACCOUNTS)
def test_an_account_that_may_be_meant_otherwise_is_named(tmp_path: Path, line: str, sentence: str) -> None:
    (named,) = oddities(read(tmp_path, line))
    assert named.startswith(sentence)


# Rules and limits

RULES = {
    "expires_after: 0m": "expires_after: has to be from 1m to 1d: nobody can read a card faster",
    "expires_after: 59s": "expires_after: has to be from 1m to 1d",
    "expires_after: 25h": "expires_after: has to be from 1m to 1d",
    "idle_over: 0s": "idle_over: has to be from 1m to 90d: for sessions of any idle time leave it out.",
    "idle_over: 91d": "idle_over: has to be from 1m to 90d",
    "max_targets: 1001": "max_targets: has to be at most 1000.",
    "states: [Listening]": "states.0: listeners are never touched, whatever the rules say. Leave it out.",
    "states: [Active, list*]": "states.1: listeners are never touched",
    "states: ['']": "states.0: no state is called that",
    "states: [Connected]\n    idle_over: 1h": "idle_over: Windows knows how long Active and Disconnected sessions",
    "requester_counts: true": "requester_counts: counts only with a number of people: `confirm: 2 of @ts-leads`.",
    "requester_counts: true\n    confirm: another": "requester_counts: counts only with a number of people",
    "confirm: 3 of U01, U02": "confirm: asks for 3 people and names 2.",
    "confirm: 2 of U01, U01": "confirm: asks for 2 people and names 1.",
    "confirm: 0 of @leads": "confirm: write `self`, `another`, or a number of people",
    "confirm: 2 of ,": "confirm: write a user group's handle",
    'approve_in: "C0OPS\\n"': "approve_in: write the channel's id",
    'where: ["C0OPS\\n"]': "where.0: write the channel's id",
    "users: []": "users: needs at least one entry.",
    "force: {ticket: a^}": "force.ticket: matches no text, so no reason has it.",
    "force: {ticket: ''}": "",
    "force: {ticket: '.*'}": "force.ticket: matches the empty text, so every reason has it.",
}


@pytest.mark.parametrize(("said", "sentence"), RULES.items())
def test_a_value_of_a_rule_that_can_never_work_is_a_fault(tmp_path: Path, said: str, sentence: str) -> None:
    if not sentence:
        assert len(read(tmp_path, f"    {said}").rules) == 1
        return
    (fault,) = faults(tmp_path, f"    {said}")
    assert f": rules.0.{sentence}" in fault


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('who: ["@oncall"]', "who: []", "line 7: rules.0.who: needs at least one entry."),
        ('who: ["@oncall"]', "who: ['']", "line 7: rules.0.who.0: write a user group's handle"),
        ('who: ["@oncall"]', 'who: ["U01\\n"]', "line 7: rules.0.who.0: write a user group's handle"),
        ("name: on-call", "name: ' '", "line 6: rules.0.name: needs letters that can be read."),
        ("name: on-call", 'name: "a\\x1bb"', "line 6: rules.0.name: needs letters that can be read."),
    ],
)
def test_nobody_and_a_name_without_letters_are_faults(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    path = tmp_path / "app.yaml"
    path.write_text((HEAD + RULE).replace(old, new), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(path, {})
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("{per: 0s}", "limits.per: has to be from 1m to 1d: a shorter time limits nobody"),
        ("{per: 2d}", "limits.per: has to be from 1m to 1d"),
        ("{max_requests: 0}", "limits.max_requests: has to be at least 1."),
        ("{max_requests: 1001}", "limits.max_requests: has to be at most 1000."),
        ("{second_person_above: 1001}", "limits.second_person_above: has to be at most 1000."),
    ],
)
def test_a_limit_that_limits_nobody_or_everybody_is_a_fault(tmp_path: Path, said: str, sentence: str) -> None:
    (fault,) = faults(tmp_path, f"limits: {said}")
    assert fault.startswith(f"line {BEHIND}: {sentence}")


@pytest.mark.parametrize(
    "said",
    [
        *("expires_after: 1m", "expires_after: 24h", "idle_over: 1m", "idle_over: 90d", "max_targets: 1000"),
        *("states: ['*']", "confirm: 2 of U01, U02", "confirm: 3 of U01, @leads"),
    ],
)
def test_a_value_at_its_bound_is_taken(tmp_path: Path, said: str) -> None:
    assert len(read(tmp_path, f"    {said}").rules) == 1


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    lines = [
        "    users: ['a@b', 'CORP/c']",
        "    expires_after: 0m",
        "protect:",
        "  users: [' x']",
        "  computers: [none]",
    ]
    found = faults(tmp_path, *lines, "winrm: {username: 'CORP\\svc'}")
    assert [line.partition(": ")[0] for line in found] == [
        *("line 9", "line 9", "line 10", "line 12", "line 14"),
    ]


# Tickets


@pytest.mark.parametrize(
    "pattern",
    [
        *("a^", "$a", r"a\bb", r"\Za", r"a\Ab", "(?!)", r"[^\s\S]", "x(?!)", r"\n^a", r"(a|b)^c", "a$b|c^"),
    ],
)
def test_a_ticket_that_no_reason_can_have_is_found(pattern: str) -> None:
    assert fault_in_ticket(pattern).startswith("matches no text")


@pytest.mark.parametrize("pattern", [".*", "x{0}", "a?", r"\d*", "(INC|)", "^", "$", r"(?i)", "(?=)"])
def test_a_ticket_that_every_reason_has_is_found(pattern: str) -> None:
    assert fault_in_ticket(pattern).startswith("matches the empty text")


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"INC\d{7}", r"INC-\d+", r"(^|\s)CHG[0-9]{5}\b", r"(?i)inc\d+", r"(a)\1", r"[A-Z]{2,5}-\d+", r"(?=.*INC).+"),
        *(r"^INC\d+$", r"(?:INC|CHG)\d{4,}$", r"(?P<n>\d)(?P=n)", r"(a)?(?(1)b|c)", r"\bINC\b", r"(?<!X)INC\d", "Äö"),
        *(
            r"(?m)^INC\d",
            r"[^a-z]x",
            "a|x(?!)",
            r"a\B",
            r"\BINC",
            r"(?>INC)\d",
            r"#\d++",
            r"(?x) INC \d # number",
            "é{1000}",
        ),
    ],
)
def test_a_ticket_that_some_reasons_have_is_taken(pattern: str) -> None:
    assert fault_in_ticket(pattern) == ""


@pytest.mark.parametrize(
    ("force", "sentence"),
    [
        ("{ticket: .}", "rules.0.force.ticket: plain words without any ticket have it."),
        (r"{ticket: '(?=a)b'}", "rules.0.force.ticket: no text was found that has it. Try it before it is needed."),
        (r"{allowed: false, ticket: INC\d}", "rules.0.force.ticket: is never asked for, because `allowed` is false."),
    ],
)
def test_a_ticket_that_checks_little_or_perhaps_nothing_is_named(tmp_path: Path, force: str, sentence: str) -> None:
    assert list(oddities(read(tmp_path, f"    force: {force}"))) == [sentence]
