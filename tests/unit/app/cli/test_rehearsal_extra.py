"""A command that plays a rehearsal says which extra is not installed."""

from __future__ import annotations

import ast
from importlib import import_module

import pytest

from app.cli.options import rehearsal_extra
from bot.errors import SettingsError
from tests.support.checkout import ROOT


def test_an_extra_that_is_not_installed_is_named_with_the_command_that_gives_it() -> None:
    with pytest.raises(SettingsError, match=r"uv sync --locked --inexact --extra rehearsal$"), rehearsal_extra():
        import_module("rehearsal_that_nobody_installed")


def test_every_command_imports_the_rehearsal_behind_that_sentence() -> None:
    found = {}
    for path in sorted((ROOT / "app" / "cli").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imports = {id(node) for node in ast.walk(tree) if _is_of_the_rehearsal(node)}
        blocks = [node for node in ast.walk(tree) if isinstance(node, ast.With) and "rehearsal_extra" in ast.dump(node)]
        behind = {id(node) for block in blocks for node in block.body}
        if imports:
            found[path.name] = imports <= behind
    assert found == {"asking_slack.py": True, "practice.py": True, "rehearse.py": True}


def _is_of_the_rehearsal(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app.rehearse")
