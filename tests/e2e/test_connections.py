"""How many connections the whole bot opens to its SQLite file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from sqlalchemy.exc import TimeoutError as NoConnection

from adapters.sql.database import MOST, open_database
from app import wiring

if TYPE_CHECKING:
    import pytest
    from sqlalchemy import Connection, Engine

    from app.config.settings import Settings


def test_all_parts_of_a_bot_together_have_a_bounded_number_of_connections(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: list[Engine] = []

    def opening(url: str, **options: Any) -> Engine:
        engines.append(open_database(url, **options))
        return engines[-1]

    monkeypatch.setattr(wiring, "open_database", opening)
    settings = settings.model_copy(update={"database": SecretStr(f"sqlite:///{tmp_path}/bot.db")})
    wiring.upgrade(settings)
    with ExitStack() as held:
        bot = wiring.build_owned(settings)
        held.callback(bot.stop)
        for engine in engines[1:]:  # the first is the owner's, whose one thread has one connection
            taken = all_of(engine)
            assert taken
            for each in taken:
                held.callback(each.close)
        file = tmp_path / "bot.db"
        found = sum(each.samefile(file) for each in Path("/proc/self/fd").iterdir() if each.exists())
        assert MOST - 8 < found <= MOST


def all_of(engine: Engine) -> list[Connection]:
    """Take connections until there are no more."""
    engine.pool._timeout = 0.01  # type: ignore[attr-defined] # a test need not wait as long as people do
    taken: list[Connection] = []
    try:
        while len(taken) <= 2 * MOST:
            taken.append(engine.connect())
    except NoConnection:
        pass
    return taken
