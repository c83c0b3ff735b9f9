"""The options of a scene that is played."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.rehearse.console import read_play
from bot.errors import SettingsError


@pytest.mark.parametrize("pace", [-1.0, 3601.0, 1e308, float("inf"), float("nan")])
def test_a_pace_that_cannot_be_is_refused(pace: float) -> None:
    with pytest.raises(SettingsError, match="--pace: write seconds, from 0 to 3600"):
        read_play("first-logoff", pace=pace, ends=True)


def test_a_pace_is_in_seconds() -> None:
    assert read_play("first-logoff", pace=0.5, ends=True).pace == timedelta(seconds=0.5)
    assert read_play("first-logoff", pace=None, ends=True).pace is None
