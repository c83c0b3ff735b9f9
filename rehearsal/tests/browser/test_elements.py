"""What people use on the page: menus, selects, boxes, tables and stacked forms, out of JSON that any app could post."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from rehearsal.page import Page
from rehearsal.slack import SHIPPED_WORKSPACE, Workspace
from rehearsal.slack.methods import SCOPES
from rehearsal_testing.page_actions import choose, focused, type_command, wait_for
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator
    from playwright.sync_api import Page as Window

    from rehearsal_testing.browser import OpenPage

OPS = "C0OPS00001"
NAMES = [f"CORP\\person{number:02d}" for number in range(60)]


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(text: str, value: str = "") -> dict[str, Any]:
    return {"text": plain(text), "value": value or text}


def actions(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "actions", "block_id": "acts", "elements": list(elements)}]


def entry(block_id: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    element = {"action_id": block_id, **element}
    return {"type": "input", "block_id": block_id, "label": plain(block_id.title()), "element": element, **more}


def modal(title: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "modal", "callback_id": title, "title": plain(title), "submit": plain("Go"), "blocks": list(blocks)}


REASON = entry("reason", {"type": "plain_text_input"}, optional=True)
FIRST = modal("First", REASON, entry("host", {"type": "plain_text_input"}))


class Clerk:
    """An app that notes what it is told. Its form pushes a second one, which it also draws anew when it is asked to."""

    def __init__(self, workspace: Workspace) -> None:
        self.told: list[dict[str, Any]] = []
        self.views: list[str] = []
        self.web = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
        app = App(client=self.web)
        app.action({"block_id": "acts"})(self._take)
        app.command("/logoff")(self._open)
        app.view("First")(self._push)
        self._handler = SocketModeHandler(app, workspace.app_token)
        self._workspace = workspace
        self._handler.connect()  # type: ignore[no-untyped-call] # Bolt's handler has no types here

    def stop(self) -> None:
        self._handler.client.auto_reconnect_enabled = False
        self._workspace.disconnect("cut")
        self._handler.close()  # type: ignore[no-untyped-call] # the same

    def _take(self, ack: Any, action: dict[str, Any]) -> None:
        ack()
        self.told.append(action)

    def _open(self, ack: Any, body: dict[str, Any]) -> None:
        ack()
        self.views.append(self.web.views_open(trigger_id=body["trigger_id"], view=FIRST)["view"]["id"])

    def _push(self, ack: Any, view: dict[str, Any]) -> None:
        if view["state"]["values"]["host"]["host"]["value"] == "comp9":
            ack(response_action="errors", errors={"host": "There is no such host."})
            return
        ack(response_action="push", view=modal("Second", REASON))


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    workspace = Workspace.from_file(SHIPPED_WORKSPACE, scopes=SCOPES)
    Page(workspace)
    with workspace:
        yield workspace


@pytest.fixture
def clerk(workspace: Workspace) -> Iterator[Clerk]:
    clerk = Clerk(workspace)
    yield clerk
    clerk.stop()


def show(page: Window, clerk: Clerk, blocks: list[dict[str, Any]]) -> Locator:
    clerk.web.chat_postMessage(channel=OPS, text="blocks", blocks=blocks)
    message = page.locator(".message").last
    message.wait_for()
    return message


def wait_for_word(clerk: Clerk) -> dict[str, Any]:
    wait_until(lambda: bool(clerk.told))
    return clerk.told.pop()


def test_an_overflow_menu_by_keyboard_and_by_mouse(workspace: Workspace, clerk: Clerk, open_page: OpenPage) -> None:
    page = open_page(workspace.url)
    options = [option("Disconnect instead", "1"), option("Choose", "2"), option("Cancel", "3")]
    message = show(page, clerk, actions({"type": "overflow", "action_id": "more", "options": options}))
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
    assert wait_for_word(clerk)["selected_option"]["value"] == "2"


def test_a_select_lists_what_fits_to_what_is_typed(workspace: Workspace, clerk: Clerk, open_page: OpenPage) -> None:
    page = open_page(workspace.url)
    element = {"type": "static_select", "action_id": "pick", "placeholder": plain("Pick a session")}
    message = show(page, clerk, actions({**element, "options": [option(name) for name in NAMES]}))
    field = message.get_by_role("combobox", name="Pick a session")
    field.click()
    assert page.get_by_role("option").count() == len(NAMES)
    page.keyboard.type("PERSON3")
    page.locator("[role='option']", has_text="person10").wait_for(state="detached")
    assert page.get_by_role("option").count() == 10
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert wait_for_word(clerk)["selected_option"]["value"] == NAMES[31]
    assert field.input_value() == NAMES[31]
    field.click()
    page.keyboard.type("nobody")
    page.get_by_text("No results").wait_for()
    page.keyboard.press("Escape")
    assert (field.input_value(), page.get_by_role("listbox").count()) == (NAMES[31], 0)
    assert clerk.told == []


def test_a_select_of_several_keeps_to_its_most(workspace: Workspace, clerk: Clerk, open_page: OpenPage) -> None:
    page = open_page(workspace.url)
    element = {
        "type": "multi_users_select",
        "action_id": "who",
        "placeholder": plain("People"),
        "max_selected_items": 2,
    }
    message = show(page, clerk, [{"type": "section", "block_id": "acts", "text": plain("Who?"), "accessory": element}])
    field = message.get_by_role("combobox", name="People")
    for name in ("Bo", "Chen", "Oli"):
        choose(field, name)
        page.keyboard.press("Escape")
    wait_until(lambda: len(clerk.told) == 2)
    assert wait_for_word(clerk)["selected_users"] == ["U0BO000001", "U0CHEN0001"]
    message.get_by_role("button", name="Remove Bo").click()
    wait_until(lambda: len(clerk.told) == 2)
    assert wait_for_word(clerk)["selected_users"] == ["U0CHEN0001"]


def test_a_select_of_the_apps_own_suggestions_says_when_it_has_none(
    workspace: Workspace, clerk: Clerk, open_page: OpenPage, tolerated: list[str]
) -> None:
    tolerated += ["Failed to load resource"]
    page = open_page(workspace.url)
    element = {"type": "external_select", "action_id": "host", "placeholder": plain("Host"), "min_query_length": 2}
    field = show(page, clerk, actions(element)).get_by_role("combobox", name="Host")
    field.click()
    page.get_by_text("Type 2 characters or more").wait_for()
    page.route(
        "**/rehearsal/suggest", lambda route: route.fulfill(json={"options": [option("comp1"), option("comp2")]})
    )
    with page.expect_request("**/rehearsal/suggest") as asked:
        page.keyboard.type("com")
    page.get_by_role("option", name="comp2").wait_for()
    body = asked.value.post_data_json
    assert (body["user"], body["block_id"], body["action_id"], body["value"]) == ("dana", "acts", "host", "com")
    page.route("**/rehearsal/suggest", lambda route: route.fulfill(status=404, json={"ok": False}))
    page.keyboard.type("p")
    page.get_by_text("No suggestions").wait_for()


def test_boxes_and_radio_buttons_tell_what_is_ticked(workspace: Workspace, clerk: Clerk, open_page: OpenPage) -> None:
    page = open_page(workspace.url)
    boxes = {"type": "checkboxes", "action_id": "who", "options": [option("alice"), option("bob"), option("josé")]}
    radio = {"type": "radio_buttons", "action_id": "how", "options": [option("now"), option("later")]}
    message = show(page, clerk, actions(boxes, radio))
    for name in ("josé", "alice"):
        message.get_by_role("checkbox", name=name).check()
        told = wait_for_word(clerk)
    assert [one["value"] for one in told["selected_options"]] == ["alice", "josé"]
    message.get_by_role("radio", name="later").check()
    assert wait_for_word(clerk)["selected_option"]["value"] == "later"


@pytest.mark.parametrize("width", [1440, 390])
def test_a_table_scrolls_inside_itself(workspace: Workspace, clerk: Clerk, open_page: OpenPage, width: int) -> None:
    page = open_page(workspace.url, width=width)
    head = [{"type": "raw_text", "text": f"column {number}"} for number in range(12)]
    mark = {
        "type": "rich_text_section",
        "elements": [{"type": "emoji", "name": "wave"}, {"type": "text", "text": " hi"}],
    }
    row = [{"type": "rich_text", "elements": [mark]}, *({"type": "raw_text", "text": "LAPTOP-7"} for _ in head[1:])]
    settings = [{"align": "right"}, {"is_wrapped": True}]
    message = show(page, clerk, [{"type": "table", "rows": [head, row], "column_settings": settings}])
    frame = message.get_by_role("region", name="Table")
    assert message.get_by_role("columnheader").count() == len(head)
    assert frame.evaluate("node => node.scrollWidth > node.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert message.locator("td").first.evaluate("node => getComputedStyle(node).textAlign") == "right"
    assert message.locator("td").last.evaluate("node => getComputedStyle(node).whiteSpace") == "nowrap"
    frame.focus()
    page.keyboard.press("ArrowRight")
    wait_until(lambda: frame.evaluate("node => node.scrollLeft") > 0)


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
    workspace: Workspace, clerk: Clerk, open_page: OpenPage
) -> None:
    page = open_page(workspace.url)
    type_command(page, "/logoff")
    dialog = page.get_by_role("dialog", name="First")
    dialog.get_by_label("Host").press_sequentially("com")
    note = {"type": "section", "text": plain("One more line")}
    clerk.web.views_update(view_id=clerk.views[0], view={**FIRST, "blocks": [note, *FIRST["blocks"]]})
    dialog.get_by_text("One more line").wait_for()
    page.keyboard.type("p1")
    assert dialog.get_by_label("Host").input_value() == "comp1"
    dialog.get_by_role("button", name="Go").click()
    page.get_by_role("dialog", name="Second").wait_for()


def test_a_list_over_a_form_takes_escape_before_the_form_does(
    workspace: Workspace, clerk: Clerk, open_page: OpenPage
) -> None:
    page = open_page(workspace.url)
    type_command(page, "/logoff")
    page.get_by_role("dialog", name="First").wait_for()
    element = {"type": "static_select", "options": [option(name) for name in NAMES]}
    clerk.web.views_update(view_id=clerk.views[0], view=modal("First", entry("who", element)))
    field = page.get_by_role("dialog").get_by_role("combobox", name="Who")
    field.click()
    box = page.get_by_role("listbox").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < box["y"] + box["height"] <= 900
    page.keyboard.press("Escape")
    assert (page.get_by_role("listbox").count(), page.locator("dialog[open]").count()) == (0, 1)
    choose(field, NAMES[7])
    assert field.input_value() == NAMES[7]
