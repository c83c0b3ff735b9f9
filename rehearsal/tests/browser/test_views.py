"""Stacked forms, what is typed into them, the app's own place, and shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal_testing.fitting import find_misfits
from rehearsal_testing.noting_app import FIRST, NAMES, REASON, NotingApp, actions, entry, modal, option, plain
from rehearsal_testing.page_actions import choose, type_command, wait_for

if TYPE_CHECKING:
    from rehearsal.slack import Workspace
    from rehearsal_testing.browser import OpenPage

GO = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}


@pytest.mark.usefixtures("clerk")
def test_a_form_is_stacked_on_another_and_leads_back(workspace: Workspace, open_page: OpenPage) -> None:
    page = open_page(workspace.url)
    type_command(page, "/logoff")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("frozen")
    host = dialog.get_by_label("Host")
    host.fill("comp9")
    dialog.get_by_role("button", name="Go").click()
    dialog.get_by_text("There is no such host.").wait_for()
    assert dialog.get_by_label("Reason").input_value() == "frozen"
    host.fill("comp1")
    dialog.get_by_role("button", name="Go").click()
    page.get_by_role("dialog", name="Second").wait_for()
    wait_for(page, "Above “First”")
    dialog.get_by_role("button", name="Back").click()
    page.get_by_role("dialog", name="First").wait_for()
    assert dialog.get_by_label("Host").input_value() == "comp1"


def test_what_is_being_typed_outlives_a_new_version_of_the_form(
    workspace: Workspace, clerk: NotingApp, open_page: OpenPage
) -> None:
    page = open_page(workspace.url)
    type_command(page, "/logoff")
    dialog = page.get_by_role("dialog", name="First")
    dialog.get_by_label("Host").press_sequentially("com")
    note = {"type": "section", "text": plain("One more line")}
    clerk.draw_anew({**FIRST, "blocks": [note, *FIRST["blocks"]]})
    dialog.get_by_text("One more line").wait_for()
    page.keyboard.type("p1")
    assert dialog.get_by_label("Host").input_value() == "comp1"
    dialog.get_by_role("button", name="Go").click()
    page.get_by_role("dialog", name="Second").wait_for()


def test_a_list_over_a_form_takes_escape_before_the_form_does(
    workspace: Workspace, clerk: NotingApp, open_page: OpenPage
) -> None:
    page = open_page(workspace.url)
    type_command(page, "/logoff")
    page.get_by_role("dialog", name="First").wait_for()
    element = {"type": "static_select", "options": [option(name) for name in NAMES]}
    clerk.draw_anew(modal("First", entry("who", element)))
    field = page.get_by_role("dialog").get_by_role("combobox", name="Who")
    field.click()
    box = page.get_by_role("listbox").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < box["y"] + box["height"] <= 900
    page.keyboard.press("Escape")
    assert (page.get_by_role("listbox").count(), page.locator("dialog[open]").count()) == (0, 1)
    choose(field, NAMES[7])
    assert field.input_value() == NAMES[7]


def test_an_input_that_speaks_does_so_with_enter_and_does_not_send_the_form(
    workspace: Workspace, clerk: NotingApp, open_page: OpenPage
) -> None:
    page = open_page(workspace.url)
    type_command(page, "/logoff")
    page.get_by_role("dialog", name="First").wait_for()
    loud = entry("acts", {"type": "plain_text_input"}, dispatch_action=True)
    clerk.draw_anew(modal("First", loud))
    field = page.get_by_role("dialog").get_by_label("Acts")
    field.fill("comp1")
    field.press("Enter")
    assert clerk.wait_for_word()["value"] == "comp1"
    assert page.get_by_role("dialog", name="First").is_visible()


def test_the_shortcuts_of_the_workspace_are_listed(workspace: Workspace, open_page: OpenPage) -> None:
    page = open_page(workspace.url)
    page.route("**/rehearsal/shortcut", lambda route: route.fulfill(json={"ok": True}))
    page.get_by_role("button", name="Shortcuts").click()
    with page.expect_request("**/rehearsal/shortcut") as asked:
        page.get_by_role("menuitem", name="Log somebody off...").click()
    assert asked.value.post_data_json == {"user": "dana", "callback_id": "log_somebody_off"}


def test_the_apps_place_has_a_home_and_its_messages(
    workspace: Workspace, clerk: NotingApp, open_page: OpenPage
) -> None:
    clerk.web.views_publish(user_id="U0DANA0001", view={"type": "home", "blocks": actions(GO)})
    clerk.web.chat_postMessage(channel="U0DANA0001", text="a direct message")
    page = open_page(workspace.url)
    page.get_by_role("button", name="Logoff Bot").click()
    page.locator(".home").get_by_role("button", name="Go").click()
    assert clerk.wait_for_word()["action_id"] == "go"
    page.get_by_role("button", name="Messages", exact=True).click()
    wait_for(page, "a direct message")
    page.get_by_role("button", name="Home", exact=True).click()
    page.locator(".home").get_by_role("button", name="Go").wait_for()


def test_an_address_in_the_same_window_leads_there_whatever_the_page_writes_meanwhile(
    workspace: Workspace, open_page: OpenPage
) -> None:
    page = open_page(f"{workspace.url}/#as=dana&in=home")
    page.locator("[data-person='dana'][aria-pressed='true']").wait_for()
    page.evaluate("location.hash = '#as=bo&in=C0OPS00001'; history.replaceState(null, '', '#as=dana&in=home')")
    page.locator("[data-person='bo'][aria-pressed='true']").wait_for()
    page.locator(".chat-title", has_text="#ops").wait_for()
    page.goto(f"{workspace.url}/#as=bo&in=C0NOWHERE1")
    page.locator("[data-channel='#ops'][aria-current='page']").wait_for()
    page.goto(f"{workspace.url}/#as=dana")
    page.locator("[data-person='dana'][aria-pressed='true']").wait_for()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_form_with_errors_and_a_home_fit(
    workspace: Workspace, clerk: NotingApp, open_page: OpenPage, width: int
) -> None:
    page = open_page(f"{workspace.url}/#as=dana&in=home", width=width)
    long = "A note of many words, about nothing but itself, that has to go on in another line on every phone. " * 3
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": f"column {number}"} for number in range(12)]]}
    section = {"type": "section", "text": plain(long), "accessory": {**GO, "text": plain("Open the request")}}
    fields = {"type": "section", "fields": [plain("asked by somebody"), plain("12 min left")]}
    options = [{**option(name), "description": plain(f"{name}, left 3 h ago")} for name in NAMES[:10]]
    who = entry("who", {"type": "checkboxes", "options": options}, hint=plain(long))
    pick = entry("pick", {"type": "static_select", "options": options})
    clerk.web.views_publish(user_id="U0DANA0001", view={"type": "home", "blocks": [section, fields, table]})
    page.locator(".home .section").first.wait_for()
    assert find_misfits(page) == []
    page.evaluate("location.hash = '#as=dana&in=C0OPS00001'")
    type_command(page, "/logoff")
    page.get_by_role("dialog", name="First").wait_for()
    clerk.draw_anew(modal("A title of 24 characters", REASON, who, pick))
    page.get_by_role("button", name="Go", exact=True).click()
    page.get_by_role("alert").nth(1).wait_for()
    assert find_misfits(page) == []
