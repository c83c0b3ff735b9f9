"""A sample of what Slack refuses, over the real socket: the right card stands once, or the requester was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.cards import request_card
from bot.cards.troubles import BUTTONS_COME
from bot.domain.people import Place
from bot.domain.request import Ending, State
from rehearsal.slack import Fault, FaultKind
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from app.rehearse.environment import Rehearsal
    from bot.domain.request import Request
    from rehearsal.slack.client import SeenMessage

OPS = "C0OPS00001"
ALWAYS = 10_000


def refuse(stage: Rehearsal, method: str, error: str) -> None:
    stage.workspace.plan(Fault(method=method, kind=FaultKind.ERROR, error=error, times=ALWAYS))


def ask(stage: Rehearsal, text: str) -> Request:
    assert stage.visitor("dana").command(text, OPS).ok
    stage.wait_until_still()
    return stage.bot.ledger.newest(1)[0]


def seen(stage: Rehearsal) -> list[SeenMessage]:
    return list(stage.visitor("dana").messages())


def texts(stage: Rehearsal) -> list[str]:
    return [message.text for message in seen(stage)]


@pytest.mark.parametrize("error", ["no_permission", "msg_blocks_too_long", "restricted_action_thread_only_channel"])
def test_a_list_that_slack_refuses_everywhere_answers_the_command_itself(stage: Rehearsal, error: str) -> None:
    for method in ("chat.postEphemeral", "chat.postMessage"):
        refuse(stage, method, error)
    request = ask(stage, "/sessions comp1")
    assert request.ending is Ending.ANSWERED
    answer = texts(stage)[-1]
    assert request_card.build(request).headline in answer
    assert "CORP\\alice" in answer


def test_a_card_that_can_stand_nowhere_is_told_with_its_cure(stage: Rehearsal) -> None:
    refuse(stage, "chat.postMessage", "not_in_channel")
    request = ask(stage, "/logoff comp1 id=3 --sync")
    wait_until(lambda: any("I cannot show you its card" in text for text in texts(stage)))
    (told,) = [text for text in texts(stage) if "I cannot show you its card" in text]
    assert request.id in told
    assert "Invite the bot into the channel" in told


def test_a_card_that_cannot_be_edited_is_taken_away_and_its_outcome_is_told(stage: Rehearsal) -> None:
    request = ask(stage, "/logoff comp1 id=3 --sync")
    refuse(stage, "chat.update", "cant_update_message")
    assert stage.visitor("dana").press("Log off 1").ok
    stage.wait_until_still()
    wait_until(lambda: any("cannot be drawn any more" in str(message.blocks) for message in seen(stage)))
    assert not any(message.buttons for message in seen(stage))
    ended = stage.bot.ledger.find(request.id)
    assert ended
    assert ended.ending is Ending.DONE


def test_a_card_whose_answer_is_lost_is_posted_again_and_its_copy_asks_for_nothing(stage: Rehearsal) -> None:
    stage.workspace.plan(Fault(method="chat.postMessage", kind=FaultKind.ANSWER_LOST))
    assert stage.visitor("dana").command("/logoff comp1 id=3 --sync", OPS).ok
    wait_until(lambda: any(message.buttons for message in seen(stage)))
    copy, card = [message for message in seen(stage) if not message.ephemeral]
    assert (copy.buttons, BUTTONS_COME in str(copy.blocks)) == ((), True)
    assert card.buttons


def test_a_copy_that_is_pressed_is_replaced_and_the_press_counts(stage: Rehearsal) -> None:
    request = ask(stage, "/logoff comp1 id=3 --sync")
    chat = stage.bot.workflow.publisher.courier.chat
    copy = chat.post(Place(channel_id=OPS), request_card.build(request))
    assert stage.visitor("dana").press("Cancel", message_ts=copy.ts).ok
    stage.wait_until_still()
    wait_until(lambda: any("This was a copy of the card" in text for text in texts(stage)))
    assert not any(message.buttons for message in seen(stage))
    ended = stage.bot.ledger.find(request.id)
    assert ended
    assert (ended.state, ended.ending) == (State.ENDED, Ending.CANCELLED)
