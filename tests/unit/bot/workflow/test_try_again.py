"""The press on "Try again": a new request of its presser, with a card of its own, for just those that failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards.model import ASK, CommandButton
from bot.domain.request import Ending, State
from bot.errors import Unreachable
from bot.policy.model import Force
from bot.workflow.inputs import PressCall
from tests.support import builders as b
from tests.support.harness import ON_CALL, BotHarness

if TYPE_CHECKING:
    from bot.domain.request import Request


def failed(
    harness: BotHarness, text: str = 'comp1,comp2 id=3 --reason "floor 5" --sync'
) -> tuple[Request, CommandButton]:
    """Return the request, of which comp2 did not answer, and its button."""
    harness.ask_and_run(text)
    harness.terminal.take_down("comp2")
    request = harness.approve_and_run()
    assert request.ending is Ending.DONE
    (button,) = harness.card_of(request).buttons
    assert isinstance(button, CommandButton)
    harness.terminal.bring_up("comp2")
    return request, button


def press(harness: BotHarness, button: CommandButton) -> Request:
    """Return the new request, as it stands when all that was due has run."""
    harness.clock.move(timedelta(seconds=1))
    call = PressCall(press=ASK, value=button.value, actor=b.ASKER, place=b.PLACE, delivery="a press")
    response = harness.intake.press(call)
    assert response.wake, response.text
    harness.scheduler.wake(response.wake)
    harness.run()
    return harness.find(response.wake.request_id)


def test_what_failed_is_a_new_request_that_waits_for_a_yes_of_its_own() -> None:
    harness = BotHarness()
    request, button = failed(harness)
    targets = harness.find(request.id).targets
    assert button.label == "Try again 1"
    again = press(harness, button)
    assert again.id != request.id
    assert (again.state, [target.key for target in again.targets]) == (State.AWAITING, [("comp2", 3)])
    assert (again.ask.reason, again.ask.wait, again.actor) == ("floor 5", request.ask.wait, b.ASKER)
    assert harness.terminal.logged_off == [("comp1", 3)]
    harness.approve_and_run()
    assert harness.terminal.logged_off == [("comp1", 3), ("comp2", 3)]
    assert harness.find(request.id).targets == targets


def test_somebody_else_who_presses_is_told_and_asks_nothing() -> None:
    harness = BotHarness()
    request, button = failed(harness)
    call = PressCall(press=ASK, value=button.value, actor=b.OTHER, place=b.PLACE, delivery="a press")
    response = harness.intake.press(call)
    assert response.wake is None
    assert "for the person who typed the command" in response.text
    assert harness.request.id == request.id


def test_a_forced_request_is_tried_again_with_a_yes() -> None:
    harness = BotHarness()
    harness.change_policy(replace(ON_CALL, force=Force(is_allowed=True)))
    harness.terminal.fail_act("comp1", Unreachable("comp1 cannot be reached.", host="comp1"))
    harness.ask_and_run('comp1 id=3 --force --reason "floor 5"')
    assert harness.request.ending is Ending.DONE
    (button,) = [each for each in harness.card.buttons if isinstance(each, CommandButton)]
    again = press(harness, button)
    assert (again.state, again.ask.force) == (State.AWAITING, False)


def test_who_may_no_longer_ask_is_refused_as_with_a_typed_command() -> None:
    harness = BotHarness()
    _, button = failed(harness)
    harness.remove_from("@oncall", b.ASKER)
    assert press(harness, button).ending is Ending.REFUSED


def test_a_person_who_logged_on_anew_since_is_not_meant() -> None:
    harness = BotHarness()
    _, button = failed(harness)
    alice = next(each for each in harness.terminal.sessions("comp2", within=b.GRACE) if each.id == 3)
    harness.terminal.set("comp2", replace(alice, logon=alice.logon + 1))
    assert press(harness, button).ending is Ending.NOTHING_TO_DO
    assert harness.terminal.logged_off == [("comp1", 3)]
