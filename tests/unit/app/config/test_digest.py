"""The section `digest`, and what a rule about the audit log may not have."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from bot.workflow.digest import DigestPlan
from tests.support.app_yaml import faults, read
from tests.support.cases import for_each

if TYPE_CHECKING:
    from pathlib import Path


def test_without_the_section_there_is_no_digest(tmp_path: Path) -> None:
    assert read(tmp_path).digest is None


def test_the_section_says_where_and_when(tmp_path: Path) -> None:
    settings = read(tmp_path, "digest: {channel: C0APPROVE1, day: friday, hour: 17, zone: Europe/Berlin}")
    assert settings.digest
    plan = DigestPlan(channel="C0APPROVE1", weekday=4, hour=17, zone=ZoneInfo("Europe/Berlin"))
    assert settings.digest.plan() == plan


def test_a_channel_is_enough(tmp_path: Path) -> None:
    settings = read(tmp_path, "digest: {channel: C0APPROVE1}")
    assert settings.digest
    assert settings.digest.plan() == DigestPlan(channel="C0APPROVE1", weekday=0, hour=8, zone=ZoneInfo("UTC"))


@for_each(
    ("said", "sentence"),
    [
        ("digest: {}", "digest.channel"),
        ("digest: {channel: ''}", "digest.channel"),
        ("digest: {channel: '#ops'}", "digest.channel"),
        ("digest: {channel: C0APPROVE1, day: someday}", "digest.day"),
        ("digest: {channel: C0APPROVE1, hour: 24}", "digest.hour"),
        ("digest: {channel: C0APPROVE1, zone: Berlin}", "digest.zone: write the name of a zone: UTC, Europe/Berlin"),
        ("digest: {channel: C0APPROVE1, zone: ../../etc/passwd}", "digest.zone: write the name of a zone"),
    ],
)
def test_a_digest_that_cannot_be_is_told(tmp_path: Path, said: str, sentence: str) -> None:
    (fault,) = faults(tmp_path, said)
    assert sentence in fault


@pytest.mark.parametrize("key", ["computers: [comp1]", "users: ['CORP\\*']", "states: [Active]", "idle_over: 1h"])
def test_the_right_to_the_log_has_a_rule_of_its_own(tmp_path: Path, key: str) -> None:
    (fault,) = faults(tmp_path, f"  - {{name: auditors, who: ['@leads'], may: [audit], {key}}}")
    assert "`audit` is for the whole log: give it a rule of its own" in fault
