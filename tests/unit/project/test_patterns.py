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
from tests.support.effort import PROFILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST_COMMAND = 2000
LONGEST_OF_A_HOST = LONGEST_COMMAND if PROFILE == "quick" else 30_000
MODULES = [
    importlib.import_module(found.name)
    for package in (bot, adapters, app)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not found.name.endswith("__main__")
]
METHODS = {"search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}


@cache
def places() -> tuple[tuple[Path, ast.Attribute | ast.Call], ...]:
    """Where the product names an attribute or calls something, with the file."""
    return tuple(
        (path.relative_to(ROOT), node)
        for folder in ("bot", "adapters", "app")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute | ast.Call)
    )


@cache
def uses() -> dict[str, set[str]]:
    """The methods by which the product uses an expression, by its name; of a private name with the module before it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, node in places():
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            name = ast.unparse(node.value).rpartition(".")[2]
            found[known_as(".".join(path.with_suffix("").parts), name)].add(node.attr)
    return found


def known_as(module: str, name: str) -> str:
    return f"{module}.{name}" if name.startswith("_") else name


def compiled() -> Iterator[tuple[str, re.Pattern[str], set[str]]]:
    """Every expression that a module compiles, with its name and its uses."""
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield f"{module.__name__}.{name}", value, uses().get(known_as(module.__name__, name), METHODS)


def written_in_calls() -> Iterator[tuple[str, re.Pattern[str], set[str]]]:
    """Every expression that stands as a text in a call, `re.sub(" +", " ", text)`."""
    for path, node in places():
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in METHODS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and isinstance(node.args[0], ast.Constant)
        ):
            yield f"{path}:{node.lineno}", re.compile(str(node.args[0].value), re.IGNORECASE), {node.func.attr}


def hostile_texts(pattern: str, long: int) -> Iterator[str]:
    """Long texts of one and of two of the letters that the expression names, and an end that it does not expect."""
    words = re.findall(r"[a-z]{2,}", pattern)
    letters = dict.fromkeys([*"a0 .-,=:/\\<>@#\"'(*", *re.sub(r"[a-z]{2,}", "", pattern)])
    units = [*letters, *words, *map("".join, itertools.product(["a", "0", " ", ","], [*letters][:12]))]
    for unit in units:
        whole = (unit * long)[:long]
        yield from (f"{whole}\x00", f"a{whole}\n!", f"({whole}")


@pytest.mark.slow
def test_no_text_of_others_keeps_an_expression_busy(subtests: pytest.Subtests) -> None:
    tried = 0
    for name, expression, used_by in itertools.chain(compiled(), written_in_calls()):
        anchored = used_by <= {"match", "fullmatch"}
        is_of_commands = name.replace("/", ".").startswith("bot.commands")
        with subtests.test(name):
            for text in hostile_texts(expression.pattern, LONGEST_COMMAND if is_of_commands else LONGEST_OF_A_HOST):
                found = [
                    expression.match(text),
                    expression.fullmatch(text),
                    None if anchored else expression.search(text),
                ]
                assert len(found) == 3
        tried += 1
    assert tried > 60
