"""The commit of the checkout that the program runs from."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_SECONDS = 3
_READING = ("--no-optional-locks", "-c", "core.fsmonitor=false")
"""Options with which git neither writes its index nor starts a helper that the repository names."""


def commit(root: Path = ROOT) -> str:
    """Return the commit, `1a2b3c4d`, and whether files differ from it; empty when it is unknown.

    An installed copy may lie inside another repository, whose commit says nothing about it.
    """
    program = shutil.which("git")
    if program is None or not (root / ".git").exists():
        return ""
    try:
        top, name = _ask(program, root, "rev-parse", "--show-toplevel", "HEAD").splitlines()
        if Path(top).resolve() != root.resolve():
            return ""
        changes = _ask(program, root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
    return f"{name[:8]} (with local changes)" if changes else name[:8]


def _ask(program: str, root: Path, *words: str) -> str:
    """Return git's answer. The environment cannot point git to another repository."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(  # noqa: S603 - git, found on PATH, with words of our own
        [program, *_READING, *words],
        cwd=root,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=_SECONDS,
    ).stdout
