"""`/sessions` through the real parts: its table, the pick below it, and what happens where Slack takes no table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.rehearse.environment import open_stage
from bot.domain.request import Ending
from rehearsal.slack import Fault, FaultKind, NoSuchButtonError
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal
    from bot.domain.request import Request
    from rehearsal.slack.client import SeenMessage

MANY = 300


@pytest.fixture
def crowd(settings: Settings, tmp_path: Path) -> Iterator[Rehearsal]:
    """comp1 with 300 people, comp2 that does not answer."""
    farm = tmp_path / "farm.yaml"
    sessions = ", ".join(f"{{id: {at}, user: 'CORP\\user{at}', disconnected: {at}h}}" for at in range(1, MANY + 1))
    account = "{username: 'CORP\\svc-logoff', password: 'rehearsal, not a secret'}"
    hosts = f"  comp1:\n    sessions: [{{id: 0, user: ''}}, {sessions}]\n  comp2:\n    behaviour: unreachable\n"
    farm.write_text(f"account: {account}\nhosts:\n{hosts}")
    with open_stage(settings, farm_file=farm, engine="double") as opened:
        yield opened


def ask(stage: Rehearsal, text: str) -> tuple[Request, SeenMessage]:
    """Type the command, and return its request with the answer, which the asker alone sees."""
    assert stage.visitor("dana").command(text).ok
    stage.wait_until_still()
    return newest(stage), stage.visitor("dana").messages()[-1]


def newest(stage: Rehearsal) -> Request:
    stage.wait_until_still()
    return stage.bot.ledger.newest(1)[0]


def rows(message: SeenMessage) -> list[list[str]]:
    (table,) = (block for block in message.blocks if block["type"] == "table")
    return [[cell.get("text", "") for cell in row] for row in table["rows"]]


def words(message: SeenMessage) -> str:
    return str(message.blocks)


def options(message: SeenMessage) -> list[dict[str, Any]]:
    (block,) = (block for block in message.blocks if block["type"] == "actions")
    return list(block["elements"][0]["options"])


def test_the_table_has_people_only_with_their_states(stage: Rehearsal) -> None:
    _, message = ask(stage, "/sessions comp1")
    header, *people = rows(message)
    assert message.ephemeral
    assert header == ["person", "state", "idle", "session", "from"]
    shown = {row[0]: row[1:4] for row in people}
    assert shown["CORP\\bob"] == ["🟢 at work", "2 min", "5"]
    assert shown["CORP\\josé"] == ["🟡 idle", "48 min", "7"]
    assert shown["CORP\\alice"] == ["⚪ left", "3 h", "3"]
    assert message.text.startswith(f"👥 {len(people)} people on comp1 · ")


def test_verbose_shows_services_too(stage: Rehearsal) -> None:
    _, message = ask(stage, "/sessions comp1 --verbose")
    header, *all_of_them = rows(message)
    assert "Windows says" in header
    assert any(row[1] == "▫️ Listening" for row in all_of_them)


def test_a_picked_session_is_logged_off_by_its_button(stage: Rehearsal) -> None:
    ask(stage, "/sessions comp1")
    dana = stage.visitor("dana")
    dana.pick("CORP\\bob")
    wait_until(lambda: "Log off" in dana.messages()[-1].buttons)
    dana.press("Log off")
    request = newest(stage)
    assert (request.command, request.text) == ("logoff", "comp1 id=5 user=CORP\\bob")
    dana.press("Log off 1")
    assert newest(stage).ending is Ending.DONE
    assert 5 not in {session["id"] for session in stage.farm.sessions("comp1")}


def test_a_message_to_a_picked_session_is_written_into_a_form(stage: Rehearsal) -> None:
    ask(stage, "/sessions comp1")
    dana = stage.visitor("dana")
    dana.pick("CORP\\bob")
    wait_until(lambda: "Message..." in dana.messages()[-1].buttons)
    dana.press("Message...")
    wait_until(lambda: bool(dana.state()["views"]))
    assert dana.submit(text='Call "me"')["errors"] == {}
    assert newest(stage).ending is Ending.DONE
    (box,) = [call for call in stage.farm.calls("comp1") if call.name == "message"]
    assert (box.session_id, box.text) == (5, 'Call "me"\n\n(From dana.)')


def test_whoever_picks_from_a_public_list_is_answered_alone(stage: Rehearsal) -> None:
    _, listed = ask(stage, "/sessions comp1 --here")
    assert not listed.ephemeral
    chen = stage.visitor("chen")
    before = len(chen.messages())
    chen.pick("CORP\\bob")
    wait_until(lambda: len(chen.messages()) > before)
    assert chen.messages()[-1].ephemeral


def test_a_command_that_names_nobody_offers_all_in_a_menu_and_keeps_its_options(crowd: Rehearsal) -> None:
    dana = crowd.visitor("dana")
    _, message = ask(crowd, '/logoff comp1 --reason "floor 5"')
    drawn = len(options(message))
    assert 25 < drawn <= 100
    assert f"and {MANY - drawn} more to pick" in words(message)
    dana.pick("CORP\\user9,")
    wait_until(lambda: "Log off" in dana.messages()[-1].buttons)
    dana.press("Log off")
    request = newest(crowd)
    assert [target.key for target in request.targets] == [("comp1", 9)]
    assert request.ask.reason == "floor 5"


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
def test_where_slack_takes_no_table_it_comes_as_letters(stage: Rehearsal, error: str) -> None:
    stage.workspace.plan(Fault(method="chat.postEphemeral", kind=FaultKind.ERROR, error=error, times=1))
    request, message = ask(stage, "/sessions comp1")
    assert request.ending is Ending.ANSWERED
    assert not any(block["type"] == "table" for block in message.blocks)
    assert "CORP\\\\bob       🟢 at work  2 min   5        PC-12" in words(message)
    assert any(option["text"]["text"].startswith("CORP\\bob") for option in options(message))


def test_three_hundred_sessions_fit_and_the_others_are_counted(crowd: Rehearsal) -> None:
    request, message = ask(crowd, "/sessions comp1,comp2")
    drawn = len(rows(message)) - 1
    assert len(request.targets) == MANY + 1
    assert 30 < drawn <= 99
    assert f"and {MANY - drawn} more: narrow it" in words(message)
    assert [option["value"] for option in options(message)] == [f"{request.id}:{at}" for at in range(1, drawn + 1)]
    assert "comp2" in words(message).partition("narrow it")[2]
    assert rows(message)[0][3] == "host"
    with pytest.raises(NoSuchButtonError):
        crowd.visitor("dana").pick("CORP\\user300")


def test_an_answer_by_its_id_is_never_a_table(stage: Rehearsal) -> None:
    request, _ = ask(stage, "/sessions comp1")
    dana = stage.visitor("dana")
    dana.command(f"/logoff {request.id}")
    answer = dana.messages()[-1]
    assert [block["type"] for block in answer.blocks][:2] == ["header", "rich_text"]
    assert "🟢 at work" in words(answer)
