"""Rules of the house that no tool checks."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.checkout import ROOT, nodes_of

if TYPE_CHECKING:
    from pathlib import Path

REHEARSAL = ROOT / "rehearsal" / "src"
HOUSE = (ROOT / "app", ROOT / "bot", ROOT / "adapters", REHEARSAL)
FILES = sorted(path for folder in HOUSE for path in folder.rglob("*.py"))
LONGEST_FILE = 300
LONGEST_FUNCTION = 40

SURVIVORS = {"adapters/scheduler/threads.py": "it goes on whatever a step, the record of its failure or a sweep raises"}
"""Where any exception may be caught, and why."""

WATCH = """
import importlib, json, sys, threading
import urllib3  # tries a bind on ::1 when it is imported, to see whether there is IPv6

opened = []
sys.addaudithook(lambda event, _: opened.append(event) if event in ("socket.bind", "socket.connect") else None)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps([opened, [thread.name for thread in threading.enumerate()]]))
"""


def module_of(path: Path) -> str:
    base = REHEARSAL if path.is_relative_to(REHEARSAL) else ROOT
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def functions_of(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in nodes_of(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def catches_everything(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in kinds)


def test_the_source_files_are_found() -> None:
    assert len(FILES) > 50


def test_only_the_scheduler_survives_everything() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in FILES
        for node in nodes_of(path)
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


@pytest.mark.slow
def test_importing_any_module_does_nothing() -> None:
    """In a process of its own: no socket, no thread. The entry point runs when it is imported; that is its purpose."""
    modules = [module_of(path) for path in FILES if path.name != "__main__.py"]
    command = [sys.executable, "-c", WATCH, *modules]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own text
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1:] == ['[[], ["MainThread"]]']
