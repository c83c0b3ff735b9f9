"""Whoever writes into the tables of requests makes the bot touch or tell nobody: column by column, in every state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from adapters.sql.migrate import upgrade
from adapters.sql.tables import chain_head, metadata
from tests.contract.row_changes import every_change, writing
from tests.contract.row_scenes import SCENES, begin, play, play_honestly, sqlite_in
from tests.support.effort import PROFILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.row_scenes import Scene

    Fresh = Callable[[], str]
    """Empties the tables, and gives the URL of their database."""

SHARE = {"sqlite": 3, "postgresql": 29}
"""A scene tries every so many-th change, and begins with another one than its neighbours; `make deep` tries all."""


@pytest.fixture(scope="module")
def fresh_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    return sqlite_in(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def fresh_postgresql(new_postgresql: Callable[[], str]) -> Fresh:
    url = new_postgresql()
    upgrade(url)
    with writing(url) as connection:
        first_head = dict(connection.execute(chain_head.select()).mappings().one())
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))  # nobody cuts the power

    def fresh() -> str:
        with writing(url) as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
            connection.execute(chain_head.insert().values(first_head))
        return url

    return fresh


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
@pytest.mark.parametrize("database", SHARE)
def test_a_changed_row_touches_nobody(scene: Scene, database: str, request: pytest.FixtureRequest) -> None:
    fresh: Fresh = request.getfixturevalue(f"fresh_{database}")
    honest = play_honestly(scene, fresh())
    url = fresh()
    begin(scene, url)
    changes = list(every_change(url))
    assert len(changes) > 50
    first = SCENES.index(scene) * 8 % SHARE[database]
    wrong = []
    for change in changes if PROFILE == "deep" else changes[first :: SHARE[database]]:
        early, late = play(scene, fresh(), change.make)
        if early or (late and not (change.is_harmless and sorted(late) == honest)):
            wrong.append(f"{change}: {early} {late}")
    assert not wrong, "\n".join(wrong)
