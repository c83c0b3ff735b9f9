"""Decisions of the design that a slip would undo without anybody noticing."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from bot.commands import COMMANDS
from bot.domain.actions import FACTS, Action
from bot.domain.ask import ActAsk, Ask
from bot.domain.verdicts import Reason, Verdict
from tests.support.cases import for_each
from tests.support.checkout import ROOT, statements_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRODUCT = ("app", "bot", "adapters")


def sources(*folders: str) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


def imports_of(path: Path) -> set[str]:
    return {
        f"{node.module}.{alias.name}"
        for node in statements_of(ROOT / path)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def texts_of(source: str) -> set[str]:
    """The texts of a source, but those that stand as a statement of their own: docstrings, also those of a constant."""
    nodes = list(ast.walk(ast.parse(source)))
    statements = (node.value for node in nodes if isinstance(node, ast.Expr))
    alone = {value.value for value in statements if isinstance(value, ast.Constant)}
    texts = (node.value for node in nodes if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str)} - alone


def test_an_ask_is_read_by_its_fields_and_never_by_a_name_in_quotes() -> None:
    pattern = re.compile(r"getattr\((request\.)?ask\b")
    assert [str(path) for path, source in sources(*PRODUCT) if pattern.search(source)] == []


def test_an_act_ask_has_a_field_for_each_thing_that_any_ask_answers() -> None:
    answers = {name for name, value in vars(Ask).items() if isinstance(value, property)}
    assert answers == set(ActAsk.__annotations__)


def test_only_the_authorizer_asks_whether_something_may_happen_now() -> None:
    questions = ("may_still_act", "may_press", "may_reshape", "may_withdraw", "is_enough", "conditions_on")
    asked = {f"bot.policy.approvals.{name}" for name in questions}
    asked |= {"bot.policy.approvals", "bot.policy.evaluate.may_ask"}
    found = {str(path) for path, _ in sources("bot/workflow", "adapters") if imports_of(path) & asked}
    assert found == {"bot/workflow/authorization.py"}


def test_no_sentence_of_an_adapter_has_signs_of_code() -> None:
    """They end on cards and in private answers, which are plain text."""
    expressions = {"adapters/slack/render.py"}  # a class of characters
    found = {
        f"{path}: {text}"
        for path, source in sources("adapters")
        if "`" in source and str(path) not in expressions
        for text in texts_of(source)
        if "`" in text
    }
    assert found == set()


@for_each("action", list(Action))
def test_every_action_has_one_row_of_facts(action: Action) -> None:
    facts = FACTS[action]
    assert all((facts.plain, facts.going, facts.done, facts.past, facts.right, facts.command))
    assert facts.only_reads is (not facts.done_verdicts)


def test_verbs_of_an_action_stand_in_its_row_alone() -> None:
    verbs = {facts.going for facts in FACTS.values()}
    found = {
        str(path)
        for path, source in sources("bot")
        if any(verb in source for verb in verbs)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and node.value in verbs
    }
    assert found == {"bot/domain/actions.py"}


def test_each_command_file_exports_its_command_and_the_package_lists_them() -> None:
    exporting = {
        path.stem for path, source in sources("bot/commands") if re.search(r"(?m)^COMMAND = Command\(", source)
    }
    assert exporting == {command.parse.__module__.rpartition(".")[2] for command in COMMANDS}


def test_a_row_of_a_terminals_table_is_made_of_letters_only() -> None:
    found = {str(path) for path, source in sources("app") if ".add_row(" in source}
    assert found == {"app/cli/tables.py"}


def test_a_reason_is_never_compared_with_a_text() -> None:
    pattern = re.compile(r"""(reason|note) (==|!=|in|not in) \(?["']|(reason|note)\.startswith""")
    assert [str(path) for path, source in sources(*PRODUCT) if pattern.search(source)] == []


def test_verdicts_and_reasons_are_told_apart() -> None:
    assert {verdict.value for verdict in Verdict}.isdisjoint(reason.value for reason in Reason)
