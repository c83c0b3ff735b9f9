"""What docs/operations.md says of failures is held by chaos and by tests, and it leaves no part out."""

from __future__ import annotations

import re

from tests.chaos.scenarios import EVERY
from tests.support.checkout import ROOT
from tests.unit.project.test_pages import TESTS

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
PARTS = (
    "SQLite file is locked",
    "disk is full",
    "SQLite file is deleted",
    "PostgreSQL is restarted,",
    "connection to Slack is cut",
    "Slack refuses",
    "Slack is silent",
    "computer is dead",
    "computer is slow",
    "refuse the bot's password",
    "process is killed",
    "machine is rebooted",
    "clock is set back",
    "KDC is gone",
    "replica is killed",
    "PostgreSQL is restarted under replicas",
)
SECRETS = ("xoxb-", "xapp-", "signing secret", "WinRM password", "keytab", "authority", "database", "`audit_key`")


def rows(heading: str) -> list[list[str]]:
    """The cells of the one table under this heading, without its head."""
    (part,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_each_failure_and_each_rotation_is_proven_by_scenarios_and_tests_that_exist() -> None:
    for what, *_, proofs in (*rows("What happens when a part is down"), *rows("Rotation of secrets")):
        named = re.findall(r'"([^"]+)"', proofs) + re.findall(r"`([^`]+)`", proofs)
        assert named or proofs == "nothing to do", what
        assert set(named) - set(EVERY) - TESTS == set(), what


def test_every_cell_of_a_failure_says_something() -> None:
    for row in rows("What happens when a part is down"):
        assert [bool(cell) for cell in row] == [True] * 6, row[0]


def test_every_chaos_scenario_proves_a_row_but_those_that_join_others() -> None:
    named = {each for row in rows("What happens when a part is down") for each in re.findall(r'"([^"]+)"', row[-1])}
    joined = {
        "Slack: everything at once",
        "Slack: three times and late",
        "Slack: messages are deleted",
        "Slack: the database is lost meanwhile",
    }
    assert set(EVERY) - named <= joined


def test_no_part_and_no_secret_is_left_out() -> None:
    failures = [row[0] for row in rows("What happens when a part is down")]
    assert [part for part in PARTS if not any(part in failure for failure in failures)] == []
    secrets = [row[0] for row in rows("Rotation of secrets")]
    assert [secret for secret in SECRETS if not any(secret in row for row in secrets)] == []
