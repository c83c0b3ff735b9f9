"""The reason that `--force` lacks, through the real parts: the examples of the cmdlet's page as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.request import Ending, State
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from app.rehearse.environment import Rehearsal
    from bot.domain.request import Request

PASTED = [
    "/logoff Get-TSSession -ComputerName comp1 -State Active | Stop-TSSession -Force",
    "/logoff Get-TSSession -ComputerName comp1 -State Active -Synchronous | Stop-TSSession -Force",
    "/logoff comp1 id=5 -Confirm:$false",
]
TOLD = "⏳ --force needs a reason here"


def newest(stage: Rehearsal) -> Request:
    stage.wait_until_still()
    return stage.bot.ledger.newest(1)[0]


def open_form(stage: Rehearsal, person: str = "dana") -> None:
    visitor = stage.visitor(person)
    visitor.press("Give the reason")
    wait_until(lambda: bool(visitor.state()["views"]))


@pytest.mark.parametrize("text", PASTED)
def test_a_pasted_example_asks_for_its_reason_in_a_form_and_runs_with_it(stage: Rehearsal, text: str) -> None:
    dana = stage.visitor("dana")
    dana.command(text)
    waiting = newest(stage)
    assert (waiting.state, stage.farm.calls("comp1")) == (State.ASKED, stage.farm.calls("comp1")[:1])
    (told,) = [message for message in dana.messages() if message.text.startswith(TOLD)]
    assert (told.ephemeral, told.buttons) == (True, ("Give the reason",))
    open_form(stage)
    assert dana.submit(reason="")["errors"]
    assert not dana.submit(reason="INC-7 the farm is full")["errors"]
    done = newest(stage)
    assert (done.id, done.ending, done.ask.reason) == (waiting.id, Ending.DONE, "INC-7 the farm is full")
    assert 5 not in {session["id"] for session in stage.farm.sessions("comp1")}
    announced = [m for m in stage.visitor("bo").messages() if "Break-glass" in m.text]
    assert len(announced) == 1


def test_the_button_opens_nothing_once_the_reason_is_given_and_says_so(stage: Rehearsal) -> None:
    dana = stage.visitor("dana")
    dana.command(PASTED[2])
    newest(stage)
    open_form(stage)
    dana.submit(reason="first")
    assert newest(stage).ending is Ending.DONE
    dana.press("Give the reason")
    given = "The reason was given already; nothing more is needed."
    wait_until(lambda: dana.messages()[-1].text == given)
    assert (dana.state()["views"], newest(stage).ask.reason) == ([], "first")
