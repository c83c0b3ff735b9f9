"""Every command, its buttons and words to the bot, through the real parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.rehearse.environment import open_stage
from bot.domain.request import Ending, State
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal
    from bot.domain.request import Request


def newest(stage: Rehearsal) -> Request:
    stage.wait_until_still()
    return stage.bot.ledger.newest(1)[0]


def test_a_message_is_shown_on_the_desktop_and_stands_in_the_record(stage: Rehearsal) -> None:
    dana = stage.visitor("dana")
    dana.command('/tsmessage comp1 id=5 --text "Please save" --caption "Maintenance"')
    done = newest(stage)
    assert (done.ending, [target.verdict for target in done.targets]) == (Ending.DONE, ["sent"])
    (box,) = [call for call in stage.farm.calls("comp1") if call.name == "message"]
    assert (box.session_id, box.title, box.text) == (5, "Maintenance", "Please save\n\n(From dana.)")


def test_a_disconnect_closes_the_window_and_leaves_the_person_logged_on(stage: Rehearsal) -> None:
    dana = stage.visitor("dana")
    dana.command("/disconnect comp1 id=5 --sync")
    assert newest(stage).state is State.AWAITING
    dana.press("Disconnect 1")
    assert newest(stage).ending is Ending.DONE
    states = {session["id"]: session["state"] for session in stage.farm.sessions("comp1")}
    assert states[5] == "Disconnected"


def test_a_button_of_an_answer_asks_its_command_and_goes(stage: Rehearsal) -> None:
    dana = stage.visitor("dana")
    dana.command("/sessions Stop-TSSession -ComputerName comp1 -Id 3")
    (answer,) = dana.messages()
    assert answer.buttons == ("/logoff comp1 id=3", "Help")
    dana.press("/logoff comp1 id=3")
    request = newest(stage)
    assert (request.command, request.text, request.state) == ("logoff", "comp1 id=3", State.AWAITING)
    wait_until(lambda: dana.messages()[0].buttons == ())


def test_words_to_the_bot_are_answered_in_direct_messages_and_where_it_is_mentioned(stage: Rehearsal) -> None:
    dana = stage.visitor("dana")
    dana.say("who is on comp1?", "@logoffbot")
    wait_until(lambda: len(dana.messages()) > 1)
    assert dana.messages()[-1].buttons == ("/sessions comp1", "Help")
    before = len(dana.messages())
    dana.say("@logoffbot kick alice from comp1")
    wait_until(lambda: len(dana.messages()) > before + 1)
    answer = dana.messages()[-1]
    assert (answer.ephemeral, answer.buttons) == (True, ("/logoff comp1 user=alice", "Help"))
    assert stage.bot.ledger.newest(1) == ()


def test_what_is_said_in_a_channel_is_left_alone(stage: Rehearsal) -> None:
    dana = stage.visitor("dana")
    dana.say("who is on comp1?")
    dana.command("/logoff help")
    assert [message.author_name for message in dana.messages()].count("Logoff Bot") == 1


def test_a_command_goes_by_the_name_that_the_workspace_gave_it(settings: Settings) -> None:
    named = settings.model_copy(update={"commands": {"sessions": "/ts-sessions"}})
    with open_stage(named, engine="double") as stage:
        dana = stage.visitor("dana")
        assert not dana.command("/sessions comp1").ok
        assert dana.command("/ts-sessions comp1").ok
        assert newest(stage).ending is Ending.ANSWERED
        dana.command("/ts-sessions comp1 alice")
        assert dana.messages()[-1].buttons[0] == "/ts-sessions comp1 user=alice"
