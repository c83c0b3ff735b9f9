"""Where the checkout lies, so that a test may be moved without a word of it changing, and its sources, parsed once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")


@cache
def statements_of(path: Path) -> tuple[ast.AST, ...]:
    """Every statement of a source file, and what catches its exceptions."""
    return tuple(statements_in(path.read_text(encoding="utf-8")))


def statements_in(source: str) -> Iterator[ast.AST]:
    """However deep they stand. An expression holds none, so none is looked into: that takes a tenth of the time."""
    waiting: list[ast.AST] = [ast.parse(source)]
    for node in waiting:
        waiting.extend(inner for block in _BLOCKS for inner in getattr(node, block, ()))
        yield node
