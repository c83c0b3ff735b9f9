"""The ways to a logoff on the page, each by mouse: the form, the table, the menus, the others' yes and no.

One bot and one window serve them all, so each has sessions of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.config.settings import load
from app.rehearse.environment import open_stage
from bot.domain.request import Ending, State
from rehearsal_testing.page_actions import choose, host_of, type_command
from rehearsal_testing.waiting import wait_until
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

    from app.rehearse.environment import Rehearsal
    from bot.domain.request import Request

OPS, APPROVALS = "C0OPS00001", "C0APPROVE1"


@pytest.fixture(scope="module")
def stage() -> Iterator[Rehearsal]:
    with open_stage(load(ROOT / "app.yaml"), engine="double") as opened:
        yield opened


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Page]:
    said: list[str] = []
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(15_000)
    page.on("console", lambda it: said.append(it.text) if it.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    page.close()
    assert said == []


@pytest.fixture
def page(stage: Rehearsal, window: Page) -> Page:
    return go_to(stage, window, "dana", OPS)


def go_to(stage: Rehearsal, page: Page, person: str, channel: str) -> Page:
    page.goto("about:blank")  # read anew, and not what stands there from before
    page.goto(f"{stage.workspace.url}/#as={person}&in={channel}")
    page.locator("#connection:not(.lost)").wait_for()
    return page


def press(page: Page, label: str) -> None:
    """Press the newest button of this name."""
    page.locator(".message").get_by_role("button", name=label, exact=True).last.click()


def card(page: Page, words: str) -> Locator:
    found = page.locator(".message:not(.ephemeral)", has_text=words).last
    found.wait_for()
    return found


def newest(stage: Rehearsal) -> Request:
    stage.wait_until_still()
    return stage.bot.ledger.newest(1)[0]


def ask(stage: Rehearsal, page: Page, text: str) -> Request:
    """Type a command, and return its request when the bot only waits for people."""
    before = len(stage.bot.ledger.newest(1000))
    type_command(page, text)
    wait_until(lambda: len(stage.bot.ledger.newest(1000)) > before)
    return newest(stage)


def ids_on(stage: Rehearsal, host: str) -> set[int]:
    return {session["id"] for session in stage.farm.sessions(host) if session["user"]}


def pick(stage: Rehearsal, page: Page, host: str, person: str) -> None:
    """List who is on the host, and pick one of them below the table, when it is the newest and is drawn no more."""
    ask(stage, page, f"/sessions {host}")
    go_to(stage, page, "dana", OPS)
    listed = page.locator(".message", has=page.locator("table")).last
    listed.get_by_role("cell", name=person).wait_for()
    choose(listed.get_by_role("combobox"), person)
    page.locator(".message", has_text=f"{person} on {host}").last.wait_for()


def test_a_logoff_through_the_form(stage: Rehearsal, page: Page) -> None:
    page.get_by_role("button", name="Shortcuts").click()
    page.get_by_role("menuitem", name="Log somebody off...").click()
    form = page.get_by_role("dialog", name="Log somebody off")
    choose(form.get_by_role("combobox", name="Computer"), "comp1")
    form.get_by_role("checkbox", name="CORP\\alice").check()
    form.get_by_role("checkbox", name="Wait until they are gone").check()
    form.get_by_label("Reason").fill("frozen since noon")
    form.get_by_role("button", name="Go on").click()
    form.wait_for(state="hidden")
    asked = newest(stage)
    go_to(stage, page, "dana", asked.place.channel_id)
    assert "frozen since noon" in card(page, "Log off CORP\\alice on comp1?").inner_text()
    press(page, "Log off 1")
    card(page, "Logged off CORP\\alice on comp1")
    assert 3 not in ids_on(stage, "comp1")


def test_two_of_five_by_tick_boxes(stage: Rehearsal, page: Page) -> None:
    type_command(page, "/logoff comp2 --all --sync")
    card(page, "Log off 5 people on comp2?").get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Choose...").click()
    form = page.get_by_role("dialog", name="Choose sessions")
    for place in (0, 3, 4):
        form.get_by_role("checkbox").nth(place).uncheck()
    form.get_by_role("button", name="Keep these").click()
    card(page, "Log off 2 people on comp2?")
    press(page, "Log off 2")
    card(page, "Logged off 2 people on comp2")
    assert ids_on(stage, "comp2") == {1, 2, 8, 9}


def test_a_pick_from_the_table_is_logged_off(stage: Rehearsal, page: Page) -> None:
    pick(stage, page, "rds-07", "CORP\\rosa")
    press(page, "Log off")
    card(page, "Log off CORP\\rosa on rds-07?")
    press(page, "Log off 1")
    wait_until(lambda: 4 not in ids_on(stage, "rds-07"))
    assert ids_on(stage, "rds-07") == {2, 3, 5, 6}


def test_a_pick_from_the_table_is_disconnected_and_their_programs_stay(stage: Rehearsal, page: Page) -> None:
    pick(stage, page, "comp1", "CORP\\bob")
    press(page, "Disconnect")
    card(page, "Disconnect CORP\\bob on comp1?")
    press(page, "Disconnect 1")
    card(page, "Disconnected CORP\\bob on comp1")
    host_of(page, "comp1").locator("[data-session='5']", has_text="disconnected").wait_for()
    assert 5 in ids_on(stage, "comp1")


def test_a_message_appears_on_the_desktop_of_who_was_picked(stage: Rehearsal, page: Page) -> None:
    pick(stage, page, "comp1", "CORP\\josé")
    press(page, "Message...")
    form = page.get_by_role("dialog", name="Message")
    form.get_by_role("textbox").fill("Please save: the server restarts at noon.")
    form.locator("[type='submit']").click()
    host_of(page, "comp1").locator("[data-session='7'] .popup", has_text="restarts at noon").wait_for()
    assert newest(stage).ending is Ending.DONE


def test_a_no_says_why(stage: Rehearsal, page: Page) -> None:
    ask(stage, page, "/logoff rds-31 id=4 --sync")
    go_to(stage, page, "bo", APPROVALS)
    press(page, "Deny...")
    form = page.get_by_role("dialog", name="Deny")
    form.get_by_label("Why not?").fill("quarter end")
    form.get_by_role("button", name="Deny", exact=True).click()
    card(page, "Why not: quarter end")
    denied = newest(stage)
    assert (denied.ending, denied.deny_reason) == (Ending.DENIED, "quarter end")
    assert 4 in ids_on(stage, "rds-31")


def test_a_corrected_command_is_asked_by_its_button(stage: Rehearsal, page: Page) -> None:
    type_command(page, "/logoff rds-08 dmitri")
    page.locator(".message pre", has_text="~~~~~~").last.wait_for()
    press(page, "/logoff rds-08 user=dmitri")
    wait_until(lambda: any(one.text == "rds-08 user=dmitri" for one in stage.bot.ledger.newest(5)))
    asked = newest(stage)
    assert (asked.command, asked.actor.name) == ("logoff", "dana")


def test_try_again_asks_for_what_did_not_go(stage: Rehearsal, page: Page) -> None:
    type_command(page, "/logoff hangs id=3 --timeout 1s")
    card(page, "Log off CORP\\alice on hangs?")
    press(page, "Log off 1")
    card(page, "Not yet seen gone: CORP\\alice on hangs")
    press(page, "Who holds it")
    page.locator(".message.ephemeral", has_text="EXCEL.EXE").wait_for()
    ended = newest(stage)
    press(page, "Try again 1")
    page.locator(".actions").get_by_role("button", name="Log off 1").wait_for()
    again = newest(stage)
    assert again.id != ended.id
    assert (again.state, [target.key for target in again.targets]) == (State.AWAITING, [("hangs", 3)])


def test_a_quorum_says_how_far_it_is(stage: Rehearsal, page: Page) -> None:
    ask(stage, page, "/logoff rds-32 id=3 --sync")
    go_to(stage, page, "bo", APPROVALS)
    card(page, "0 of 2 from @oncall or @ts-leads")
    press(page, "Log off 1")
    card(page, "1 of 2 from @oncall or @ts-leads: @Bo")
    assert 3 in ids_on(stage, "rds-32")
    go_to(stage, page, "chen", APPROVALS)
    card(page, "1 of 2 from @oncall or @ts-leads: @Bo")
    press(page, "Log off 1")
    card(page, "Logged off CORP\\rosa on rds-32")
    assert 3 not in ids_on(stage, "rds-32")
