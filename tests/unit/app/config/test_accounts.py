"""Accounts in a spelling that Windows never reports, or with which nobody can log on: a fault with the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.config.accounts import user_alone
from app.config.oddities import oddities
from bot.domain.session import Account
from bot.policy.evaluate import guard
from tests.support import builders as b
from tests.support.app_yaml import BEHIND, HEAD, faults, read
from tests.support.cases import for_each
from tests.support.effort import sample

if TYPE_CHECKING:
    from pathlib import Path

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


@for_each(("said", "why"), sample(USERS.items(), 3))
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


@for_each(
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


@for_each(("transport", "account", "why"), LOGINS.values(), ids=LOGINS)
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


@for_each(
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


def test_basic_takes_an_account_of_the_machine_by_the_name_that_it_gives_itself(tmp_path: Path) -> None:
    own = "[{{name: 10.0.4.17, machine: filer.lab, winrm: {{scheme: https, transport: basic, username: '{}'}}}},"
    settings = read(tmp_path, head=HEAD.replace("[comp1,", own.format(r"FILER\svc")))
    assert settings.policy().own_accounts == ("svc",)
    (fault,) = faults(tmp_path, head=HEAD.replace("[comp1,", own.format(r"10\svc")))
    assert "basic knows local accounts only" in fault


ACCOUNTS = {
    "ntlm": ("winrm: {transport: ntlm, username: svc}", "winrm.username: with NTLM an account without a domain"),
    "long": ("winrm: {username: svc-logoff-production-eu@CORP.EXAMPLE}", "winrm.username: svc-logoff-production-eu is"),
}


@pytest.mark.parametrize(("line", "sentence"), ACCOUNTS.values(), ids=ACCOUNTS)
def test_an_account_that_may_be_meant_otherwise_is_named(tmp_path: Path, line: str, sentence: str) -> None:
    (named,) = oddities(read(tmp_path, line))
    assert named.startswith(sentence)
