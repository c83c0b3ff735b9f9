"""Every state that is not final has an end: what is late acts on nobody, and the card says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain import events as e
from bot.domain.request import Ending, State, Verdict
from tests.support.harness import Crash, House

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ON_TWO = "comp1,comp2 id=3 --sync"


@pytest.fixture
def house() -> House:
    return House()


def test_a_request_that_nobody_looked_at_expires(house: House) -> None:
    house.ask("comp1 id=3 --force")
    house.clock.move(2 * MINUTE)
    house.run()
    assert (house.request.ending, house.terminal.looks) == (Ending.EXPIRED, [])
    assert house.chat.told[0].report.headline == "Expired. Nobody was logged off on comp1"


def test_a_card_that_nobody_pressed_expires_and_loses_its_buttons(house: House) -> None:
    house.ask_and_run("comp1 id=3")
    house.wait(14 * MINUTE)
    assert house.request.state is State.AWAITING
    house.wait(MINUTE)
    assert (house.request.ending, house.card.buttons) == (Ending.EXPIRED, ())
    assert house.card.headline == "Expired. Nobody was logged off on comp1"
    assert house.chat.replies


def test_an_approval_that_was_not_begun_in_time_expires(house: House) -> None:
    house.ask_and_run("comp1 id=3")
    house.press("approve")
    house.clock.move(5 * MINUTE)
    house.run()
    assert (house.request.ending, house.terminal.acts) == (Ending.EXPIRED, [])


def test_an_act_past_all_its_deadlines_says_what_is_not_known(house: House) -> None:
    house.ask_and_run(ON_TWO)
    house.press("approve")
    house.ledger.die_after = e.HostStarted
    with pytest.raises(Crash):
        house.run()
    house.clock.move(HOUR)
    house.restart()
    house.run()
    assert house.request.ending is Ending.EXPIRED
    assert house.verdicts() == {"comp1 3": "unknown", "comp2 3": "skipped"}
    house.wait(MINUTE)
    assert house.verdicts()["comp1 3"] == Verdict.UNKNOWN
    assert house.terminal.acts == []
