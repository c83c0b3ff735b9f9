"""Where the checkout lies, so that a test may be moved without a word of it changing, and its sources, parsed once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a source file."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
