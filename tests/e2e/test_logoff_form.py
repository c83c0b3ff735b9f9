"""The form of `/logoff` through the real parts: typed alone, by the shortcut, and what Slack and hosts refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.rehearse.environment import open_stage
from bot.domain.request import Ending, State
from rehearsal.slack import Fault, FaultKind
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal
    from bot.domain.request import Request
    from rehearsal.slack import UserClient


def open_form(stage: Rehearsal, handle: str = "dana") -> UserClient:
    person = stage.visitor(handle)
    assert person.command("/logoff").ok
    wait_until(lambda: bool(person.state()["views"]))
    return person


def note_of(person: UserClient) -> str:
    (view,) = person.state()["views"]
    return str(next(b["text"]["text"] for b in view["blocks"] if b["block_id"] == "form_note"))


def rows_of(person: UserClient) -> dict[str, str]:
    """The sessions that can be ticked: the text of each, by its value."""
    element = sessions_of(person)["element"]
    return {option["value"]: option["text"]["text"] for option in element["options"]}


def sessions_of(person: UserClient) -> dict[str, Any]:
    (view,) = person.state()["views"]
    return next(block for block in view["blocks"] if block["block_id"].startswith("form_sessions:"))


def choose(stage: Rehearsal, person: UserClient, host: str) -> None:
    before = drawing_of(person)
    person.suggest(host, "form_host")
    person.operate("form_host", host)
    wait_until(lambda: drawing_of(person) != before and not note_of(person).startswith(("Choose", "Reading")))
    stage.wait_until_still()


def drawing_of(person: UserClient) -> str:
    """Another one each time that the bot draws the form, be it the same words."""
    (view,) = person.state()["views"]
    return str(view["hash"])


def newest(stage: Rehearsal) -> Request:
    stage.wait_until_still()
    return stage.bot.ledger.newest(1)[0]


def test_two_of_the_sessions_are_ticked_in_the_form_and_logged_off_after_the_card(stage: Rehearsal) -> None:
    dana = open_form(stage)
    before = len(dana.messages())
    choose(stage, dana, "comp1")
    rows = rows_of(dana)
    assert sessions_of(dana)["element"]["type"] == "checkboxes"
    look = newest(stage)
    assert (look.command, look.text, look.ending) == ("logoff", "computer=comp1", Ending.ANSWERED)
    assert len(dana.messages()) == before
    first, second = list(rows)[:2]
    done = dana.submit(form_sessions=[first, second], form_options=["sync"], form_reason='INC-7 "floor 5" <all>')
    assert (done["ok"], dana.state()["views"]) == (True, [])
    asked = newest(stage)
    ticked = {look.targets[int(place)].session.id for place in (first, second)}
    assert (asked.state, {t.session.id for t in asked.targets}) == (State.AWAITING, ticked)
    assert (asked.ask.reason, asked.ask.wait is not None) == ('INC-7 "floor 5" <all>', True)
    assert asked.place == look.place
    dana.press("Log off 2")
    assert newest(stage).ending is Ending.DONE
    assert not ticked & {session["id"] for session in stage.farm.sessions("comp1")}


def test_the_shortcut_opens_the_same_form_and_its_card_comes_to_the_direct_messages(stage: Rehearsal) -> None:
    dana = stage.visitor("dana")
    dana.shortcut("log_somebody_off")
    wait_until(lambda: bool(dana.state()["views"]))
    choose(stage, dana, "comp1")
    assert dana.submit(form_sessions=[next(iter(rows_of(dana)))], form_act="disconnect")["ok"]
    asked = newest(stage)
    assert (asked.command, asked.state) == ("disconnect", State.AWAITING)
    card = dana.messages()[-1]
    assert card.channel == asked.place.channel_id
    assert card.channel.startswith("D")


def press_on_home(stage: Rehearsal, handle: str) -> UserClient:
    """Press the button of the home that opens the form."""
    person = stage.visitor(handle)
    person.open_home()
    wait_until(lambda: bool(person.state()["home"]))
    home = person.state()["home"]
    elements = [each for block in home["blocks"] for each in block.get("elements", [])]
    (button,) = [each for each in elements if each.get("text") and "Log somebody off..." in str(each["text"])]
    assert person.operate(button["action_id"], None, view_id=home["id"])["ok"]
    return person


def test_the_button_of_the_home_opens_the_same_form_and_its_card_comes_to_the_direct_messages(stage: Rehearsal) -> None:
    dana = press_on_home(stage, "dana")
    wait_until(lambda: bool(dana.state()["views"]))
    choose(stage, dana, "comp1")
    assert dana.submit(form_sessions=[next(iter(rows_of(dana)))])["ok"]
    asked = newest(stage)
    assert (asked.command, asked.state, asked.place.channel_id[0]) == ("logoff", State.AWAITING, "D")
    assert dana.messages()[-1].channel == asked.place.channel_id


def test_a_form_that_a_home_cannot_open_is_answered_where_it_was_pressed(stage: Rehearsal) -> None:
    refused = Fault(method="views.open", kind=FaultKind.ERROR, error="expired_trigger_id")
    stage.workspace.plan(refused)
    dana = press_on_home(stage, "dana")
    words = "form could not be opened, and nothing has changed"
    wait_until(lambda: words in str(dana.state()["views"]) + str(dana.messages()))


def test_who_no_rule_names_is_told_and_sees_no_form_and_no_computer(stage: Rehearsal) -> None:
    gus = stage.visitor("gus")
    reply = gus.command("/logoff").reply
    assert reply
    assert gus.state()["views"] == []
    gus.shortcut("log_somebody_off")
    wait_until(lambda: "No rule lets you" in gus.messages()[-1].text)
    assert gus.state()["views"] == []


def test_errors_stand_at_their_fields_and_nothing_is_asked(stage: Rehearsal) -> None:
    dana = open_form(stage)
    assert dana.submit()["errors"] == {"form_host": "Please complete this required field."}
    choose(stage, dana, "comp1")
    before = newest(stage).id
    block = sessions_of(dana)["block_id"]
    assert dana.submit()["errors"] == {block: "Tick at least one session."}
    wrong = dana.submit(form_sessions=[next(iter(rows_of(dana)))], form_warn="61")
    assert wrong["errors"] == {"form_warn": "Say whole minutes, from 1 to 60."}
    assert newest(stage).id == before


def test_a_host_that_does_not_answer_says_so_in_the_form_and_nothing_can_be_sent(stage: Rehearsal) -> None:
    dana = open_form(stage)
    stage.farm.set_behaviour("comp2", "unreachable")
    choose(stage, dana, "comp2")
    assert "comp2" in note_of(dana)
    (error,) = dana.submit()["errors"].values()
    assert "comp2" in error
    assert error.endswith(" Choose it again, or another computer.")
    stage.farm.set_behaviour("comp2", "none")
    choose(stage, dana, "comp2")
    assert rows_of(dana)


def test_a_host_that_hangs_while_the_form_is_open_says_so_at_its_field(stage: Rehearsal) -> None:
    dana = open_form(stage)
    stage.farm.set_behaviour("comp2", "slow", seconds=60)
    dana.suggest("comp2", "form_host")
    dana.operate("form_host", "comp2")
    wait_until(lambda: note_of(dana).startswith("Reading"))
    assert dana.submit()["errors"] == {"form_host": "comp2 has not been read yet. Wait a moment, or choose it again."}
    stage.farm.set_behaviour("comp2", "none")


def test_a_host_that_dies_after_it_was_read_is_told_on_the_card_and_nobody_is_touched(stage: Rehearsal) -> None:
    dana = open_form(stage)
    choose(stage, dana, "comp1")
    stage.farm.take_down("comp1")
    assert dana.submit(form_sessions=[next(iter(rows_of(dana)))])["ok"]
    asked = newest(stage)
    assert (asked.targets, asked.state) == ((), State.ENDED)
    assert any("comp1" in message.text and "reach" in str(message.blocks) + message.text for message in dana.messages())
    stage.farm.bring_up("comp1")


def test_a_message_is_a_choice_of_the_form(stage: Rehearsal) -> None:
    dana = open_form(stage)
    choose(stage, dana, "comp1")
    ticked = next(iter(rows_of(dana)))
    wrong = dana.submit(form_sessions=[ticked], form_act="tsmessage", form_options=["sync"], form_warn="5")
    assert set(wrong["errors"]) == {"form_text", "form_options", "form_warn"}
    done = dana.submit(
        form_sessions=[ticked], form_act="tsmessage", form_text="Down at 18:00", form_options=[], form_warn=""
    )
    assert done["ok"], done
    asked = newest(stage)
    assert (asked.command, asked.ending, asked.counts.targets) == ("tsmessage", Ending.DONE, 1)


MANY = """
account: {username: 'CORP\\svc-logoff', password: "rehearsal, not a secret"}
hosts:
  comp1:
    sessions: [PEOPLE]
"""


@pytest.fixture
def crowded(settings: Settings, tmp_path: Path) -> Iterator[Rehearsal]:
    """A computer with 230 people."""
    farm = tmp_path / "farm.yaml"
    people = (f"{{id: {n}, user: 'CORP\\user{n}', disconnected: {n}m, logged_on: 1d}}" for n in range(1, 231))
    farm.write_text(MANY.replace("PEOPLE", ", ".join(people)))
    with open_stage(settings, farm_file=farm, engine="double") as opened:
        yield opened


def turn_to(person: UserClient, page: int) -> None:
    person.operate(f"form_page:{page}", str(page))
    wait_until(lambda: sessions_of(person)["block_id"].endswith(f":{page}"))


def test_above_a_hundred_sessions_are_chosen_by_pages_and_the_ticks_of_each_page_are_kept(crowded: Rehearsal) -> None:
    dana = open_form(crowded)
    choose(crowded, dana, "comp1")
    assert (len(rows_of(dana)), sessions_of(dana)["element"]["type"]) == (100, "multi_static_select")
    picked = list(rows_of(dana).items())[:2]
    dana.operate("form_sessions", [value for value, _ in picked])
    turn_to(dana, 1)
    assert "page 2 of 3. 2 ticked on other pages." in note_of(dana)
    turn_to(dana, 2)
    assert len(rows_of(dana)) == 30
    picked += list(rows_of(dana).items())[-1:]
    dana.operate("form_sessions", [picked[-1][0]])
    turn_to(dana, 1)
    turn_to(dana, 0)
    there = sessions_of(dana)["element"].get("initial_options") or ()
    assert [option["value"] for option in there] == [value for value, _ in picked[:2]]
    assert dana.submit()["ok"]
    asked = newest(crowded)
    look = next(each for each in crowded.bot.ledger.newest(5) if each.text == "computer=comp1")
    meant = {look.targets[int(value)].session.id for value, _ in picked}
    assert (asked.state, {target.session.id for target in asked.targets}) == (State.AWAITING, meant)
    dana.press("Log off 3")
    assert newest(crowded).ending is Ending.DONE
    assert len(crowded.farm.sessions("comp1")) == 230 - 3


def test_the_same_form_sent_twice_is_one_request(stage: Rehearsal) -> None:
    dana = open_form(stage)
    choose(stage, dana, "comp1")
    view = dana.state()["views"][0]
    dana.operate("form_sessions", [next(iter(rows_of(dana)))])
    dana.submit()
    first = newest(stage)
    assert first.delivery == f"form {view['id']}"
    assert sum(each.delivery == first.delivery for each in stage.bot.ledger.newest(10)) == 1


@pytest.mark.parametrize("error", ["expired_trigger_id", "internal_error"])
def test_where_slack_opens_no_form_the_sentence_says_how_to_type_it(stage: Rehearsal, error: str) -> None:
    dana = stage.visitor("dana")
    stage.workspace.plan(Fault(method="views.open", kind=FaultKind.ERROR, error=error))
    dana.command("/logoff")
    wait_until(lambda: bool(dana.messages()) and "comp" in dana.messages()[-1].text)
    assert dana.messages()[-1].ephemeral
    assert dana.state()["views"] == []


def test_where_slack_redraws_no_form_its_look_is_answered_like_a_typed_command(stage: Rehearsal) -> None:
    dana = open_form(stage)
    stage.workspace.plan(Fault(method="views.update", kind=FaultKind.ERROR, error="internal_error", times=2))
    dana.suggest("comp1", "form_host")
    dana.operate("form_host", "comp1")
    wait_until(lambda: any("comp1" in message.text for message in dana.messages()))
