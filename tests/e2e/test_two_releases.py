"""This release beside a newer one on one PostgreSQL, as in a rolling upgrade: each ends what it knows, and no more."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.sql.database_url import for_libpq
from rehearsal.slack import NoSuchButtonError, UserClient, UserClientError
from rehearsal_testing.waiting import wait_until
from tests.chaos import postgresql
from tests.chaos.storm import APP, FARM, HOSTS
from tests.e2e.test_death_and_rebirth import PROGRAM, World, world_on

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
NEWER = PROGRAM.with_name("newer_bot_process.py")
NEWEST, MOST = "99.0", 30
LEFT = "another release of me wrote it"


def stored(url: str, query: str) -> list[tuple[str, ...]]:
    """Ask the tables: this release reads nothing of the other's requests."""
    with psycopg.connect(for_libpq(url), autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def log_off(world: World, host: str) -> bool:
    """Ask, press until it is over, and return whether a press was answered by the replica that does not know it."""
    dana = UserClient(world.workspace.url, "dana")
    assert dana.command(f"/logoff {host} id=3 --sync", "C0OPS00001").ok
    over = f"SELECT ending FROM request WHERE text LIKE '{host} %' AND published_version >= version"  # noqa: S608 - ours

    def is_over() -> bool:
        with suppress(NoSuchButtonError, UserClientError):
            dana.press("Log off 1")
        return bool(stored(world.database, f"{over} AND state = 'ended'"))

    wait_until(is_over)
    assert stored(world.database, over) == [("done",)]
    return any(LEFT in each.text for each in dana.messages() if each.ephemeral)


def test_what_a_newer_release_writes_is_left_to_it_and_all_requests_end(tmp_path: Path) -> None:
    names = [f"self-[001-{MOST:03}]", "eyes-1", "quorum-1"]  # its rules want some of each
    (farm := tmp_path / "farm.yaml").write_text(FARM + "".join(HOSTS % name for name in names))
    (settings := tmp_path / "app.yaml").write_text(APP % ", ".join(f"{{name: '{name}'}}" for name in names))
    engine = postgresql.fresh()
    url = engine.url.render_as_string(hide_password=False)
    engine.dispose()
    hosts = [f"self-{number:03}" for number in range(1, MOST + 1)]
    asked: list[str] = []
    with (
        world_on(url, farm=farm, settings=settings) as world,
        world.bot(owned=True, replicas=True),
        world.bot(owned=True, replicas=True, program=NEWER),
    ):
        is_left = False
        while not (is_left and is_mixed(url)):
            asked.append(hosts.pop(0))
            is_left |= log_off(world, asked[-1])
        for host in asked:
            assert world.farm.touched(host) == [("logoff", 3, r"CORP\alice")]
    writers = "SELECT DISTINCT bot_version FROM audit_entry JOIN request ON request.id = request_id"
    assert stored(url, f"{writers} WHERE ask LIKE '%colour%'") == [(NEWEST,)]


def is_mixed(url: str) -> bool:
    """Return whether both have asked something, and the newer went on with what this one had begun."""
    begun = stored(url, "SELECT DISTINCT bot_version FROM audit_entry WHERE event = 'asked'")
    taken_on = "SELECT 1 FROM audit_entry ours JOIN audit_entry theirs USING (request_id) WHERE ours.event = 'asked'"
    versions = f"AND ours.bot_version <> '{NEWEST}' AND theirs.bot_version = '{NEWEST}'"
    return len(begun) == 2 and bool(stored(url, f"{taken_on} {versions}"))
