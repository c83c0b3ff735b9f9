"""A Kerberos realm for tests: MIT's own KDC on this machine's loopback, in a folder of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.practice.realm import PACKAGES, Realm, missing

if TYPE_CHECKING:
    from pathlib import Path

REALM = "CORP.TEST"
NEEDED = f"Kerberos: install {PACKAGES}, and the extra kerberos"


def started(folder: Path) -> Realm:
    """The realm, running. Skips the test where something is missing."""
    if missing():
        pytest.skip(NEEDED)
    return Realm.start(folder, REALM)
