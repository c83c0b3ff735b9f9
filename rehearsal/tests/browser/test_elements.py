"""What people use in a message: menus, selects, boxes and tables, out of JSON that any app could post."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal_testing.noting_app import NAMES, SERIOUS, NotingApp, actions, option, plain
from rehearsal_testing.page_actions import choose, focused
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from rehearsal.slack import Workspace
    from rehearsal_testing.browser import OpenPage


def test_an_overflow_menu_by_keyboard_and_by_mouse(workspace: Workspace, clerk: NotingApp, open_page: OpenPage) -> None:
    page = open_page(workspace.url)
    options = [option("Disconnect instead", "1"), option("Choose", "2"), option("Cancel", "3")]
    message = clerk.show(page, actions({"type": "overflow", "action_id": "more", "options": options}))
    button = message.get_by_role("button", name="More actions")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menu").wait_for()
    wait_until(lambda: focused(page) == "Disconnect instead")
    assert button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowUp")
    assert focused(page) == "Cancel"
    page.keyboard.press("Escape")
    page.get_by_role("menu").wait_for(state="hidden")
    wait_until(lambda: button.get_attribute("aria-expanded") == "false")
    assert focused(page) == "More actions"
    button.click()
    page.locator("#composer-text").click()
    page.get_by_role("menu").wait_for(state="hidden")
    assert clerk.told == []
    button.click()
    page.get_by_role("menuitem", name="Choose").click()
    assert clerk.wait_for_word()["selected_option"]["value"] == "2"


def test_a_select_lists_what_fits_to_what_is_typed(workspace: Workspace, clerk: NotingApp, open_page: OpenPage) -> None:
    page = open_page(workspace.url)
    element = {"type": "static_select", "action_id": "pick", "placeholder": plain("Pick a session")}
    message = clerk.show(page, actions({**element, "options": [option(name) for name in NAMES]}))
    field = message.get_by_role("combobox", name="Pick a session")
    field.click()
    assert page.get_by_role("option").count() == len(NAMES)
    page.keyboard.type("PERSON3")
    page.locator("[role='option']", has_text="person10").wait_for(state="detached")
    assert page.get_by_role("option").count() == 10
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert clerk.wait_for_word()["selected_option"]["value"] == NAMES[31]
    assert field.input_value() == NAMES[31]
    field.click()
    page.keyboard.type("nobody")
    page.get_by_text("No results").wait_for()
    page.keyboard.press("Escape")
    assert (field.input_value(), page.get_by_role("listbox").count()) == (NAMES[31], 0)
    assert clerk.told == []


def test_an_open_list_stays_beside_its_select_when_a_message_comes(
    workspace: Workspace, clerk: NotingApp, open_page: OpenPage
) -> None:
    page = open_page(workspace.url)
    for _ in range(9):
        clerk.web.chat_postMessage(channel="C0OPS00001", text="one line\n" * 9)
    element = {"type": "static_select", "action_id": "pick", "options": [option(name) for name in NAMES]}
    clerk.show(page, actions(element))
    field = page.locator(".select input")
    field.click()
    before = field.evaluate("node => node.getBoundingClientRect().top")
    clerk.web.chat_postMessage(channel="C0OPS00001", text="one more")
    wait_until(lambda: field.evaluate("node => node.getBoundingClientRect().top") < before)
    gap = "node => node.querySelector('.options').getBoundingClientRect().bottom - node.getBoundingClientRect().top"
    wait_until(lambda: abs(page.locator(".select").evaluate(gap)) < 10)
    page.get_by_role("option", name=NAMES[1]).click()
    assert clerk.wait_for_word()["selected_option"]["value"] == NAMES[1]


def test_a_select_of_several_keeps_to_its_most(workspace: Workspace, clerk: NotingApp, open_page: OpenPage) -> None:
    page = open_page(workspace.url)
    element = {
        "type": "multi_users_select",
        "action_id": "who",
        "placeholder": plain("People"),
        "max_selected_items": 2,
    }
    message = clerk.show(page, [{"type": "section", "block_id": "acts", "text": plain("Who?"), "accessory": element}])
    field = message.get_by_role("combobox", name="People")
    for name in ("Bo", "Chen", "Oli"):
        choose(field, name)
        page.keyboard.press("Escape")
    wait_until(lambda: len(clerk.told) == 2)
    assert clerk.wait_for_word()["selected_users"] == ["U0BO000001", "U0CHEN0001"]
    message.get_by_role("button", name="Remove Bo").click()
    wait_until(lambda: len(clerk.told) == 2)
    assert clerk.wait_for_word()["selected_users"] == ["U0CHEN0001"]


def test_a_select_of_the_apps_own_suggestions_says_when_it_has_none(
    workspace: Workspace, clerk: NotingApp, open_page: OpenPage, tolerated: list[str]
) -> None:
    tolerated += ["Failed to load resource"]
    page = open_page(workspace.url)
    element = {"type": "external_select", "action_id": "host", "placeholder": plain("Host"), "min_query_length": 2}
    field = clerk.show(page, actions(element)).get_by_role("combobox", name="Host")
    field.click()
    page.get_by_text("Type 2 characters or more").wait_for()
    page.route(
        "**/rehearsal/suggest", lambda route: route.fulfill(json={"options": [option("comp1"), option("comp2")]})
    )
    with page.expect_request("**/rehearsal/suggest") as asked:
        page.keyboard.type("com")
    page.get_by_role("option", name="comp2").wait_for()
    body = asked.value.post_data_json or {}
    assert (body["user"], body["block_id"], body["action_id"], body["value"]) == ("dana", "acts", "host", "com")
    page.route("**/rehearsal/suggest", lambda route: route.fulfill(status=404, json={"ok": False}))
    page.keyboard.type("p")
    page.get_by_text("No suggestions").wait_for()


def test_boxes_and_radio_buttons_tell_what_is_ticked(
    workspace: Workspace, clerk: NotingApp, open_page: OpenPage
) -> None:
    page = open_page(workspace.url)
    boxes = {"type": "checkboxes", "action_id": "who", "options": [option("alice"), option("bob"), option("josé")]}
    radio = {"type": "radio_buttons", "action_id": "how", "options": [option("now"), option("later")]}
    message = clerk.show(page, actions(boxes, radio))
    for name in ("josé", "alice"):
        message.get_by_role("checkbox", name=name).check()
        told = clerk.wait_for_word()
    assert [one["value"] for one in told["selected_options"]] == ["alice", "josé"]
    message.get_by_role("radio", name="later").check()
    assert clerk.wait_for_word()["selected_option"]["value"] == "later"


@pytest.mark.parametrize("width", [1440, 390])
def test_a_table_scrolls_inside_itself(workspace: Workspace, clerk: NotingApp, open_page: OpenPage, width: int) -> None:
    page = open_page(workspace.url, width=width)
    head = [{"type": "raw_text", "text": f"column {number}"} for number in range(12)]
    mark = {
        "type": "rich_text_section",
        "elements": [{"type": "emoji", "name": "wave"}, {"type": "text", "text": " hi"}],
    }
    row = [{"type": "rich_text", "elements": [mark]}, *({"type": "raw_text", "text": "LAPTOP-7"} for _ in head[1:])]
    settings = [{"align": "right"}, {"is_wrapped": True}]
    message = clerk.show(page, [{"type": "table", "rows": [head, row], "column_settings": settings}])
    frame = message.get_by_role("region", name="Table")
    assert message.get_by_role("columnheader").count() == len(head)
    assert frame.evaluate("node => node.scrollWidth > node.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert message.locator("td").first.evaluate("node => getComputedStyle(node).textAlign") == "right"
    assert message.locator("td").last.evaluate("node => getComputedStyle(node).whiteSpace") == "nowrap"
    frame.focus()
    page.keyboard.press("ArrowRight")
    wait_until(lambda: frame.evaluate("node => node.scrollLeft") > 0)


def test_axe_finds_nothing_serious_in_an_open_menu_and_an_open_list(
    workspace: Workspace, clerk: NotingApp, open_page: OpenPage, axe: str
) -> None:
    page = open_page(workspace.url)
    menu = {"type": "overflow", "action_id": "more", "options": [option("Cancel")]}
    pick = {"type": "multi_static_select", "action_id": "pick", "options": [option(name) for name in NAMES]}
    message = clerk.show(page, [*actions(menu), {"type": "section", "text": plain("Who?"), "accessory": pick}])
    page.evaluate(axe)
    message.get_by_role("button", name="More actions").click()
    page.get_by_role("menu").wait_for()
    found = page.evaluate(f"() => axe.run().then({SERIOUS})")
    choose(message.get_by_role("combobox"), NAMES[3])
    found += page.evaluate(f"() => axe.run().then({SERIOUS})")
    assert [f"{one['id']}: {[node['html'][:160] for node in one['nodes']]}" for one in found] == []
