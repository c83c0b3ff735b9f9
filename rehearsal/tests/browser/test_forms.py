"""Forms, the home tab and files on the page, with an app of the test's own in the place of the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.slack import UserClient, Workspace
from rehearsal_testing.noting_app import OPS, SERIOUS, OwnApp, plain
from rehearsal_testing.page_actions import choose, type_command, wait_for
from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slack_bolt import App

    from rehearsal_testing.browser import OpenPage


def field(label: str, kind: str, **more: Any) -> dict[str, Any]:
    options = [{"text": plain(word), "value": word} for word in ("yes", "no")]
    given = {"options": options} if kind in {"static_select", "radio_buttons", "checkboxes"} else {}
    element = {"type": kind, "action_id": kind, **given}
    return {"type": "input", "block_id": kind, "label": plain(label), "element": element, **more}


FORM = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("A form"),
    "submit": plain("Go"),
    "blocks": [
        field("Host", "plain_text_input", hint=plain("as in the inventory")),
        field("Wait", "static_select"),
        field("Force", "radio_buttons"),
        field("More", "checkboxes", optional=True),
        field("Day", "datepicker", optional=True),
    ],
}
HOME = {"type": "home", "blocks": [{"type": "header", "text": plain("Your requests")}]}


class Clerk(OwnApp):
    """An app that opens a form, wants `comp1` in it, and keeps what it was given."""

    def __init__(self, workspace: Workspace) -> None:
        self.given: dict[str, Any] = {}
        super().__init__(workspace)

    def listens(self, app: App) -> None:
        app.command("/logoff")(self._open)
        app.view("form")(self._take)
        app.event("app_home_opened")(self._show_home)

    def _open(self, ack: Any, body: dict[str, Any]) -> None:
        self.web.views_open(trigger_id=body["trigger_id"], view=FORM)
        ack()

    def _take(self, ack: Any, view: dict[str, Any]) -> None:
        values = view["state"]["values"]
        if values["plain_text_input"]["plain_text_input"]["value"] != "comp1":
            ack(response_action="errors", errors={"plain_text_input": "There is no such host."})
            return
        self.given = values
        ack()

    def _show_home(self, event: dict[str, Any]) -> None:
        self.web.views_publish(user_id=event["user"], view=HOME)


@pytest.fixture
def clerk(workspace: Workspace) -> Iterator[Clerk]:
    clerk = Clerk(workspace)
    yield clerk
    clerk.stop()


def test_a_form_by_keyboard_with_errors_of_slack_and_of_the_app(
    workspace: Workspace, clerk: Clerk, open_page: OpenPage
) -> None:
    page = open_page(workspace.url)
    type_command(page, "/logoff")
    dialog = page.get_by_role("dialog", name="A form")
    host = dialog.get_by_label("Host")
    host.fill("comp9")
    host.press("Enter")
    dialog.get_by_role("alert").first.wait_for()
    assert dialog.get_by_text("Please complete this required field.").count() == 2
    choose(dialog.get_by_role("combobox", name="Wait"), "yes")
    dialog.get_by_role("radio", name="no").check()
    host.press("Enter")
    dialog.get_by_text("There is no such host.").wait_for()
    assert host.get_attribute("aria-invalid") == "true"
    assert host.evaluate("field => document.activeElement === field"), "the focus is where the error is"
    host.fill("comp1")
    page.keyboard.press("Enter")
    dialog.wait_for(state="hidden")
    assert clerk.given["static_select"]["static_select"]["selected_option"]["value"] == "yes"
    assert clerk.given["radio_buttons"]["radio_buttons"]["selected_option"]["value"] == "no"


def test_a_reload_keeps_a_form_and_what_stands_in_it_and_escape_closes_it(
    workspace: Workspace, clerk: Clerk, open_page: OpenPage
) -> None:
    page = open_page(workspace.url)
    type_command(page, "/logoff")
    host = page.get_by_role("dialog").get_by_label("Host")
    host.fill("comp1")
    host.press("Tab")
    dana = UserClient(workspace.url, "dana")
    wait_until(lambda: "comp1" in str(dana.state()["views"]))
    page.reload()
    host.wait_for()
    assert host.input_value() == "comp1"
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    assert clerk.given == {}


def test_axe_finds_nothing_serious_in_a_form_with_errors(
    workspace: Workspace, clerk: Clerk, open_page: OpenPage, axe: str
) -> None:
    page = open_page(workspace.url)
    type_command(page, "/logoff")
    page.get_by_role("button", name="Go", exact=True).click()
    page.get_by_role("alert").first.wait_for()
    page.evaluate(axe)
    found = page.evaluate(f"() => axe.run().then({SERIOUS})")
    assert [f"{one['id']}: {[node['html'][:160] for node in one['nodes']]}" for one in found] == []
    assert clerk.given == {}


def test_the_home_tab_is_asked_for_and_drawn(workspace: Workspace, clerk: Clerk, open_page: OpenPage) -> None:
    page = open_page(workspace.url)
    page.get_by_role("button", name="Logoff Bot").click()
    page.get_by_role("heading", name="Your requests").wait_for()
    assert clerk.given == {}


def test_a_page_whose_server_went_away_says_so_and_then_shows_the_truth(
    workspace: Workspace, open_page: OpenPage, tolerated: list[str]
) -> None:
    tolerated += ["ERR_CONNECTION", "ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY_RESPONSE"]
    dana = UserClient(workspace.url, "dana")
    dana.say("before", "#ops")
    page = open_page(workspace.url)
    wait_for(page, "before")
    port = int(workspace.url.rpartition(":")[2])
    workspace.stop()
    wait_for(page, "Not connected")
    workspace.start(port)
    dana.say("after", "#ops")
    wait_for(page, "after")
    assert page.locator("#connection").inner_text() == "Live"
    assert page.locator(".message").count() == 2


def test_a_file_can_be_saved_and_is_never_shown(workspace: Workspace, clerk: Clerk, open_page: OpenPage) -> None:
    clerk.web.files_upload_v2(channel=OPS, filename="x.html", title="A report", content="<script>alert(1)</script>")
    page = open_page(workspace.url)
    wait_for(page, "A report")
    with page.expect_download() as saved:
        page.get_by_text("A report").click()
    assert saved.value.suggested_filename == "x.html"
