"""Every state that is not final has an end: what is late acts on nobody, and the card says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain import events as e
from bot.domain.request import Ending, State
from bot.domain.verdicts import Verdict
from tests.support.harness import BotHarness, Crash

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ON_TWO = "comp1,comp2 id=3 --sync"


@pytest.fixture
def harness() -> BotHarness:
    return BotHarness()


def test_a_request_that_nobody_looked_at_expires(harness: BotHarness) -> None:
    harness.ask("comp1 id=3 --force")
    harness.clock.move(2 * MINUTE)
    harness.run()
    assert (harness.request.ending, harness.terminal.look_calls) == (Ending.EXPIRED, [])
    assert harness.chat.told[0].card.headline == "Expired. Nobody was logged off on comp1"


def test_a_card_that_nobody_pressed_expires_and_loses_its_buttons(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3")
    harness.wait(14 * MINUTE)
    assert harness.request.state is State.AWAITING
    harness.wait(MINUTE)
    assert (harness.request.ending, harness.card.buttons) == (Ending.EXPIRED, ())
    assert harness.card.headline == "Expired: nobody decided. Nobody was logged off on comp1"
    assert harness.chat.replies


def test_an_approval_that_was_not_begun_in_time_expires(harness: BotHarness) -> None:
    harness.ask_and_run("comp1 id=3")
    harness.press("approve")
    harness.clock.move(5 * MINUTE)
    harness.run()
    assert (harness.request.ending, harness.terminal.acts) == (Ending.EXPIRED, [])


def test_an_act_past_all_its_deadlines_says_what_is_not_known(harness: BotHarness) -> None:
    harness.ask_and_run(ON_TWO)
    harness.press("approve")
    harness.ledger.die_after = e.HostStarted
    with pytest.raises(Crash):
        harness.run()
    harness.clock.move(HOUR)
    harness.restart()
    harness.run()
    assert harness.request.ending is Ending.EXPIRED
    assert harness.verdicts() == {"comp1 3": "unknown", "comp2 3": "skipped"}
    harness.wait(MINUTE)
    assert harness.verdicts()["comp1 3"] == Verdict.UNKNOWN
    assert harness.terminal.acts == []
