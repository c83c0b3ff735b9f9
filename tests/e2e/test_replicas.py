"""Two replicas on one PostgreSQL: one person has one limit at both."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.sql.database_url import for_libpq
from adapters.sql.shared_sends import APPLICATION
from rehearsal.slack import UserClient
from rehearsal_testing.waiting import wait_until
from tests.chaos import postgresql
from tests.e2e.test_death_and_rebirth import ROOT, world_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow
MOST, FIRST, THEN = 10, 8, 20


def both_have_exchanged(url: str) -> Callable[[], bool]:
    """Return whether by now each replica has told what it took before this call, and heard it of the other.

    Each turn of half a second hears first, and tells then.
    """
    connection = psycopg.connect(for_libpq(url), autocommit=True, application_name="test")
    [(asked_at,)] = connection.execute("SELECT now()").fetchall()

    def have() -> bool:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s "
            "AND query_start > %s + interval '1 second'",
            (APPLICATION, asked_at),
        ).fetchall()
        if is_over := found == [(2,)]:
            connection.close()
        return is_over

    return have


def test_one_person_has_one_limit_at_both_replicas(tmp_path: Path) -> None:
    said, limit = (ROOT / "app.yaml").read_text("utf-8"), "  max_sent: 60 "
    assert said.count(limit) == 1
    (settings := tmp_path / "app.yaml").write_text(said.replace(limit, f"  max_sent: {MOST} "), "utf-8")
    engine = postgresql.fresh()
    url = engine.url.render_as_string(hide_password=False)
    engine.dispose()
    with (
        world_on(url, settings=settings) as world,
        world.bot(owned=True, replicas=True),
        world.bot(owned=True, replicas=True),
    ):
        dana, began = UserClient(world.workspace.url, "dana"), time.monotonic()

        def taken(times: int) -> int:
            answers = [dana.command("/logoff help").reply for _ in range(times)]
            return sum("You sent more than" not in each for each in answers)

        assert taken(FIRST) == FIRST
        wait_until(both_have_exchanged(url))
        then, took = taken(THEN), time.monotonic() - began
    # Each takes what is left, and what became free again: 6 in all. Without a word between them it would be 12.
    assert 0 < then <= 2 * (MOST - FIRST + 1) + took // (60 / MOST)
