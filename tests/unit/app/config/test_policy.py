"""The policy part of the configuration: what people write, what the bot makes of it, and each fault at its line."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.config.policy import RESERVED
from app.config.settings import load
from bot.domain.actions import Action
from bot.domain.requirement import MANY_AT_ONCE, DenyReason, Need
from bot.domain.session import SessionState
from bot.errors import SettingsError
from bot.policy.evaluate import OWN_REQUESTS
from bot.policy.model import Force
from tests.support.cases import for_each
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from bot.policy.model import Policy, Rule

HEAD = r"""rehearsal: true
team: T0HOME
computers: [comp1, "rds-[01-03]"]
groups: {farm: ["rds-*"]}
winrm: {username: svc-logoff@CORP.EXAMPLE}
"""
RULE = """rules:
  - name: on-call
    who: ["@oncall"]
    may: [log_off]
"""
FIRST = 6
"""The line where `rules:` stands."""
SEVERAL = frozenset({"@leads", "S0CHIEFS", "U0BO"})


def policy(folder: Path, text: str) -> Policy:
    path = folder / "app.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load(path, {}).policy()


def rule(folder: Path, *lines: str) -> Rule:
    return policy(folder, RULE + "".join(f"    {line}\n" for line in lines)).rules[0]


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        policy(folder, text)
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


def test_a_rule_that_says_the_least_is_for_everything_of_its_kind(tmp_path: Path) -> None:
    found = rule(tmp_path)
    assert (found.who, found.may) == (frozenset({"@oncall"}), frozenset({Action.LOG_OFF}))
    assert found.where == frozenset()
    assert (found.computers, found.users, found.states) == (("*",), ("*",), frozenset(SessionState))
    assert (found.need, found.force, found.approve_in) == (None, Force(), "")
    assert (found.call, found.deny_reason) == (None, DenyReason.UNASKED)
    assert (found.idle_over, found.max_targets, found.expires_after) == (timedelta(), 50, timedelta(minutes=15))


def test_a_rule_says_where_on_whom_how_many_and_how_long(tmp_path: Path) -> None:
    found = rule(
        tmp_path,
        "where: [C0ONCALL, G0PRIVATE]",
        "computers: [comp1, group:farm]",
        r"users: ['CORP\a*']",
        "states: [Active, dis*]",
        "idle_over: 1h30m",
        "approve_in: C0APPROVE",
        'call: ["@duty", U0BO]',
        "deny_reason: needed",
        "max_targets: 5",
        "expires_after: 2h",
    )
    assert found.where == {"C0ONCALL", "G0PRIVATE"}
    assert found.computers == ("comp1", "rds-01", "rds-02", "rds-03", "rds-*")
    assert (found.users, found.states) == ((r"CORP\a*",), frozenset({SessionState.ACTIVE, SessionState.DISCONNECTED}))
    assert (found.idle_over, found.expires_after) == (timedelta(minutes=90), timedelta(hours=2))
    assert (found.approve_in, found.max_targets) == ("C0APPROVE", 5)
    assert (found.call, found.deny_reason) == (frozenset({"@duty", "U0BO"}), DenyReason.NEEDED)


def test_a_rule_may_call_nobody(tmp_path: Path) -> None:
    assert rule(tmp_path, "call: []").call == frozenset()


@pytest.mark.parametrize(
    ("said", "need"),
    [
        ("confirm: self", None),
        ("confirm: another", Need(count=1, of=frozenset({"@oncall"}), rule="on-call")),
        ("confirm: 2 of @leads", Need(count=2, of=frozenset({"@leads"}), rule="on-call")),
        ("confirm: 12 of @leads, S0CHIEFS, U0BO", Need(count=12, of=SEVERAL, rule="on-call")),
    ],
)
def test_how_it_is_confirmed(tmp_path: Path, said: str, need: Need | None) -> None:
    assert rule(tmp_path, said).need == need


def test_the_requester_counts_only_where_the_rule_says_so(tmp_path: Path) -> None:
    need = rule(tmp_path, "confirm: 2 of @leads", "requester_counts: true").need
    assert need
    assert need.requester_counts


@for_each(
    ("said", "force"),
    [
        ("force: true", Force(is_allowed=True)),
        ("force: false", Force()),
        ("force: {reason: true}", Force(is_allowed=True, needs_reason=True)),
        ("force: {hold: 10s}", Force(is_allowed=True, hold=timedelta(seconds=10))),
        ("force: {hold: 0s}", Force(is_allowed=True)),
        ("force: {hold: 5m}", Force(is_allowed=True, hold=timedelta(minutes=5))),
        ("force: {allowed: false, reason: true}", Force(needs_reason=True)),
        (r"force: {ticket: 'INC-\d+'}", Force(is_allowed=True, ticket=r"INC-\d+")),
    ],
)
def test_force_is_a_switch_or_a_block(tmp_path: Path, said: str, force: Force) -> None:
    assert rule(tmp_path, said).force == force


def test_guard_rails_and_limits_are_read_from_the_file(tmp_path: Path) -> None:
    found = policy(
        tmp_path,
        RULE
        + r"""protect:
  users: ['CORP\svc-*']
  computers: [group:farm, c*1]
  console: false
  own_account: false
limits: {second_person_above: 3, max_requests: 7, per: 5m}
""",
    )
    assert found.protected_users == (r"CORP\svc-*",)
    assert found.protected_computers == ("rds-01", "rds-02", "rds-03", "rds-*", "c*1")
    assert (found.may_touch_console, found.may_touch_own_account) == (True, True)
    assert (found.second_person_above, found.max_requests, found.max_requests_per) == (3, 7, timedelta(minutes=5))


def test_the_safe_way_needs_no_words(tmp_path: Path) -> None:
    found = policy(tmp_path, RULE)
    assert (found.may_touch_console, found.may_touch_own_account) == (False, False)
    assert found.own_accounts == ("svc-logoff",)
    assert (found.second_person_above, found.max_requests, found.max_requests_per) == (10, 30, timedelta(minutes=10))


# Faults


@for_each(
    ("said", "sentence"),
    [
        ("where: ['#oncall']", "where.0: write the channel's id (C...), which its details show at the bottom."),
        ("where: [7]", "where.0: has to be a text. Put it in quotes."),
        ("states: [Asleep]", "states.0: no state is called that; there are Active, Connected, ConnectQuery,"),
        ("states: [0]", "states.0: has to be a text. Put it in quotes."),
        ("idle_over: soon", "idle_over: write a duration like 90s, 15m, 2h or 1d."),
        ("idle_over: 15", "idle_over: write a duration like 90s, 15m, 2h or 1d."),
        ("expires_after: 15 minutes", "expires_after: write a duration like 90s, 15m, 2h or 1d."),
        ("expires_after: ''", "expires_after: write a duration like 90s, 15m, 2h or 1d."),
        ("confirm: nobody", "confirm: write `self`, `another`, or a number of people like `2 of @ts-leads`."),
        ("confirm: 0 of @leads", "confirm: write `self`, `another`, or a number of people like `2 of @ts-leads`."),
        ("confirm: 2", "confirm: has to be a text. Put it in quotes."),
        ("confirm: 2 of leads", "confirm: write a user group's handle (@oncall), its id (S...) or a user id (U...)"),
        ("requester_counts: maybe", "requester_counts: has to be true or false."),
        ("approve_in: approvals", "approve_in: write the channel's id (C...)"),
        ("call: [leads]", "call.0: write a user group's handle (@oncall), its id (S...) or a user id (U...)"),
        ("call: '@leads'", "call: has to be a list"),
        ("deny_reason: always", "deny_reason: write wanted or needed, or leave it out: then a no needs no reason."),
        ("deny_reason: no", "deny_reason: has to be a text. Put it in quotes."),
        ("force: {ticket: '['}", "force.ticket: this is no regular expression that I take: missing ]: ["),
        ("force: {hold: 301s}", "force.hold: has to be from 0s to 5m: an emergency cannot wait longer."),
        ("force: {hold: 10}", "force.hold: write a duration like 90s, 15m, 2h or 1d."),
        ("force: {ticket: 5}", "force.ticket: has to be a text. Put it in quotes."),
        ("force: {resaon: true}", "force.resaon: I know no key `resaon` here; did you mean `reason`?"),
        ("force: sometimes", "force: has to be a block of `key: value` lines."),
        ("max_targets: 0", "max_targets: has to be at least 1."),
        ("computers: []", "computers: needs at least one entry."),
        ("computers: [comp1, group:nope]", "computers.1: `group:nope` is no group of computers"),
        ("wehre: [C0ONCALL]", "wehre: I know no key `wehre` here; did you mean `where`?"),
    ],
)
def test_a_fault_in_a_rule_names_its_line_and_key(tmp_path: Path, said: str, sentence: str) -> None:
    (fault,) = faults(tmp_path, f"{RULE}    {said}\n")
    assert fault.startswith(f"line {FIRST + 4}: rules.0.{sentence}")


@pytest.mark.parametrize("name", ["oncall", "Dana", "#oncall", "@On Call"])
def test_a_name_is_nobody(tmp_path: Path, name: str) -> None:
    (fault,) = faults(tmp_path, RULE.replace("@oncall", name))
    assert fault.startswith(f"line {FIRST + 2}: rules.0.who.0: write a user group's handle (@oncall)")


def test_every_decision_that_no_rule_of_the_file_made_has_a_reserved_name() -> None:
    files = [*(ROOT / "bot/policy").glob("*.py"), *(ROOT / "bot/workflow").glob("*.py")]
    said = {name for file in files for name in re.findall(r'(?:rule=|deny\()"([^"]+)"', file.read_text("utf-8"))}
    assert said == RESERVED - {MANY_AT_ONCE, OWN_REQUESTS}


@for_each("name", sorted(RESERVED | {"No Rule", " own "}))
def test_no_rule_may_be_called_like_one_of_the_bots_own(tmp_path: Path, name: str) -> None:
    (fault,) = faults(tmp_path, RULE.replace("name: on-call", f'name: "{name}"'))
    assert fault.startswith(f"line {FIRST + 1}: rules.0.name: `{name}` is what the bot calls a rule of its own")


@for_each(
    ("said", "sentence"),
    [
        ("protect: {consle: false}", "protect.consle: I know no key `consle` here; did you mean `console`?"),
        ("protect: {own_account: perhaps}", "protect.own_account: has to be true or false."),
        ("protect: {users: boss}", "protect.users: has to be a list: one `- entry` a line."),
        ("protect: {computers: [group:nope]}", "protect.computers.0: `group:nope` is no group of computers"),
        ("limits: {second_person_above: 0}", "limits.second_person_above: has to be at least 1."),
        ("limits: {second_person_window: 59s}", "limits.second_person_window: has to be from 1m to 1d: a shorter"),
        ("limits: {second_person_window: 2d}", "limits.second_person_window: has to be from 1m to 1d"),
        (
            "limits: {second_person_window: 10}",
            "limits.second_person_window: write a duration like 90s, 15m, 2h or 1d.",
        ),
        ("limits: {per: 10}", "limits.per: write a duration like 90s, 15m, 2h or 1d."),
        (
            "limits: {max_request: 3}",
            "limits.max_request: I know no key `max_request` here; did you mean `max_requests`?",
        ),
    ],
)
def test_a_fault_beside_the_rules_names_its_line_and_key(tmp_path: Path, said: str, sentence: str) -> None:
    (fault,) = faults(tmp_path, f"{RULE}{said}\n")
    assert fault.startswith(f"line {FIRST + 4}: {sentence}")
