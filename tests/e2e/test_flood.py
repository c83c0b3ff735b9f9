"""A flood of presses by an outsider, through the real parts: it is answered now and then, and holds nobody up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from app.config.policy import Limits
from app.rehearse.environment import open_stage
from bot.domain.request import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal

PRESSES = 60
AT_WORK = "/logoff rds-05 id=2 --sync"
"""One person at work on the fleet: a lead has to say yes. Oli sees the card and may not."""


@pytest.fixture
def narrow(settings: Settings) -> Iterator[Rehearsal]:
    """One of ten is free again after six seconds, so that the flood stays above the limit however slow the run is."""
    with open_stage(settings.model_copy(update={"limits": Limits(max_sent=10)}), engine="double") as opened:
        yield opened


def test_a_flood_of_an_outsider_holds_no_approval_up(narrow: Rehearsal) -> None:
    narrow.visitor("dana").command(AT_WORK, "C0OPS00001")
    narrow.wait_until_still()
    with ThreadPoolExecutor(8) as pool:
        pressed = list(pool.map(lambda _: narrow.visitor("oli").press("Log off 1").ok, range(PRESSES)))
    assert all(pressed)
    told = [message.text for message in narrow.visitor("oli").messages() if message.ephemeral]
    assert 10 < len(told) < PRESSES
    assert any(text.startswith("You sent more than 10 commands, presses and messages in a minute.") for text in told)
    notes = [entry.reason_code for entry in narrow.bot.ledger.entries() if entry.actor == "U0OLI00001"]
    assert 1 <= notes.count("held_back") < PRESSES - 10
    assert narrow.bot.ledger.newest(1)[0].state is State.AWAITING
    narrow.visitor("bo").press("Log off 1")
    narrow.wait_until_still()
    approved = narrow.bot.ledger.newest(1)[0]
    assert approved.decided_by
    assert approved.decided_by.name == "bo"
