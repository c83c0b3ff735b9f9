"""Importing does nothing, seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

REHEARSAL = ROOT / "rehearsal" / "src"
FOLDERS = (ROOT / "app", ROOT / "bot", ROOT / "adapters", REHEARSAL)

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


def test_importing_any_module_does_nothing() -> None:
    """No socket, no thread. The entry point runs when it is imported; that is its purpose."""
    files = sorted(path for folder in FOLDERS for path in folder.rglob("*.py") if path.name != "__main__.py")
    modules = [module_of(path) for path in files]
    command = [sys.executable, "-c", WATCH, *modules]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own text
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1:] == ['[[], ["MainThread"]]']
    assert len(modules) > 50
