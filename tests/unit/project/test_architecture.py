"""Rules of the house that no tool checks."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.support.checkout import ROOT, statements_in, statements_of

if TYPE_CHECKING:
    from pathlib import Path

REHEARSAL = ROOT / "rehearsal" / "src"
HOUSE = (ROOT / "app", ROOT / "bot", ROOT / "adapters", REHEARSAL)
FILES = sorted(path for folder in HOUSE for path in folder.rglob("*.py"))
LONGEST_FILE = 300
LONGEST_FUNCTION = 40

SURVIVORS = {
    "adapters/scheduler/threads.py": "a thread that ends with its error leaves its lane first",
    "adapters/scheduler/ticker.py": "it goes on whatever a step, the record of its failure or a sweep raises",
    "app/logging.py": "a library whose message does not fit its own values costs a line of the log, and nothing else",
    "app/running.py": "what the start raises in its thread is raised in the main thread",
    "adapters/scheduler/host_pool.py": "what a call raises in its thread is raised where its answer is waited for",
    "bot/workflow/guarded_terminal.py": "whatever one host raises is that host's outcome",
}
"""Where any exception may be caught, and why."""


def functions_of(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in statements_of(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def catches_everything(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in kinds)


NESTED = """
class A:
    async def f(self):
        with x:
            try:
                for y in x: a
                else: b
            except* E: c
            else: d
            finally:
                match x:
                    case 1: e
                    case _:
                        while x: f
                        else: g
        if x: h
        elif y: i
        else: j
try: k
except E: l
"""


def test_a_statement_is_found_however_deep_it_stands() -> None:
    every = [ast.unparse(node) for node in ast.walk(ast.parse(NESTED)) if isinstance(node, ast.stmt)]
    found = [ast.unparse(node) for node in statements_in(NESTED) if isinstance(node, ast.stmt)]
    assert sorted(found) == sorted(every)
    assert sum(isinstance(node, ast.ExceptHandler) for node in statements_in(NESTED)) == 2


def test_the_source_files_are_found() -> None:
    assert len(FILES) > 50


def test_only_these_survive_everything() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in FILES
        for node in statements_of(path)
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    }
    assert found == set(SURVIVORS)


def test_files_stay_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_functions_stay_short() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{node.name}": length_of(node)
        for path in FILES
        for node in functions_of(path)
        if length_of(node) > LONGEST_FUNCTION
    }
    assert long == {}


def test_the_core_has_no_loose_files() -> None:
    assert sorted(path.name for path in (ROOT / "bot").glob("*.py")) == ["__init__.py", "errors.py"]


def test_the_unit_tests_stand_in_folders_of_the_tree_that_they_test() -> None:
    unit = ROOT / "tests" / "unit"
    folders = {path.parent.relative_to(unit) for path in unit.rglob("test_*.py")}
    assert {str(folder) for folder in folders if not (ROOT / folder).is_dir()} == {"fakes", "project"}


def test_the_usual_function_is_shorter_than_ten_lines() -> None:
    lengths = sorted(length_of(node) for path in FILES for node in functions_of(path))
    assert lengths[len(lengths) // 2] < 10
