"""The home of a person, from the tab that they open to what Slack shows there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from structlog.testing import capture_logs

from app.rehearse.environment import open_stage
from rehearsal.slack import Fault, FaultKind
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal


def blocks_of(stage: Rehearsal, handle: str) -> list[dict[str, Any]]:
    home = stage.visitor(handle).state()["home"]
    return home["blocks"] if home else []


def words_of(stage: Rehearsal, handle: str) -> str:
    return json.dumps(blocks_of(stage, handle), ensure_ascii=False)


def opened(stage: Rehearsal, handle: str, has: Callable[[str], bool] = bool) -> str:
    """Open the home and return its words once they are as wanted."""
    stage.visitor(handle).open_home()
    wait_until(lambda: blocks_of(stage, handle) != [] and has(words_of(stage, handle)))
    return words_of(stage, handle)


def button(stage: Rehearsal, handle: str, label: str) -> dict[str, Any]:
    """The first button of the home with this label."""
    blocks = blocks_of(stage, handle)
    elements = [each for block in blocks for each in block.get("elements", [])] + [
        block["accessory"] for block in blocks if "accessory" in block
    ]
    return next(each for each in elements if each["type"] == "button" and each["text"]["text"] == label)


def press(stage: Rehearsal, handle: str, label: str) -> dict[str, Any]:
    person = stage.visitor(handle)
    view = person.state()["home"]["id"]
    return person.operate(button(stage, handle, label)["action_id"], None, view_id=view)


def published(stage: Rehearsal) -> int:
    return sum(call.method == "views.publish" for call in stage.workspace.store.calls)


def test_the_home_of_who_asks_has_what_waits_for_them_and_then_how_it_ended(stage: Rehearsal) -> None:
    dana = stage.visitor("dana")
    first = opened(stage, "dana")
    assert "Nothing waits for you." in first
    assert "You have asked for nothing yet." in first
    dana.command("/logoff comp1 id=3")
    stage.wait_until_still()
    wait_until(lambda: "Waiting for you (1)" in words_of(stage, "dana"))
    card = next(m for m in dana.messages() if m.buttons)
    assert button(stage, "dana", "Open")["url"].endswith(f"/archives/{card.channel}/p{card.ts.replace('.', '')}")
    dana.press("Log off 1")
    stage.wait_until_still()
    wait_until(lambda: "✅" in words_of(stage, "dana"))
    ended = words_of(stage, "dana")
    assert "Nothing waits for you." in ended
    assert json.dumps("Logged off CORP\\alice on comp1").strip('"') in ended


def test_a_lead_has_what_they_may_decide_and_no_longer_once_they_have(stage: Rehearsal) -> None:
    stage.visitor("dana").command("/logoff rds-35 --all")
    stage.wait_until_still()
    assert "Waiting for you (1)" in opened(stage, "bo")
    assert "asked by <@U0DANA0001>" in words_of(stage, "bo")
    assert "Nothing waits for you." in opened(stage, "oli")
    yes = next(each for m in stage.visitor("bo").messages() for each in m.buttons if each.startswith("Log off"))
    stage.visitor("bo").press(yes)
    stage.wait_until_still()
    wait_until(lambda: "Nothing waits for you." in words_of(stage, "bo"))


def test_what_a_person_may_do_and_see_stands_on_their_home(stage: Rehearsal) -> None:
    words = opened(stage, "oli")
    assert "You may: list everywhere" in words
    assert "comp1, comp2, comp3" in words
    assert "rds-09 and 41 more" in words
    assert "Questions: @ts-leads" in words


def test_a_guest_and_a_person_of_another_company_see_why_nothing_is_done_for_them(stage: Rehearsal) -> None:
    stage.visitor("dana").command("/logoff comp1 id=3")
    stage.wait_until_still()
    for handle in ("gus", "fay"):
        words = opened(stage, handle)
        assert "TS-" not in words
        assert "comp1" not in words
        assert "Who is on" not in words
    assert "No rule names you, so I do nothing for you. Ask @ts-leads." in words_of(stage, "gus")


def test_a_button_of_the_home_shows_its_answer_in_a_form(stage: Rehearsal) -> None:
    opened(stage, "dana")
    for label, says in (("How to type it", "/logoff"), ("Who is on...", "/sessions")):
        assert press(stage, "dana", label)["ok"]
        wait_until(lambda: bool(stage.visitor("dana").state()["views"]))
        shown = json.dumps(stage.visitor("dana").state()["views"])
        assert says in shown
        stage.visitor("dana").close(everything=True)


def test_a_home_that_slack_does_not_take_keeps_nothing_else_from_its_work(stage: Rehearsal) -> None:
    refused = Fault(method="views.publish", kind=FaultKind.ERROR, error="not_enabled")
    dana = stage.visitor("dana")
    with capture_logs() as logs:
        stage.workspace.plan(refused)
        dana.open_home()
        wait_until(lambda: published(stage) == 1)
        dana.command("/logoff comp1 id=3")
        stage.wait_until_still()
        dana.press("Log off 1")
        stage.wait_until_still()
    assert [each["event"] for each in logs if each["event"] == "home.not_drawn"] == ["home.not_drawn"]
    assert stage.bot.ledger.newest(1)[0].ending == "done"
    assert published(stage) == 1
    assert "✅" in opened(stage, "dana")


def test_who_never_opened_a_home_gets_none(stage: Rehearsal) -> None:
    stage.visitor("dana").command("/logoff comp1 id=3")
    stage.wait_until_still()
    stage.visitor("dana").open_home("messages")
    stage.hang_up()
    assert published(stage) == 0


def test_after_a_restart_the_home_is_drawn_from_the_database(settings: Settings, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/kept.db"
    with open_stage(settings, engine="double", database=database) as stage:
        stage.visitor("dana").command("/logoff comp1 id=3")
        stage.wait_until_still()
        stage.visitor("dana").press("Cancel")
        stage.wait_until_still()
    with open_stage(settings, engine="double", database=database) as stage:
        words = opened(stage, "dana")
        assert "Cancelled" in words
