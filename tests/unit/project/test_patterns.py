"""No regular expression of the product stands still over a text that somebody else chose.

Each one is tried on long texts of its own letters that nearly fit. One with repeats inside repeats, or with several of
them in a row, would take hours for these; the run's own limit would end this test. A command is bounded before any
expression reads it; what a host says is longer.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import pkgutil
import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

import pytest

import adapters
import app
import bot
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_COMMAND = 2000
LONGEST_OF_A_HOST = 30_000
METHODS = {"search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}


@cache
def uses() -> dict[str, set[str]]:
    """The methods by which the product uses an expression, by the expression's name."""
    found: dict[str, set[str]] = defaultdict(set)
    for node in (node for tree in TREES.values() for node in ast.walk(tree)):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            found[ast.unparse(node.value).rpartition(".")[2]].add(node.attr)
    return found


def compiled() -> Iterator[tuple[str, re.Pattern[str], set[str]]]:
    """Every expression that a module compiles, with its name and its uses."""
    for package in (bot, adapters, app):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.endswith("__main__"):
                continue
            for name, value in vars(importlib.import_module(found.name)).items():
                if isinstance(value, re.Pattern):
                    yield f"{found.name}.{name}", value, uses().get(name, METHODS)


def written_in_calls() -> Iterator[tuple[str, re.Pattern[str], set[str]]]:
    """Every expression that stands as a text in a call, `re.sub(" +", " ", text)`."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in METHODS
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and isinstance(node.args[0], ast.Constant)
            ):
                yield f"{path}:{node.lineno}", re.compile(str(node.args[0].value), re.IGNORECASE), {node.func.attr}


TREES = {
    path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8"))
    for folder in ("bot", "adapters", "app")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
PATTERNS = {name: (expression, used_by) for name, expression, used_by in [*compiled(), *written_in_calls()]}


def hostile_texts(pattern: str, long: int) -> Iterator[str]:
    """Long texts of one and of two of the letters that the expression names, and an end that it does not expect."""
    words = re.findall(r"[a-z]{2,}", pattern)
    letters = dict.fromkeys([*"a0 .-,=:/\\<>@#\"'(*", *re.sub(r"[a-z]{2,}", "", pattern)])
    units = [*letters, *words, *map("".join, itertools.product(["a", "0", " ", ","], [*letters][:12]))]
    for unit in units:
        whole = (unit * long)[:long]
        yield from (f"{whole}\x00", f"a{whole}\n!", f"({whole}")


@pytest.mark.parametrize("name", PATTERNS)
def test_no_text_of_others_keeps_an_expression_busy(name: str) -> None:
    expression, used_by = PATTERNS[name]
    anchored = used_by <= {"match", "fullmatch"}
    is_of_commands = name.replace("/", ".").startswith("bot.commands")
    for text in hostile_texts(expression.pattern, LONGEST_COMMAND if is_of_commands else LONGEST_OF_A_HOST):
        found = [expression.match(text), expression.fullmatch(text), None if anchored else expression.search(text)]
        assert len(found) == 3


def test_there_are_expressions_to_try() -> None:
    assert len(PATTERNS) > 60
