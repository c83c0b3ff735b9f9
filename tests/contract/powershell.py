"""PowerShell itself, for the tests that need no other engine: $TS_PWSH, else `pwsh` on PATH."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from rehearsal.windows import EngineMissingError
from rehearsal.windows.engine_discovery import find_powershell
from rehearsal.windows.engines import CONSTRAINED

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.windows.engines import PowerShell


def powershell(folder: Path) -> PowerShell:
    """Skips the test where there is none."""
    try:
        return find_powershell(folder)
    except EngineMissingError as missing:
        pytest.skip(str(missing))


def knows_language_modes(engine: PowerShell) -> bool:
    words = [engine.program, *CONSTRAINED, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", "exit 0"]
    return subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0  # noqa: S603 - an engine of this machine
