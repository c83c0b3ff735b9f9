"""A form that Slack does not open is never silence: the presser is told, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.slack import Fault, FaultKind
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    import pytest

    from app.rehearse.environment import Rehearsal

TOO_LATE = (
    "expired_trigger_id",
    "exchanged_trigger_id",
    "invalid_trigger_id",
    "invalid_trigger",
    "trigger_expired",
    "trigger_exchanged",
)
AGAIN = "The form could not be opened in time, and nothing has changed. Press the button again."


def told_after(stage: Rehearsal, label: str, fault: Fault) -> str:
    """Press the button while Slack opens no form, and return what the presser alone reads then."""
    dana = stage.visitor("dana")
    before = len(dana.messages())
    stage.workspace.plan(fault)
    dana.press(label)
    wait_until(lambda: len(dana.messages()) > before)
    *_, told = dana.messages()
    assert told.ephemeral
    assert dana.state()["views"] == []
    return told.text


def test_who_presses_for_a_form_that_does_not_open_is_told(stage: Rehearsal) -> None:
    dana = stage.visitor("dana")
    dana.command("/logoff comp1 id=3,5")
    stage.wait_until_still()
    for error in TOO_LATE:
        assert told_after(stage, "Choose...", Fault(method="views.open", kind=FaultKind.ERROR, error=error)) == AGAIN
    refused = Fault(method="views.open", kind=FaultKind.ERROR, error="invalid_arguments")
    text = told_after(stage, "Choose...", refused)
    assert "nothing has changed" in text
    assert text.endswith("Slack refused the call (invalid_arguments). Tell whoever runs the bot.")
    broken = Fault(method="views.open", kind=FaultKind.SERVER_ERROR)
    assert told_after(stage, "Choose...", broken).endswith("Press the button again, if you see none.")
    dana.press("Choose...")
    wait_until(lambda: bool(dana.state()["views"]))


def test_who_asks_for_the_form_of_a_reason_is_told_too(stage: Rehearsal) -> None:
    stage.visitor("dana").command("/logoff comp1 id=5 -Confirm:$false")
    stage.wait_until_still()
    late = Fault(method="views.open", kind=FaultKind.ERROR, error="expired_trigger_id")
    assert told_after(stage, "Give the reason", late) == AGAIN


def test_a_form_that_cannot_be_drawn_because_of_a_bug_is_told_with_a_reference(
    stage: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    dana = stage.visitor("dana")
    dana.command("/logoff comp1 id=3,5")
    stage.wait_until_still()

    def broken(*_: object) -> None:
        raise KeyError("row")

    monkeypatch.setattr("adapters.slack.listeners.form_view", broken)
    before = len(dana.messages())
    dana.press("Choose...")
    wait_until(lambda: len(dana.messages()) > before)
    *_, told = dana.messages()
    assert told.ephemeral
    assert "Something went wrong on my side" in told.text
    assert "Reference " in told.text
