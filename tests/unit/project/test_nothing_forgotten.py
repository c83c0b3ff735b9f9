"""What CONTRIBUTING.md asks of a new command, a new rule key and a new event: red until every place has it.

A new verdict and a new word on a card are held by the cards' own tests and by the glossary.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING, get_args

import pytest
import yaml

from app.config import settings
from app.config.policy import ForceSettings, Limits, Protect, RuleSettings
from bot.audit import record
from bot.commands import COMMANDS
from bot.domain import events
from bot.domain.inventory import Inventory
from bot.domain.lifecycle import TABLE
from bot.errors import UsageError
from bot.policy import approvals, evaluate, explain, lint
from bot.policy.model import Rule
from rehearsal.slack import SHIPPED_WORKSPACE
from tests.support.cases import for_each
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from pydantic import BaseModel

    from bot.commands.command import Command

PAIRS = [(typed, meant) for typed in COMMANDS for meant in COMMANDS if meant.cmdlet and typed is not meant]
EVENTS = {
    name: value
    for name, value in vars(events).items()
    if inspect.isclass(value) and value.__module__ == events.__name__ and not issubclass(value, Enum)
}
FIXED = {"computers", "users", "states"}
"""A host and a person stay the same for the life of a session; `conditions_on` tries every state of Windows."""

SAYS_ALL = {"Cancelled", "GraceStarted", "Ended", "SettlingAbandoned"}
"""Events whose name is all that the audit log needs."""


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def source_of(thing: ModuleType | type | Callable[..., object]) -> str:
    return textwrap.dedent(inspect.getsource(thing))


def attributes(source: str, *owners: str) -> set[str]:
    """Names of what the source reads from these variables; from anything where none is named."""
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute))
    return {node.attr for node in nodes if not owners or (isinstance(node.value, ast.Name) and node.value.id in owners)}


# A command


def test_the_rehearsal_and_the_readme_have_every_command() -> None:
    slashes = {command.slash for command in COMMANDS}
    assert set(yaml.safe_load(SHIPPED_WORKSPACE.read_text(encoding="utf-8"))["app"]["commands"]) == slashes, (
        f"edit {SHIPPED_WORKSPACE}"
    )
    assert {slash for slash in slashes if f"`{slash}" not in page("README.md")} == set(), "name it in README.md"


@for_each(("typed", "meant"), PAIRS, ids=lambda command: command.name)
def test_the_cmdlet_of_another_command_is_answered_with_that_command(typed: Command, meant: Command) -> None:
    with pytest.raises(UsageError, match=re.escape(f"`{meant.slash}`")):
        typed.parse(f"{meant.cmdlet} comp1", Inventory(names=("comp1",)))


# A key of a rule


def test_every_key_of_a_rule_goes_into_the_rule() -> None:
    source = source_of(RuleSettings)
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    made = next(call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Rule")
    used = attributes(source, "self") | attributes(source_of(settings), "rule")
    assert set(RuleSettings.model_fields) - used == set(), "use it in app/config/policy.py"
    assert {keyword.arg for keyword in made.keywords} == {field.name for field in fields(Rule)}, (
        "fill it in RuleSettings.rule"
    )


def test_every_field_of_a_rule_is_asked_explained_and_compared() -> None:
    """A field that nobody asks allows too much; one that `lint` does not compare makes it call a needed rule hidden."""
    every = {field.name for field in fields(Rule)}
    of_sessions = attributes(source_of(Rule.covers), "self") & every
    selecting = of_sessions | (attributes(source_of(Rule.is_for), "self") & every)
    assert every - selecting - attributes(source_of(evaluate)) == set(), "ask it in bot/policy/model.py or evaluate.py"
    assert selecting - attributes(source_of(lint), "earlier") == set(), "compare it in bot/policy/lint.py"
    assert of_sessions - attributes(source_of(explain), "rule") == set(), "say it in bot/policy/explain.py"


def test_what_may_change_under_a_rule_is_compared_on_the_host() -> None:
    """Between the card and the act a session may become another one, for which other people have to say yes."""
    of_sessions = attributes(source_of(Rule.covers), "self") & {field.name for field in fields(Rule)}
    compared = attributes(source_of(approvals.conditions_on), "rule")
    assert of_sessions - FIXED - compared == set(), "compare it in conditions_on, bot/policy/approvals.py"


@pytest.mark.parametrize(
    ("heading", "section"),
    [("A rule", RuleSettings), ("`force`", ForceSettings), ("`protect`", Protect), ("`limits`", Limits)],
    ids=["rule", "force", "protect", "limits"],
)
def test_the_page_about_rules_has_every_key(heading: str, section: type[BaseModel]) -> None:
    table = page("docs/policy.md").partition(f"## {heading}\n")[2].partition("\n#")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(section.model_fields), "edit docs/policy.md"


# An event


def test_every_event_is_one_of_the_union_and_is_admitted_somewhere() -> None:
    union = {kind.__name__ for kind in get_args(events.Event)}
    admitted = {kind.__name__ for kinds in TABLE.values() for kind in kinds} | {"Noted"}
    assert union == EVENTS.keys() - {"Asked"}, "add it to Event in bot/domain/events.py"
    assert admitted == union, "add it to TABLE in bot/domain/lifecycle.py"


def test_the_audit_log_says_more_of_an_event_than_its_name() -> None:
    silent = EVENTS.keys() - attributes(source_of(record), "e")
    assert silent == SAYS_ALL, "add it to bot/audit/record.py, or to SAYS_ALL here"


def test_the_walk_over_all_states_has_every_event() -> None:
    walk = next((ROOT / "tests").rglob("test_lifecycle_walk.py"))
    made = attributes(walk.read_text(encoding="utf-8"), "e", "b")
    assert {n for n in EVENTS if n != "Asked" and not {n, n.lower()} & made} == set(), f"add it to EVENTS in {walk}"
