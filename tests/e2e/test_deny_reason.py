"""A no with its reason, through the real parts and with the policy that ships: the form, the record, who is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.config.settings import REHEARSAL_KEY
from bot.audit.keys import SigningKeys
from bot.domain.request import Ending, State
from rehearsal_testing.waiting import wait_until
from tests.support.chains import first_fault

if TYPE_CHECKING:
    from app.rehearse.environment import Rehearsal
    from bot.domain.request import Request
    from rehearsal.slack.client import SeenMessage

QUORUM = "/logoff rds-31 id=4 --sync"
"""A rule that wants the reason of a no."""
AT_WORK = "/logoff rds-05 id=2 --sync"
"""A rule that does not ask for it."""
WHY = "quarter end, ask on Monday"


def ask(stage: Rehearsal, text: str) -> Request:
    assert stage.visitor("dana").command(text, "#ops").ok
    return newest(stage)


def newest(stage: Rehearsal) -> Request:
    stage.wait_until_still()
    return stage.bot.ledger.newest(1)[0]


def card(stage: Rehearsal) -> SeenMessage:
    (found,) = [m for m in stage.visitor("bo").messages() if not m.ephemeral and m.thread_ts in (None, m.ts)]
    return found


def private_to(stage: Rehearsal, person: str) -> list[str]:
    return [json.dumps(message.blocks) for message in stage.visitor(person).messages() if message.ephemeral]


def open_form(stage: Rehearsal, label: str) -> None:
    bo = stage.visitor("bo")
    assert bo.press(label).ok
    wait_until(lambda: bool(bo.state()["views"]))


def assert_denied_because(stage: Rehearsal, reason: str) -> None:
    request = newest(stage)
    assert (request.ending, request.deny_reason) == (Ending.DENIED, reason)
    (entry,) = [entry for entry in stage.bot.ledger.entries(request_id=request.id) if entry.event == "denied"]
    assert (entry.actor_name, entry.note) == ("bo", reason)
    assert first_fault(stage.bot.ledger.entries(), SigningKeys(REHEARSAL_KEY).public) is None
    assert f"Why not: {reason}" in json.dumps(card(stage).blocks)
    dana = stage.visitor("dana")
    wait_until(lambda: any(reason in message.text for message in dana.messages() if message.ephemeral))


def test_deny_asks_why_where_the_rule_wants_it_and_the_requester_is_told(stage: Rehearsal) -> None:
    ask(stage, QUORUM)
    assert card(stage).buttons == ("Log off 1", "Deny...", "Cancel (requester)")
    open_form(stage, "Deny")
    bo = stage.visitor("bo")
    bo.close()
    assert newest(stage).state is State.AWAITING
    open_form(stage, "Deny")
    assert not bo.submit(reason=WHY)["errors"]
    assert_denied_because(stage, WHY)


def test_a_no_may_say_why_from_the_menu(stage: Rehearsal) -> None:
    ask(stage, AT_WORK)
    expected = ("Log off 1", "Deny", "Disconnect instead", "Deny with a reason...", "Cancel (requester)")
    assert card(stage).buttons == expected
    open_form(stage, "Deny with a reason...")
    assert not stage.visitor("bo").submit(reason=WHY)["errors"]
    assert_denied_because(stage, WHY)


def test_who_presses_the_wrong_no_is_told_the_right_one(stage: Rehearsal) -> None:
    ask(stage, AT_WORK)
    dana, bo = stage.visitor("dana"), stage.visitor("bo")
    assert dana.press("Deny").ok
    assert bo.press("Cancel").ok
    wait_until(lambda: any("your no is Cancel" in m.text for m in dana.messages() if m.ephemeral))
    wait_until(lambda: any("press Deny to say no" in m.text for m in bo.messages() if m.ephemeral))
    assert newest(stage).state is State.AWAITING
    assert dana.press("Cancel").ok
    assert newest(stage).ending is Ending.CANCELLED


def test_the_requester_is_told_where_the_card_stands_and_how_many_it_calls(stage: Rehearsal) -> None:
    ask(stage, AT_WORK)
    told = " people; it waits until "
    wait_until(lambda: any(told in text for text in private_to(stage, "dana")))
    (text,) = [text for text in private_to(stage, "dana") if told in text]
    assert "I have asked in " in text
    assert " and called " in text
