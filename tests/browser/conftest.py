"""The page with the real bot behind it, in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.config.settings import load
from app.rehearse.environment import open_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.rehearse.environment import Rehearsal

ROOT = Path(__file__).resolve().parents[2]


class MovableClock:
    """The real time, and what it is set ahead by."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def stage(clock: MovableClock) -> Iterator[Rehearsal]:
    with open_stage(load(ROOT / "app.yaml"), engine="double", clock=clock) as opened:
        yield opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
