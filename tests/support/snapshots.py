"""Texts that were agreed on, kept in files. `REWRITE_SNAPSHOTS=1` writes them anew: read the diff before a commit."""

from __future__ import annotations

import os
from difflib import unified_diff
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def check_snapshot(path: Path, text: str) -> None:
    if "REWRITE_SNAPSHOTS" in os.environ:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    agreed = path.read_text(encoding="utf-8")
    changes = unified_diff(agreed.splitlines(), text.splitlines(), "as agreed", "as built", lineterm="", n=4)
    assert agreed == text, "\n".join(changes)
