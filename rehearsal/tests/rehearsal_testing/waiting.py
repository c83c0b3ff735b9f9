"""Waiting for something that another thread or process does."""

from __future__ import annotations

import time
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def wait_until(holds: Callable[[], bool], within: float = 60) -> None:
    """Ask until it is true; fail when the seconds are over: so many that a busy machine needs fewer."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not become true in time"
        Event().wait(0.02)
