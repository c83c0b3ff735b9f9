"""Protections, rules, accounts and limits that can never work: each a fault with its line and the right spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.config.oddities import oddities
from app.config.settings import load
from bot.errors import SettingsError
from tests.support.app_yaml import BEHIND, HEAD, RULE, faults, read
from tests.support.cases import for_each

if TYPE_CHECKING:
    from pathlib import Path

COMPUTERS = {
    "nowhere": "`nowhere` matches no computer.",
    "fin-*": "`fin-*` matches no computer.",
    "": "`` matches no computer.",
    "cmop1": "`cmop1` matches no computer. Did you mean `comp1`?",
    "FARM": "`FARM` matches no computer. Did you mean `group:farm`?",
    "web-?.corp.example": "`web-?.corp.example` matches no computer.",
    "*.corp.lab": "`*.corp.lab` matches no computer.",
    "group:none": "`group:none` is no group of computers, or one without any.",
}


@for_each(("said", "sentence"), COMPUTERS.items())
def test_a_protection_or_a_rule_for_no_computer_is_a_fault(tmp_path: Path, said: str, sentence: str) -> None:
    assert faults(tmp_path, f"protect: {{computers: ['{said}']}}") == [
        f"line {BEHIND}: protect.computers.0: {sentence}"
    ]
    assert faults(tmp_path, f"    computers: [comp1, '{said}']") == [f"line {BEHIND}: rules.0.computers.1: {sentence}"]


@pytest.mark.parametrize("said", ["comp1.corp.example", "web-1", "FIN-01", "fin-01.corp.example"])
def test_a_protection_may_use_any_name_of_a_computer_and_a_rule_has_to_use_the_listed_one(
    tmp_path: Path, said: str
) -> None:
    head = HEAD.replace("[comp1,", "[comp1, {name: alias, machine: FIN-01},")
    assert read(tmp_path, f"protect: {{computers: ['{said}']}}", head=head).policy().protected_computers == (said,)
    (fault,) = faults(tmp_path, f"    computers: ['{said}']", head=head)
    assert f"rules.0.computers.0: `{said}` matches no computer." in fault


@for_each("said", ["comp1", "COMP1", "*", "rds-0?", "*-7*", "web-7.corp", "w*", "group:farm", "*.corp"])
def test_a_protection_or_a_rule_for_some_computer_is_taken(tmp_path: Path, said: str) -> None:
    settings = read(tmp_path, f"    computers: ['{said}']", f"protect: {{computers: ['{said}']}}")
    assert settings.policy().protected_computers == settings.policy().rules[0].computers != ()


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


@for_each(("said", "sentence"), RULES.items())
def test_a_value_of_a_rule_that_can_never_work_is_a_fault(tmp_path: Path, said: str, sentence: str) -> None:
    if not sentence:
        assert len(read(tmp_path, f"    {said}").rules) == 1
        return
    (fault,) = faults(tmp_path, f"    {said}")
    assert f": rules.0.{sentence}" in fault


@for_each(
    ("old", "new", "sentence"),
    [
        ('who: ["@oncall"]', "who: []", "line 7: rules.0.who: needs at least one entry."),
        ('who: ["@oncall"]', "who: ['']", "line 7: rules.0.who.0: write a user group's handle"),
        ('who: ["@oncall"]', 'who: ["U01\\n"]', "line 7: rules.0.who.0: write a user group's handle"),
        ("team: T0HOME", "team: home", "line 2: team: write the workspace's id (T...)"),
        ("team: T0HOME", 'team: "T0HOME\\n"', "line 2: team: write the workspace's id (T...)"),
        ("name: on-call", "name: ' '", "line 6: rules.0.name: needs letters that can be read."),
        ("name: on-call", 'name: "a\\x1bb"', "line 6: rules.0.name: needs letters that can be read."),
    ],
)
def test_nobody_no_workspace_and_a_name_without_letters_are_faults(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    path = tmp_path / "app.yaml"
    path.write_text((HEAD + RULE).replace(old, new), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(path, {})
    assert sentence in caught.value.message


@for_each(
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


@for_each(
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


@pytest.mark.parametrize(
    ("force", "sentence"),
    [
        ("{ticket: .}", "rules.0.force.ticket: plain words without any ticket have it."),
        (r"{allowed: false, ticket: INC\d}", "rules.0.force.ticket: is never asked for, because `allowed` is false."),
    ],
)
def test_a_ticket_that_checks_little_or_perhaps_nothing_is_named(tmp_path: Path, force: str, sentence: str) -> None:
    assert list(oddities(read(tmp_path, f"    force: {force}"))) == [sentence]
