"""The home of the real bot on the page, at the size of a desk and of a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal_testing.page_actions import COMMAND, type_command, wait_for, wait_for_card

if TYPE_CHECKING:
    from app.rehearse.environment import Rehearsal
    from rehearsal_testing.browser import OpenPage


def test_the_home_leads_to_the_card_that_waits_and_then_says_how_it_ended(
    stage: Rehearsal, open_page: OpenPage
) -> None:
    page = open_page(stage.workspace.url)
    type_command(page, COMMAND)
    wait_for_card(page)
    page.locator("[data-key='home']").click()
    wait_for(page, "Waiting for you (1)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Open").first.click()
    wait_for_card(page).get_by_role("button", name="Log off 1").click()
    stage.wait_until_still()
    page.locator("[data-key='home']").click()
    wait_for(page, r"Logged off CORP\alice on comp1")
    page.get_by_role("button", name="How to type it").click()
    page.get_by_role("dialog").get_by_text("/logoff comp1").first.wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name="Log somebody off...").click()
    page.get_by_role("dialog").get_by_text("Choose a computer; then I read who is on it.").wait_for()
