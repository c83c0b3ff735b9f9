"""The real bot, a local workspace and a farm whose hosts run the Python double of the agent, for speed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.config.settings import load
from app.rehearse.environment import open_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings() -> Settings:
    return load(ROOT / "app.yaml")


@pytest.fixture
def stage(settings: Settings) -> Iterator[Rehearsal]:
    with open_stage(settings, engine="double") as opened:
        yield opened
