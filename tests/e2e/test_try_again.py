"""Ended cards whose sessions did not go: try again, and who holds them, through the real parts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bot.domain.request import State
from bot.domain.verdicts import Verdict

if TYPE_CHECKING:
    from app.rehearse.environment import Rehearsal


def hanging(stage: Rehearsal) -> str:
    """Return the id of a request that is over, and whose session still closes."""
    assert stage.visitor("dana").command('/logoff hangs id=3 --timeout 1s --reason "floor 5"').ok
    stage.wait_until_still()
    assert stage.visitor("dana").press("Log off 1").ok
    stage.wait_until_still()
    request = stage.bot.ledger.newest(1)[0]
    assert [target.verdict for target in request.targets] == [Verdict.STILL_CLOSING]
    return request.id


def shown_to(stage: Rehearsal, person: str) -> str:
    return json.dumps([message.blocks for message in stage.visitor(person).messages()])


def test_what_runs_is_shown_to_the_presser_alone(stage: Rehearsal) -> None:
    request_id = hanging(stage)
    assert stage.visitor("dana").press("Who holds it").ok
    stage.wait_until_still()
    assert "EXCEL.EXE: 12 minutes of CPU time, 1.2 GB" in shown_to(stage, "dana")
    assert "EXCEL.EXE" not in shown_to(stage, "bo")
    entry = stage.bot.ledger.entries(request_id=request_id)[-1]
    assert (entry.reason_code, entry.text) == ("programs_shown", "hangs session 3: 3 programs")


def test_try_again_asks_anew_for_that_session_alone(stage: Rehearsal) -> None:
    request_id = hanging(stage)
    assert stage.visitor("dana").press("Try again 1").ok
    stage.wait_until_still()
    newest = stage.bot.ledger.newest(1)[0]
    assert newest.id != request_id
    assert (newest.state, [target.key for target in newest.targets]) == (State.AWAITING, [("hangs", 3)])
    assert newest.ask.reason == "floor 5"
    assert len([call for call in stage.farm.calls("hangs") if call.name == "logoff"]) == 1
