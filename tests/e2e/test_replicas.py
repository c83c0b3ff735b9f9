"""Two replicas on one PostgreSQL: one person has one limit at both."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest

from adapters.sql.database_url import for_libpq
from adapters.sql.shared_sends import APPLICATION
from rehearsal.slack import UserClient
from rehearsal_testing.waiting import wait_until
from tests.chaos import postgresql
from tests.e2e.test_death_and_rebirth import ROOT, world_on

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
MOST, FIRST, THEN = 10, 8, 20


def wait_until_both_have_exchanged(url: str) -> None:
    """Return when each replica has told what it took before this call, and has heard it of the other.

    A turn asks the server, which hands out what has arrived, and then tells. At both replicas the turn under way ends,
    the next one tells, and the next one hears: each has two queries at the most.
    """
    with psycopg.connect(for_libpq(url), autocommit=True, application_name="test") as connection:

        def ask(query: LiteralString, *values: object) -> Any:
            [(found,)] = connection.execute(query, values).fetchall()
            return found

        for _ in range(2 * len(("under way", "tells", "hears"))):
            since = ask("SELECT clock_timestamp()")
            turned = partial(
                ask,
                "SELECT count(*) = 2 FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = %s AND query_start > %s",
                APPLICATION,
                since,
            )
            wait_until(turned)


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
        wait_until_both_have_exchanged(url)
        then, took = taken(THEN), time.monotonic() - began
    # Each takes what is left, and what became free again: 6 in all. Without a word between them it would be 12.
    assert 0 < then <= 2 * (MOST - FIRST + 1 + took // (60 / MOST))
