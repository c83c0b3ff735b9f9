"""More people than a card has room for, through the real parts: the list, then the buttons, then the yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.rehearse.environment import open_stage
from bot.domain.request import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal
    from rehearsal.slack.client import SeenMessage

MANY = 45


@pytest.fixture
def stage(settings: Settings, tmp_path: Path) -> Iterator[Rehearsal]:
    farm = tmp_path / "farm.yaml"
    sessions = ", ".join(f"{{id: {at}, user: 'CORP\\user{at}', disconnected: 3h}}" for at in range(1, MANY + 1))
    account = "{username: 'CORP\\svc-logoff', password: 'rehearsal, not a secret'}"
    farm.write_text(f"account: {account}\nhosts:\n  comp1:\n    sessions: [{{id: 0, user: ''}}, {sessions}]\n")
    with open_stage(settings, farm_file=farm, engine="double") as opened:
        yield opened


def ask(stage: Rehearsal) -> None:
    assert stage.visitor("dana").command("/logoff comp1 --all").ok
    stage.wait_until_still()


def in_thread(stage: Rehearsal, person: str = "chen") -> list[SeenMessage]:
    return [m for m in stage.visitor(person).messages() if m.thread_ts and m.thread_ts != m.ts]


def test_all_names_stand_in_the_thread_before_the_yes_and_then_all_of_them_go(stage: Rehearsal) -> None:
    ask(stage)
    (card,) = [m for m in stage.visitor("chen").messages() if m.thread_ts in (None, m.ts) and not m.ephemeral]
    *firsts, last = card.versions
    assert not any(f"Log off {MANY}" in str(first.blocks[-1]) for first in firsts)
    assert f"Log off {MANY}" in str(last.blocks[-1])
    assert len(in_thread(stage)) == 2
    listed = str([message.blocks for message in in_thread(stage)])
    assert all(f"user{at}  session {at} ·" in listed for at in range(1, MANY + 1))
    assert stage.visitor("chen").press(f"Log off {MANY}").ok
    stage.wait_until_still()
    request = stage.bot.ledger.newest(1)[0]
    left = [session["id"] for session in stage.farm.sessions("comp1")]
    assert (request.ending, request.listed, left) == (Ending.DONE, 2, [0])
