"""An environment that names a proxy which nothing may use, and who writes to it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

PROXY = "http://127.0.0.1:9"


def proxy_for_all(patch: pytest.MonkeyPatch) -> list[str]:
    """Have every variable that leads to a proxy lead nowhere, and return the names that are written from now on.

    The environment is one for all threads: who writes to it, if only for a moment, changes what the others do.
    """
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        patch.setenv(name, PROXY)
        patch.setenv(name.lower(), PROXY)
    for name in ("NO_PROXY", "no_proxy"):
        patch.delenv(name, raising=False)
    written: list[str] = []
    patch.setattr(os, "putenv", lambda name, _value: written.append(os.fsdecode(name)))
    patch.setattr(os, "unsetenv", lambda name: written.append(os.fsdecode(name)))
    return written
