"""The examples are whole configurations: each loads, has no slip, and shows what its page says of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.config.alone import examine
from app.config.settings import load
from app.config.slips import slips
from tests.support.cases import for_each
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from app.config.settings import Settings

EXAMPLES = {path.stem: path for path in sorted((ROOT / "examples").glob("*.yaml"))}
VALUES = {
    "DATABASE_URL": "postgresql://bot:p@db.example/logoff",
    "LOGOFF_BOT_AUDIT_KEY": "k" * 32,
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "WINRM_PASSWORD": "p",
}
FILES = {"audit-key": "k" * 32, "bot-token": "xoxb-1", "app-token": "xapp-1", "password": "p"}


def loaded(folder: Path, name: str) -> Settings:
    """Load it with a secret behind each name that it has."""
    text = EXAMPLES[name].read_text(encoding="utf-8")
    for end, value in FILES.items():
        (folder / end).write_text(value, encoding="utf-8")
        text = re.sub(rf"file:/\S*{end}", f"file:{folder / end}", text)
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    return load(folder / "app.yaml", VALUES)


@for_each("name", list(EXAMPLES))
def test_an_example_loads_and_has_no_slip(tmp_path: Path, name: str) -> None:
    settings = loaded(tmp_path, name)
    assert not settings.rehearsal
    assert list(slips(settings)) == []


@for_each("name", list(EXAMPLES))
def test_an_example_names_its_secrets_and_has_none(name: str) -> None:
    found = examine(EXAMPLES[name], {})
    head = EXAMPLES[name].read_text(encoding="utf-8").partition("\n\n")[0]
    assert found.findings == []
    names = {word for each in found.wanted for word in re.findall(r"has no (\w+)", each.message)}
    assert names == {word for word in re.findall(r"\b[A-Z0-9_]{6,}\b", head) if word in VALUES}
    assert {"audit_key", "slack"} <= {str(each.where[0]) for each in found.wanted}


def test_each_example_is_named_in_the_page_about_running() -> None:
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    assert set(EXAMPLES) == {"small-team", "company", "regulated"}
    assert [name for name in EXAMPLES if f"(../examples/{name}.yaml)" not in page] == []


def test_the_regulated_one_has_all_that_such_a_company_asks_for(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "regulated")
    acts = [rule for rule in settings.rules if {"log_off", "disconnect"} & {str(action) for action in rule.may}]
    assert [rule.confirm for rule in acts] == ["2 of @ts-control", "another"]
    assert all(rule.deny_reason == "needed" and rule.approve_in for rule in acts)
    assert all(rule.force.reason and rule.force.ticket and rule.force.hold for rule in acts)
    assert settings.protect.computers
    assert settings.digest
    assert settings.limits.second_person_above == 1
