"""Somebody is logged off through the page, and everybody who looks sees the same."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.request import Ending
from rehearsal_testing.page_actions import COMMAND, focused, host_of, tab_to, type_command, wait_for, wait_for_card
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from app.rehearse.environment import Rehearsal
    from rehearsal_testing.browser import OpenPage
    from tests.browser.conftest import MovableClock

DONE = "Logged off CORP\\alice on comp1"


def ids_on(stage: Rehearsal, host: str) -> set[int]:
    return {session["id"] for session in stage.farm.sessions(host)}


def test_by_mouse_from_the_first_hint_to_the_outcome(stage: Rehearsal, open_page: OpenPage) -> None:
    page = open_page(stage.workspace.url)
    page.get_by_text("Put it into the field").click()
    page.get_by_role("button", name="Send").click()
    wait_for_card(page).get_by_role("button", name="Log off 1").click()
    wait_for(page, DONE)
    host_of(page, "comp1").get_by_text("session 3 · gone").wait_for()
    page.locator("[data-event='ended']").wait_for()
    events = page.locator(".entry").evaluate_all("entries => entries.map(one => one.dataset.event)")
    assert events == [entry.event for entry in stage.bot.ledger.entries()]
    assert 3 not in ids_on(stage, "comp1")


def test_by_keyboard_alone(stage: Rehearsal, open_page: OpenPage) -> None:
    page = open_page(stage.workspace.url)
    page.locator(".hint-card").wait_for()
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the message field"
    page.keyboard.press("Enter")
    page.locator("#composer-text:focus").wait_for()  # `wait_for_function` evaluates text, which the page forbids
    page.keyboard.type("/lo")
    page.get_by_role("option", name="/logoff comp1").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.type("comp1 id=3 --sync")
    page.keyboard.press("Enter")
    wait_for_card(page)
    tab_to(page, "Log off 1", "Shift+Tab")
    page.keyboard.press("Enter")
    wait_for(page, DONE)
    page.locator("#composer-text").focus()
    page.keyboard.press("ArrowUp")
    assert page.locator("#composer-text").input_value() == COMMAND
    assert 3 not in ids_on(stage, "comp1")


def test_trouble_can_be_made_by_keyboard_alone(stage: Rehearsal, open_page: OpenPage) -> None:
    page = open_page(stage.workspace.url)
    host_of(page, "comp1").get_by_text("CORP\\alice").wait_for()
    page.locator("#composer-text").focus()
    tab_to(page, "What CORP\\alice does next")
    page.keyboard.press("Enter")
    wait_until(lambda: focused(page) == "Comes back to work")
    page.keyboard.press("Enter")
    host_of(page, "comp1").locator("[data-session='3']").get_by_text("active, idle").wait_for()


@pytest.mark.parametrize("second", ["dana", "chen"])
def test_two_windows_race_for_one_button_and_one_logoff_comes_of_it(
    stage: Rehearsal, open_page: OpenPage, second: str
) -> None:
    one, other = open_page(stage.workspace.url), open_page(f"{stage.workspace.url}/#as={second}")
    type_command(one)
    wait_for_card(one)
    wait_for_card(other)
    for page in (one, other):
        page.evaluate("document.querySelector('.actions .danger').click()")
    for page in (one, other):
        wait_for(page, DONE)
    stage.wait_until_still()
    assert len(stage.farm.calls("comp1")) == 1
    assert [entry.actor_name for entry in stage.bot.ledger.entries() if entry.event == "approved"] == ["dana"]
    assert sum(entry.event == "noted" for entry in stage.bot.ledger.entries()) == 1
    noted = one if second == "dana" else other
    wait_until(lambda: noted.locator(".message.ephemeral").count() >= 1)
    assert one.locator(".actions").count() == other.locator(".actions").count() == 0


def test_a_card_expires_while_it_is_looked_at(stage: Rehearsal, open_page: OpenPage, clock: MovableClock) -> None:
    page = open_page(stage.workspace.url)
    type_command(page)
    wait_for_card(page).get_by_role("button", name="Log off 1").focus()
    clock.ahead = timedelta(hours=1)
    wait_for(page, "Expired")
    assert page.locator(".actions").count() == 0
    assert page.evaluate("document.activeElement.closest('.message') !== null"), "the focus stays where it was"
    assert stage.bot.ledger.newest(1)[0].ending is Ending.EXPIRED
    assert 3 in ids_on(stage, "comp1")


def test_a_reload_in_the_middle_of_everything_shows_the_truth(stage: Rehearsal, open_page: OpenPage) -> None:
    stage.farm.set_behaviour("comp1", "delayed", seconds=2)
    page = open_page(stage.workspace.url)
    type_command(page)
    wait_for_card(page)
    page.reload()
    card = wait_for_card(page)
    host_of(page, "comp1").locator(".chip", has_text="delayed").wait_for()
    card.get_by_role("button", name="Log off 1").click()
    host_of(page, "comp1").get_by_text("logging off").wait_for()
    page.reload()
    wait_for(page, DONE)
    page.locator("[data-event='ended']").wait_for()  # the log's column is drawn after the card
    assert page.locator("[data-host='comp1'] [data-session='3']").count() == 0
    assert page.locator(".entry").count() == len(stage.bot.ledger.entries())


def test_on_a_telephone_nothing_is_cut_off_and_the_job_gets_done(stage: Rehearsal, open_page: OpenPage) -> None:
    page = open_page(stage.workspace.url, width=375, height=720, has_touch=True)
    page.get_by_text("Put it into the field").tap()
    page.get_by_role("button", name="Send").tap()
    wait_for_card(page).get_by_role("button", name="Log off 1").tap()
    wait_for(page, DONE)
    for tab, words in (("Hosts", "session 3 · gone"), ("Audit", "ended"), ("As Dana", "You act as")):
        page.locator("#tabs").get_by_role("button", name=tab).tap()
        page.locator("aside:visible, nav:visible").get_by_text(words).first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab


def test_a_host_that_is_taken_down_beside_the_chat_does_not_answer_in_it(stage: Rehearsal, open_page: OpenPage) -> None:
    page = open_page(stage.workspace.url)
    comp1 = host_of(page, "comp1")
    comp1.get_by_role("button", name="Take it down").click()
    comp1.get_by_role("button", name="Bring it up").wait_for()
    type_command(page)
    page.locator(".message", has_text="comp1").filter(has_text="⚠").wait_for()
    assert stage.farm.calls("comp1") == []
