"""What `match` lets in, and that rules and protections by group cover it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.config.settings import Settings, load
from bot.errors import SettingsError
from bot.policy.evaluate import guard
from tests.support import builders
from tests.support.cases import for_each

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
rehearsal: true
team: T0HOME
computers: [comp1, {match: "rds-*"}]
groups:
  rds-prod: ["rds-*"]
  few: [comp1, rds-05]
rules:
  - {name: production, who: ["@oncall"], may: [list], computers: ["group:rds-prod"]}
protect:
  computers: ["group:rds-prod"]
"""


def read(folder: Path, old: str = "", new: str = "") -> Settings:
    assert old in FILE
    path = folder / "app.yaml"
    path.write_text(FILE.replace(old, new) if old else FILE, encoding="utf-8")
    return load(path, {})


def faults(folder: Path, old: str, new: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(folder, old, new)
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


# A pattern never leaves its domain


def test_a_pattern_lets_no_name_of_another_domain_in(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.inventory().find("rds-77") == ("rds-77",)
    assert settings.winrm_for("RDS-77")[0] == "RDS-77"
    assert settings.inventory().find("rds-x.attacker.example") == ()
    with pytest.raises(LookupError):
        settings.winrm_for("rds-x.attacker.example")


@for_each("match", ["web.*", "web.?", "*", "**", "web-1.corp.*?", "web-1.", "10.0.0.*"])
def test_a_pattern_that_ends_in_wildcards_alone_is_a_fault(tmp_path: Path, match: str) -> None:
    (fault,) = faults(tmp_path, '[comp1, {match: "rds-*"}]', f'[rds-1, rds-05, comp1, {{match: "{match}"}}]')
    assert fault == (
        f"line 4: computers.3.match: `{match}` has to end in letters of its own, like *.corp.example: "
        "* and ? stand for no dot, and not for a whole last part."
    )


# Groups


def test_a_protected_group_covers_names_that_a_pattern_lets_in(tmp_path: Path) -> None:
    policy = read(tmp_path).policy()
    assert guard(policy, builders.session(3, host="rds-77"))
    assert guard(policy, builders.session(3, host="RDS-77"))
    assert not guard(policy, builders.session(3, host="comp1"))


def test_a_rule_by_group_covers_names_that_a_pattern_lets_in(tmp_path: Path) -> None:
    (rule,) = read(tmp_path).policy().rules
    assert rule.covers(builders.session(3, host="rds-77"))
    assert not rule.covers(builders.session(3, host="comp1"))


def test_a_group_covers_its_names_and_its_patterns_whatever_the_case(tmp_path: Path) -> None:
    mixed = read(tmp_path, 'rds-prod: ["rds-*"]', 'RDS-prod: [comp1, "rds-7?"]').policy()
    assert mixed.protected_computers == ("comp1", "rds-7?")
    assert read(tmp_path, '["group:rds-prod"]\n', '["group:few", "*-0?"]\n').policy().protected_computers == (
        "comp1",
        "rds-05",
        "*-0?",
    )


def test_a_typed_group_stands_for_names_only(tmp_path: Path) -> None:
    inventory = read(tmp_path, "[comp1, ", "[comp1, rds-01, ").inventory()
    assert inventory.find("group:rds-prod") == ("rds-01",)
    assert read(tmp_path).inventory().find("group:rds-prod") == ()


def test_a_group_that_cannot_be_typed_is_no_near_name(tmp_path: Path) -> None:
    assert read(tmp_path).inventory().candidates("group:rds-prod").clear != "group:rds-prod"


@pytest.mark.parametrize("member", ["rds-*", "rds-1*", "rds-??", "*"])
def test_a_pattern_in_a_group_may_stand_for_names_to_come(tmp_path: Path, member: str) -> None:
    assert member in read(tmp_path, '["rds-*"]', f'["{member}"]').policy().protected_computers


@pytest.mark.parametrize("member", ["rsd-*", "rds-*.attacker.example", "rds-x.attacker.example"])
def test_a_pattern_in_a_group_that_no_computer_can_match_is_a_fault(tmp_path: Path, member: str) -> None:
    assert f"line 6: groups.rds-prod.0: `{member}` is none of the computers." in faults(
        tmp_path, '["rds-*"]', f'["{member}"]'
    )
