"""Two replicas on one PostgreSQL, one of which is killed: all kinds of requests come to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.storm import KINDS, Storm

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_with_two_replicas_and_a_death_every_request_ends_and_nobody_is_touched_or_warned_twice(tmp_path: Path) -> None:
    outcome = Storm(replicas=2, each=1, fleets=1, fleet_of=4, kill_every=3, kills=1).run(tmp_path)
    assert outcome.faults == []
    assert outcome.requests >= len(KINDS) + 1
    assert outcome.kills == 1
