"""The real bot, a local workspace and a farm whose hosts run the Python double of the agent, for speed."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

from app.config.settings import load
from app.rehearse.environment import open_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """A command of the program sets the log up; the next test finds it as it was."""
    before, root = structlog.get_config(), logging.getLogger()
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield
    structlog.configure(**before)
    logging.captureWarnings(capture=False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    root.handlers[:] = [each for each in root.handlers if type(each).__module__ != "app.logging"]


@pytest.fixture
def settings() -> Settings:
    return load(ROOT / "app.yaml")


@pytest.fixture
def stage(settings: Settings) -> Iterator[Rehearsal]:
    with open_stage(settings, engine="double") as opened:
        yield opened
