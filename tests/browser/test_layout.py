"""Where things stand on the page, at a desk and on a phone, with every kind of card in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient

from adapters.slack.render import draw
from rehearsal.page import Page, WatchedFarm
from rehearsal.slack import SHIPPED_WORKSPACE, UserClient, Workspace
from rehearsal.slack.methods import SCOPES
from rehearsal.windows import SHIPPED_FARM
from rehearsal_testing.fitting import find_cut_words, find_misfits, find_too_wide
from rehearsal_testing.page_actions import host_of
from rehearsal_testing.waiting import wait_until
from tests.support import samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import FloatRect, Locator
    from playwright.sync_api import Page as Window

    from rehearsal_testing.browser import OpenPage

OPS = "C0OPS00001"
APPROVALS = "C0APPROVE1"
DESK, PHONE = 1440, 390
LEAST_TARGET = 44
TARGETS = "button, input, textarea, select, summary, a.file, [role='option'], [role='menuitem'], label.choice"

SMALL = """([targets, least]) => [...document.querySelectorAll(targets)]
  .filter(one => one.checkVisibility({ opacityProperty: true }) && !one.matches('label input'))
  .map(one => [one, one.getBoundingClientRect()])
  .filter(([, box]) => Math.round(box.height) < least || Math.round(box.width) < least)
  .map(([one, box]) => `${one.tagName}.${one.className} ${one.textContent.slice(0, 9)} ${box.width} x ${box.height}`)"""


class Stage:
    """The page over a workspace and a farm. Nothing answers: what stands there was posted by the test."""

    def __init__(self, workspace: Workspace, farm: WatchedFarm) -> None:
        self.url = workspace.url
        self.farm = farm
        self.entries: list[dict[str, Any]] = []
        self.web = WebClient(token=workspace.bot_token, base_url=workspace.api_url)
        self.bo = UserClient(workspace.url, "bo")

    def read_audit(self, after: int) -> list[dict[str, Any]]:
        return [entry for entry in self.entries if entry["seq"] > after]


@pytest.fixture
def bare() -> Iterator[Stage]:
    workspace = Workspace.from_file(SHIPPED_WORKSPACE, scopes=SCOPES)
    page = Page(workspace)
    with workspace, WatchedFarm.from_file(SHIPPED_FARM, engine="double") as farm:
        stage = Stage(workspace, farm)
        page.show(farm=farm, read_audit=stage.read_audit, commands=[])
        yield stage
        page.hide()


def post_all_cards(stage: Stage) -> int:
    cards = samples.of_cards()
    for card in cards.values():
        drawing = draw(card)
        stage.web.chat_postMessage(channel=OPS, text=drawing.text, blocks=drawing.blocks)
    return len(cards)


def box_of(page: Window, selector: str) -> FloatRect:
    box = page.locator(selector).first.bounding_box()
    assert box is not None, selector
    return box


def tab(page: Window, name: str) -> Locator:
    return page.locator(f"#tabs [data-tab='{name}']")


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_every_card_fits_and_no_word_of_it_is_cut(bare: Stage, open_page: OpenPage, width: int) -> None:
    count = post_all_cards(bare)
    page = open_page(bare.url, width=width)
    page.locator(".message").nth(count - 1).wait_for()
    assert find_misfits(page) == []


def test_a_cut_word_and_a_wide_block_would_be_found(bare: Stage, open_page: OpenPage) -> None:
    page = open_page(bare.url, width=PHONE)
    bare.web.chat_postMessage(channel=OPS, text="w" * 200)
    page.locator(".message").wait_for()
    assert find_cut_words(page) == []
    assert len(find_cut_words(page, most=200)) == 1
    page.evaluate("document.querySelector('.message').style.width = '600px'")
    assert find_too_wide(page) != []


def test_the_conversation_keeps_its_width_beside_a_thread_and_stands_at_the_bottom(
    bare: Stage, open_page: OpenPage
) -> None:
    ts = bare.bo.say("anybody there?", "#ops")
    bare.bo.say("nobody", "#ops", thread_ts=ts)
    page = open_page(bare.url, width=DESK)
    message = page.locator(".column .message").last
    message.wait_for()
    below = box_of(page, ".column .composer")["y"] - box_of(page, ".column .message")["y"]
    assert 0 <= below - box_of(page, ".column .message")["height"] <= 40
    assert box_of(page, "#chat")["width"] >= 0.6 * DESK
    page.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    thread.get_by_text("nobody").wait_for()
    assert box_of(page, "#chat")["width"] >= 0.6 * DESK
    assert message.is_visible()
    assert box_of(page, "#thread")["x"] >= box_of(page, "#chat")["x"] + box_of(page, "#chat")["width"]
    thread.get_by_role("button", name="Close the thread").click()
    thread.wait_for(state="hidden")


def test_a_thread_on_a_phone_is_a_view_of_its_own_with_a_way_back(bare: Stage, open_page: OpenPage) -> None:
    ts = bare.bo.say("anybody there?", "#ops")
    bare.bo.say("nobody", "#ops", thread_ts=ts)
    page = open_page(bare.url, width=PHONE, has_touch=True)
    page.get_by_role("button", name="1 reply").tap()
    page.locator("#thread").get_by_text("nobody").wait_for()
    assert not page.locator("#chat").is_visible()
    page.get_by_role("button", name="Back to #ops").tap()
    page.locator("#chat").wait_for()
    assert not page.locator("#thread").is_visible()


def test_the_tabs_of_a_phone_mark_what_was_not_looked_at(bare: Stage, open_page: OpenPage) -> None:
    page = open_page(bare.url, width=PHONE)
    page.locator(".host").nth(9).wait_for(state="attached")
    marks = page.locator("#tabs .dot:visible")
    assert marks.count() == 0
    bare.farm.sign_out("comp1", 3)
    bare.entries.append({"seq": 1, "event": "noted", "text": "one", "actor": "bo"})
    bare.bo.say("over there", "#ts-approvals")
    for name in ("farm", "audit", "people"):
        tab(page, name).locator(".dot").wait_for()
    assert not tab(page, "chat").locator(".dot").is_visible(), "it is what one looks at"
    tab(page, "farm").click()
    assert not tab(page, "farm").locator(".dot").is_visible()
    bare.bo.say("over here", "#ops")
    tab(page, "chat").locator(".dot").wait_for()
    tab(page, "people").click()
    page.locator(".channel.unread", has_text="#ts-approvals").click()
    wait_until(lambda: marks.count() == 1)
    assert tab(page, "audit").locator(".dot").is_visible()


KIT = [
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}},
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "A"}, "value": "a"}],
            },
            {
                "type": "static_select",
                "action_id": "pick",
                "options": [{"text": {"type": "plain_text", "text": "A"}, "value": "a"}],
            },
            {
                "type": "checkboxes",
                "action_id": "tick",
                "options": [{"text": {"type": "plain_text", "text": "A"}, "value": "a"}],
            },
        ],
    }
]


def test_what_is_tapped_on_a_phone_is_44_px(bare: Stage, open_page: OpenPage) -> None:
    ts = bare.bo.say("anybody there?", "#ops")
    bare.bo.say("nobody", "#ops", thread_ts=ts)
    bare.web.chat_postMessage(channel=OPS, text="kit", blocks=KIT)
    page = open_page(bare.url, width=PHONE, has_touch=True)
    host_of(page, "comp1").locator(".session").first.wait_for(state="attached")
    page.get_by_role("combobox", name="Choose").click()
    page.get_by_role("option").wait_for()
    small = page.evaluate(SMALL, [TARGETS, LEAST_TARGET])
    page.keyboard.press("Escape")
    page.locator(".message").get_by_role("button", name="More actions").click()
    small += page.evaluate(SMALL, [TARGETS, LEAST_TARGET])
    page.keyboard.press("Escape")
    page.get_by_role("button", name="1 reply").click()
    small += page.evaluate(SMALL, [TARGETS, LEAST_TARGET])
    for name in ("people", "farm", "audit"):
        tab(page, name).click()
        small += page.evaluate(SMALL, [TARGETS, LEAST_TARGET])
    assert small == []


def sign_one_out(stage: Stage, host: str) -> None:
    stage.farm.sign_out(host, next(one["id"] for one in stage.farm.sessions(host) if one["user"]))


def test_a_reset_leaves_the_hosts_folded(bare: Stage, open_page: OpenPage) -> None:
    page = open_page(bare.url)
    opened = page.locator(".host[open]")
    host_of(page, "comp1").locator("[data-session='3']").wait_for()
    host_of(page, "comp2").locator("summary").first.click()
    for host in ("comp1", "rds-01", "rds-02"):
        sign_one_out(bare, host)
    wait_until(lambda: opened.count() == 4)
    with page.expect_response(lambda answer: answer.request.method == "POST"):  # all hosts are as at the start then
        page.get_by_role("button", name="Reset hosts").click()
    bare.farm.set_behaviour("comp2", "slow", seconds=0.1)
    host_of(page, "comp2").locator("summary .chip").wait_for()  # by then the page has heard the end of the reset
    wait_until(lambda: opened.count() == 1)
    assert opened.get_attribute("data-host") == "comp2", "it was unfolded by hand"
    sign_one_out(bare, "rds-03")
    wait_until(lambda: host_of(page, "rds-03").get_attribute("open") is not None)


def test_on_a_phone_the_name_of_a_channel_stands_whole_and_no_link_takes_room_unseen(
    bare: Stage, open_page: OpenPage
) -> None:
    post_all_cards(bare)
    page = open_page(f"{bare.url}/#as=bo&in=C0PARTNER1", width=PHONE)
    name = page.locator(".chat-title h2", has_text="#partners")
    name.wait_for()
    assert name.evaluate("node => node.getClientRects().length === 1 && node.clientHeight < 30")
    page.goto(f"{bare.url}/#as=bo&in={OPS}")
    page.locator(".chat-title h2", has_text="#ops").wait_for()
    link = page.get_by_role("button", name="Reply in thread").first
    link.wait_for()
    assert link.evaluate("node => getComputedStyle(node).opacity") == "1"


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_the_words_in_the_field_to_write_in_stand_in_one_line(bare: Stage, open_page: OpenPage, width: int) -> None:
    page = open_page(f"{bare.url}/#as=chen&in={APPROVALS}", width=width)
    field = page.get_by_label("Message #ts-approvals as Chen")
    words = f"Message #ts-approvals{' as Chen' if width == DESK else ''}"
    assert field.get_attribute("placeholder") == words
    heights = "(node, words) => ['x', words].map(each => { node.value = each; return node.scrollHeight; })"
    short, whole = field.evaluate(heights, words)
    assert short == whole
