"""The log as it was: a command of the program sets it up, and the next test finds it as before."""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def log_as_before() -> Iterator[None]:
    before, root = structlog.get_config(), logging.getLogger()
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    try:
        yield
    finally:
        structlog.configure(**before)
        logging.captureWarnings(capture=False)
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        root.handlers[:] = [each for each in root.handlers if type(each).__module__ != "app.logging"]
