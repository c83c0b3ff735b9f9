"""Many at once, and a database that cannot be written: a receipt means that it is safe."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from app.rehearse.environment import open_stage
from bot.cards import wording
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal

pytestmark = pytest.mark.slow
FARM = """
account: {username: 'CORP\\svc-logoff', password: "rehearsal, not a secret"}
hosts:
  rds-[01-40]:
    behaviour: {slow: {seconds: 10}}
    sessions: [{id: 3, user: 'CORP\\alice', disconnected: 3h}]
"""


@pytest.fixture
def slow_stage(settings: Settings, tmp_path: Path) -> Iterator[Rehearsal]:
    farm = tmp_path / "farm.yaml"
    farm.write_text(FARM)
    with open_stage(settings, farm_file=farm, engine="double") as opened:
        yield opened


def test_fifty_commands_at_once_against_hosts_that_take_ten_seconds_are_all_acked_in_time(
    slow_stage: Rehearsal,
) -> None:
    """The workspace takes no ack after three seconds, as Slack does: `ok` is the proof."""

    def ask(number: int) -> None:
        result = slow_stage.visitor("dana").command(f"/logoff rds-{number % 40 + 1:02d} id=3 --sync")
        assert result.ok, result

    with ThreadPoolExecutor(50) as people:
        list(people.map(ask, range(50)))
    safe = {request.id for request in slow_stage.bot.ledger.newest(100)}
    assert len(safe) == 50
    dana = slow_stage.visitor("dana")
    wait_until(lambda: all(any(each in said for said in map(str, dana.messages())) for each in safe))


NOTHING = "I cannot record this, so I do nothing."


def test_without_a_writable_database_the_bot_says_so_and_does_nothing(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    with open_stage(settings, database=f"sqlite:///{file}", engine="double") as stage:
        writer = sqlite3.connect(file, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        dana = stage.visitor("dana")
        result = dana.command("/logoff comp1 id=3 --sync")
        if result.reply == wording.LATE:  # a busy machine: the ack comes before the answer
            wait_until(lambda: any(NOTHING in each.text for each in dana.messages()))
        else:
            assert NOTHING in result.reply
        writer.execute("ROLLBACK")
        writer.close()
        assert result.ok
        stage.wait_until_still()
        assert stage.bot.ledger.newest(10) == ()
        assert stage.farm.messages("comp1") == []


def test_a_press_that_cannot_be_recorded_says_so_in_time_and_does_nothing(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    with open_stage(settings, database=f"sqlite:///{file}", engine="double") as stage:
        dana = stage.visitor("dana")
        dana.command("/logoff comp1 id=3 --sync")
        stage.wait_until_still()
        writer = sqlite3.connect(file, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        pressed = dana.press("Log off 1")
        writer.execute("ROLLBACK")
        writer.close()
        stage.wait_until_still()
        assert pressed.ok
        assert stage.bot.ledger.newest(1)[0].state.value == "awaiting"
        assert stage.farm.calls("comp1") == []
